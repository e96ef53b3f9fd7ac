"""Choose objects of an index by key, by condition or by age, and have their documents written."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain, islice
from typing import Any

from django.core.exceptions import EmptyResultSet, FieldError, ValidationError
from django.db import Error
from django.db.models import Q, QuerySet
from django.db.models.constants import LOOKUP_SEP
from django.db.models.sql import Query
from django.utils.translation import gettext as _

from ..conf import get_options
from ..documents import Document
from ..documents.reading.modified import changed_since, find_since_refusal
from ..exceptions import OperationRefused
from ..faults import Fault, fault_of, savepoint
from ..indices.definition import IndexDefinition
from ..models import Operation
from ..operations.progress import OnProgress, Progress, ignore
from ..operations.recording import Record, recording
from ..outbox.capture.changes import PORTION, capture_keys
from ..outbox.drain.pending import last_row
from ..outbox.objects.read import table_of
from ..outbox.rows.keys import text_of, value_of
from ..said import together
from .reindex import ReindexResult, keys_of, outcome

Filter = tuple[str, str]
"""A lookup of the model's queryset, as ``stock__gte``, and its value as text."""


@dataclass(frozen=True)
class ChosenPart:
    """The objects of one model that are chosen.

    Args:
        definition: the index as the document of that model sees it.
        keys: primary keys as its rows spell them; None if objects are chosen otherwise.
        objects: how many there are, about.
    """

    definition: IndexDefinition
    keys: tuple[str, ...] | None
    objects: int


@dataclass(frozen=True)
class ReindexPlan:
    """What ``reindex`` will do.

    Args:
        parts: what is chosen of each model; of an index of one document there is one.
        filters: conditions that all have to be met.
        since: objects that were changed since then; None for any.
        refusals: why it cannot be done, empty if it can.
        skipped: what is left out of one model, while there is something to do of another.
    """

    definition: IndexDefinition
    parts: tuple[ChosenPart, ...]
    filters: tuple[Filter, ...]
    since: datetime | None
    refusals: tuple[str, ...]
    skipped: tuple[str, ...] = ()

    @property
    def objects(self) -> int:
        """How many are chosen, about."""
        return sum(part.objects for part in self.parts)


def plan_reindex(
    definition: IndexDefinition,
    *,
    keys: Sequence[str] | None = None,
    filters: Sequence[Filter] = (),
    since: datetime | None = None,
    model: str = "",
) -> ReindexPlan:
    """Return the plan of :func:`reindex`; without a choice, of all objects.

    An index of several documents has objects of several models: what a model has no such key or
    field for is left out, as long as another one has.

    Args:
        keys: primary keys as text; the document of one that does not exist is deleted.
        filters: conditions on the models' tables, whatever the documents' querysets make of them.
        since: objects that were changed since this moment, by the fields that say so.
        model: label or name of the one model to choose from; all of the index for "".
    """
    plan = ReindexPlan(definition, (), tuple(filters), since, ())
    if definition.document is None:
        text = _(
            "The index %(name)s has no document, so its objects cannot be written: register "
            "a document."
        )
        return replace(plan, refusals=(text % {"name": definition.name},))
    parts = [part for part in definition.parts if not model or _is_called(part, model)]
    if not parts:
        text = _("%(model)s is no model of the index %(name)s: choose %(models)s.")
        values = {"name": definition.name, "model": model, "models": definition.model_label}
        return replace(plan, refusals=(text % values,))
    if since and (refusals := [*filter(None, map(_find_since_refusal, parts))]):
        return replace(plan, refusals=tuple(refusals))
    chosen: list[ChosenPart] = []
    misfits: list[str] = []
    for part in parts:
        found, why = _choose(part, plan, keys)
        misfits += why
        chosen += [found] if found else []
    # A key that no model has is a mistake, even beside others.
    nobodys = [key for key in keys or () if len(_key_misfits(parts, key)) == len(parts)]
    if nobodys or not chosen:
        why = [one for key in nobodys for one in _key_misfits(parts, key)]
        return replace(plan, refusals=tuple(dict.fromkeys(why or misfits)))
    return replace(plan, parts=tuple(chosen), skipped=tuple(misfits))


def _is_called(part: IndexDefinition, model: str) -> bool:
    label = part.own_label.lower()
    return model.lower() in (label, label.rpartition(".")[2])


def _find_since_refusal(part: IndexDefinition) -> str:
    return find_since_refusal(_document(part))


def _choose(
    part: IndexDefinition, plan: ReindexPlan, keys: Sequence[str] | None
) -> tuple[ChosenPart | None, list[str]]:
    """Return what is chosen of one model, None for nothing; and what does not fit it."""
    if keys is not None:
        fitting = [own for key in keys if (own := _spelled(part, key)) is not None]
        misfits = [one for key in keys for one in _key_misfits([part], key)]
        # As the rows spell them: "007" is the object 7, whose document stands under "7".
        spelled = tuple(dict.fromkeys(fitting))
        count = sum(1 for _key in keys_of(part, spelled))
        return (ChosenPart(part, spelled, count) if spelled else None), misfits
    misfits = [*filter(None, (_find_filter_refusal(part, one) for one in plan.filters))]
    if misfits:
        return None, misfits
    try:
        with savepoint(part.database):
            return ChosenPart(part, None, _chosen(part, plan).count()), []
    except (Error, OverflowError, ValueError) as error:
        if not plan.filters or fault_of(error) is not Fault.DATA:
            raise
        # A regular expression, say, that only the database reads, or a number or a text (half a
        # character, NUL) that it cannot hold.
        text = " and ".join("=".join(one) for one in plan.filters)
        return None, [_unfit(part, text, str(error))]


