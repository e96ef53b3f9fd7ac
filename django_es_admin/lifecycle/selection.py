"""Choose objects of an index by key, by condition or by age, and have their documents written."""

from collections.abc import Iterator, Sequence
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
from ..documents.modified import changed_since, find_since_refusal
from ..exceptions import OperationRefused
from ..faults import Fault, fault_of, savepoint
from ..indices.definition import IndexDefinition
from ..models import Operation
from ..operations.progress import OnProgress, Progress, ignore
from ..operations.recording import Record, recording
from ..outbox.capture.changes import PORTION, capture_keys
from ..outbox.drain.pending import last_row
from ..outbox.drain.read import table_of
from ..outbox.rows.keys import text_of, value_of
from .reindex import ReindexResult, keys_of, outcome

Filter = tuple[str, str]
"""A lookup of the model's queryset, as ``stock__gte``, and its value as text."""


@dataclass(frozen=True)
class ReindexPlan:
    """What ``reindex`` will do.

    Args:
        keys: primary keys as text; None if objects are chosen otherwise.
        filters: conditions that all have to be met.
        since: objects that were changed since then; None for any.
        objects: how many there are, about.
        refusals: why it cannot be done, empty if it can.
    """

    definition: IndexDefinition
    keys: tuple[str, ...] | None
    filters: tuple[Filter, ...]
    since: datetime | None
    objects: int
    refusals: tuple[str, ...]


def plan_reindex(
    definition: IndexDefinition,
    *,
    keys: Sequence[str] | None = None,
    filters: Sequence[Filter] = (),
    since: datetime | None = None,
) -> ReindexPlan:
    """Return the plan of :func:`reindex`; without a choice, of all objects.

    Args:
        keys: primary keys as text; the document of one that does not exist is deleted.
        filters: conditions on the model's table, whatever the document's queryset makes of it.
        since: objects that were changed since this moment, by the fields that say so.
    """
    if definition.document is None:
        text = _("The index %(name)s has no document to write its objects by: register one.")
        refusal = text % {"name": definition.name}
        return ReindexPlan(definition, None, (), since, 0, (refusal,))
    refusals: list[str] = []
    parts = definition.parts if keys is None and not filters else definition.parts[:1]
    for part in definition.parts if since else ():
        assert part.document is not None  # noqa: S101 (a part is one of a document)
        refusals += filter(None, [find_since_refusal(part.document)])
    refusals += _find_key_refusals(definition, keys or ())
    refusals += filter(None, (_find_filter_refusal(definition, one) for one in filters))
    plan = ReindexPlan(definition, None, tuple(filters), since, 0, tuple(refusals))
    if refusals:
        return plan
    if keys is not None:
        # As the rows spell them: "007" is the object 7, whose document stands under "7".
        model = definition.document.django.model
        chosen = tuple(dict.fromkeys(text_of(model, key) for key in keys))
        return replace(plan, keys=chosen, objects=len(chosen))
    try:
        with savepoint(definition.database):
            count = sum(_chosen(part, plan).count() for part in parts)
    except (Error, OverflowError) as error:
        if not filters or fault_of(error) is not Fault.DATA:
            raise
        # A regular expression, say, that only the database reads, or a number that it cannot hold.
        text = " and ".join("=".join(one) for one in filters)
        return replace(plan, refusals=(_unfit(definition, text, str(error)),))
    return replace(plan, objects=count)


def reindex(plan: ReindexPlan, on_progress: OnProgress = ignore) -> ReindexResult:
    """Note the objects in the outbox, some at a time; what this process may, it drains at once.

    Raises:
        OperationRefused: the plan has refusals.
        OperationCancelled: somebody asked for that; what was noted until then is written.
    """
    if plan.refusals:
        raise OperationRefused(" ".join(plan.refusals))
    definition = plan.definition
    with recording(definition, Operation.Kind.REINDEX, on_progress=on_progress) as record:
        return write_chosen(plan, record)


def write_chosen(plan: ReindexPlan, record: Record) -> ReindexResult:
    """Do what :func:`reindex` does, within an operation that is recorded already."""
    definition = plan.definition
    document = definition.document
    assert document is not None  # noqa: S101 (a plan without one is refused)
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
    definition = plan.definition
    if plan.keys is not None:
        yield from keys_of(definition, plan.keys)
        return
    parts = definition.parts if not plan.filters else definition.parts[:1]
    for part in parts:
        yield from keys_of(part, _primary_keys(part, plan))


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
    document = definition.document
    assert document is not None  # noqa: S101 (a plan without one is refused)
    if plan.since:
        condition &= changed_since(document, plan.since)
    for lookup, text in plan.filters:
        condition &= Q(**{lookup: _value(definition, lookup, text)})
    return condition


def _find_key_refusals(definition: IndexDefinition, keys: Sequence[str]) -> list[str]:
    document = definition.document
    assert document is not None  # noqa: S101 (asked before)
    found = []
    for key in keys:
        try:
            value_of(document.django.model, key)
        except (ValidationError, ValueError, TypeError, ArithmeticError):
            text = _("%(key)s is no primary key of %(model)s.")
            found.append(text % {"key": repr(key), "model": definition.own_label})
    return found


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
    document = definition.document
    assert document is not None  # noqa: S101 (asked before)
    model = document.django.model
    names = lookup.split(LOOKUP_SEP)
    return Query(model).names_to_path(names, model._meta)[1]
