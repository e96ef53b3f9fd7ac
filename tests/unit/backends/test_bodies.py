"""The names of indices in bodies: found wherever Elasticsearch looks for them, or refused."""

import json
from typing import Any
from urllib.parse import quote

import pytest

from django_es_admin.backends.guard.limits import Guard
from django_es_admin.exceptions import ForeignIndex

PREFIXED = Guard("default", prefix="mine-")
NDJSON = "application/x-ndjson"


def lines(*entries: Any) -> bytes:
    return b"".join(json.dumps(entry).encode() + b"\n" for entry in entries)


def refused(method: str, target: str, body: bytes | None, content_type: str = NDJSON) -> bool:
    try:
        PREFIXED.check(method, target, body, content_type)
    except ForeignIndex:
        return True
    return False


# Bulk


@pytest.mark.parametrize(
    "body",
    [
        b'{"index":{"_index":"other"}}\n{}\n',
        b'{"index":{"\\u005findex":"other"}}\n{}\n',
        b'{"\\u0069ndex":{"_\\u0069ndex":"\\u006fther"}}\n{}\n',
        b'{"delete":{"_id":"1","_index":"other"}}\r\n',
        b'{"index":{"_index":"mine-a"}}\r\n{"a":1}\r\n{"delete":{"_index":"other","_id":"1"}}\r\n',
        b'{"delete":{"_index":"mine-a","_id":"1"}}\n\n \n{"delete":{"_index":"other","_id":"1"}}\n',
        # A carriage return alone ends no line.
        b'{"index":{"_index":"mine-a"}}\n{"a":1}\r{"b":1}\n{"delete":{"_index":"other","_id":"1"}}\n',
        # A delete has no document, so that the next line is an action.
        b'{"delete":{"_index":"mine-a","_id":"1"}}\n{"index":{"_index":"other"}}\n{"a":1}\n',
        b'{"index":{"_index":"mine-a","_index":"other"}}\n{}\n',
        b'{"index":{"_index":"other","_index":"mine-a"}}\n{}\n',
        b'{"index":{"_index":"mine-a"},"index":{"_index":"other"}}\n{}\n',
        b'{"index":{"_index":"mine-a"},"delete":{"_index":"other"}}\n{}\n',
        b'{"index":{"_index":["other"]}}\n{}\n',
        b'{"index":{"_index":{"a":"other"}}}\n{}\n',
        b'{"index":{"_index":5}}\n{}\n',
        b'{"index":{"_index":true}}\n{}\n',
        b'{"INDEX":{"_index":"mine-a"}}\n{}\n',
        b'{"upsert":{"_index":"mine-a"}}\n{}\n',
        b"{}\n{}\n",
        b"[]\n{}\n",
        b"5\n",
        b'{"index":5}\n{}\n',
        b'{"index":{"_index":"mine-a"}} {"index":{"_index":"other"}}\n{}\n',
        b'/* */{"index":{"_index":"other"}}\n{}\n',
        b'{"index":{"_index":"mine-a"}}\n{}\n{"delete":{"_index":"other"',
        b'{"index":{"_index":"mine-a/other"}}\n{}\n',
        '{"delete":{"_index":"other","_id":"1"}}\n'.encode("utf-16"),
        b'\xef\xbb\xbf{"delete":{"_index":"other","_id":"1"}}\n',
        b"\x1f\x8b\x08\x00",
        b'{"delete":{"_index":"mine-\xff","_id":"1"}}\n',
        b"[" * 100_000 + b"\n",
    ],
)
def test_a_bulk_request_is_refused(body: bytes) -> None:
    for target in ("/_bulk", "/mine-a/_bulk", "/_bulk?index=mine-a"):
        assert refused("POST", target, body), target
        assert refused("PUT", target, body), target


