"""Facets: the number of hits for each value of a field."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Aggregation = dict[str, Any]


@dataclass(frozen=True)
class TermsFacet:
    """How many hits have each value, the most frequent first.

    Args:
        field: the document's field: a keyword, a boolean or a number.
        size: values at most.
    """

    field: str
    size: int = 50

    def aggregation(self) -> Aggregation:
        """Return what to ask for."""
        return {"terms": {"field": self.field, "size": self.size}}

    def read(self, answer: Mapping[str, Any]) -> Any:
        """Return the answer as plain data."""
        return [
            # Inside of nested objects, it is their documents that count.
            {"name": name_of(bucket), "count": bucket.get("documents", bucket)["doc_count"]}
            for bucket in answer["buckets"]
        ]

    def empty(self) -> Any:
        """Return the answer where there is none."""
        return []


@dataclass(frozen=True)
class RangeFacet:
    """How many hits lie in each of some ranges.

    Args:
        field: the document's field, a number.
        ranges: as Elasticsearch takes them: ``{"key": "50_to_100", "from": 50, "to": 100}``, where
            "to" is just outside.
    """

    field: str
    ranges: Sequence[Mapping[str, Any]] = ()

    def aggregation(self) -> Aggregation:
        """Return what to ask for."""
        return {"range": {"field": self.field, "ranges": [dict(each) for each in self.ranges]}}

    def read(self, answer: Mapping[str, Any]) -> Any:
        """Return the answer as plain data."""
        return [
            {"name": bucket["key"], "count": bucket.get("documents", bucket)["doc_count"]}
            for bucket in answer["buckets"]
        ]

    def empty(self) -> Any:
        """Return the answer where there is none."""
        return []


@dataclass(frozen=True)
class StatsFacet:
    """The lowest, the highest and the average value.

    Args:
        field: the document's field, a number.
    """

    field: str

    def aggregation(self) -> Aggregation:
        """Return what to ask for."""
        return {"stats": {"field": self.field}}

    def read(self, answer: Mapping[str, Any]) -> Any:
        """Return the answer as plain data; None for each where there are no hits."""
        return {name: answer[name] for name in self.empty()}

    def empty(self) -> Any:
        """Return the answer where there is none."""
        return dict.fromkeys(("min", "max", "avg"))


Facet = TermsFacet | RangeFacet | StatsFacet


def name_of(bucket: Mapping[str, Any]) -> Any:
    """Return a bucket's value; "true" for a boolean, whose key is 1."""
    return bucket.get("key_as_string", bucket["key"])
