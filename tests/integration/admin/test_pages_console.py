"""Searches that people write as JSON: what is admitted, what is not, and who may."""

import json

import pytest
from django.test import Client
from django.urls import reverse
from elasticsearch import Elasticsearch
from pytest_django import Settings
from shop.models import Product

from django_es_admin.exceptions import SearchRefused
from django_es_admin.indices.inspection.console import read_body

from .test_pages_dashboard import words
from .visitors import visitor

URL = "/admin/elasticsearch/index/default_3Aproducts/console/"


def ask(client: Client, body: object, **asked: str) -> str:
    text = body if isinstance(body, str) else json.dumps(body)
    response = client.post(URL, {"body": text, **asked})
    assert response.status_code == 200
    return str(response.content.decode())


@pytest.mark.django_db
def test_a_search_is_answered(products: list[Product], settings: Settings) -> None:
    client = visitor(superuser=True)
    page = reverse("admin:elasticsearch_index_change", args=["default_3Aproducts"])
    assert URL in client.get(page).content.decode()
    html = ask(client, {"query": {"term": {"_id": products[1].pk}}, "size": 1})
    assert "Trail shoe 1" in html
    assert "Trail shoe 2" not in html
    assert "curl -X POST" in html
    html = ask(client, {"query": {"match": {"name": "shoe"}}}, key=str(products[0].pk))
    assert "&quot;matched&quot;: true" in html
    html = ask(client, {"query": {"match": {"name": "shoe"}}}, key="404")
    assert "&quot;matched&quot;: false" in html
    assert "Elasticsearch" in ask(client, {"query": {"no_such_query": {}}})


@pytest.mark.django_db
def test_a_link_searches_nothing(products: list[Product]) -> None:
    html = visitor(superuser=True).get(URL, {"body": '{"size": 3}'}).content.decode()
    assert "Trail shoe" not in html
    assert "Answer" not in words(html)


@pytest.mark.django_db
def test_the_curl_has_no_secret(
    products: list[Product], es: Elasticsearch, settings: Settings
) -> None:
    server = settings.ES_SERVERS["default"]
    params = {"basic_auth": ("elastic", "s3cret"), "headers": {"X-Token": "t0ken"}}
    settings.ES_SERVERS = {"default": {**server, "PARAMS": params}}
    html = ask(visitor(superuser=True), '{"query": {"match": {"name": "it\'s"}}}')
    assert "curl -X POST" in html
    assert "s3cret" not in html
    assert "t0ken" not in html


@pytest.mark.django_db
def test_it_can_be_turned_off(products: list[Product], settings: Settings) -> None:
    settings.ES_ADMIN = {**settings.ES_ADMIN, "CONSOLE": False}
    client = visitor(superuser=True)
    page = reverse("admin:elasticsearch_index_change", args=["default_3Aproducts"])
    assert URL not in client.get(page).content.decode()
    assert client.get(URL).status_code == 403
    assert client.post(URL, {"body": "{}"}).status_code == 403


SCRIPT = {"source": "1"}
OTHER = {"index": "secrets", "id": "1", "path": "names"}
REFUSED = [
    "",
    "[]",
    "null",
    "{",
    '{"size": 1, "size": 2}',
    '{"size": 101}',
    '{"size": true}',
    '{"size": -1}',
    '{"from": 9999, "size": 2}',
    '{"from": "0"}',
    '{"a": ' * 2_000 + "1" + "}" * 2_000,
    '{"query": {"match": {"name": "' + "x" * 20_000 + '"}}}',
    {"script_fields": {"a": {"script": SCRIPT}}},
    {"runtime_mappings": {"a": {"type": "keyword"}}},
    {"pit": {"id": "x"}},
    {"indices_boost": [{"secrets": 1}]},
    {"stored_fields": ["a"]},
    {"retriever": {"standard": {}}},
    {"query": {"script": {"script": SCRIPT}}},
    {"query": {"script_score": {"query": {"match_all": {}}, "script": SCRIPT}}},
    {"query": {"bool": {"filter": [{"bool": {"must": {"script": {"script": SCRIPT}}}}]}}},
    {"query": {"function_score": {"functions": [{"script_score": {"script": SCRIPT}}]}}},
    {"query": {"terms": {"name": OTHER}}},
    {"query": {"more_like_this": {"like": [{"_index": "secrets", "_id": "1"}]}}},
    {"query": {"geo_shape": {"where": {"indexed_shape": {"id": "1"}}}}},
    {"query": {"percolate": {"field": "q", "index": "secrets", "id": "1"}}},
    {"query": {"wrapper": {"query": "eyJtYXRjaF9hbGwiOnt9fQ=="}}},
    {"query": {"terms_set": {"a": {"terms": ["b"], "minimum_should_match_script": SCRIPT}}}},
    {"query": {"intervals": {"a": {"match": {"filter": {"script": SCRIPT}}}}}},
    {"sort": {"_script": {"type": "number", "script": SCRIPT}}},
    {"sort": [{"price": {"nested": {"filter": {"script": {"script": SCRIPT}}}}}]},
    {"aggs": {"a": {"scripted_metric": {"map_script": "1"}}}},
    {"aggs": {"a": {"terms": {"script": SCRIPT}}}},
    {"aggs": {"a": {"terms": {"field": "b", "size": 1_001}}}},
    {"aggs": {"a": {"terms": {"field": "b", "size": "1001"}}}},
    {"aggs": {"a": {"terms": {"field": "b", "size": 1e9}}}},
    {"aggs": {"a": {"terms": {"field": "b", "shard_size": 1_000_000}}}},
    {"aggs": {"a": {"global": {}, "aggs": {"b": {"terms": {"field": "b", "size": 9_999}}}}}},
    {"aggs": {"a": {"filter": {"terms": {"name": OTHER}}}}},
    {"aggs": {"a": {"filters": {"filters": {"b": {"terms": {"name": OTHER}}}}}}},
    {"aggs": {"a": {"bucket_selector": {"buckets_path": {}, "script": "1"}}}},
    {"post_filter": {"terms": {"name": OTHER}}},
    {"highlight": {"highlight_query": {"script": {"script": SCRIPT}}}},
    {"collapse": {"field": "a", "inner_hits": {"name": "b", "script_fields": {}}}},
    {"suggest": {"a": {"phrase": {"field": "b", "collate": {"query": {"source": {}}}}}}},
]


@pytest.mark.parametrize("body", REFUSED, ids=lambda body: str(body)[:60])
def test_what_is_not_admitted(body: object) -> None:
    with pytest.raises(SearchRefused):
        read_body(body if isinstance(body, str) else json.dumps(body))


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"size": 100, "from": 9_900},
        {"query": {"range": {"size": {"gte": 5_000}}}},
        {"query": {"term": {"size": 5_000}}, "post_filter": {"terms": {"size": [5_000]}}},
        {"query": {"match": {"description": "a script of an index"}}},
        {"query": {"term": {"index": "a"}}},
        {"query": {"terms": {"name": ["a", "b"]}}},
        {"query": {"bool": {"must_not": {"exists": {"field": "description"}}}}},
        {"query": {"more_like_this": {"fields": ["name"], "like": "shoe"}}},
        {"aggs": {"index": {"terms": {"field": "brand", "size": 1_000}}}},
        {"sort": [{"price": "desc"}, "_score"], "_source": ["name"], "track_total_hits": True},
        {"highlight": {"fields": {"name": {}}}},
    ],
    ids=str,
)
def test_what_is_admitted(body: object) -> None:
    assert read_body(json.dumps(body)) == body
