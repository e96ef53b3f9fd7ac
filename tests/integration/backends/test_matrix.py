"""READONLY and INDEX_PREFIX on a real server, over both engines: what is legal works."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from elasticsearch import Elasticsearch, NotFoundError, helpers

from django_es_admin import ConnectionHandler
from django_es_admin.backends.abstracts import Base
from django_es_admin.exceptions import ForeignIndex, ReadOnlyConnection

ENGINES = ["SimpleHttpBackend", "SimpleRequestsHttpBackend"]
Ask = Callable[[Elasticsearch, str], Any]


@pytest.fixture(params=ENGINES)
def connect(request: pytest.FixtureRequest, es: Elasticsearch) -> Callable[..., Base]:
    [node] = es.transport.node_pool.all()
    server = {
        "HOSTS": [node.base_url],
        "ENGINE": f"django_es_admin.backends.elasticsearch.{request.param}",
    }
    return lambda **settings: ConnectionHandler({"default": {**server, **settings}}, {})["default"]


@pytest.fixture
def name(es: Elasticsearch, prefix: str) -> str:
    """An index with a document that has a field named ``index``."""
    mine = f"{prefix}mine-a"
    es.indices.create(
        index=mine,
        settings={"number_of_replicas": 0},
        mappings={"properties": {"index": {"type": "keyword"}}},
    )
    es.index(index=mine, id="1", document={"index": "other", "a": 1}, refresh=True)
    return mine


def actions(name: str) -> Iterator[dict[str, Any]]:
    for number in range(3):
        yield {"index": {"_index": name, "_id": f"g{number}"}}
        yield {"index": "other", "_index_": number}


CHANGES: dict[str, Ask] = {
    "index": lambda es, name: es.index(index=name, document={"index": "other"}),
    "create": lambda es, name: es.create(index=name, id="2", document={"index": ["other"]}),
    "update": lambda es, name: es.update(index=name, id="1", doc={"index": "third"}),
    "bulk of a generator": lambda es, name: es.bulk(operations=actions(name)),
    "bulk of a generator, below": lambda es, name: es.bulk(index=name, operations=actions(name)),
    "bulk of bytes": lambda es, name: es.bulk(
        operations=[f'{{"index":{{"_index":"{name}"}}}}'.encode(), b'{"index":"other"}\r']
    ),
    "bulk of one text": lambda es, name: es.bulk(
        operations=f'{{"delete":{{"_index":"{name}","_id":"1"}}}}\r\n'  # type: ignore[arg-type]
    ),
    "helpers.bulk": lambda es, name: helpers.bulk(
        es, ({"_index": name, "_id": f"h{number}", "index": "other"} for number in range(3))
    ),
    "delete": lambda es, name: es.delete(index=name, id="2"),
    "delete_by_query": lambda es, name: es.delete_by_query(
        index=name, query={"term": {"index": "other"}}, refresh=True
    ),
    "update_by_query": lambda es, name: es.update_by_query(
        index=name, script={"source": "ctx._source.b = params.index", "params": {"index": "other"}}
    ),
    "another index": lambda es, name: es.indices.create(
        index=f"{name}2", aliases={f"{name}-alias": {"filter": {"term": {"index": "other"}}}}
    ),
    "put_alias": lambda es, name: es.indices.put_alias(
        index=name, name=f"{name}-b", filter={"term": {"index": "other"}}
    ),
    "update_aliases": lambda es, name: es.indices.update_aliases(
        actions=[{"add": {"index": name, "alias": f"{name}-c"}}]
    ),
    "put_mapping": lambda es, name: es.indices.put_mapping(
        index=name, properties={"alias": {"type": "keyword"}}
    ),
    "put_settings": lambda es, name: es.indices.put_settings(
        index=name, settings={"index": {"refresh_interval": "5s"}}
    ),
    "refresh": lambda es, name: es.indices.refresh(index=name),
    "refresh by GET": lambda es, name: es.perform_request(
        "GET", f"/{name}/_refresh", headers={"accept": "application/json"}
    ),
    "close": lambda es, name: es.indices.close(index=name),
    "delete the index": lambda es, name: es.indices.delete(index=name),
}

READS: dict[str, Ask] = {
    "get": lambda es, name: es.get(index=name, id="1"),
    "exists": lambda es, name: es.exists(index=name, id="1"),
    "search": lambda es, name: es.search(index=name, query={"term": {"index": "other"}}),
    "search of several": lambda es, name: es.search(index=[name, f"{name}*"]),
    "msearch": lambda es, name: es.msearch(
        searches=[{"index": name}, {"query": {"match": {"index": "other"}}}]
    ),
    "mget": lambda es, name: es.mget(docs=[{"_index": name, "_id": "1"}]),
    "count": lambda es, name: es.count(index=name, query={"terms": {"index": ["other"]}}),
    "terms of another": lambda es, name: es.search(
        index=name, query={"terms": {"a": {"index": name, "id": "1", "path": "a"}}}
    ),
    "aggs": lambda es, name: es.search(index=name, aggs={"index": {"terms": {"field": "index"}}}),
    "scan": lambda es, name: list(helpers.scan(es, index=name, query={"sort": ["index"]})),
    "analyze": lambda es, name: es.indices.analyze(index=name, text="other"),
    "cat": lambda es, name: es.cat.indices(index=name),
    "health": lambda es, name: es.cluster.health(index=name),
    "get_mapping": lambda es, name: es.indices.get_mapping(index=name),
    "info": lambda es, name: es.info(),
}


def point_in_time(es: Elasticsearch, name: str) -> Any:
    opened = es.open_point_in_time(index=name, keep_alive="1m")["id"]
    found = es.search(pit={"id": opened}, query={"term": {"index": "other"}})
    es.close_point_in_time(id=opened)
    return found


READS["a point in time"] = point_in_time


def state(es: Elasticsearch, name: str) -> Any:
    """Return what a change would change."""
    es.indices.refresh(index=name)
    found = es.search(index=name, version=True, size=100)["hits"]["hits"]
    described = es.indices.get(index=f"{name}*", expand_wildcards="all").body
    return sorted(found, key=lambda hit: hit["_id"]), described


def test_changes_within_the_prefix(connect: Callable[..., Base], name: str) -> None:
    client = connect(INDEX_PREFIX=name[:-1]).client
    for change in CHANGES.values():
        change(client, name)
        # The next one may search for it; the last ones leave no index that is open.
        client.options(ignore_status=(400, 404)).indices.refresh(index=name)


@pytest.mark.parametrize("setting", ["INDEX_PREFIX", "READONLY", "both"])
def test_reading(connect: Callable[..., Base], name: str, setting: str) -> None:
    settings = {"READONLY": setting != "INDEX_PREFIX"}
    prefixes = {} if setting == "READONLY" else {"INDEX_PREFIX": name[:-1]}
    client = connect(**settings, **prefixes).client
    assert [read for read, ask in READS.items() if not ask(client, name)] == []


REFUSED: list[tuple[dict[str, Any], dict[str, Ask], type[Exception], str]] = [
    ({"READONLY": True}, CHANGES, ReadOnlyConnection, "is READONLY in ES_SERVERS"),
    ({"INDEX_PREFIX": "else-"}, {**CHANGES, **READS}, ForeignIndex, "has INDEX_PREFIX 'else-'"),
]


@pytest.mark.parametrize("refused", REFUSED, ids=["READONLY", "INDEX_PREFIX"])
def test_what_is_refused_changes_nothing(
    es: Elasticsearch, connect: Callable[..., Base], name: str, refused: Any
) -> None:
    settings, asked, kind, message = refused
    before = state(es, name)
    client = connect(**settings).client
    for ask in [ask for what, ask in asked.items() if what != "info"]:
        with pytest.raises(kind, match=f"The connection 'default' {message}"):
            ask(client, name)
    assert state(es, name) == before


def test_what_a_lookup_would_have_shown(
    es: Elasticsearch, connect: Callable[..., Base], name: str, prefix: str
) -> None:
    secret = f"{prefix}secret"
    es.index(index=secret, id="1", document={"a": [1]}, refresh=True)
    query = {"terms": {"a": {"index": secret, "id": "1", "path": "a"}}}
    assert es.search(index=name, query=query)["hits"]["total"]["value"] == 1
    client = connect(INDEX_PREFIX=name[:-1]).client
    for ask in (
        lambda: client.search(index=name, query=query),
        lambda: client.search(index=name, body={"query": query}),
        lambda: client.perform_request(
            "GET",
            f"/{name}/_search",
            params={"source": '{"query":{"match_all":{}}}', "index": secret},
            headers={"accept": "application/json"},
        ),
    ):
        with pytest.raises(ForeignIndex):
            ask()


def test_an_index_that_is_not_there(connect: Callable[..., Base], name: str) -> None:
    with pytest.raises(NotFoundError):
        connect(INDEX_PREFIX=name[:-1]).client.get(index=f"{name}-none", id="1")
