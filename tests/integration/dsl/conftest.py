"""Documents of django-elasticsearch-dsl are declared in tests, and forgotten after them."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.management import call_command
from elasticsearch import Elasticsearch

from tests.forgotten import documents_forgotten

Read = Callable[[Any], dict[str, Any]]


@pytest.fixture(autouse=True)
def _documents_are_forgotten() -> Iterator[None]:
    with documents_forgotten():
        yield


@pytest.fixture
def rebuild(transactional_db: None, es: Elasticsearch) -> Callable[..., None]:
    """Rebuild the indices of all documents that the test has declared."""
    return lambda **options: call_command("search_index", "--rebuild", "-f", **options)


@pytest.fixture
def read(es: Elasticsearch) -> Read:
    """Return what the index of a document class holds: id -> source."""

    def documents(document: Any) -> dict[str, Any]:
        es.indices.refresh(index=document._index._name)
        hits = es.search(index=document._index._name, size=1000)["hits"]["hits"]
        return {hit["_id"]: hit["_source"] for hit in hits}

    return documents
