"""Load a catalogue into the database, all of it or nothing."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.db import DatabaseError, router, transaction
from tablib import Dataset

from shop.models import Product
from shop.resources import COLUMNS, CatalogueResource
from shop.sheet import Row

# Rows read, validated and written at once: it bounds the memory that a catalogue of any size takes.
PART = 1000


class LoadError(Exception):
    """The database refused a part of the catalogue; the message is one line that says why."""


@dataclass(frozen=True)
class BadRow:
    """A row that cannot become a product.

    Attributes:
        line: where it starts in the file, counted from 1.
        sku: the product it is about; may be empty.
        reason: what is wrong with it.
    """

    line: int
    sku: str
    reason: str


@dataclass(frozen=True)
class LoadReport:
    """What a load did; with bad rows it did nothing, and the counts of changes are 0.

    Attributes:
        read: rows read.
        created: products created.
        updated: products changed, their tags included.
        unchanged: products that were as the row says.
        categories_created: categories created.
        tags_created: tags created.
        bad_rows: what is wrong with which rows.
    """

    read: int
    created: int
    updated: int
    unchanged: int
    categories_created: int
    tags_created: int
    bad_rows: tuple[BadRow, ...]

    @property
    def saved(self) -> bool:
        """Whether the catalogue is in the database now."""
        return not self.bad_rows


def load(rows: Iterable[Row], progress: Callable[[int], None] = lambda read: None) -> LoadReport:
    """Create and update products so that each is as its row says.

    The rows are written in bulk; the outbox is told of each product.

    Args:
        rows: the catalogue.
        progress: is told after each part how many rows have been read.

    Raises:
        LoadError: the database refused a part; nothing was saved.
    """
    try:
        with transaction.atomic(using=router.db_for_write(Product)):
            report = _load(iter(rows), progress)
            if report.bad_rows:
                transaction.set_rollback(True, using=router.db_for_write(Product))
    except DatabaseError as error:
        raise LoadError(
            f"The database refused the catalogue, and nothing was saved: {error}. "
            "Has `manage.py migrate` been run?"
        ) from error
    return report


def _load(rows: Iterator[Row], progress: Callable[[int], None]) -> LoadReport:
    resource = CatalogueResource()
    totals = {"new": 0, "update": 0, "skip": 0}
    bad: list[BadRow] = []
    read = 0
    while part := list(islice(rows, PART)):
        read += len(part)
        bad += [BadRow(row.line, "", row.problem) for row in part if row.problem]
        good = [row for row in part if not row.problem]
        result = _import(resource, good)
        bad += _bad_rows(result, good)
        for kind in totals:
            totals[kind] += result.totals[kind]
        progress(read)
    if bad:
        bad.sort(key=lambda row: row.line)
        return LoadReport(read, 0, 0, 0, 0, 0, tuple(bad))
    return LoadReport(
        read,
        totals["new"],
        totals["update"],
        totals["skip"],
        resource.categories_created,
        resource.tags_created,
        (),
    )


def _import(resource: CatalogueResource, rows: list[Row]) -> Any:
    dataset = Dataset(headers=list(COLUMNS))
    for row in rows:
        dataset.append([row.cells[column] for column in COLUMNS])
    # The transaction is the caller's: django-import-export would end one with every part.
    result = resource.import_data(dataset, use_transactions=False)
    for failure in result.base_errors:
        # The first one: what follows only says that the transaction is broken.
        raise failure.error
    return result


def _bad_rows(result: Any, rows: list[Row]) -> list[BadRow]:
    reasons = {
        invalid.number: " ".join(
            f"{column}: {' '.join(messages)}" for column, messages in invalid.error_dict.items()
        )
        for invalid in result.invalid_rows
    }
    for broken in result.error_rows:
        reasons[broken.number] = " ".join(repr(error.error) for error in broken.errors)
    return [
        BadRow(rows[number - 1].line, rows[number - 1].cells["sku"], reason)
        for number, reason in reasons.items()
    ]
