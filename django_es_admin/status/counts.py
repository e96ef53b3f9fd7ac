"""How many objects belong in an index: counted on request, and remembered."""

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
    """The number of objects of one index.

    Args:
        number: the number of objects; None if unknown.
        counted: when the objects were counted; None for an estimate.
        documents: how many documents the live generation contained at that time.
    """

    number: int | None = None
    counted: datetime | None = None
    documents: int | None = None

    @property
    def estimated(self) -> bool:
        """Whether the number is an estimate of the database."""
        return self.number is not None and self.counted is None

    def precedes(self, documents: int | None) -> bool:
        """Return whether the live generation had a different number of documents at the count.

        Args:
            documents: the number of documents in the live generation now; None if unknown.
        """
        return self.counted is not None and documents is not None and documents != self.documents

    def drift(self, documents: int | None) -> int:
        """Return by how many documents the index exceeds the rows, below 0 for missing ones.

        The result is 0 if it is unknown: an old count cannot be compared with new documents.

        Args:
            documents: that are in the live generation now.
        """
        if self.number is None or documents is None or documents != self.documents:
            return 0
        return documents - self.number


def count_rows(definition: IndexDefinition, documents: int | None) -> Rows:
    """Count the objects of an index, and store the number.

    Args:
        documents: the number of documents in the live generation; None if unknown.
    """
    return remember_rows(definition, count_objects(definition), documents)


def remember_rows(definition: IndexDefinition, number: int, documents: int | None) -> Rows:
    """Store an exact number of objects.

    Args:
        documents: the number of documents in the live generation; None if unknown.
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

    This takes two queries, regardless of the number of indices.

    Args:
        using: alias of the database that feeds the indices.
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
    """Return the table whose rows all belong in the index; "" if some may not."""
    assert definition.document is not None  # noqa: S101 (the caller has looked)
    every = has_every_row(definition.document) and not definition.others
    return definition.document.django.model._meta.db_table if every else ""


def _estimates(using: str, definitions: Iterable[IndexDefinition]) -> dict[str, Rows]:
    """Return table -> the database's estimate of its number of rows."""
    tables = sorted({_table(definition) for definition in definitions} - {""})
    connection = connections[using]
    if not tables or connection.vendor != "postgresql":
        return {}
    # -1 means that the table was never analyzed (PostgreSQL manual, "pg_class").
    sql = (
        "SELECT t.name, c.reltuples FROM unnest(%s::text[]) AS t(name) "
        "JOIN pg_class c ON c.oid = to_regclass(quote_ident(t.name)) WHERE c.reltuples >= 0"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [tables])
        return {name: Rows(int(number)) for name, number in cursor.fetchall()}
