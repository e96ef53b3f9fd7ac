"""Choose the database of outbox rows and operations, which is the one that feeds their index."""

from typing import Any

from django.contrib import admin
from django.db import DEFAULT_DB_ALIAS
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from ....indices.definition import get_definitions
from ....outbox.drainers.worker import databases


def first_database() -> str:
    """Return the database that is shown by default."""
    return (databases() or [DEFAULT_DB_ALIAS])[0]


def database_of(connection: str, name: str) -> str:
    """Return the database that feeds an index."""
    found = (d for d in get_definitions() if (d.using, d.name) == (connection, name))
    return next((definition.database for definition in found), first_database())


class DatabaseFilter(admin.SimpleListFilter):
    """Filters by database. It is not shown if there is only one."""

    title = _("database")
    parameter_name = "database"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the other databases."""
        return [(alias, alias) for alias in databases() if alias != first_database()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the rows of the chosen database."""
        chosen = self.value()
        return queryset.using(chosen) if chosen in databases() else queryset
