"""How an error of a server is translated: by its status and type, whatever server answers."""

from collections.abc import Callable
from typing import Any, cast

import pytest
from elasticsearch import Elasticsearch

from django_es_admin import ConnectionHandler
from django_es_admin.backends.abstracts import Base
from django_es_admin.backends.errors import translated
from django_es_admin.backends.transport.reasons import is_block, reason, reason_for_document
from django_es_admin.exceptions import (
    AccessRefused,
    ElasticsearchAdminError,
    IndexBlocked,
    RequestTooLarge,
    ServerNotReady,
)
from tests.servers import answering, sending

ENGINES = ["SimpleHttpBackend", "SimpleRequestsHttpBackend"]
JSON = "application/json"


def connection_to(url: str, engine: str = ENGINES[0]) -> Base:
    path = f"django_es_admin.backends.elasticsearch.{engine}"
    return ConnectionHandler({"default": {"HOSTS": [url], "ENGINE": path}}, {})["default"]


def error_of(connection: Base, ask: Callable[[Elasticsearch], Any]) -> ElasticsearchAdminError:
    with pytest.raises(ElasticsearchAdminError) as caught, translated(connection):
        ask(connection.client)
    return caught.value


def write(client: Elasticsearch) -> None:
    client.bulk(operations=[{"index": {"_index": "a"}}, {"a": 1}])


TOO_LARGE = [
    ("<h1>413 Request Entity Too Large</h1>", "text/html"),
    ("too much", "application/octet-stream"),
    ("<h1>broken</h1>", JSON),
    ("", JSON),
    (b"\xff\xfe\x00", "text/plain; charset=utf-16"),
    ('{"message":"Request size limit exceeded"}', JSON),
    ('{"error":{"type":"content_too_long_exception","reason":"x"},"status":413}', JSON),
]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("body", "content_type"), TOO_LARGE)
def test_a_proxy_that_finds_a_request_too_large(
    body: str | bytes, content_type: str, engine: str
) -> None:
    with answering(413, body, content_type) as url:
        error = error_of(connection_to(url, engine), write)
    assert type(error) is RequestTooLarge
    assert "too large (413): lower BULK_MAX_BYTES" in str(error)


@pytest.mark.parametrize("engine", ENGINES)
def test_elasticsearch_that_finds_a_request_too_large(es: Elasticsearch, engine: str) -> None:
    [node] = es.transport.node_pool.all()
    document = b'{"a":"%s"}' % (b"x" * 105_000_000)
    error = error_of(
        connection_to(node.base_url, engine),
        lambda client: client.index(index="Not-A-Name", document=cast("Any", document)),
    )
    assert type(error) is RequestTooLarge


@pytest.mark.parametrize("engine", ENGINES)
def test_what_elasticsearch_sends_then(engine: str) -> None:
    with sending(b"HTTP/1.1 413 Request Entity Too Large\r\ncontent-length: 0\r\n\r\n") as url:
        assert type(error_of(connection_to(url, engine), write)) is RequestTooLarge


BLOCKS = [
    {"index.blocks.write": True},
    {"index.blocks.read_only": True},
    {"index.blocks.read_only_allow_delete": True},
]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: next(iter(block)))
def test_a_block(es: Elasticsearch, prefix: str, block: dict[str, bool], engine: str) -> None:
    name = f"{prefix}blocked"
    es.indices.create(index=name, settings=block)
    [node] = es.transport.node_pool.all()
    error = error_of(
        connection_to(node.base_url, engine), lambda client: client.index(index=name, document={})
    )
    assert type(error) is IndexBlocked
    assert f"closed or blocked (index [{name}] blocked by" in str(error)
    answer = es.bulk(index=name, operations=[{"index": {}}, {}])
    assert is_block(answer["items"][0]["index"])
    es.indices.put_settings(index=name, settings=dict.fromkeys(block))


def test_a_closed_index(es: Elasticsearch, prefix: str) -> None:
    name = f"{prefix}closed"
    es.indices.create(index=name, settings={"number_of_replicas": 0})
    es.indices.close(index=name)
    [node] = es.transport.node_pool.all()
    connection = connection_to(node.base_url)
    for ask in (
        lambda client: client.search(index=name),
        lambda client: client.index(index=name, document={}),
        lambda client: client.get(index=name, id="1"),
    ):
        assert type(error_of(connection, ask)) is IndexBlocked
    answer = es.bulk(index=name, operations=[{"index": {}}, {}])
    assert is_block(answer["items"][0]["index"])
    assert is_block(es.mget(index=name, ids=["1"])["docs"][0])


NO_MASTER = '{"error":{"type":"cluster_block_exception","reason":"no master"},"status":503}'
FORBIDDEN = '{"error":{"type":"security_exception","reason":"cluster_block_exception"}}'


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [(503, NO_MASTER, ServerNotReady), (403, FORBIDDEN, AccessRefused)],
)
def test_what_is_no_block_of_an_index(
    status: int, body: str, kind: type[ElasticsearchAdminError]
) -> None:
    with answering(status, body, JSON, elasticsearch=True) as url:
        assert type(error_of(connection_to(url), write)) is kind