def test_an_action_without_index() -> None:
    body = lines({"index": {"_index": "mine-a"}}, {}, {"index": {}}, {})
    assert refused("POST", "/_bulk", body)
    assert not refused("POST", "/mine-a/_bulk", body)
    assert not refused("POST", "/_bulk?index=mine-a", body)
    assert refused("POST", "/_bulk?index=other", body)
    assert refused("POST", "/_bulk?refresh=true;%69ndex=other", body)
    assert refused("POST", "/mine-a/_bulk?index=other", body)


@pytest.mark.parametrize(
    "body",
    [
        lines({"index": {"_index": "mine-a"}}, {"_index": "other", "index": "other"}),
        lines({"create": {"_index": "mine-a", "_id": "1"}}, {"delete": {"_index": "other"}}),
        lines({"update": {"_index": "mine-a", "_id": "1"}}, {"doc": {"index": ["other"]}}),
        lines({"delete": {"_index": "mine-a", "_id": "other"}}),
        b'{"index":{"_index":"mine-a"}}\r\n{"a":1}\r\n',
        b'{"index":{"_index":"mine-a"}}\nno JSON, which is for Elasticsearch to say\n',
        '{"index":{"_index":"mine-ä","_id":"ü"}}\n{"a":"ö\\ud800"}\n'.encode(),
        lines({"index": {"_index": "mine-a", "dynamic_templates": {"index": "a"}}}, {}),
    ],
)
def test_a_bulk_request_is_sent(body: bytes) -> None:
    assert not refused("POST", "/_bulk", body)


@pytest.mark.parametrize(
    "content_type",
    ["application/yaml", "application/smile", "application/cbor", "text/plain", "", "x-json"],
)
def test_a_body_of_another_kind_is_refused(content_type: str) -> None:
    assert refused("POST", "/_bulk", lines({"index": {"_index": "mine-a"}}, {}), content_type)
    assert refused("POST", "/mine-a/_search", b"{}", content_type)
    # It holds nothing but a document.
    assert not refused("POST", "/mine-a/_doc", b"a: 1", content_type)


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "application/JSON; charset=utf-8",
        "application/x-ndjson",
        "application/vnd.elasticsearch+x-ndjson;compatible-with=9",
        "application/vnd.elasticsearch+json; compatible-with=8",
    ],
)
def test_a_body_of_json_is_read(content_type: str) -> None:
    assert not refused("POST", "/_bulk", lines({"index": {"_index": "mine-a"}}, {}), content_type)
    assert refused("POST", "/_bulk", lines({"index": {"_index": "other"}}, {}), content_type)


# Searches

