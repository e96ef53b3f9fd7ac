"""The guard in the transport: forbidden requests are not sent."""

from typing import Any

import pytest
from elastic_transport import NdjsonSerializer

from django_es_admin.backends.guard.limits import Guard
from django_es_admin.exceptions import ForeignIndex, ReadOnlyConnection

PREFIXED = Guard("default", prefix="mine-")
READONLY = Guard("default", readonly=True)


def sent(body: object) -> bytes | None:
    """Return a body as the client sends it."""
    if body is None or isinstance(body, bytes):
        return body
    lines = NdjsonSerializer()
    return lines.dumps([body] if isinstance(body, dict) else body)


COPY: dict[str, Any] = {
    "source": {"index": "mine-a"},
    "dest": {"index": "mine-b", "version_type": "external"},
    "conflicts": "proceed",
}


@pytest.mark.parametrize(
    ("method", "target", "body"),
    [
        ("GET", "/other/_search", None),
        ("POST", "/mine-a,other/_search", None),
        ("POST", "/*/_search", None),
        ("POST", "/mine-*,-mine-a/_search", None),
        ("DELETE", "/other", None),
        ("DELETE", "/_all", None),
        ("DELETE", "/%2A", None),
        ("POST", "/_search", {"query": {}}),
        ("POST", "/_refresh", None),
        ("PUT", "/_index_template/any", {}),
        ("PUT", "/_settings", {}),
        ("POST", "/_bulk", [{"index": {"_index": "other"}}, {"a": 1}]),
        ("POST", "/_bulk", [b'{"index":{"_id":"1"}}', b'{"a":1}']),
        ("POST", "/mine-a/_bulk", [b'{"index":{"_index":"other"}}', b'{"a":1}']),
        ("POST", "/mine-a/_bulk", b'{"delete":{"_index":"other","_id":"1"}}\n'),
        ("POST", "/_aliases", {"actions": [{"add": {"index": "other", "alias": "mine-b"}}]}),
        ("POST", "/_aliases", {"actions": [{"add": {"index": "mine-a", "alias": "other"}}]}),
        (
            "POST",
            "/_aliases",
            {"actions": [{"add": {"indices": ["mine-a", "o"], "alias": "mine-b"}}]},
        ),
        ("POST", "/_mget", {"docs": [{"_index": "other", "_id": "1"}]}),
        ("POST", "/_msearch", [{"index": "mine-a"}, {}, {"index": "other"}, {}]),
        ("POST", "/_msearch", [{"index": "mine-a"}, {}, {}, {}]),
        ("POST", "/mine-a/_msearch", [{}, {}, {"index": ["other"]}, {}]),
        ("POST", "/mine-a/_mget", {"docs": [{"_index": "other", "_id": "1"}]}),
        ("PUT", "/mine-a", {"aliases": {"other": {}}}),
        ("PUT", "/mine-a/_alias/other", None),
        ("DELETE", "/mine-a/_alias/mine-b,other", None),
        ("PUT", "/mine-a/_clone/other", None),
        ("PUT", "/mine-a/_shrink/mine-b", {"aliases": {"other": {}}}),
        ("POST", "/mine-a/_rollover/other", {}),
        ("POST", "/_reindex", {"source": {"index": "mine-a"}, "dest": {"index": "mine-b"}}),
        ("POST", "/_reindex", COPY | {"source": {"index": "other"}}),
        ("POST", "/_reindex", COPY | {"dest": {"index": "other", "version_type": "external"}}),
        ("POST", "/_reindex", COPY | {"script": {"source": "ctx._index = 'other'"}}),
        ("POST", "/_reindex", COPY | {"dest": {**COPY["dest"], "pipeline": "elsewhere"}}),
    ],
)
def test_another_namespace_is_refused(method: str, target: str, body: object) -> None:
    with pytest.raises(ForeignIndex, match="'default' has INDEX_PREFIX 'mine-'"):
        PREFIXED.check(method, target, sent(body))


@pytest.mark.parametrize(
    ("method", "target", "body"),
    [
        ("GET", "/", None),
        ("GET", "/_cluster/health", None),
        ("GET", "/_cat/indices/mine-*", None),
        ("POST", "/mine-a/_search?timeout=1s", None),
        ("DELETE", "/mine-a,mine-b", None),
        ("PUT", "/mine-a/_bulk", [b'{"index":{"_id":"1"}}', b'{"text":"_index"}']),
        ("POST", "/_aliases", {"actions": [{"add": {"index": "mine-a", "alias": "mine-b"}}]}),
        ("POST", "/_msearch", [{"index": "mine-a"}, {}]),
        ("POST", "/mine-a/_msearch", [{}, {"query": {"match": {"index": "a word"}}}]),
        ("POST", "/mine-a/_mget", {"ids": ["1"]}),
        ("PUT", "/mine-a", {"aliases": {"mine-b": {}}, "settings": {}}),
        ("PUT", "/mine-a", None),
        ("PUT", "/mine-a/_alias/mine-b", None),
        ("GET", "/mine-a/_alias/other", None),
        ("POST", "/mine-a/_rollover", {"conditions": {}}),
        ("POST", "/mine-a/_doc", {"aliases": ["of a person"]}),
        ("POST", "/_search", {"pit": {"id": "x"}}),
        ("DELETE", "/_pit", {"id": "x"}),
        ("POST", "/_analyze", {"text": "a"}),
        ("POST", "/_reindex?wait_for_completion=false", COPY),
        ("POST", "/_tasks/a:1/_cancel", None),
    ],
)
def test_the_own_namespace_is_allowed(method: str, target: str, body: object) -> None:
    PREFIXED.check(method, target, sent(body))


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("PUT", "/products"),
        ("DELETE", "/products"),
        ("POST", "/products/_bulk"),
        ("POST", "/products/_doc"),
        ("PUT", "/products/_doc/_search"),
        ("POST", "/products/_update/1"),
        ("POST", "/_aliases"),
        ("POST", "/products/_delete_by_query"),
        ("POST", "/_reindex"),
        ("POST", "/products/_refresh"),
    ],
)
def test_readonly_refuses_changes(method: str, target: str) -> None:
    with pytest.raises(ReadOnlyConnection, match=rf"READONLY in ES_SERVERS: {method} {target} was"):
        READONLY.check(method, target, None)


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", "/products/_search"),
        ("HEAD", "/products"),
        ("POST", "/products/_search"),
        ("POST", "/_msearch"),
        ("POST", "/products/_pit?keep_alive=1m"),
        ("DELETE", "/_pit"),
        ("DELETE", "/_search/scroll"),
        ("POST", "/products/_analyze"),
    ],
)
def test_readonly_allows_reading(method: str, target: str) -> None:
    READONLY.check(method, target, None)
