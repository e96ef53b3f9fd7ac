"""Send logged and judged searches to the live index with different synonym rules."""

from collections.abc import Sequence
from dataclasses import replace

from django.utils.translation import gettext as _

from ...backends.transport.deadline import Deadline
from ...exceptions import OperationRefused
from ...indices.definition import IndexDefinition
from ...indices.live import read_indices
from ...indices.synonyms import TRIAL, has_api, put_set, read_set, uses_set
from ...search.site.parts import SearchParts
from ..ask import ask
from ..compared import SIZE, Asked, Comparison, compare
from .rewrite import on_trial, trial_analyzers

SEARCHES = 100
SECONDS = 5.0
LAST_LOOK = 1.0
"""The share of the time, in seconds, for checking that the trial set was not changed meanwhile."""


def find_effect(definition: IndexDefinition, name: str, rules: Sequence[str]) -> Comparison:
    """Return what a set with these rules would change for users who search.

    The rules are put into the set for trials, which visitors' searches do not use.

    Args:
        name: the name of the set in the rows.

    Raises:
        OperationRefused: the rules cannot be tried on this index, or another user is trying rules.
        ElasticsearchAdminError: a request failed, or Elasticsearch refuses the rules.
    """
    connection, trial = definition.connection, f"{definition.synonyms[name]}{TRIAL}"
    deadline = Deadline(SECONDS)
    if connection.readonly:
        text = _("The connection %(alias)s is READONLY in ES_SERVERS.")
        raise OperationRefused(text % {"alias": repr(connection.alias)})
    holders = read_indices(connection, deadline).holders(definition.alias)
    if not (
        len(holders) == 1
        and has_api(connection, deadline)
        and uses_set(definition.settings, holders[0].settings, definition.synonyms[name])
    ):
        raise OperationRefused(_("The live generation does not use this set yet: rebuild it."))
    put_set(connection, trial, rules, deadline, users=[holders[0].name])
    analyzers = trial_analyzers(definition)
    comparison = compare(
        definition,
        lambda some: ask(definition, holders[0].name, _parts(some), SIZE),
        lambda some: ask(
            definition, holders[0].name, [_tried(one, analyzers) for one in _parts(some)], SIZE
        ),
        searches=SEARCHES,
        seconds=max(deadline.remaining - LAST_LOOK, 0.0),
    )
    if sorted(read_set(connection, trial, deadline) or ()) != sorted(rules):
        raise OperationRefused(
            _("Another user is trying other rules at the moment: try again later.")
        )
    return comparison


def _parts(some: Sequence[Asked]) -> list[SearchParts]:
    return [parts for _question, parts in some]


def _tried(parts: SearchParts, analyzers: dict[str, str]) -> SearchParts:
    return replace(
        parts,
        query=on_trial(parts.query, analyzers),
        selections=[replace(one, query=on_trial(one.query, analyzers)) for one in parts.selections],
    )
