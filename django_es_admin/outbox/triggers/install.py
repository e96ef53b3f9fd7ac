"""Install triggers in a database, and remove them."""

import logging
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from django.apps import AppConfig
from django.db import connections, migrations, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models.signals import post_migrate, pre_migrate

from ...documents import registry
from ...exceptions import TriggersImpossible
from ...models import OutboxEntry
from .trigger import LEAVING, PREFIX, Trigger
from .wanted import (
    LOOK_SECONDS,
    documents_in,
    dropping,
    forget,
    has_triggers,
    installed,
    is_there,
    renaming,
    statements,
    tables_in,
    triggers_in,
)

logger = logging.getLogger(__name__)

UID = "django_es_admin.outbox.triggers.install"
LOCK_SECONDS = 10
"""How long to wait for the lock of a table. Statements that need the table wait as long."""

LEAVING_SECONDS = LOOK_SECONDS + 1
"""How long a removed trigger still runs, until every process has noticed the removal."""


@dataclass(frozen=True)
class TriggerState:
    """The triggers of one database.

    Args:
        using: alias of the database.
        present: the triggers that documents want, and that exist.
        missing: the triggers that documents want, and that do not exist or are disabled.
        old: name and table of each trigger that no document wants.
        impossible: the name of each document that cannot have triggers, and why.
    """

    using: str
    present: tuple[Trigger, ...] = ()
    missing: tuple[Trigger, ...] = ()
    old: tuple[tuple[str, str], ...] = ()
    impossible: tuple[tuple[str, str], ...] = ()

    @property
    def is_complete(self) -> bool:
        """Whether no trigger is missing, old or impossible."""
        return not (self.missing or self.old or self.impossible)


def read_state(using: str) -> TriggerState:
    """Return which triggers a database has, and which it should have."""
    wanted: dict[str, Trigger] = {}
    impossible: list[tuple[str, str]] = []
    documents = documents_in(using)
    tables = tables_in(using) if documents else {}
    for document in documents:
        try:
            found = triggers_in(document, using)
            _require_no_view(found, tables)
        except TriggersImpossible as error:
            impossible.append((document.__name__, str(error)))
        else:
            wanted |= {trigger.name: trigger for trigger in found}
    there = installed(using)
    return TriggerState(
        using=using,
        present=tuple(one for name, one in wanted.items() if name in there),
        missing=tuple(one for name, one in wanted.items() if name not in there),
        old=tuple((name, table) for name, table in there.items() if name not in wanted),
        impossible=tuple(impossible),
    )


def _require_no_view(triggers: Sequence[Trigger], tables: Mapping[str, bool]) -> None:
    for table in dict.fromkeys(trigger.table for trigger in triggers):
        if tables.get(table) is False:
            raise TriggersImpossible(
                f"{table} is a view, and a change of the tables behind it runs no trigger of it."
            )


def install(using: str, *, keep: frozenset[str] = frozenset()) -> TriggerState:
    """Create the missing triggers, and remove old ones; return the state before.

    Args:
        keep: the names of old triggers that stay.

    Raises:
        django.db.Error: the database refuses it.
    """
    state = read_state(using)
    tables = tables_in(using) if state.missing else {}
    # New triggers are created before old ones are removed. In between, a change is recorded twice,
    # but never missed.
    for trigger in state.missing:
        if is_there(using, trigger.table, tables):
            # A disabled trigger also has this name.
            again = dropping(using, trigger.name, trigger.table)
            _execute(using, [*again, *statements(using, trigger)])
    _take_away(using, {name: table for name, table in state.old if name not in keep})
    forget(using)
    return state


def remove(using: str) -> int:
    """Remove all triggers of this package; return how many.

    Raises:
        django.db.Error: the database refuses it.
    """
    there = installed(using)
    _take_away(using, there)
    forget(using)
    return len(there)