@pytest.mark.parametrize(
    "body",
    [
        {"error": None},
        {"error": "text"},
        {"error": {}},
        {"error": ["x"]},
        {"error": {"root_cause": "x", "type": 5, "reason": {"a": 1}}},
        {"error": {"type": {}, "root_cause": [{"type": []}]}},
        {"error": {"root_cause": [None, 5, "x"], "caused_by": "x"}},
        {"error": {"root_cause": {"type": "x"}, "caused_by": {"reason": ["x"]}}},
        [],
        "text",
        None,
        7,
    ],
)
def test_an_error_of_any_shape_is_read(body: Any) -> None:
    assert isinstance(reason(body), str)
    assert isinstance(reason_for_document(body), str)
    assert not is_block(body)


SECRET = "geheimnis"
FIELDS: dict[str, dict[str, Any]] = {
    "l": {"type": "long"},
    "d": {"type": "date"},
    "b": {"type": "boolean"},
    "ip": {"type": "ip"},
    "k": {"type": "keyword"},
    "t": {"type": "text"},
    "g": {"type": "geo_point"},
    "r": {"type": "integer_range"},
    "dr": {"type": "date_range"},
    "v": {"type": "dense_vector", "dims": 3},
    "c": {"type": "completion"},
    "o": {"properties": {"x": {"type": "keyword"}}},
    "n": {"type": "nested", "properties": {"x": {"type": "long"}}},
    "j": {"type": "join", "relations": {"a": "b"}},
    "s": {"type": "sparse_vector"},
    "f": {"type": "flattened"},
    "a": {"type": "alias", "path": "k"},
}
REFUSED: list[dict[str, Any]] = [
    *({name: SECRET} for name in FIELDS if name not in ("k", "t", "c")),
    {"l": {"a": SECRET}},
    {"l": f"it's {SECRET}' and [{SECRET}]"},
    {"d": f'say "{SECRET}"'},
    {"d": f"] {SECRET} ["},
    {"k": SECRET * 5_000},
    {"k": {"a": SECRET}},
    {"t": {"a": SECRET}},
    {"g": {"lat": SECRET, "lon": 1}},
    {"r": {"gte": SECRET}},
    {"dr": {"gte": f"{SECRET}]'"}},
    {"v": [1, 2, SECRET]},
    {"c": {"input": "", "weight": SECRET}},
    {"c": {SECRET: 1}},
    {"n": [{"x": SECRET}]},
    {"j": f"a] {SECRET}"},
    {"s": {"a": SECRET}},
    {"f": {"a": SECRET * 5_000}},
]


def test_a_reason_names_the_field_and_not_the_value(es: Elasticsearch, prefix: str) -> None:
    name = f"{prefix}typed"
    es.indices.create(
        index=name,
        settings={"number_of_replicas": 0},
        mappings={"dynamic": "strict", "properties": FIELDS},
    )
    operations = [line for document in REFUSED for line in ({"index": {}}, document)]
    items = es.bulk(index=name, operations=operations)["items"]
    told = [reason_for_document(item["index"]) for item in items]
    assert [(text, item) for text, item in zip(told, items, strict=True) if SECRET in text] == []
    assert told[0] == "failed to parse field [l] of type [long] (illegal_argument_exception)"
    by_field = dict(zip((repr(document) for document in REFUSED), told, strict=True))
    assert by_field[repr({"k": SECRET * 5_000})].endswith(
        'of type [keyword]: Document contains at least one immense term in field="k" (whose UTF8 '
        "encoding is longer than the max length 32766), all of which were skipped. Please correct "
        "the analyzer to not produce such terms (illegal_argument_exception)"
    )
    assert by_field[repr({"b": SECRET})] == (
        "failed to parse field [b] of type [boolean]: Failed to parse value "
        "(illegal_argument_exception)"
    )
    connection = connection_to(es.transport.node_pool.all()[0].base_url)
    for document in REFUSED:
        error = error_of(connection, lambda client: client.index(index=name, document=document))  # noqa: B023
        assert SECRET not in str(error)


def test_a_reason_about_a_mapping_is_told(es: Elasticsearch, prefix: str) -> None:
    name = f"{prefix}strict"
    es.indices.create(index=name, mappings={"dynamic": "strict"})
    answer = es.bulk(index=name, operations=[{"index": {}}, {"colour": 1}])
    assert reason_for_document(answer["items"][0]["index"]) == (
        "mapping set to strict, dynamic introduction of [colour] within [_doc] is not allowed "
        "(strict_dynamic_mapping_exception)"
    )
    connection = connection_to(es.transport.node_pool.all()[0].base_url)
    error = error_of(connection, lambda client: client.search(index=name, query={"nope": {}}))
    assert "unknown query [nope]" in str(error)
