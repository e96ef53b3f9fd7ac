"""A resource whose rows come best first."""

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from django.db.models import Model

from ..admin.mixins.ranking import matching

if TYPE_CHECKING:
    Base = Any
else:
    Base = object

# Rows that are read at once.
PORTION = 1_000


class RankedRows(Base):  # type: ignore[misc]
    """Goes before the bases of a resource."""

    ranked_keys: tuple[Any, ...] = ()

    def iter_queryset(self, queryset: Any) -> Iterator[Model]:
        """Yield the rows of the queryset in the order of the hits, a portion at a time."""
        keys = iter(matching(queryset, self.ranked_keys))
        while portion := list(islice(keys, PORTION)):
            rows = {row.pk: row for row in queryset.order_by().filter(pk__in=portion)}
            yield from (rows[key] for key in portion if key in rows)
