"""A trigger, named after a digest of its body."""

import hashlib
from dataclasses import dataclass

PREFIX = "django_es_admin_"
LEAVING = f"{PREFIX}leaving_"
"""The prefix of triggers that still run, but on which no process may rely."""

SCHEMA = "{schema}"
"""Stands for the schema in a trigger."""

INSERT, UPDATE, DELETE = "insert", "update", "delete"
TRUNCATE, REPLACE = "truncate", "replace"


@dataclass(frozen=True)
class Trigger:
    """The trigger for one event on one table, for one document.

    Args:
        document: name of the document class.
        table: the table's name.
        event: ``"insert"``, ``"update"``, ``"delete"``, ``"truncate"`` or ``"replace"``.
        body: SQL statements, with ``{name}`` for the trigger's name, and ``SCHEMA``.
    """

    document: str
    table: str
    event: str
    body: tuple[str, ...]

    @property
    def name(self) -> str:
        """The name contains a digest of the body, so triggers with the same name do the same."""
        made = "\n".join((self.table, self.event, *self.body))
        digest = hashlib.blake2b(made.encode(), digest_size=8).hexdigest()
        return f"{PREFIX}{self.event}_{digest}"

    def statements(self, schema: str) -> list[str]:
        """Return the statements that create the trigger.

        Args:
            schema: the quoted name of the schema; only for PostgreSQL.
        """
        return [
            statement.replace("{name}", self.name).replace(SCHEMA, schema)
            for statement in self.body
        ]
