"""The triggers that documents want in a database, and those that exist."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import connections, router

from ...documents import Document, registry
from ...exceptions import TriggersImpossible
from . import mysql, postgresql, sqlite
from .effects import Effect, effects_of
from .trigger import LEAVING, Trigger

_VENDORS: dict[str, Any] = {"postgresql": postgresql, "sqlite": sqlite, "mysql": mysql}

NOTHING: Mapping[str, Sequence[str]] = MappingProxyType({})

LOOK_SECONDS = 5.0
"""For how many seconds a process assumes that triggers it has seen still exist."""


def has_triggers(document: type[Document]) -> bool:
    """Return whether a document declares capture by triggers."""
    return bool(document.django.capture == "triggers")


def require_possible(document: type[Document], using: str) -> None:
    """Refuse a document that cannot be captured by triggers, without asking the database.

    Args:
        using: alias of the database.

    Raises:
        TriggersImpossible: triggers cannot capture its changes.
    """
    vendor = connections[using].vendor
    if vendor not in _VENDORS:
        raise TriggersImpossible(f"There are no triggers for {vendor}.")
    effects_of(document, using)


def triggers_of(
    document: type[Document], using: str, below: Mapping[str, Sequence[str]] = NOTHING
) -> list[Trigger]:
    """Return the triggers that capture a document's changes, without asking the database.

    Args:
        using: alias of the database.
        below: for each table, the partitions and inheriting tables that need the same triggers.

    Raises:
        TriggersImpossible: there are none for that database, or that document.
    """
    connection = connections[using]
    require_possible(document, using)
    vendor = _VENDORS[connection.vendor]
    tables: dict[str, list[Effect]] = {}
    for effect in effects_of(document, using):
        tables.setdefault(effect.table, []).append(effect)
    return [
        trigger
        for table, effects in sorted(tables.items())
        for one in (table, *below.get(table, ()))
        for trigger in vendor.triggers(connection, document.__name__, one, effects)
    ]


def triggers_in(document: type[Document], using: str) -> list[Trigger]:
    """Return the triggers of a document, including those of partitions and inheriting tables.

    Args:
        using: alias of the database, which is asked for its tables.

    Raises:
        TriggersImpossible: there are none for that database, or that document.
    """
    connection = connections[using]
    found = triggers_of(document, using)
    if connection.vendor != "postgresql":
        return found
    tables = dict.fromkeys(trigger.table for trigger in found)
    return triggers_of(document, using, postgresql.descendants(connection, tables))


def documents_in(using: str) -> list[type[Document]]:
    """Return the documents that declare capture by triggers in a database."""
    return [
        document
        for document in registry.get_documents()
        if has_triggers(document) and router.db_for_write(document.django.model) == using
    ]


def installed(using: str) -> dict[str, str]:
    """Return the triggers of this package that exist in a database: name -> table."""
    connection = connections[using]
    vendor = _VENDORS.get(connection.vendor)
    found: dict[str, str] = vendor.installed(connection) if vendor else {}
    return found


def tables_in(using: str) -> dict[str, bool]:
    """Return the tables in a database, and whether each is a table and not a view."""
    connection = connections[using]
    with connection.cursor() as cursor:
        return {
            one.name: one.type != "v" for one in connection.introspection.get_table_list(cursor)
        }


def is_there(using: str, table: str, tables: Mapping[str, bool]) -> bool:
    """Return whether a database has a table, in the schema that its name contains.

    Args:
        tables: the tables that the connection sees without a schema.
    """
    connection = connections[using]
    if connection.vendor == "postgresql" and postgresql.is_elsewhere(connection, table):
        return True
    return tables.get(table, False)


def statements(using: str, trigger: Trigger) -> list[str]:
    """Return the statements that create a trigger in a database."""
    connection = connections[using]
    if connection.vendor != "postgresql":
        return trigger.statements("")
    return trigger.statements(connection.ops.quote_name(postgresql.schema(connection)))


def dropping(using: str, name: str, table: str) -> list[str]:
    """Return the statements that remove a trigger."""
    connection = connections[using]
    statements: list[str] = _VENDORS[connection.vendor].dropping(connection, name, table)
    return statements


def script(using: str, trigger: Trigger) -> list[str]:
    """Return the lines that create a trigger with the database's own client; they can run twice."""
    vendor, made = _VENDORS[connections[using].vendor], statements(using, trigger)
    again = dropping(using, trigger.name, trigger.table)
    lines: list[str] = vendor.script(again, made)
    return lines


def renaming(using: str, name: str, table: str, new: str) -> list[str]:
    """Return the statements that rename a trigger."""
    connection = connections[using]
    statements: list[str] = _VENDORS[connection.vendor].renaming(connection, name, table, new)
    return statements


@dataclass
class _Seen:
    at: float
    names: frozenset[str]


_seen: dict[tuple[str, ...], _Seen] = {}
_names: dict[tuple[type[Document], str], frozenset[str] | None] = {}


def is_captured_by_triggers(document: type[Document], using: str) -> bool:
    """Return whether all triggers of a document exist, so that signals need not capture it.

    This is checked again from time to time, because a deployment may replace the triggers at any
    time. While one is missing, signals capture the changes.
    """
    if not has_triggers(document):
        return False
    names = _names_of(document, using)
    return names is not None and names <= _look(using).names


def are_leaving(using: str) -> bool:
    """Return whether triggers on which no process may rely still run."""
    return any(name.startswith(LEAVING) for name in _look(using).names)


def forget(using: str) -> None:
    """Check the triggers again with the next change."""
    for key in [key for key in _seen if key[0] == using]:
        del _seen[key]


def _names_of(document: type[Document], using: str) -> frozenset[str] | None:
    key = (document, using)
    if key not in _names:
        try:
            _names[key] = frozenset(trigger.name for trigger in triggers_of(document, using))
        except (TriggersImpossible, ImproperlyConfigured):
            _names[key] = None
    return _names[key]


def _look(using: str) -> _Seen:
    key, now = _database(using), time.monotonic()
    seen = _seen.get(key)
    if seen is None or now - seen.at > LOOK_SECONDS:
        seen = _seen[key] = _Seen(now, frozenset(installed(using)))
    return seen


def _database(using: str) -> tuple[str, ...]:
    connection = connections[using]
    # With django-tenants, each schema has its own triggers.
    return using, str(connection.settings_dict["NAME"]), getattr(connection, "schema_name", "")
