"""The filters of the list of operations, besides kind, outcome and day."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from ....indices.definition import IndexDefinition, get_definitions

MOST_PEOPLE = 100


class IndexFilter(admin.SimpleListFilter):
    """Filters by a declared index, which needs no query."""

    title = _("index")
    parameter_name = "of"

    def definitions(self) -> list[IndexDefinition]:
        """Return the indices to choose from."""
        return get_definitions()

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return connection and name of each index."""
        every = self.definitions()
        several = len({d.using for d in every}) > 1
        return [
            (f"{d.using}:{d.name}", f"{d.name} ({d.using})" if several else d.name) for d in every
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the rows of the chosen index."""
        connection, _colon, name = (self.value() or "").rpartition(":")
        return queryset.filter(connection=connection, index=name) if name else queryset


class WhoFilter(admin.SimpleListFilter):
    """Filters by the user who started an operation."""

    title = _("person")
    parameter_name = "by"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the users."""
        rows = model_admin.get_queryset(request).exclude(who="").order_by("who")
        names = rows.values_list("who", flat=True).distinct()[:MOST_PEOPLE]
        return [(name, name) for name in names]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the operations that the chosen user started."""
        return queryset.filter(who=self.value()) if self.value() else queryset