LOOKUP = {"index": "other", "id": "1", "path": "a"}
ELSEWHERE: list[dict[str, Any]] = [
    {"query": {"terms": {"a": LOOKUP}}},
    {"query": {"terms": {"index": LOOKUP}}},
    {"query": {"terms": {"match": LOOKUP}}},
    {"query": {"terms": {"terms": LOOKUP}}},
    {"query": {"terms": {"aggs": LOOKUP}}},
    {"query": {"bool": {"filter": [{"bool": {"must_not": {"terms": {"a": LOOKUP}}}}]}}},
    {"query": {"more_like_this": {"like": [{"_index": "other", "_id": "1"}]}}},
    {"query": {"more_like_this": {"like": {"_index": "other", "_id": "1"}}}},
    {"query": {"more_like_this": {"like": "a", "unlike": ["b", {"_index": "other", "_id": "1"}]}}},
    {"query": {"more_like_this": {"like": [{"doc": {}, "_index": "other"}]}}},
    {"query": {"percolate": {"field": "q", "index": "other", "id": "1"}}},
    {"query": {"geo_shape": {"a": {"indexed_shape": {"index": "other", "id": "1"}}}}},
    {"query": {"shape": {"match": {"indexed_shape": {"index": "other", "id": "1"}}}}},
    {"query": {"pinned": {"docs": [{"_index": "other", "_id": "1"}], "organic": {}}}},
    {"query": {"wrapper": {"query": "eyJtYXRjaF9hbGwiOnt9fQ=="}}},
    {"query": {"nested": {"path": "p", "query": {"terms": {"p.a": LOOKUP}}}}},
    {"query": {"function_score": {"functions": [{"filter": {"terms": {"a": LOOKUP}}}]}}},
    {"query": {"has_child": {"type": "t", "query": {"terms": {"a": LOOKUP}}}}},
    {"query": {"terms": {"a": {**LOOKUP, "index": ["mine-a", "other"]}}}},
    {"query": {"terms": {"a": {**LOOKUP, "index": ["mine-a", ["other"]]}}}},
    {"query": {"terms": {"a": {**LOOKUP, "index": "mine-a,other"}}}},
    {"query": {"terms": {"a": {**LOOKUP, "index": "<mine-{now/d}>"}}}},
    {"query": {"terms": {"a": {**LOOKUP, "index": "mine-c:other"}}}},
    {"query": {"terms": {"a": {**LOOKUP, "index": 5}}}},
    {"post_filter": {"terms": {"a": LOOKUP}}},
    {"aggs": {"a": {"filter": {"terms": {"b": LOOKUP}}}}},
    {"aggs": {"match": {"filter": {"terms": {"b": LOOKUP}}}}},
    {"aggs": {"sort": {"aggs": {"term": {"filter": {"terms": {"b": LOOKUP}}}}}}},
    {"aggregations": {"a": {"filters": {"filters": {"match": {"terms": {"terms": LOOKUP}}}}}}},
    {"aggs": {"a": {"filters": {"filters": [{"terms": {"b": LOOKUP}}]}}}},
    {"aggs": {"a": {"adjacency_matrix": {"filters": {"term": {"terms": {"b": LOOKUP}}}}}}},
    {"aggs": {"script": {"filter": {"terms": {"params": LOOKUP}}}}},
    {"rescore": {"query": {"rescore_query": {"terms": {"a": LOOKUP}}}}},
    {
        "sort": [
            {"a": {"order": "asc", "nested": {"path": "p", "filter": {"terms": {"a": LOOKUP}}}}}
        ]
    },
    {"highlight": {"fields": {"match": {"highlight_query": {"terms": {"a": LOOKUP}}}}}},
    {"runtime_mappings": {"a": {"type": "lookup", "target_index": "other"}}},
    {"runtime_mappings": {"match": {"type": "lookup", "target_index": "other"}}},
    {"runtime_mappings": {"index": {"type": "lookup", "target_index": "other"}}},
    {"query": {"geo_shape": {"g": {"indexed_shape": {"index": "other", "id": "1"}}}}},
    {"query": {"geo_shape": {"g": {"indexed_shape": {"id": "1", "path": "g"}}}}},
    {"query": {"bool": {"filter": [{"shape": {"g": {"indexed_shape": {"id": "1"}}}}]}}},
    {"indices_boost": [{"other": 2}]},
    {"indices_boost": {"other": 2}},
    {"knn": {"field": "v", "filter": {"terms": {"a": LOOKUP}}}},
    {"knn": {"field": "v", "query_vector_builder": {"lookup": {"index": "other", "id": "1"}}}},
    {"retriever": {"standard": {"query": {"terms": {"a": LOOKUP}}}}},
    {"retriever": {"rrf": {"retrievers": [{"knn": {"filter": [{"terms": {"a": LOOKUP}}]}}]}}},
    {"suggest": {"a": {"phrase": {"collate": {"query": {"source": {"terms": {"a": LOOKUP}}}}}}}},
    {"suggest": {"a": {"phrase": {"collate": {"query": {"id": "stored"}}}}}},
    {"suggest": {"a": {"phrase": {"collate": {"query": {"source": "{{{all}}}"}}}}}},
]


