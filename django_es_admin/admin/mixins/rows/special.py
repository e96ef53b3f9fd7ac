"""Give one queryset other methods, whatever its class."""

from collections.abc import Callable
from typing import Any, cast

from django.db.models import QuerySet


class SpecialRows(QuerySet[Any]):
    """The base class for such methods. Copies have the original class: their rows may differ."""

    def _clone(self) -> Any:
        clone = cast("Callable[[], Any]", super()._clone)()  # type: ignore[misc]
        clone.__class__ = type(self).__bases__[1]
        return clone


def special(queryset: QuerySet[Any], methods: type[SpecialRows]) -> QuerySet[Any]:
    """Return a copy of a queryset with these methods added."""
    rows: Any = queryset.all()
    key = methods, type(rows)
    if key not in _made:
        _made[key] = type(f"{methods.__name__}Of{type(rows).__name__}", key, {})
    rows.__class__ = _made[key]
    return cast("QuerySet[Any]", rows)


_made: dict[tuple[type[Any], type[Any]], type[Any]] = {}
