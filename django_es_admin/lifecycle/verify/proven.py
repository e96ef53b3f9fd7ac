"""The ranges of a continuous comparison, and when each was last equal to the database."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Max, Model, Q, QuerySet

from ...clock import database_now
from ...conf import get_options
from ...indices.definition import IndexDefinition
from ...models import ProvenRange
from ...outbox.objects.read import table_of
from ...outbox.rows.keys import text_of, value_of

BATCHES = 10
"""The maximum size of a range, in bulk requests."""


@dataclass(frozen=True)
class Proven:
    """How much of an index was found to be equal to its database, and when.

    Args:
        ranges: the number of all ranges, including the one for documents without an object.
        differing: how many ranges had differences when they were last compared.
        never: how many ranges were never found to be equal.
        since: the time after which every range was found to be equal; None if one never was.
    """

    ranges: int
    differing: int
    never: int
    since: datetime | None


def read_proven(definition: IndexDefinition, generation: str) -> Proven | None:
    """Return how much of a generation was found to be equal; None if it was never compared."""
    found = list(ranges_of(definition).filter(generation=generation))
    if not found:
        return None
    never = sum(1 for one in found if one.proven_at is None)
    times = [one.proven_at for one in found if one.proven_at]
    return Proven(
        ranges=len(found),
        differing=sum(1 for one in found if one.differing),
        never=never,
        since=None if never else min(times),
    )


def ranges_of(definition: IndexDefinition) -> QuerySet[ProvenRange]:
    """Return the ranges of an index."""
    return ProvenRange.objects.using(definition.database).filter(
        connection=definition.using, index=definition.name
    )


def walk_ranges(definition: IndexDefinition, generation: str) -> Iterator[ProvenRange]:
    """Yield every range once, starting with the one compared longest ago.

    There is one range for each model, which is divided as the table grows. A range keeps its
    bounds, so that earlier results remain valid. The last range is the whole index.
    """
    _begin(definition, generation)
    todo = list(
        ranges_of(definition).order_by("ghosts", F("checked_at").asc(nulls_first=True), "number")
    )
    while todo:
        one = todo.pop(0)
        rest = None if one.ghosts else _divide(definition, one)
        if rest:
            todo.insert(0, rest)
        yield one


def _begin(definition: IndexDefinition, generation: str) -> None:
    ranges = ranges_of(definition)
    # The results for another generation do not apply to this one.
    ranges.exclude(generation=generation).delete()
    wanted = [(part.part_label, False) for part in definition.parts] + [("", True)]
    # A range is also invalid if the index no longer has its document, or has another one in
    # addition.
    ranges.filter(ghosts=False).exclude(document__in=[label for label, _ in wanted[:-1]]).delete()
    there = set(ranges.values_list("document", "ghosts"))
    for document, ghosts in wanted:
        if (document, ghosts) not in there:
            _make(definition, generation, document=document, ghosts=ghosts)


def _make(definition: IndexDefinition, generation: str, **values: object) -> ProvenRange:
    ranges = ranges_of(definition)
    last = ranges.aggregate(last=Max("number"))["last"]
    return ranges.create(
        connection=definition.using,
        index=definition.name,
        generation=generation,
        number=0 if last is None else last + 1,
        **values,
    )


def _divide(definition: IndexDefinition, one: ProvenRange) -> ProvenRange | None:
    """Shorten a range that contains too much; return the rest as a new range."""
    part = definition.part(one.document)
    size = get_options().bulk_max_documents * BATCHES
    keys = table_of(part).filter(condition_of(part, one)).values_list("pk", flat=True)
    last = keys[size - 1 : size].first()
    if last is None or keys[2 * size - 1 : 2 * size].first() is None:
        return None
    end = text_of(_model(part), last)
    rest = _make(
        definition,
        one.generation,
        document=one.document,
        after=end,
        until=one.until,
        checked_at=one.checked_at,
        proven_at=one.proven_at,
    )
    one.until = end
    one.save(update_fields=["until"])
    return rest


def condition_of(definition: IndexDefinition, one: ProvenRange) -> Q:
    """Return a condition for the objects in a range."""
    model = _model(definition)
    found = Q()
    if one.after:
        found &= Q(pk__gt=value_of(model, one.after))
    if one.until:
        found &= Q(pk__lte=value_of(model, one.until))
    return found


def record_range(one: ProvenRange, compared: int, differing: int, began: datetime) -> None:
    """Record what was found in a range.

    Args:
        began: when the comparison began, by the clock of the database.
    """
    one.compared, one.differing, one.checked_at = compared, differing, began
    if not differing:
        one.proven_at = began
    one.save(update_fields=["compared", "differing", "checked_at", "proven_at"])


def now_in(definition: IndexDefinition) -> datetime:
    """Return the time of the database."""
    return database_now(definition.database)


def _model(definition: IndexDefinition) -> type[Model]:
    assert definition.document is not None  # noqa: S101 (there is nothing to walk without one)
    return definition.document.django.model