@pytest.mark.parametrize("body", ELSEWHERE, ids=json.dumps)
def test_a_search_that_looks_elsewhere_is_refused(body: dict[str, Any]) -> None:
    sent = json.dumps(body).encode()
    escaped = sent.replace(b'"index"', b'"\\u0069ndex"').replace(b'"_index"', b'"\\u005findex"')
    for each in (sent, escaped, b" \r\n" + sent + b"\n"):
        assert refused("POST", "/mine-a/_search", each)
        assert refused("GET", "/mine-a/_search", each)
        assert refused("POST", "/mine-a/_async_search", each)
        assert refused("POST", "/mine-a/_delete_by_query", each)
        assert refused("POST", "/mine-a/_msearch", b"{}\n" + each.strip() + b"\n")
        assert refused("GET", "/mine-a/_anything_new", each)
        assert refused("POST", "/_search", b'{"pit":{"id":"x"},' + sent[1:])
    for target in ("/mine-a/_search", "/mine-a/_count"):
        source = quote(json.dumps(body))
        assert refused("GET", f"{target}?source={source}&source_content_type=x", None)
        assert refused(
            "GET", f"{target}?source_content_type=application/json&s%6Furce={source}", None
        )


@pytest.mark.parametrize(
    "body",
    [
        b'{"query":{"terms":{"a":{"index":"mine-a","index":"other"}}}}',
        b'{"query":{"terms":{"a":{"index":"mine-a"}}},"query":{"terms":{"a":{"index":"other"}}}}',
        b'{"query":{"match_all":{}}',
        b"{'query':{}}",
        b'{"query":{}}//',
        b'{"query":{}} {"query":{}}',
        b"\xff\xfe{\x00}\x00",
        b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
    ],
)
def test_a_search_that_cannot_be_read_is_refused(body: bytes) -> None:
    assert refused("POST", "/mine-a/_search", body)
    assert refused("POST", "/mine-a/_update_by_query", body)


LEGAL: list[dict[str, Any]] = [
    {},
    {"query": {"match": {"index": "a word"}}},
    {"query": {"match": {"index": {"query": "a word", "operator": "and"}}}},
    {"query": {"term": {"index": "other"}}},
    {"query": {"terms": {"index": ["other", "b"], "boost": 2}}},
    {"query": {"terms": {"alias": ["other"]}}},
    {"query": {"range": {"indices": {"gte": 1}}}},
    {"query": {"exists": {"field": "index"}}},
    {"query": {"bool": {"must": [{"prefix": {"index": "ot"}}, {"wildcard": {"_index": "mine*"}}]}}},
    {"query": {"term": {"_index": "other"}}},
    {"query": {"nested": {"path": "index", "query": {"match_phrase": {"index.index": "other"}}}}},
    {"query": {"terms": {"index": {**LOOKUP, "index": "mine-b"}}}},
    {"query": {"more_like_this": {"like": [{"_index": "mine-a", "_id": "1"}, "a word"]}}},
    {"query": {"more_like_this": {"like": [{"doc": {"index": "other", "_index": ["other"]}}]}}},
    {"query": {"percolate": {"field": "q", "document": {"index": "other"}}}},
    {"query": {"percolate": {"field": "q", "documents": [{"index": "other"}]}}},
    {"query": {"script": {"script": {"source": "x", "params": {"index": "other"}}}}},
    {"script_fields": {"index": {"script": {"source": "x", "params": {"index": "other"}}}}},
    {"aggs": {"index": {"terms": {"field": "index"}}, "indices": {"max": {"field": "a"}}}},
    {"aggs": {"a": {"scripted_metric": {"map_script": "x", "params": {"index": "other"}}}}},
    {"aggs": {"a": {"composite": {"sources": [], "after": {"index": "other"}}}}},
    {"aggs": {"a": {"bucket_script": {"buckets_path": {"index": "other"}}}}},
    {"sort": [{"index": "asc"}, "index", {"index": {"order": "desc"}}]},
    {"sort": {"index": "asc"}},
    {"fields": ["index", {"field": "index", "format": "x"}], "_source": {"includes": ["index"]}},
    {"highlight": {"fields": {"index": {}}}},
    {"runtime_mappings": {"index": {"type": "keyword"}}},
    {"runtime_mappings": {"a": {"type": "lookup", "target_index": "mine-b"}}},
    {"indices_boost": [{"mine-a": 2}]},
    {"suggest": {"index": {"text": "a", "term": {"field": "index"}}}},
    {"suggest": {"a": {"phrase": {"collate": {"query": {"source": {"match": {"a": "{{x}}"}}}}}}}},
    {"collapse": {"field": "index", "inner_hits": {"name": "index"}}},
]


