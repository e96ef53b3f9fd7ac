"""What ``elasticsearch.dsl`` gets as a connection behaves as the client itself."""

from collections.abc import Iterator

import pytest
from elasticsearch import Elasticsearch
from elasticsearch._sync.client.indices import IndicesClient
from elasticsearch.dsl import Search
from elasticsearch.dsl import connections as dsl
from elasticsearch.helpers import bulk, parallel_bulk, scan, streaming_bulk

from django_es_admin import connections


@pytest.fixture
def client(es: Elasticsearch, prefix: str) -> Elasticsearch:
    """The connection, with one index that is there."""
    es.indices.create(index=f"{prefix}notes")
    return dsl.get_connection("default")


def actions(prefix: str, count: int = 5) -> Iterator[dict[str, object]]:
    return ({"_index": f"{prefix}notes", "_id": str(n), "number": n} for n in range(count))


def test_it_is_a_client(client: Elasticsearch) -> None:
    assert isinstance(client, Elasticsearch)
    assert client == connections["default"].client
    assert hash(client) == hash(connections["default"].client)
    assert repr(client) == repr(connections["default"].client)


def test_bulk(client: Elasticsearch, prefix: str) -> None:
    assert bulk(client, actions(prefix), refresh=True) == (5, [])
    assert client.count(index=f"{prefix}notes")["count"] == 5


def test_streaming_bulk(client: Elasticsearch, prefix: str) -> None:
    assert all(done for done, _ in streaming_bulk(client, actions(prefix), chunk_size=2))


def test_parallel_bulk(client: Elasticsearch, prefix: str) -> None:
    answers = list(parallel_bulk(client, actions(prefix), chunk_size=2, thread_count=2))
    assert len(answers) == 5
    assert all(done for done, _ in answers)


def test_scan(client: Elasticsearch, prefix: str) -> None:
    bulk(client, actions(prefix), refresh=True)
    assert {hit["_id"] for hit in scan(client, index=f"{prefix}notes")} == set("01234")


def test_a_namespace_made_of_it(client: Elasticsearch, prefix: str) -> None:
    assert IndicesClient(client).exists(index=f"{prefix}notes")


def test_a_search_that_is_given_it_leaves_its_headers_alone(
    client: Elasticsearch, prefix: str
) -> None:
    assert Search(using=client, index=f"{prefix}notes").count() == 0
    assert "elasticsearch-dsl" not in str(connections["default"].client._headers)
