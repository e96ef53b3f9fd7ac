"""The triggers that documents want in a database, and those that are there."""

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
"""For how long a process believes that triggers that it has seen are still there."""


def has_triggers(document: type[Document]) -> bool:
    """Whether a document wants to be captured by triggers."""
    return bool(document.django.capture == "triggers")


def require_possible(document: type[Document], using: str) -> None:
    """Make sure that a document can be captured by triggers; no database is asked.

    Args:
        using: alias of the database.

    Raises:
        TriggersImpossible: it cannot.
    """
    vendor = connections[using].vendor
    if vendor not in _VENDORS:
        raise TriggersImpossible(f"There are no triggers for {vendor}.")
    effects_of(document, using)


def triggers_of(
    document: type[Document], using: str, below: Mapping[str, Sequence[str]] = NOTHING
) -> list[Trigger]:
    """Return the triggers that capture a document's changes; no database is asked.

    Args:
        using: alias of the database.
        below: tables that belong to others, and have the same triggers.

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
    """Return those, and those of partitions and tables that inherit, which the database knows.

    Args:
        using: alias of the database; it is asked.

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
    """Return the documents that want to be captured by triggers of a database."""
    return [
        document
        for document in registry.get_documents()
        if has_triggers(document) and router.db_for_write(document.django.model) == using
    ]


def installed(using: str) -> dict[str, str]:
    """Return the triggers of this package that are in a database: name -> table."""
    connection = connections[using]
    vendor = _VENDORS.get(connection.vendor)
    found: dict[str, str] = vendor.installed(connection) if vendor else {}
    return found


def tables_in(using: str) -> dict[str, bool]:
    """Return the tables that are in a database, and whether each is one, and no view."""
    connection = connections[using]
    with connection.cursor() as cursor:
        return {
            one.name: one.type != "v" for one in connection.introspection.get_table_list(cursor)
        }


def is_there(using: str, table: str, tables: Mapping[str, bool]) -> bool:
    """Whether a database has a table, in whatever schema its name says.

    Args:
        tables: those that the connection sees by themselves.
    """
    connection = connections[using]
    if connection.vendor == "postgresql" and postgresql.is_elsewhere(connection, table):
        return True
    return tables.get(table, False)


def statements(using: str, trigger: Trigger) -> list[str]:
    """Return what makes a trigger in a database."""
    connection = connections[using]
    if connection.vendor != "postgresql":
        return trigger.statements("")
    return trigger.statements(connection.ops.quote_name(postgresql.schema(connection)))


def dropping(using: str, name: str, table: str) -> list[str]:
    """Return what removes a trigger."""
    connection = connections[using]
    statements: list[str] = _VENDORS[connection.vendor].dropping(connection, name, table)
    return statements


def script(using: str, trigger: Trigger) -> list[str]:
    """Return the lines that make a trigger, for the database's own client: once, or once more."""
    vendor, made = _VENDORS[connections[using].vendor], statements(using, trigger)
    again = dropping(using, trigger.name, trigger.table)
    lines: list[str] = vendor.script(again, made)
    return lines


def renaming(using: str, name: str, table: str, new: str) -> list[str]:
    """Return what gives a trigger another name."""
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
    """Whether all triggers of a document are there, so that signals need not capture it.

    Looked up now and then: a deployment may put others in their place at any time. Signals capture
    what they would, as long as one is missing.
    """
    if not has_triggers(document):
        return False
    names = _names_of(document, using)
    return names is not None and names <= _look(using).names


def are_leaving(using: str) -> bool:
    """Whether triggers still run that no process is to rely on any more."""
    return any(name.startswith(LEAVING) for name in _look(using).names)


def forget(using: str) -> None:
    """Look again at the next change."""
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
    # django-tenants: each schema has triggers of its own.
    return using, str(connection.settings_dict["NAME"]), getattr(connection, "schema_name", "")
