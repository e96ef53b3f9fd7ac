"""Choose objects of an index by key, condition or age, and write their documents again."""

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
"""A lookup of the model's queryset, such as ``stock__gte``, and its value as text."""


@dataclass(frozen=True)
class ChosenPart:
    """The chosen objects of one model.

    Args:
        definition: the definition of the index for that model's document.
        keys: primary keys as the rows store them; None if the objects are chosen in another way.
        objects: the approximate number of objects.
    """

    definition: IndexDefinition
    keys: tuple[str, ...] | None
    objects: int


@dataclass(frozen=True)
class ReindexPlan:
    """The plan of ``reindex``.

    Args:
        parts: the chosen objects of each model.
        filters: conditions that all must be met.
        since: choose objects that were changed since then; None for all.
        refusals: why the operation cannot be done; empty if it can.
        skipped: why the objects of a model are left out, if those of another model are not.
    """

    definition: IndexDefinition
    parts: tuple[ChosenPart, ...]
    filters: tuple[Filter, ...]
    since: datetime | None
    refusals: tuple[str, ...]
    skipped: tuple[str, ...] = ()

    @property
    def objects(self) -> int:
        """The approximate number of chosen objects."""
        return sum(part.objects for part in self.parts)


def plan_reindex(
    definition: IndexDefinition,
    *,
    keys: Sequence[str] | None = None,
    filters: Sequence[Filter] = (),
    since: datetime | None = None,
    model: str = "",
) -> ReindexPlan:
    """Return the plan of :func:`reindex`. By default, all objects are chosen.

    If an index has several documents, and one model lacks the key or the field, its objects are
    left out, unless this is so for all models.

    Args:
        keys: primary keys as text. The document of an object that does not exist is deleted.
        filters: conditions on the models' tables, regardless of the documents' querysets.
        since: choose objects that were changed since this time, according to their date fields.
        model: the label or name of the only model to choose from; "" for all models of the index.
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
    # A key that fits no model is a mistake, even if other keys fit.
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
    """Return the chosen objects of one model, or None, and the reasons that speak against it."""
    if keys is not None:
        fitting = [own for key in keys if (own := _spelled(part, key)) is not None]
        misfits = [one for key in keys for one in _key_misfits([part], key)]
        # As the rows store them: "007" is the object 7, whose document has the id "7".
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
        # For example, an invalid regular expression, which only the database checks, or a number or
        # text that the database cannot store.
        text = " and ".join("=".join(one) for one in plan.filters)
        return None, [_unfit(part, text, str(error))]


def reindex(plan: ReindexPlan, on_progress: OnProgress = ignore) -> ReindexResult:
    """Add outbox rows for the objects, in portions, and drain those that this process may drain.

    Raises:
        OperationRefused: the plan has refusals.
        OperationCancelled: the operation was cancelled; rows already added are drained.
    """
    if plan.refusals:
        raise OperationRefused(together(plan.refusals))
    definition = plan.definition
    with recording(definition, Operation.Kind.REINDEX, on_progress=on_progress) as record:
        return write_chosen(plan, record)


def write_chosen(plan: ReindexPlan, record: Record) -> ReindexResult:
    """Do what :func:`reindex` does, within an operation that is already recorded."""
    definition = plan.definition
    document = _document(definition)
    before, count = last_row(definition), 0
    found = _keys(plan)
    first = list(islice(found, get_options().inline_max_objects))
    every = chain(first, found)
    # Not in one transaction, because the table may have too many rows for that.
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
        # By key, so that changes in the meantime move no object to a page that was already read.
        rows = table_of(definition).filter(chosen, beyond).values_list("pk", flat=True)
        page = list(dict.fromkeys(rows[:PORTION]))
        yield from page
        if not page:
            return
        beyond = Q(pk__gt=page[-1])


def _chosen(definition: IndexDefinition, plan: ReindexPlan) -> QuerySet[Any]:
    rows = table_of(definition).filter(_condition(definition, plan))
    # A condition on a list of related objects may find an object more than once.
    return rows.values("pk").distinct() if plan.filters else rows


def _condition(definition: IndexDefinition, plan: ReindexPlan) -> Q:
    condition = Q()
    if plan.since:
        condition &= changed_since(_document(definition), plan.since)
    for lookup, text in plan.filters:
        condition &= Q(**{lookup: _value(definition, lookup, text)})
    return condition


def _spelled(part: IndexDefinition, key: str) -> str | None:
    """Return a primary key as the rows of a model store it; None if it is invalid."""
    model = _document(part).django.model
    try:
        # Invalid bytes from a terminal become surrogate characters.
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
        # A number that is too large for the column finds no row.
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
    """Return the value to compare with: a list for ``__in``, a boolean, or the text."""
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
