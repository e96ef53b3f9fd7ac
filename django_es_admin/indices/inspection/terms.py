"""The most frequent terms of a field, and the fields whose terms can be counted."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from django.utils.translation import gettext as _

from ...backends.abstracts import Base
from ...backends.errors import translated, understood
from ...backends.transport.deadline import Deadline
from ...conf import get_options
from ...exceptions import ServerRefused

MAX_TERMS = 100
"""The maximum number of terms in a list."""

TEXTS = frozenset(("text", "match_only_text", "annotated_text", "search_as_you_type"))
_COUNTED = frozenset(
    "keyword constant_keyword wildcard long integer short byte double float half_float "
    "scaled_float unsigned_long date date_nanos boolean ip version".split()
)

Hindrance = Literal["", "text", "no columns", "other kind"]
"""Why the terms of a field cannot be counted; "" if they can."""


@dataclass(frozen=True)
class TermField:
    """A field, by its terms.

    Args:
        path: the full name of the field.
        kind: the type of the field.
        nested: the path of the innermost nested object that contains the field; "" for none.
        hindrance: why the terms cannot be counted.
        instead: related fields (multi-fields, or their parent) whose terms can be counted.
    """

    path: str
    kind: str
    nested: str
    hindrance: Hindrance
    instead: tuple[str, ...] = ()


@dataclass(frozen=True)
class Term:
    """One term, and the number of documents (or nested objects) that contain it."""

    value: str
    count: int


@dataclass(frozen=True)
class Terms:
    """The terms of a field.

    Args:
        first: the most frequent terms, at most ``MAX_TERMS``.
        different: the approximate number of different terms.
        others: how often the other terms occur, at least.
        most_missed: by how much a count may be too small, because shards list different terms.
    """

    first: tuple[Term, ...]
    different: int
    others: int
    most_missed: int


def term_fields(mappings: Mapping[str, Any]) -> tuple[TermField, ...]:
    """Return the fields of a mapping that have values, in their order."""
    return tuple(_fields(mappings.get("properties", {}), "", ""))


def _fields(fields: Mapping[str, Any], prefix: str, nested: str) -> Iterator[TermField]:
    for name, definition in fields.items():
        path = f"{prefix}{name}"
        kind = str(definition.get("type", "object"))
        if "properties" in definition or kind in ("object", "nested"):
            inner = path if kind == "nested" else nested
            yield from _fields(definition.get("properties", {}), f"{path}.", inner)
            continue
        multi = definition.get("fields", {})
        family = {path: definition} | {f"{path}.{one}": own for one, own in multi.items()}
        countable = [one for one, own in family.items() if not _hindrance(own)]
        for each, own in family.items():
            hindrance = _hindrance(own)
            instead = tuple(countable) if hindrance else ()
            yield TermField(each, str(own.get("type", "object")), nested, hindrance, instead)


def _hindrance(definition: Mapping[str, Any]) -> Hindrance:
    kind = definition.get("type", "object")
    if kind == "text" and str(definition.get("fielddata", False)).lower() == "true":
        return ""
    if kind in TEXTS:
        return "text"
    if kind not in _COUNTED:
        return "other kind"
    return "" if str(definition.get("doc_values", True)).lower() == "true" else "no columns"


def read_terms(connection: Base, index: str, deadline: Deadline, *, field: TermField) -> Terms:
    """Return the most frequent terms of a field whose terms can be counted.

    Raises:
        ElasticsearchAdminError: as :func:`~django_es_admin.backends.errors.translated`.
    """
    inner: dict[str, Any] = {
        "terms": {"terms": {"field": field.path, "size": MAX_TERMS}},
        "different": {"cardinality": {"field": field.path}},
    }
    asked = {"in": {"nested": {"path": field.nested}, "aggs": inner}} if field.nested else inner
    seconds = min(deadline.remaining, get_options().search_timeout)
    with translated(connection):
        client = connection.client.options(request_timeout=seconds)
        answer = client.search(
            index=index,
            size=0,
            track_total_hits=False,
            aggregations=asked,
            timeout=f"{max(int(seconds * 1000), 1)}ms",
            allow_partial_search_results=False,
        )
    if answer.body.get("timed_out"):
        raise ServerRefused(_("Counting the terms takes longer than SEARCH_TIMEOUT."))
    with understood(connection):
        told = answer.body["aggregations"]
        told = told["in"] if field.nested else told
        terms = told["terms"]
        return Terms(
            first=tuple(
                Term(str(each.get("key_as_string", each["key"])), int(each["doc_count"]))
                for each in terms["buckets"]
            ),
            different=int(told["different"]["value"]),
            others=int(terms.get("sum_other_doc_count", 0)),
            most_missed=max(int(terms.get("doc_count_error_upper_bound", 0)), 0),
        )
