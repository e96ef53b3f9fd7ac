"""Beside the mapping: how often searches used a field, and its most frequent terms."""

from collections import Counter
from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import reverse
from elasticsearch import Elasticsearch
from pytest_django import Settings
from shop.models import Product, Tag

from django_es_admin import connections
from django_es_admin.backends.transport.deadline import Deadline
from django_es_admin.indices.definition import get_definition
from django_es_admin.indices.inspection import terms as reading
from django_es_admin.indices.inspection.terms import TermField, read_terms, term_fields
from django_es_admin.indices.inspection.usage import read_usage
from tests import servers
from tests.live import make_live

from .conftest import make_products
from .test_pages_dashboard import words
from .visitors import visitor

pytestmark = pytest.mark.django_db
INDEX = "default_3Aproducts"
MAPPING = reverse("admin:elasticsearch_index_mapping", args=[INDEX])
TERMS = reverse("admin:elasticsearch_index_terms", args=[INDEX])


def terms(client: Client, field: str) -> str:
    response = client.get(TERMS, {"field": field})
    assert response.status_code == 200
    return words(response.content.decode())


@pytest.fixture
def goods(es: Elasticsearch) -> Client:
    """Products of two brands, one of which is markup, and with tags; and who may see them."""
    made = make_products()
    made[1].tags.add(Tag.objects.get(name="outdoor"), Tag.objects.create(name="new"))
    Product.objects.filter(pk=made[2].pk).update(brand="<b>South</b>")
    make_live(get_definition("products"))
    return visitor("elasticsearch.view_index", "shop.view_product")


def test_the_terms_of_a_keyword(goods: Client) -> None:
    assert "Northpath 2 &lt;b&gt;South&lt;/b&gt; 1" in terms(goods, "brand")
    assert "<b>South" not in goods.get(TERMS, {"field": "brand"}).content.decode()
    assert "true 3" in terms(goods, "is_active")
    # What lies in nested objects is counted there.
    assert "Nested objects outdoor 2 new 1" in terms(goods, "tags.name.raw")


def test_a_text_field_says_why_not_and_what_instead(goods: Client) -> None:
    said = terms(goods, "name")
    assert "split into tokens" in said
    assert "What can be counted: name.raw" in said
    assert "Trail shoe 1" not in said
    assert "of this type has no terms" in terms(goods, "name.suggest")
    assert "Trail shoe 1 1" in terms(goods, "name.raw")


@pytest.mark.few(3)
@pytest.mark.parametrize(
    "field", ["", "nothing", "category", "tags", "_id", "brand*", "\0", "é" * 99]
)
def test_fields_of_any_name(goods: Client, field: str) -> None:
    assert "Northpath" not in terms(goods, field)


def test_terms_are_bounded(goods: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_TERMS", 1)
    said = terms(goods, "brand")
    assert "Northpath 2" in said
    assert "South" not in said
    assert "about 2 different terms. Terms that are not listed occur in documents 1 time." in said


def test_terms_are_for_those_who_may_see_documents(goods: Client) -> None:
    without = visitor("elasticsearch.view_index")
    assert without.get(TERMS, {"field": "brand"}).status_code == 403
    assert TERMS not in without.get(MAPPING).content.decode()
    assert f'href="{TERMS}?field=brand"' in goods.get(MAPPING).content.decode()


FIELDS = {
    "plain": {"type": "keyword"},
    "bare": {"type": "keyword", "doc_values": False},
    "text": {"type": "text", "fielddata": True},
    "story": {"type": "text"},
    "place": {"type": "geo_point"},
    "a": {
        "type": "nested",
        "properties": {
            "b": {"type": "nested", "properties": {"n": {"type": "long"}}},
            "day": {"type": "date"},
        },
    },
}


def test_kinds_of_fields(es: Elasticsearch, prefix: str) -> None:
    name = f"{prefix}kinds"
    es.indices.create(index=name, mappings={"properties": FIELDS})
    document = {"plain": ["x", "y", ""], "bare": "x", "text": "one two", "story": "one"}
    inside = [{"day": "2020-02-29", "b": [{"n": 7}, {"n": 7}, {"n": 8}]}]
    es.index(index=name, document={**document, "place": [1, 2], "a": inside}, refresh=True)
    fields = {field.path: field for field in term_fields({"properties": FIELDS})}
    assert fields["bare"].hindrance == "no columns"
    assert fields["story"].hindrance == "text"
    assert fields["place"].hindrance == "other kind"
    assert list(fields) == ["plain", "bare", "text", "story", "place", "a.b.n", "a.day"]

    def found(path: str) -> dict[str, int]:
        told = read_terms(connections["default"], name, Deadline(5), field=fields[path])
        return {term.value: term.count for term in told.first}

    assert found("plain") == {"x": 1, "y": 1, "": 1}
    assert found("text") == {"one": 1, "two": 1}
    assert found("a.b.n") == {"7": 2, "8": 1}
    assert found("a.day") == {"2020-02-29T00:00:00.000Z": 1}
    missing = TermField("missing", "keyword", "", "")
    assert read_terms(connections["default"], name, Deadline(5), field=missing).first == ()


def test_how_often_a_field_was_used(goods: Client, es: Elasticsearch) -> None:
    alias = get_definition("products").alias
    [name] = es.indices.get_alias(index=alias, name=alias)

    def uses() -> Counter[str]:
        usage = read_usage(connections["default"], name, Deadline(5))
        assert usage
        assert usage.since
        return Counter(usage.uses)

    before = uses()
    for text in ("trail", "shoe"):
        es.search(index=alias, query={"match": {"description": text}})
    after = uses()
    # No page reads this field, and no search has: it is 0, and not unknown.
    assert after["description"] == before["description"] + 2
    assert after["category.slug"] == before["category.slug"]
    said = words(goods.get(MAPPING).content.decode())
    assert f"description text {after['description']} " in said
    assert "Used by searches: how often a shard read the field" in said


@pytest.fixture
def refusing_usage(goods: Client, es: Elasticsearch, settings: Settings) -> Iterator[Client]:
    """A cluster whose user may not see how fields are used."""
    [node] = es.transport.node_pool.all()

    def refuse(method: str, path: str, sent: bytes) -> servers.Answer | None:
        return servers.Answer(403, b"{}") if "_field_usage_stats" in path else None

    with servers.standing_between(node.base_url, refuse) as url:
        settings.ES_SERVERS = {"default": {**settings.ES_SERVERS["default"], "HOSTS": [url]}}
        yield goods


def test_what_is_not_told_is_not_known(refusing_usage: Client) -> None:
    said = words(refusing_usage.get(MAPPING).content.decode())
    assert "brand keyword not known" in said
    assert "How often searches use a field is not known" in said
