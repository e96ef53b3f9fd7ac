"""An index of the guide's products, live and empty, and ways to look at it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from elasticsearch import Elasticsearch

from django_es_admin.indices.definition import IndexDefinition, get_definition
from tests.live import make_live
from tests.triggered import Triggered


@pytest.fixture
def definition(transactional_db: None, es: Elasticsearch) -> IndexDefinition:
    """The index of products with category and tags, live."""
    definition = get_definition("products_with_relations")
    make_live(definition)
    return definition


@pytest.fixture
def indexed(definition: IndexDefinition, es: Elasticsearch) -> Callable[[], dict[str, Any]]:
    """Return all documents: key -> source."""

    def read() -> dict[str, Any]:
        es.indices.refresh(index=definition.alias)
        hits = es.search(index=definition.alias, size=1000)["hits"]["hits"]
        return {hit["_id"]: hit["_source"] for hit in hits}

    return read


@pytest.fixture
def triggered(es: Elasticsearch) -> Iterator[Triggered]:
    """Documents that triggers capture; afterwards both are gone."""
    made = Triggered(es)
    yield made
    made.remove()
