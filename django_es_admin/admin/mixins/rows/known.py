"""Rows whose number and days are already known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, cast

from django.conf import settings
from django.db.models import DateTimeField, QuerySet
from django.utils import timezone

from .special import SpecialRows, special


@dataclass(frozen=True)
class Known:
    """What the database need not be asked for.

    Args:
        count: the number of rows; None if unknown.
        totals: name of an aggregation -> its result.
        days: the days in the date hierarchy's column, in order; None if unknown.
    """

    count: int | None
    days: Sequence[Any] | None = None
    totals: Mapping[str, int] = field(default_factory=dict)


class KnownRows(SpecialRows):
    """A queryset that answers the admin's questions about a list's rows. Its copies do not."""

    known: Known

    def count(self) -> int:
        """Return the number of rows."""
        return super().count() if self.known.count is None else self.known.count

    def aggregate(self, *args: Any, **expressions: Any) -> dict[str, Any]:
        """Return the first and the last day, which the date hierarchy asks for."""
        days, totals = self.known.days, self.known.totals
        if totals and not args and expressions.keys() <= totals.keys():
            return {name: totals[name] for name in expressions}
        if days is None or args or expressions.keys() != {"first", "last"}:
            return super().aggregate(*args, **expressions)
        return {"first": days[0], "last": days[-1]} if days else {"first": None, "last": None}

    def dates(self, field_name: str, kind: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the days, or their months or years."""
        if self.known.days is None:
            return super().dates(field_name, kind, *args, **kwargs)
        return _periods(self.known.days, kind)

    def datetimes(self, field_name: str, kind: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the same for a column with times."""
        if self.known.days is None:
            return super().datetimes(field_name, kind, *args, **kwargs)
        return _periods(self.known.days, kind)


def with_known(queryset: QuerySet[Any], known: Known) -> QuerySet[Any]:
    """Return the rows as a queryset that returns what is known without asking the database."""
    rows: Any = special(queryset, KnownRows)
    rows.known = known
    return cast("QuerySet[Any]", rows)


def days_of(queryset: QuerySet[Any], column: str, days: Sequence[date]) -> Sequence[Any]:
    """Return days in the form that the database returns for this column."""
    is_moment = isinstance(queryset.model._meta.get_field(column), DateTimeField)
    return [_moment(day) for day in days] if is_moment else list(days)


def _moment(day: date) -> datetime:
    midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 (naive where USE_TZ is off)
    return timezone.make_aware(midnight) if settings.USE_TZ else midnight


def _periods(days: Sequence[Any], kind: str) -> list[Any]:
    return list(dict.fromkeys(_begin(day, kind) for day in days))


def _begin(day: Any, kind: str) -> Any:
    if kind == "year":
        return day.replace(month=1, day=1)
    return day.replace(day=1) if kind == "month" else day