@pytest.mark.parametrize("body", LEGAL, ids=json.dumps)
def test_a_search_of_a_field_of_any_name_is_sent(body: dict[str, Any]) -> None:
    sent = json.dumps(body).encode()
    assert not refused("POST", "/mine-a/_search", sent)
    assert not refused("POST", "/mine-a/_msearch", b"{}\n" + sent + b"\n")
    assert not refused("POST", "/_msearch", b'{"index":["mine-a"]}\n' + sent + b"\n")
    assert not refused("POST", "/_search?index=mine-a", sent)
    assert refused("POST", "/_search", sent)


# What else names an index


@pytest.mark.parametrize(
    ("target", "body"),
    [
        ("/_msearch", b'\n{"index":"mine-a"}\n{"index":"other"}\n{}\n'),
        ("/mine-a/_msearch", b"\n{}\n"),
        ("/mine-a/_msearch", b"{}\n{}\n{}\n"),
        ("/mine-a/_msearch", b'{"index":"mine-a","indices":"other"}\n{}\n'),
        ("/mine-a/_msearch", b'{"index":["mine-a",5]}\n{}\n'),
        ("/mine-a/_msearch", b'{"\\u0069ndex":"other"}\r\n{}\r\n'),
        ("/_mget", lines({"docs": [{"_index": "mine-a", "_id": "1"}, {"_id": "1"}]})),
        ("/_mget", lines({"ids": ["1"]})),
        ("/_mget?index=other", lines({"ids": ["1"]})),
        ("/mine-a/_mget", b'{"docs":[{"\\u005findex":"other","_id":"1"}]}'),
        ("/mine-a/_mget", b'{"docs":{"_index":"other","_id":"1"}}'),
        ("/mine-a/_mtermvectors", lines({"docs": [{"_index": "other", "_id": "1"}]})),
        ("/mine-a/_mtermvectors", lines({"ids": ["1"], "parameters": {"_index": "other"}})),
        ("/mine-a/_termvectors", lines({"_index": "other"})),
        ("/mine-a/_search/template", lines({"id": "stored"})),
        ("/mine-a/_search/template", lines({"source": {"query": {"terms": {"a": LOOKUP}}}})),
        (
            "/mine-a/_search/template",
            lines({"source": json.dumps({"query": {"terms": {"a": LOOKUP}}})}),
        ),
        ("/mine-a/_search/template", lines({"source": "{{#toJson}}query{{/toJson}}"})),
        ("/mine-a/_search/template", lines({"source": {"query": {"{{kind}}": {}}}})),
        ("/mine-a/_search/template", lines({"source": '{"query":{{{query}}}}'})),
        ("/mine-a/_search/template", lines({"source": {"a": "{{&a}}"}})),
        ("/mine-a/_search/template", lines({"source": {"a": "{{=<% %>=}}"}})),
        (
            "/mine-a/_search/template",
            lines({"source": {"query": {"terms": {"a": {**LOOKUP, "index": "mine-{{x}}"}}}}}),
        ),
        ("/mine-a/_search/template", lines({"source": {}, "options": {"content_type": "x"}})),
        ("/mine-a/_msearch/template", b'{}\n{"id":"stored"}\n'),
        ("/mine-a/_rank_eval", lines({"requests": [{"ratings": [{"_index": "other"}]}]})),
        ("/mine-a/_rank_eval", lines({"requests": [{"template_id": "x"}], "templates": []})),
        (
            "/_aliases",
            lines({"actions": [{"add": {"indices": ["mine-a", ["other"]], "alias": "mine-b"}}]}),
        ),
        ("/_aliases", lines({"actions": [{"add": {"indices": ["mine-a", 5], "alias": "mine-b"}}]})),
        (
            "/_aliases",
            lines({"actions": [{"add": {"indices": {"a": "other"}, "alias": "mine-b"}}]}),
        ),
        (
            "/_aliases",
            lines({"actions": [{"add": {"index": "mine-a", "aliases": ["mine-b", "o"]}}]}),
        ),
        ("/_aliases", lines({"actions": [{"remove_index": {"index": "other"}}]})),
        ("/_aliases", lines({"actions": [{"remove": {"alias": "mine-b"}}, {"remove_index": {}}]})),
        ("/_aliases", lines({"actions": [{"add": "other"}]})),
        ("/_aliases", lines({"actions": {"add": {"index": "other", "alias": "mine-b"}}})),
        ("/_aliases", lines({})),
        ("/_aliases", b""),
        (
            "/_aliases",
            lines(
                {
                    "actions": [
                        {
                            "add": {
                                "index": "mine-a",
                                "alias": "mine-b",
                                "filter": {"terms": {"a": LOOKUP}},
                            }
                        }
                    ]
                }
            ),
        ),
        ("/mine-a/_alias/mine-b", lines({"alias": "other"})),
        ("/mine-a/_alias/mine-b", lines({"index": "other"})),
        ("/mine-a/_alias/mine-b", lines({"filter": {"terms": {"a": LOOKUP}}})),
        ("/mine-a/_rollover", lines({"aliases": {"other": {}}})),
        ("/mine-a/_rollover", lines({"aliases": ["other"]})),
        ("/mine-a/_rollover?new_index=other", None),
        ("/mine-a/_downsample/other", lines({"fixed_interval": "1h"})),
        ("/mine-a/_clone/mine-b?target=other", None),
        ("/mine-a/_pit", lines({"index_filter": {"terms": {"a": LOOKUP}}})),
        ("/mine-a/_field_caps", lines({"index_filter": {"terms": {"a": LOOKUP}}})),
        ("/mine-a/_ccr/follow", lines({"leader_index": "other"})),
        ("/mine-a/_new_thing", None),
        ("/mine-a//_search", None),
        ("//mine-a/_search", None),
        ("/mine-a%2Fother/_search", None),
        ("/mine-a,/_search", None),
        ("/mine-a/%5Fdelete_by_query", None),
        ("/_query", lines({"query": "FROM mine-a"})),
        ("/_sql", lines({"query": 'SELECT * FROM "mine-a"'})),
        ("/_reindex", lines({"source": {"index": "mine-a"}, "dest": {"index": "mine-b"}})),
        ("/_scripts/painless/_execute", lines({"context_setup": {"index": "other"}})),
        ("/_cluster/allocation/explain", lines({"index": "other", "shard": 0, "primary": True})),
    ],
)
def test_other_requests_are_refused(target: str, body: bytes | None) -> None:
    assert refused("POST", target, body)


