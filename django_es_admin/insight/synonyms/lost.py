"""Find terms of a rule that the analyzer drops, for which Elasticsearch refuses the rule."""

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
"""How long a form waits for Elasticsearch at most."""


def find_lost_term(connection: str, name: str, rule: str) -> str:
    """Return why a valid rule would have no effect; "" if it has an effect, or this is unknown.

    A filter before the synonyms, such as one for stop words, may drop a whole term. Elasticsearch
    then refuses the set, or ignores the rule if the filter is lenient.

    Args:
        connection: alias of the connection.
        name: the name of the set in the rows.
    """
    deadline = Deadline(SECONDS)
    for definition in definitions_with(connection, name):
        try:
            lost = next(_lost(definition, name, rule, deadline), None)
        except ElasticsearchAdminError:
            # The index or the analyzer does not exist yet. The put will report an error.
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
    """Yield analyzer and term for each term that the analyzer drops."""
    for analyzer, before in analyzers_with(definition.settings, definition.synonyms[name]):
        for term in plain_terms(rule):
            if leaves_nothing(definition.connection, definition.alias, deadline, term, before):
                yield analyzer, term