def reindex(plan: ReindexPlan, on_progress: OnProgress = ignore) -> ReindexResult:
    """Note the objects in the outbox, some at a time; what this process may, it drains at once.

    Raises:
        OperationRefused: the plan has refusals.
        OperationCancelled: somebody asked for that; what was noted until then is written.
    """
    if plan.refusals:
        raise OperationRefused(together(plan.refusals))
    definition = plan.definition
    with recording(definition, Operation.Kind.REINDEX, on_progress=on_progress) as record:
        return write_chosen(plan, record)


def write_chosen(plan: ReindexPlan, record: Record) -> ReindexResult:
    """Do what :func:`reindex` does, within an operation that is recorded already."""
    definition = plan.definition
    document = _document(definition)
    before, count = last_row(definition), 0
    found = _keys(plan)
    first = list(islice(found, get_options().inline_max_objects))
    every = chain(first, found)
    # Not in one transaction: a table may have more rows than one should hold.
    while portion := list(islice(every, PORTION)):
        count += capture_keys(document, portion, definition.database)
        record.tell(Progress(definition.name, "drain", count, max(plan.objects, count)))
    result = outcome(definition, before, first, count)
    record.operation.details |= {
        "objects": result.objects,
        "written": result.written,
        "waiting": result.waiting,
        "refused": result.refused,
    }
    return result


def _keys(plan: ReindexPlan) -> Iterator[str]:
    """Yield the keys of the documents."""
    for part in plan.parts:
        own = part.definition
        yield from keys_of(own, _primary_keys(own, plan) if part.keys is None else part.keys)


def _primary_keys(definition: IndexDefinition, plan: ReindexPlan) -> Iterator[Any]:
    chosen = _condition(definition, plan)
    beyond = Q()
    while True:
        # By keys: what is changed meanwhile must not move others to a page that was read.
        rows = table_of(definition).filter(chosen, beyond).values_list("pk", flat=True)
        page = list(dict.fromkeys(rows[:PORTION]))
        yield from page
        if not page:
            return
        beyond = Q(pk__gt=page[-1])


def _chosen(definition: IndexDefinition, plan: ReindexPlan) -> QuerySet[Any]:
    rows = table_of(definition).filter(_condition(definition, plan))
    # A condition on a list of related objects finds an object more than once.
    return rows.values("pk").distinct() if plan.filters else rows


def _condition(definition: IndexDefinition, plan: ReindexPlan) -> Q:
    condition = Q()
    if plan.since:
        condition &= changed_since(_document(definition), plan.since)
    for lookup, text in plan.filters:
        condition &= Q(**{lookup: _value(definition, lookup, text)})
    return condition


def _spelled(part: IndexDefinition, key: str) -> str | None:
    """Return a primary key as the rows of a model spell it; None if it is none."""
    model = _document(part).django.model
    try:
        # Bytes of a terminal that are no text come as halves of characters.
        key.encode()
        return text_of(model, value_of(model, key))
    except (ValidationError, ValueError, TypeError, ArithmeticError):
        return None


def _key_misfits(parts: Iterable[IndexDefinition], key: str) -> list[str]:
    text = _("%(key)s is no primary key of %(model)s.")
    return [
        text % {"key": repr(key), "model": part.own_label}
        for part in parts
        if _spelled(part, key) is None
    ]


def _find_filter_refusal(definition: IndexDefinition, one: Filter) -> str:
    lookup, text = one
    try:
        chosen = table_of(definition).filter(**{lookup: _value(definition, lookup, text)})
        # A number that no row can have finds none.
        with suppress(EmptyResultSet):
            chosen.query.sql_with_params()
    except FieldError as error:
        why = str(error)
    except (ValidationError, ValueError, TypeError, ArithmeticError) as error:
        why = " ".join(getattr(error, "messages", [str(error)]))
    else:
        return ""
    return _unfit(definition, f"{lookup}={text}", why)


def _unfit(definition: IndexDefinition, conditions: str, why: str) -> str:
    text = _("The filter %(filter)s does not fit %(model)s: %(why)s")
    return text % {"filter": conditions, "model": definition.own_label, "why": why}


def _value(definition: IndexDefinition, lookup: str, text: str) -> Any:
    """Return what a lookup is to be compared with: a list for ``__in``, a boolean, or the text."""
    *path, last = lookup.split(LOOKUP_SEP)
    if path and last in ("in", "range"):
        values = text.split(",")
        if last == "range" and len(values) != 2:
            raise ValueError("Give two values with a comma between them.")
        return values
    if path and last == "isnull":
        return _truth(text)
    field = _field(definition, lookup)
    if getattr(field, "get_internal_type", str)() == "BooleanField":
        return _truth(text)
    return text


def _truth(text: str) -> bool:
    if text.lower() in ("true", "yes", "1", "t"):
        return True
    if text.lower() in ("false", "no", "0", "f"):
        return False
    raise ValueError(f"{text!r} is neither true nor false.")


def _field(definition: IndexDefinition, lookup: str) -> Any:
    model = _document(definition).django.model
    names = lookup.split(LOOKUP_SEP)
    return Query(model).names_to_path(names, model._meta)[1]


def _document(definition: IndexDefinition) -> type[Document]:
    assert definition.document is not None  # noqa: S101 (a plan without one is refused)
    return definition.document
