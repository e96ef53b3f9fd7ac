"""The fields to search, in Elasticsearch's terms, with their mapping."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from elasticsearch import dsl

from ...documents import Document
from ...documents.described.overrides import is_overridden
from ...exceptions import SearchMisdeclared
from ...indices.definition import shares_index
from .lookups import find_source

Query = dict[str, Any]

KEYWORDS = frozenset(("keyword", "constant_keyword", "wildcard"))
TEXTS = frozenset(("text", "match_only_text", "annotated_text", "search_as_you_type"))
# These have no values, or only their own kinds of queries.
_UNSEARCHABLE = frozenset(
    (
        *("object", "nested", "completion", "binary", "percolator"),
        *("rank_feature", "rank_features", "rank_vectors", "dense_vector", "sparse_vector"),
        *("histogram", "aggregate_metric_double"),
    )
)


@dataclass(frozen=True)
class SearchField:
    """A field to search in.

    Args:
        path: the full name, ``"brand.text"``.
        boost: how much a hit in the field counts; 1 is normal.
        type: the type in Elasticsearch; "" if the document does not declare the field.
        nested: the paths of the nested objects that contain the field, outermost first.
        is_zoned: whether its dates are times in a time zone, and not calendar days.
    """

    path: str
    boost: float = 1.0
    type: str = ""
    nested: tuple[str, ...] = ()
    is_zoned: bool = True

    @property
    def is_keyword(self) -> bool:
        """Whether the field is indexed as a whole, not by word."""
        return self.type in KEYWORDS

    @property
    def is_text(self) -> bool:
        """Whether the field is analyzed into words. An undeclared field is assumed to be."""
        return self.type in TEXTS or not self.type

    @property
    def is_searchable(self) -> bool:
        """Whether words can be searched in the field."""
        return self.type not in _UNSEARCHABLE

    def __str__(self) -> str:
        return self.path if self.boost == 1 else f"{self.path}^{self.boost:g}"


def parse_field(spec: str) -> tuple[str, float]:
    """Return path and boost of a field such as ``"name^3"``.

    Raises:
        SearchMisdeclared: the path is empty, or the boost is not a number above 0.
    """
    path, caret, boost = str(spec).strip().partition("^")
    if not path:
        raise SearchMisdeclared(f"search_fields has {spec!r}, which does not name a field.")
    if not caret:
        return path, 1.0
    try:
        number = float(boost)
    except ValueError:
        number = 0.0
    if not math.isfinite(number) or number <= 0:
        raise SearchMisdeclared(
            f"search_fields has {spec!r}, which has no number above 0 after the '^'."
        )
    return path, number


def read_fields(document: type[Document], specs: Iterable[str]) -> tuple[SearchField, ...]:
    """Return the fields that ``specs`` name, with their mapping in ``document``.

    Raises:
        SearchMisdeclared: one of them cannot be read.
    """
    return _read_fields(document, tuple(map(str, specs)))


@lru_cache(maxsize=256)
def _read_fields(document: type[Document], specs: tuple[str, ...]) -> tuple[SearchField, ...]:
    return tuple(_read_field(document, spec) for spec in specs)


def _read_field(document: type[Document], spec: str) -> SearchField:
    path, boost = parse_field(spec)
    field: Any = document._doc_type.mapping
    nested: list[str] = []
    steps = path.split(".")
    for depth, step in enumerate(steps, start=1):
        try:
            field = field[step]
        except (KeyError, TypeError):
            # A dynamic mapping may have added it; only Elasticsearch knows.
            return SearchField(path, boost, nested=tuple(nested))
        if isinstance(field, dsl.Nested) and depth < len(steps):
            nested.append(".".join(steps[:depth]))
    kind = str(field.name or "")
    return SearchField(path, boost, kind, tuple(nested), is_zoned=not _is_day(document, path))


def source_path(document: type[Document], path: str) -> str:
    """Return the path of a field's value in the document, without the name of a multi-field."""
    field: Any = document._doc_type.mapping
    steps = path.split(".")
    for depth, step in enumerate(steps, start=1):
        try:
            field = field[step]
        except (KeyError, TypeError):
            return path
        if not isinstance(field, dsl.Object):
            return ".".join(steps[:depth])
    return path


def _is_day(document: type[Document], path: str) -> bool:
    source = find_source(document, path)
    return source is not None and source[1].get_internal_type() == "DateField"


def inside(field: SearchField, query: Query) -> Query:
    """Return ``query`` for a field, wrapped in the nested objects that contain the field."""
    for path in reversed(field.nested):
        query = {"nested": {"path": path, "query": query, "score_mode": "max"}}
    return query


def find_key_problem(document: type[Document]) -> str:
    """Return why hits do not lead to objects by primary key; "" if they do."""
    if shares_index(document):
        return f"{document.__name__} shares its index with documents of other models"
    if document.django.places.own:
        return f"{document.__name__} has ids or a routing of its own (generate_id())"
    return ""


def find_field_problem(document: type[Document], spec: str) -> str:
    """Return what is wrong with one of an admin's ``search_fields``; "" if nothing is."""
    try:
        field = _read_field(document, spec)
    except SearchMisdeclared as error:
        return str(error)
    if not field.is_searchable:
        return (
            f"search_fields has {spec!r}, which has the type {field.type} in {document.__name__}, "
            f"which cannot be searched for words."
        )
    if not field.type and "*" not in field.path and not _may_be_dynamic(document, field.path):
        return f"search_fields has {spec!r}, which {document.__name__} does not have."
    return ""


def _may_be_dynamic(document: type[Document], path: str) -> bool:
    """Return whether the document may have a field that it does not declare."""
    if is_overridden(document, "prepare"):
        return True
    parent, _, _ = path.rpartition(".")
    holder: Any = document._doc_type.mapping.resolve_field(parent) if parent else None
    return isinstance(holder, dsl.Object) and not list(holder._mapping)
