"""The log of an operation: the events in its record, in order."""

from collections.abc import Iterator
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext

from ....operations.history import OperationStatus
from ..parts.format import number
from ..parts.state import operation_state, step_title


def log_of(operation: OperationStatus) -> str:
    """Return a line for each event of the record, in the time zone of the reader."""
    return "\n".join(
        f"{_local(operation.clock.here(when)):%Y-%m-%d %H:%M:%S}  {text}"
        for when, text in _lines(operation)
    )


def _lines(operation: OperationStatus) -> Iterator[tuple[datetime, str]]:
    row = operation.row
    yield row.created_at, gettext("started by %(who)s") % {"who": row.who or "—"}
    if row.begun_at and operation.waited >= 1:
        yield row.begun_at, gettext("taken over by %(who)s") % {"who": row.host or "—"}
    for step in operation.steps:
        yield step.began, step_title(step)
        if step.ended and step.total:
            text = gettext("%(done)s of %(total)s done")
            yield step.ended, text % {"done": number(step.done), "total": number(step.total)}
    if row.ended_at:
        state = operation_state(operation).text
        yield row.ended_at, f"{state}: {row.error}" if row.error else state
    elif operation.interrupted and operation.ended:
        yield operation.ended, gettext("last sign of life")


def _local(moment: datetime) -> datetime:
    return timezone.localtime(moment) if timezone.is_aware(moment) else moment
