"""Append rows for many changes in one statement, made from keys or from a query.

Making each row in Python would take longer than the change itself.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connections
from django.utils.functional import cached_property

from ...conf import get_options
from ...documents import Document
from ...models import OutboxEntry
from ..drainers.inline import drain_after_commit
from ..drainers.saving import is_saving
from ..rows.claim import inline_grace
from ..rows.tables import has_outbox
from .record import feeds, is_inline, object_entry, record, related_entry, require_transaction
from .watch import Model, Watched

_NAMES = ("connection", "index", "kind", "model", "document")
_REST = {"delete_sent": "false", "cursor": "''", "attempts": "0", "error": "''"}


@dataclass(frozen=True)
class Noted:
    """The changes of one model's objects to record, given only the keys of the objects.

    Args:
        using: alias of the database.
        model: the model of the changed objects.
        concerned: the documents concerned, all of them fed by this database.
    """

    using: str
    model: Model
    concerned: Watched

    @cached_property
    def templates(self) -> list[OutboxEntry]:
        """The outbox rows for one object, without its key."""
        own = [object_entry(document, "") for document in self.concerned.own]
        return own + [related_entry(d, model, "") for d, model in self.concerned.related]

    @cached_property
    def in_sql(self) -> bool:
        """Whether the database itself can make all the rows with one statement."""
        # While a save() is still running, each row may have to be recorded again at its end.
        return connections[self.using].vendor in ("postgresql", "sqlite") and not (
            is_saving(self.using) or any(has_own_places(d) for d in self.concerned.own)
        )

    def add(self, keys: Sequence[str]) -> int:
        """Record that the objects with these keys were changed; return the number of rows."""
        if not keys or not has_outbox(self.using):
            return 0
        if len(keys) > 1 and self.in_sql:
            source, value = _LISTS[connections[self.using].vendor]
            self.add_from(source, [value(keys)])
            return len(keys) * len(self.templates)
        entries = [
            entry
            for document in self.concerned.own
            for entry in _object_entries(document, keys, self.using)
        ]
        entries += [related_entry(d, m, key) for d, m in self.concerned.related for key in keys]
        record(self.using, entries, self.model)
        return len(entries)

    def add_from(self, source: str, params: Sequence[Any]) -> int:
        """Record the objects whose keys a statement returns, as text; return the number of keys.

        On PostgreSQL the statement may also be the one that changes the objects.

        Args:
            source: a statement with one column.
            params: the parameters of the statement.
        """
        require_transaction(self.using, self.model)
        connection = connections[self.using]
        inline = is_inline(self.using)
        sql, more = self._insertion(inline)
        kept = get_options().inline_max_objects if inline else 0
        count: int
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute(
                    f"WITH changed(key) AS ({source}), {sql}, "  # noqa: S608 (no values)
                    f"kept AS (SELECT * FROM noted LIMIT {kept}) "
                    "SELECT (SELECT count(*) FROM changed), kept.* "
                    "FROM (SELECT 1) AS one LEFT JOIN kept ON true",
                    [*params, *more],
                )
                rows = cursor.fetchall()
                count, found = rows[0][0], [row[1:] for row in rows if row[1] is not None]
            else:
                cursor.execute(f"WITH changed(key) AS ({source}), {sql}", [*params, *more])
                rows = cursor.fetchall()
                count, found = len(rows) // len(self.templates), rows[:kept]
        if inline and found:
            names = ("pk", *_NAMES, "key")
            entries = [OutboxEntry(**dict(zip(names, row, strict=True))) for row in found]
            drain_after_commit(self.using, entries)
        return count

    def _insertion(self, inline: bool) -> tuple[str, list[Any]]:
        """Return SQL that inserts an outbox row for each template and each changed key."""
        connection = connections[self.using]
        quote = connection.ops.quote_name
        names = ", ".join(map(quote, _NAMES))
        columns = [names, quote("key"), *_REST]
        values = [*(f"about.{quote(name)}" for name in _NAMES), "changed.key", *_REST.values()]
        params = [getattr(entry, name) for entry in self.templates for name in _NAMES]
        if inline:
            columns.append("leased_until")
            values.append(_LATER[connection.vendor])
            params.append(_seconds(connection.vendor))
        table = quote(OutboxEntry._meta.db_table)
        insertion = (
            f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(values)} "  # noqa: S608 (no values)
            f"FROM changed CROSS JOIN about RETURNING id, {names}, {quote('key')}"
        )
        rows = ", ".join("(%s, %s, %s, %s, %s)" for _ in self.templates)
        about = f"about({names}) AS (VALUES {rows})"
        if connection.vendor == "postgresql":
            return f"{about}, noted AS ({insertion})", params
        return f"{about} {insertion}", params


_LISTS: dict[str, tuple[str, Any]] = {
    "postgresql": ("SELECT unnest(%s::text[])", list),
    "sqlite": ("SELECT value FROM json_each(%s)", json.dumps),
}
_LATER = {
    "postgresql": "statement_timestamp() + %s * interval '1 second'",
    "sqlite": "strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now', %s)",
}


def _seconds(vendor: str) -> Any:
    seconds = inline_grace().total_seconds()
    return seconds if vendor == "postgresql" else f"+{seconds} seconds"


def has_own_places(document: type[Document]) -> bool:
    return bool(document.django.places.own)


def fed(concerned: Watched, using: str) -> Watched:
    """Return the part of ``concerned`` that the database ``using`` feeds."""
    return Watched(
        own=tuple(d for d in concerned.own if feeds(d, using)),
        related=tuple((d, m) for d, m in concerned.related if feeds(d, using)),
    )


def _object_entries(document: type[Document], keys: Sequence[str], using: str) -> list[OutboxEntry]:
    return [object_entry(document, key) for key in document.django.places.keys(keys, using)]
