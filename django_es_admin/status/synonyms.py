"""Compare the synonym rules in Elasticsearch with the rows."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db import DatabaseError, router
from django.db.models import Q

from ..indices.definition import IndexDefinition
from ..indices.live import LiveIndex
from ..indices.synonyms import rules_within
from ..models import Synonym

Sets = Mapping[str, tuple[str, ...] | None]
"""Name of a set in Elasticsearch -> its rules; None if the set does not exist."""
Rules = Mapping[tuple[str, str], tuple[str, ...]]
"""Connection and name of a set -> its rules in the rows."""


@dataclass(frozen=True)
class SynonymsBehind:
    """A synonym set whose rules in Elasticsearch differ from the rows.

    Args:
        name: the name of the set in the rows.
        count: how many rules differ.
        built_in: whether the rules are part of the live generation, so that a rebuild is needed.
    """

    name: str
    count: int
    built_in: bool = False


def read_rules(definitions: Iterable[IndexDefinition]) -> Rules:
    """Return the rules of all sets that indices use, with one query at most.

    Raises:
        DatabaseError: the database failed.
    """
    wanted = {(d.using, name) for d in definitions for name in d.synonyms}
    if not wanted:
        return {}
    condition = Q()
    for connection, name in sorted(wanted):
        condition |= Q(connection=connection, name=name)
    rows = Synonym.objects.using(router.db_for_read(Synonym)).filter(condition)
    found: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for connection, name, rule in rows.order_by("rule").values_list("connection", "name", "rule"):
        found[connection, name].append(rule)
    return {place: tuple(found[place]) for place in wanted}


def read_rules_or_none(definitions: Iterable[IndexDefinition]) -> Rules | None:
    """Return the same as :func:`read_rules`; None if the database fails."""
    try:
        return read_rules(definitions)
    except DatabaseError:
        return None


def find_behind(
    definition: IndexDefinition, index: LiveIndex | None, rules: Rules, sets: Sets
) -> tuple[SynonymsBehind, ...]:
    """Return the sets of an index whose rules in Elasticsearch differ from the rows.

    Args:
        index: the live generation.
        sets: the sets in Elasticsearch. A set that is missing here is unknown.
    """
    found = []
    for name, real in definition.synonyms.items():
        wanted = rules.get((definition.using, name), ())
        kept = rules_within(definition.settings, index.settings, real) if index else None
        if kept is not None:
            if kept != ", ".join(wanted):
                found.append(SynonymsBehind(name, len(wanted) or 1, built_in=True))
        elif real in sets and (count := count_differing(wanted, sets[real])):
            found.append(SynonymsBehind(name, count))
    return tuple(found)


def count_differing(wanted: Iterable[str], live: Iterable[str] | None) -> int:
    """Return how many rules are on only one side; at least 1 for a set that does not exist."""
    if live is None:
        return sum(1 for _rule in wanted)
    ours, theirs = Counter(wanted), Counter(live)
    return (ours - theirs).total() + (theirs - ours).total()