LOOKING = {"type": "lookup", "target_index": "other", "input_field": "a", "fetch_fields": ["b"]}


@pytest.mark.parametrize(
    "mappings",
    [
        {"runtime": {"r": LOOKING}},
        {"runtime": {"type": LOOKING}},
        {"runtime": {"r": {**LOOKING, "target_index": ["mine-a", "other"]}}},
        {"dynamic_templates": [{"t": {"runtime": LOOKING}}]},
        {"_doc": {"runtime": {"properties": LOOKING}}},
    ],
    ids=json.dumps,
)
def test_a_mapping_that_looks_elsewhere_is_refused(mappings: dict[str, Any]) -> None:
    assert refused("PUT", "/mine-a/_mapping", lines(mappings))
    assert refused("POST", "/mine-a/_mapping", lines(mappings))
    assert refused("PUT", "/mine-a", lines({"mappings": mappings}))
    assert refused("PUT", "/_data_stream/mine-a/_mappings", lines(mappings))
    own = json.loads(json.dumps(mappings).replace("other", "mine-b"))
    assert not refused("PUT", "/mine-a/_mapping", lines(own))
    assert not refused("PUT", "/mine-a", lines({"mappings": own, "aliases": {"mine-c": {}}}))


@pytest.mark.parametrize("name", ["index", "type", "target_index", "lookup", "indexed_shape"])
def test_a_mapping_of_fields_of_any_name_is_sent(name: str) -> None:
    mappings = {
        "properties": {
            name: {"type": "keyword", "index": False},
            "o": {"properties": {name: {"type": "text", "fields": {name: {"type": "keyword"}}}}},
        }
    }
    assert not refused("PUT", "/mine-a/_mapping", lines(mappings))
    assert not refused("PUT", "/mine-a", lines({"mappings": mappings}))


