"""Give one queryset other methods, whatever its class is."""

from collections.abc import Callable
from typing import Any, cast

from django.db.models import QuerySet


class SpecialRows(QuerySet[Any]):
    """The base of such methods. Copies have the original class, as they may be other rows."""

    def _clone(self) -> Any:
        clone = cast("Callable[[], Any]", super()._clone)()  # type: ignore[misc]
        clone.__class__ = type(self).__bases__[1]
        return clone


def special(queryset: QuerySet[Any], methods: type[SpecialRows]) -> QuerySet[Any]:
    """Return a copy of a queryset that has these methods, too."""
    rows: Any = queryset.all()
    key = methods, type(rows)
    if key not in _made:
        _made[key] = type(f"{methods.__name__}Of{type(rows).__name__}", key, {})
    rows.__class__ = _made[key]
    return cast("QuerySet[Any]", rows)


_made: dict[tuple[type[Any], type[Any]], type[Any]] = {}
