"""How many objects belong in an index: counted when asked to, remembered for the next look."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import connections
from django.db.models.functions import Now

from ..clock import clock_of, database_now
from ..documents.described.overrides import has_every_row
from ..indices.definition import IndexDefinition
from ..models import RowCount
from ..outbox.objects.read import count_objects


@dataclass(frozen=True)
class Rows:
    """The objects of one index.

    Args:
        number: of them; None where nobody knows.
        counted: when they were counted; None for an estimate.
        documents: those that were in the live generation then.
    """

    number: int | None = None
    counted: datetime | None = None
    documents: int | None = None

    @property
    def estimated(self) -> bool:
        """Whether the number is the database's guess."""
        return self.number is not None and self.counted is None

    def precedes(self, documents: int | None) -> bool:
        """Whether they were counted beside other documents than there are now.

        Args:
            documents: that are in the live generation now; None where that is not known.
        """
        return self.counted is not None and documents is not None and documents != self.documents

    def drift(self, documents: int | None) -> int:
        """Return by how many documents the index exceeds the rows, below 0 for missing ones.

        0 where that cannot be told: what was counted beside other documents says nothing of these.

        Args:
            documents: that are in the live generation now.
        """
        if self.number is None or documents is None or documents != self.documents:
            return 0
        return documents - self.number


def count_rows(definition: IndexDefinition, documents: int | None) -> Rows:
    """Count the objects of an index, and remember the number.

    Args:
        documents: in the live generation; None where that is not known.
    """
    return remember_rows(definition, count_objects(definition), documents)


def remember_rows(definition: IndexDefinition, number: int, documents: int | None) -> Rows:
    """Remember an exact number of objects.

    Args:
        documents: in the live generation; None where that is not known.
    """
    now = database_now(definition.database)
    RowCount.objects.using(definition.database).update_or_create(
        connection=definition.using,
        index=definition.name,
        defaults={"rows": number, "documents": documents, "counted_at": now},
    )
    return Rows(number, clock_of(now).here(now), documents)


def recall_rows(using: str, definitions: Iterable[IndexDefinition]) -> dict[tuple[str, str], Rows]:
    """Return connection and name of each index -> its objects as last counted, or estimated.

    Two queries, whatever the number of indices.

    Args:
        using: alias of the database that feeds all of them.
    """
    counts = RowCount.objects.using(using).annotate(now=Now())
    known = {
        (count.connection, count.index): Rows(
            count.rows, clock_of(count.now).here(count.counted_at), count.documents
        )
        for count in counts
    }
    others = [d for d in definitions if d.document and (d.using, d.name) not in known]
    estimates = _estimates(using, others)
    return known | {(d.using, d.name): estimates.get(_table(d), Rows()) for d in others}


def _table(definition: IndexDefinition) -> str:
    """Return the table whose every row belongs in the index; "" if some may not."""
    assert definition.document is not None  # noqa: S101 (the caller has looked)
    every = has_every_row(definition.document) and not definition.others
    return definition.document.django.model._meta.db_table if every else ""


def _estimates(using: str, definitions: Iterable[IndexDefinition]) -> dict[str, Rows]:
    """Return table -> what the database believes to be the number of its rows."""
    tables = sorted({_table(definition) for definition in definitions} - {""})
    connection = connections[using]
    if not tables or connection.vendor != "postgresql":
        return {}
    # -1 stands for a table that was never looked at (the manual's page of pg_class).
    sql = (
        "SELECT t.name, c.reltuples FROM unnest(%s::text[]) AS t(name) "
        "JOIN pg_class c ON c.oid = to_regclass(quote_ident(t.name)) WHERE c.reltuples >= 0"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [tables])
        return {name: Rows(int(number)) for name, number in cursor.fetchall()}
