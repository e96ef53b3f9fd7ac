"""A trigger as a value, named after what it is made of."""

import hashlib
from dataclasses import dataclass

PREFIX = "django_es_admin_"
LEAVING = f"{PREFIX}leaving_"
"""What a trigger's name begins with that still runs, but that no process is to rely on."""

SCHEMA = "{schema}"
"""Stands in a trigger for the schema."""

INSERT, UPDATE, DELETE = "insert", "update", "delete"
TRUNCATE, REPLACE = "truncate", "replace"


@dataclass(frozen=True)
class Trigger:
    """What one event at one table does for one document.

    Args:
        document: name of the document class.
        table: the table's name.
        event: ``"insert"``, ``"update"``, ``"delete"``, ``"truncate"`` or ``"replace"``.
        body: SQL, a statement each, with ``{name}`` for the trigger's name, and ``SCHEMA``.
    """

    document: str
    table: str
    event: str
    body: tuple[str, ...]

    @property
    def name(self) -> str:
        """Another one for another body: a trigger that has it does what this one does."""
        made = "\n".join((self.table, self.event, *self.body))
        digest = hashlib.blake2b(made.encode(), digest_size=8).hexdigest()
        return f"{PREFIX}{self.event}_{digest}"

    def statements(self, schema: str) -> list[str]:
        """Return what makes the trigger.

        Args:
            schema: the quoted name of the schema; of PostgreSQL alone.
        """
        return [
            statement.replace("{name}", self.name).replace(SCHEMA, schema)
            for statement in self.body
        ]
