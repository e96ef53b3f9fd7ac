"""Indices with blocks, which are always removed, because otherwise nothing could delete them."""

from collections.abc import Iterator
from contextlib import contextmanager

from elasticsearch import Elasticsearch


@contextmanager
def blocked(es: Elasticsearch, index: str, *blocks: str) -> Iterator[None]:
    """Block an index in the context."""
    try:
        for block in blocks:
            es.indices.put_settings(index=index, settings={f"index.blocks.{block}": True})
        yield
    finally:
        for block in reversed(blocks):
            es.options(ignore_status=404).indices.put_settings(
                index=index, settings={f"index.blocks.{block}": None}
            )