def _take_away(using: str, triggers: Mapping[str, str]) -> None:
    """Remove triggers after no process relies on them any more.

    For some seconds, a process assumes that triggers it has seen still exist, and records nothing
    by itself. So the triggers first get names that no process knows, and continue to record
    changes.

    Args:
        triggers: name -> table.
    """
    there, leaving = installed(using), {}
    for name, table in triggers.items():
        new = name if name.startswith(LEAVING) else LEAVING + name.removeprefix(PREFIX)
        leaving[new] = table
        if new == name:
            continue
        # A process that was killed left it behind.
        again = dropping(using, new, table) if new in there else []
        _execute(using, [*again, *renaming(using, name, table, new)])
    if leaving:
        logger.info("Waiting %s s for other processes to notice the removal.", LEAVING_SECONDS)
        time.sleep(LEAVING_SECONDS)
    for name, table in leaving.items():
        _execute(using, dropping(using, name, table))


def _execute(using: str, made: list[str]) -> None:
    connection = connections[using]
    with (
        transaction.atomic(using=using),
        connection.cursor() as cursor,
        _waiting_for_tables(connection.vendor, cursor),
    ):
        for statement in made:
            # Without parameters, so that a percent sign has no special meaning.
            cursor.execute(statement, None)


@contextmanager
def _waiting_for_tables(vendor: str, cursor: CursorWrapper) -> Iterator[None]:
    """Limit how long statements wait for a table: a waiting statement blocks all later ones."""
    if vendor == "postgresql":
        cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
    if vendor != "mysql":
        yield
        return
    cursor.execute("SELECT @@SESSION.lock_wait_timeout")
    [(before,)] = cursor.fetchall()
    cursor.execute(f"SET SESSION lock_wait_timeout = {LOCK_SECONDS}")
    try:
        yield
    finally:
        cursor.execute(f"SET SESSION lock_wait_timeout = {before}")


def connect(app: AppConfig) -> None:
    """Keep the triggers of each database up to date when it is migrated.

    Args:
        app: the configuration of this app.
    """
    pre_migrate.connect(_before_migrate, sender=app, dispatch_uid=UID)
    post_migrate.connect(_after_migrate, sender=app, dispatch_uid=UID)


def _before_migrate(using: str, plan: list[tuple[Any, bool]], **kwargs: Any) -> None:
    """Remove triggers that would make every write to a changed table fail."""
    if any(back and one.app_label == OutboxEntry._meta.app_label for one, back in plan):
        # The table that the triggers write to may be removed.
        remove(using)
        return
    changes = [one for migration, _ in plan for one in migration.operations if _changes_tables(one)]
    if not changes or not installed(using):
        return
    if connections[using].vendor == "sqlite":
        # SQLite changes a table by creating it again, and refuses that while another trigger reads
        # it.
        remove(using)
        return
    kept = _wanted_by_signals(using)
    _take_away(using, {name: at for name, at in read_state(using).old if name not in kept})
    forget(using)


_HARMLESS = (
    migrations.CreateModel,
    migrations.RunPython,
    migrations.AddIndex,
    migrations.RemoveIndex,
    migrations.AlterModelOptions,
    migrations.AlterModelManagers,
)
_OF_TABLES = re.compile(r"\b(ALTER|DROP|RENAME)\b", re.IGNORECASE)


def _changes_tables(operation: Any) -> bool:
    if isinstance(operation, migrations.RunSQL):
        # Either may be what is executed. Each is a string, or a list of strings and of pairs with
        # parameters.
        text = f"{operation.sql} {operation.reverse_sql}"
        return bool(operation.state_operations or _OF_TABLES.search(text))
    return not isinstance(operation, _HARMLESS)


def _after_migrate(using: str, **kwargs: Any) -> None:
    if not (documents_in(using) or installed(using)):
        return
    if OutboxEntry._meta.db_table not in tables_in(using):
        return
    try:
        install(using, keep=_wanted_by_signals(using))
    except Exception:
        logger.exception(
            "The triggers of %r could not be installed; signals capture what they can. Run "
            "`manage.py es_triggers install`.",
            using,
        )


def _wanted_by_signals(using: str) -> frozenset[str]:
    """Return the triggers of documents that are now captured by signals.

    Processes with older code still rely on these triggers. Until `es_triggers install`, both the
    signals and the triggers record each change, which is harmless.
    """
    found: set[str] = set()
    for document in registry.get_documents():
        if not has_triggers(document):
            # Triggers may be impossible for it, because of its keys, its database, or its own code.
            with suppress(Exception):
                found |= {trigger.name for trigger in triggers_in(document, using)}
    return frozenset(found)
