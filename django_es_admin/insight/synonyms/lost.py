"""Terms of a rule of which the analysis leaves nothing: Elasticsearch takes no such rule."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from ...backends.transport.deadline import Deadline
from ...exceptions import ElasticsearchAdminError
from ...indices.definition import IndexDefinition
from ...indices.inspection.analysis import leaves_nothing
from ...indices.synonyms import analyzers_with
from ...lifecycle.rules_saved import definitions_with
from ...models.synonym import plain_terms

SECONDS = 2.0
"""That a form waits for Elasticsearch at most."""


def find_lost_term(connection: str, name: str, rule: str) -> str:
    """Return why a valid rule has no effect; "" if it has an effect, or if this is unknown.

    A filter before the synonyms, such as one of stop words, may drop a term whole. Elasticsearch
    then refuses the set, or ignores the rule where the filter is lenient.

    Args:
        connection: alias of the connection.
        name: of the set, as rows have it.
    """
    deadline = Deadline(SECONDS)
    for definition in definitions_with(connection, name):
        try:
            lost = next(_lost(definition, name, rule, deadline), None)
        except ElasticsearchAdminError:
            # It is not there, or has no such analyzer yet: the put says what it does not take.
            continue
        if lost:
            analyzer, term = lost
            text = _(
                "The analyzer %(analyzer)s of %(index)s leaves nothing of “%(term)s” before the "
                "synonyms, so Elasticsearch would not use the rule."
            )
            return text % {"analyzer": analyzer, "index": definition.name, "term": term}
    return ""


def _lost(
    definition: IndexDefinition, name: str, rule: str, deadline: Deadline
) -> Iterator[tuple[str, str]]:
    """Yield analyzer and term of each term of which nothing is left."""
    for analyzer, before in analyzers_with(definition.settings, definition.synonyms[name]):
        for term in plain_terms(rule):
            if leaves_nothing(definition.connection, definition.alias, deadline, term, before):
                yield analyzer, term
