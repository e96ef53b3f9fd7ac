"""Some documents of an index as a table: their first fields, and the whole document as JSON."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ....indices.inspection.samples import Sample
from ..parts.format import plain, pretty_json

MAX_COLUMNS = 4
_FIRST = ("text", "keyword")
MAX_CHARACTERS = 120
MAX_JSON_CHARACTERS = 100_000
"""The maximum length of one document, so that a page of fifteen has only a few MB."""


@dataclass(frozen=True)
class DocumentRow:
    """One document.

    Args:
        key: its ``_id``.
        url: the URL of its object's page; "" if the user may not see it.
        cells: its values in the columns; "" if it has none.
        score: how well it matches the query; None without a query.
        json: the whole document.
        cut: whether the JSON was cut off, because it is too long for a page.
    """

    key: str
    url: str
    cells: tuple[str, ...]
    json: str
    cut: bool = False
    score: float | None = None


@dataclass(frozen=True)
class DocumentTable:
    """Documents, and the fields with a column."""

    columns: tuple[str, ...]
    rows: tuple[DocumentRow, ...]

    @property
    def width(self) -> int:
        """The number of columns, including those for the key and the score."""
        return len(self.columns) + 2


def document_table(
    samples: Iterable[Sample], mappings: Mapping[str, Any], url_of: Callable[[str], str]
) -> DocumentTable:
    """Return samples as a table, with columns for a few fields that distinguish the documents.

    Args:
        mappings: the mappings of the index.
        url_of: returns the URL of an object's page for its key.
    """
    found = tuple(samples)
    columns = _columns(found, mappings)
    return DocumentTable(columns, tuple(_row(sample, columns, url_of) for sample in found))


def _columns(samples: tuple[Sample, ...], mappings: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the fields to show: texts first, short texts before long ones, empty fields last."""

    def rank(name: str) -> tuple[bool, int, int, str]:
        kind = mappings["properties"][name].get("type")
        length = sum(len(_cell(sample.source.get(name))) for sample in samples)
        order = _FIRST.index(kind) if kind in _FIRST else len(_FIRST)
        return (length == 0, order, length, name)

    plain_fields = (
        name
        for name, definition in mappings.get("properties", {}).items()
        if "properties" not in definition
    )
    return tuple(sorted(plain_fields, key=rank)[:MAX_COLUMNS])


def _row(sample: Sample, columns: Iterable[str], url_of: Callable[[str], str]) -> DocumentRow:
    json = pretty_json(sample.source)
    return DocumentRow(
        key=sample.key,
        url=url_of(sample.key),
        cells=tuple(_cell(sample.source.get(name)) for name in columns),
        json=json[:MAX_JSON_CHARACTERS],
        cut=len(json) > MAX_JSON_CHARACTERS,
        score=sample.score,
    )


def _cell(value: Any) -> str:
    text = "" if value is None else " ".join(plain(value).split())
    return text if len(text) <= MAX_CHARACTERS else f"{text[:MAX_CHARACTERS]}…"
