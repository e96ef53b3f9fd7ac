"""The numbers beside filters, as aggregations of a search."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...documents import Document
from .columns import columns_of

Filters = tuple[Mapping[str, Any], ...]

# For fewer values of a field, one query each is as fast.
_FEW = 3
_DATES = frozenset(("DateField", "DateTimeField"))
# Prefixes of the names in the answer, which also has other aggregations.
_OTHERS = "facets"


@dataclass(frozen=True)
class _Term:
    """One value of a field, and all other conditions."""

    path: str
    value: Any
    rest: tuple[str, ...]


class Numbers:
    """Numbers that are requested together.

    A filter that lists the values of a field needs a number for each value. One aggregation counts
    all of them, while a separate query for each would read the hits again and again.

    Args:
        facets: name of a number -> the queries for the documents it counts.
    """

    def __init__(self, document: type[Document], facets: Iterable[tuple[str, Filters]]) -> None:
        paths = {
            column.path for column in columns_of(document).values() if column.kind not in _DATES
        }
        facets = tuple(facets)
        terms = {name: list(_terms(filters, paths)) for name, filters in facets}
        sizes = Counter(_group(term) for found in terms.values() for term in found)
        self._groups: dict[tuple[str, tuple[str, ...]], dict[str, Any]] = {}
        self._others: dict[str, Filters] = {}
        for name, filters in facets:
            best = max(terms[name], key=lambda term: sizes[_group(term)], default=None)
            if best is None or sizes[_group(best)] < _FEW:
                self._others[name] = filters
            else:
                self._groups.setdefault(_group(best), {})[name] = best.value

    def aggregations(self) -> dict[str, Any]:
        """Return the aggregations to request."""
        asked: dict[str, Any] = {}
        if self._others:
            filters = {name: all_of(filters) for name, filters in self._others.items()}
            asked[_OTHERS] = {"filters": {"filters": filters}}
        for number, ((path, rest), values) in enumerate(self._groups.items()):
            wanted = sorted(set(values.values()))
            terms: dict[str, Any] = {"field": path, "size": len(wanted) + 1}
            if not any(isinstance(value, bool) for value in wanted):
                terms["include"] = wanted
            asked[f"{_OTHERS}{number}"] = {
                "filter": all_of([json.loads(part) for part in rest]),
                "aggregations": {"values": {"terms": terms}},
            }
        return asked

    def read(self, answer: Mapping[str, Any]) -> dict[str, int]:
        """Return name -> number, from the answer to a search with :meth:`aggregations`."""
        found = answer["aggregations"]
        numbers = {
            name: int(bucket["doc_count"])
            for name, bucket in (found[_OTHERS]["buckets"].items() if self._others else ())
        }
        for number, values in enumerate(self._groups.values()):
            buckets = found[f"{_OTHERS}{number}"]["values"]["buckets"]
            counts = {bucket["key"]: int(bucket["doc_count"]) for bucket in buckets}
            # The keys for true and false are 1 and 0.
            numbers |= {name: counts.get(value, 0) for name, value in values.items()}
        return numbers


def all_of(filters: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Return the query for documents that match all ``filters``."""
    return {"bool": {"filter": list(filters)}}


def _group(term: _Term) -> tuple[str, tuple[str, ...]]:
    return term.path, term.rest


def _terms(filters: Filters, paths: set[str]) -> Iterable[_Term]:
    """Yield each condition on one value, with the other conditions."""
    parts = [part for query in filters for part in _parts(query)]
    for place, part in enumerate(parts):
        if part.keys() == {"term"}:
            ((path, value),) = part["term"].items()
            if path in paths and isinstance(value, bool | int | str):
                rest = [*parts[:place], *parts[place + 1 :]]
                yield _Term(path, value, tuple(sorted(json.dumps(one) for one in rest)))


def _parts(query: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    inner = query.get("bool", {})
    if query.keys() == {"bool"} and inner.keys() == {"filter"}:
        for part in inner["filter"]:
            yield from _parts(part)
    else:
        yield query