@pytest.mark.parametrize(
    ("target", "body"),
    [
        ("/_msearch", b'{"index":"mine-a,mine-b"}\r\n{"query":{}}\r\n'),
        ("/_mget", lines({"docs": [{"_index": "mine-a", "_id": "1", "_source": ["index"]}]})),
        ("/mine-a/_mget", lines({"docs": [{"_id": "1"}, {"_id": "2", "_index": "mine-b"}]})),
        ("/mine-a/_termvectors", lines({"doc": {"index": "other", "_index": "other"}})),
        ("/_mtermvectors", lines({"docs": [{"_index": "mine-a", "doc": {"index": "other"}}]})),
        ("/mine-a/_search/template", lines({"source": {"query": {"match": {"a": "{{a.b}}"}}}})),
        ("/mine-a/_search/template", lines({"source": '{"size":1}', "params": {"a": 1}})),
        ("/mine-a/_update/1", lines({"doc": {"index": "other"}, "doc_as_upsert": True})),
        ("/mine-a/_doc", lines({"_index": "other", "aliases": {"other": {}}})),
        ("/mine-a/_rollover/mine-b", lines({"aliases": {"mine-c": {}}, "conditions": {}})),
        ("/mine-ds::failures/_search", None),
        ("/mine-a*/_search", None),
        ("/mine-a/_pit?keep_alive=1m", None),
        ("/_search/scroll", lines({"scroll_id": "x"})),
        ("/mine-a/_search?q=index:other&routing=../x;y", None),
    ],
)
def test_other_requests_are_sent(target: str, body: bytes | None) -> None:
    assert not refused("POST", target, body)


@pytest.mark.parametrize(
    ("target", "own"),
    [
        ("/_cat/indices/mine-a", True),
        ("/_cat/indices/other", False),
        ("/_cat/count", False),
        ("/_cluster/health/other", False),
        ("/_cluster/state/metadata/other", False),
        ("/_alias/other", False),
        ("/_alias?name=other", False),
        ("/_alias/mine-a", True),
        ("/_resolve/index/*", False),
        ("/_data_stream/other/_stats", False),
        ("/mine-a/_alias/other", True),
        ("/mine-a/_mapping/field/index", True),
        ("/_cluster/health?wait_for_status=green", True),
        ("/_nodes/stats/indices", True),
        ("/_snapshot/other", False),
        ("/_reindex", False),
        ("/", True),
        ("/mine-a/", True),
    ],
)
def test_looking_at_the_cluster(target: str, own: bool) -> None:
    assert refused("GET", target, None) is not own
