"""Facets: the number of hits for each value of a field."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Aggregation = dict[str, Any]


@dataclass(frozen=True)
class TermsFacet:
    """How many hits have each value, the most frequent value first.

    Args:
        field: the document's field: a keyword, a boolean or a number.
        size: the maximum number of values.
    """

    field: str
    size: int = 50

    def aggregation(self) -> Aggregation:
        """Return the aggregation to request."""
        return {"terms": {"field": self.field, "size": self.size}}

    def read(self, answer: Mapping[str, Any]) -> Any:
        """Return the answer as plain data."""
        return [
            # For nested objects, count the documents that contain them.
            {"name": name_of(bucket), "count": bucket.get("documents", bucket)["doc_count"]}
            for bucket in answer["buckets"]
        ]

    def empty(self) -> Any:
        """Return the facet without an answer."""
        return []


@dataclass(frozen=True)
class RangeFacet:
    """How many hits are in each range.

    Args:
        field: the document's field, a number.
        ranges: ranges as in Elasticsearch: ``{"key": "50_to_100", "from": 50, "to": 100}``. "to"
            itself is not in the range.
    """

    field: str
    ranges: Sequence[Mapping[str, Any]] = ()

    def aggregation(self) -> Aggregation:
        """Return the aggregation to request."""
        return {"range": {"field": self.field, "ranges": [dict(each) for each in self.ranges]}}

    def read(self, answer: Mapping[str, Any]) -> Any:
        """Return the answer as plain data."""
        return [
            {"name": bucket["key"], "count": bucket.get("documents", bucket)["doc_count"]}
            for bucket in answer["buckets"]
        ]

    def empty(self) -> Any:
        """Return the facet without an answer."""
        return []


@dataclass(frozen=True)
class StatsFacet:
    """The lowest, the highest and the average value of the hits.

    Args:
        field: the document's field, a number.
    """

    field: str

    def aggregation(self) -> Aggregation:
        """Return the aggregation to request."""
        return {"stats": {"field": self.field}}

    def read(self, answer: Mapping[str, Any]) -> Any:
        """Return the answer as plain data; each value is None if there are no hits."""
        return {name: answer[name] for name in self.empty()}

    def empty(self) -> Any:
        """Return the facet without an answer."""
        return dict.fromkeys(("min", "max", "avg"))


Facet = TermsFacet | RangeFacet | StatsFacet


def name_of(bucket: Mapping[str, Any]) -> Any:
    """Return the value of a bucket; "true" for a boolean, whose key is 1."""
    return bucket.get("key_as_string", bucket["key"])
