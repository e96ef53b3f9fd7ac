"""Some documents of an index as a table: their first fields, and all of them as JSON."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ...indices.samples import Sample
from .format import plain, pretty_json

MAX_COLUMNS = 4
MAX_CHARACTERS = 120
MAX_JSON_CHARACTERS = 100_000
"""What is shown of one document: a page of fifteen stays a page of a few MB."""


@dataclass(frozen=True)
class DocumentRow:
    """One document.

    Args:
        key: its ``_id``.
        url: of its object's page; "" if the user sees none.
        cells: its values in the columns; "" where it has none.
        json: all of it.
        cut: whether the JSON is cut off, as it is too long for a page.
    """

    key: str
    url: str
    cells: tuple[str, ...]
    json: str
    cut: bool = False


@dataclass(frozen=True)
class DocumentTable:
    """Documents, and the fields that have a column."""

    columns: tuple[str, ...]
    rows: tuple[DocumentRow, ...]


def document_table(
    samples: Iterable[Sample], mappings: Mapping[str, Any], url_of: Callable[[str], str]
) -> DocumentTable:
    """Return samples as a table whose columns are the first plain fields of the mapping.

    Args:
        url_of: gives the address of an object's page for its key.
    """
    columns = tuple(
        name
        for name, definition in mappings.get("properties", {}).items()
        if "properties" not in definition
    )[:MAX_COLUMNS]
    return DocumentTable(columns, tuple(_row(sample, columns, url_of) for sample in samples))


def _row(sample: Sample, columns: Iterable[str], url_of: Callable[[str], str]) -> DocumentRow:
    json = pretty_json(sample.source)
    return DocumentRow(
        key=sample.key,
        url=url_of(sample.key),
        cells=tuple(_cell(sample.source.get(name)) for name in columns),
        json=json[:MAX_JSON_CHARACTERS],
        cut=len(json) > MAX_JSON_CHARACTERS,
    )


def _cell(value: Any) -> str:
    text = "" if value is None else " ".join(plain(value).split())
    return text if len(text) <= MAX_CHARACTERS else f"{text[:MAX_CHARACTERS]}…"
