"""The indices of the contestants, seen from outside."""

import hashlib
import sys
from collections.abc import Callable
from typing import Any

import orjson
from elasticsearch import Elasticsearch, helpers

Shape = Callable[[dict[str, Any]], dict[str, Any]]


def documents(client: Elasticsearch, index: str, expected: int) -> None:
    """Exit with an error unless that many documents can be found in the index."""
    client.indices.refresh(index=index)
    found = client.count(index=index)["count"]
    if found != expected:
        sys.exit(f"{index} has {found:,} documents, the database {expected:,} rows.")


def digests(client: Elasticsearch, index: str, shape: Shape | None) -> dict[str, bytes]:
    """Return a digest of each document by its key.

    Args:
        shape: makes a document comparable.
    """
    hits = helpers.scan(client, index=index, size=5000)
    return {hit["_id"]: _digest(shape(hit["_source"]) if shape else hit["_source"]) for hit in hits}


def _digest(document: dict[str, Any]) -> bytes:
    text = orjson.dumps(document, option=orjson.OPT_SORT_KEYS)
    return hashlib.blake2b(text, digest_size=16).digest()


def remove(client: Elasticsearch, prefix: str) -> None:
    """Delete all indices with this prefix."""
    found = client.indices.get(index=f"{prefix}*", expand_wildcards="all", filter_path="*.aliases")
    if found.body:
        client.indices.delete(index=sorted(found.body))
