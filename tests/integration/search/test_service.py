"""Primary keys from Elasticsearch."""

import uuid
from itertools import product
from typing import Any

import pytest
from django.conf import settings
from django.test import override_settings
from elasticsearch import Elasticsearch
from shop.documents import ProductDocument
from shop.models import Category, Product

from django_es_admin.backends.transport.deadline import Deadline
from django_es_admin.exceptions import (
    ConnectionTimedOut,
    ConnectionUnavailable,
    IndexMissing,
    NotElasticsearch,
    ServerBusy,
    ServerRefused,
)
from django_es_admin.indices.definition import get_definition
from django_es_admin.search.search_ids import key_reader, search_ids
from django_es_admin.search.text.fields import read_fields
from django_es_admin.search.text.query import Matching, build_query
from django_es_admin.search.text.words import read_words
from tests.integration.admin.searching import elasticsearch_at
from tests.live import make_live
from tests.servers import answering, hanging, refusing_port, standing_between
from tests.testapp.documents import NoteDocument
from tests.testapp.models import Note

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("es")]

ALL = {"match_all": {}}
RANKED = {"bool": {"must": ALL, "should": {"term": {"sku": {"value": "L-7", "boost": 9}}}}}


@pytest.fixture
def products() -> list[Product]:
    category = Category.objects.create(name="Lamps", slug="lamps")
    made = [
        Product.objects.create(
            sku=f"L-{n}", name=f"Lamp {n}", brand="Hearth", price=n, category=category
        )
        for n in range(12)
    ]
    make_live(get_definition("products"))
    return made


def add(es: Elasticsearch, prefix: str, identity: str) -> None:
    es.index(index=f"{prefix}products", id=identity, document={"name": "Stray"}, refresh=True)


def test_keys_are_of_the_models_type(products: list[Product]) -> None:
    hits = search_ids(ProductDocument, ALL)
    assert hits.ids == tuple(sorted((made.pk for made in products), reverse=True))
    assert (hits.total, hits.foreign, hits.limited) == (12, 0, False)
    assert hits.took >= 0


def test_uuids_are_uuids() -> None:
    note = Note.objects.create(title="Lamp", kind="plain")
    make_live(get_definition("testapp-notes"))
    assert search_ids(NoteDocument, ALL).ids == (note.pk,)
    assert isinstance(note.pk, uuid.UUID)


def test_the_total_is_exact_beyond_the_limit(products: list[Product]) -> None:
    hits = search_ids(ProductDocument, ALL, limit=5)
    assert len(hits.ids) == 5
    assert (hits.total, hits.limited) == (12, True)
    with override_settings(ES_ADMIN={"SEARCH_MAX_RESULTS": 3, "SEARCH_TIMEOUT": 10}):
        assert len(search_ids(ProductDocument, ALL).ids) == 3


def test_a_document_that_is_of_no_row_is_left_out(
    es: Elasticsearch, prefix: str, products: list[Product]
) -> None:
    for identity in ("not-a-number", "99999999999999999999", "1e3", "-99999999999999999999"):
        add(es, prefix, identity)
    hits = search_ids(ProductDocument, ALL)
    assert (len(hits.ids), hits.foreign, hits.total, hits.limited) == (12, 4, 16, False)
    assert Product.objects.filter(pk__in=hits.ids).count() == 12


@pytest.mark.parametrize(
    ("model", "identity", "key"),
    [
        (Product, "7", 7),
        (Product, "seven", None),
        (Product, str(2**63 - 1), 2**63 - 1),
        (Product, str(2**63), None),
        (
            Note,
            "c6ee09a2-6e34-4a10-9d5d-a0e6a8a6a5a1",
            uuid.UUID("c6ee09a2-6e34-4a10-9d5d-a0e6a8a6a5a1"),
        ),
        (Note, "7", None),
    ],
)
def test_reading_a_key(model: Any, identity: str, key: Any) -> None:
    assert key_reader(model)(identity) == key


def make_small(es: Elasticsearch, prefix: str) -> None:
    """Let the index be one whose window is smaller than what is asked for."""
    es.indices.put_settings(index=f"{prefix}products", settings={"max_result_window": 5})


def test_our_own_generations_have_the_window_of_the_limit(
    es: Elasticsearch, prefix: str, products: list[Product]
) -> None:
    (settings,) = es.indices.get_settings(index=f"{prefix}products", flat_settings=True).values()
    assert settings["settings"]["index.max_result_window"] == "100000"


@pytest.mark.parametrize("limit", [6, 10, 12, 13, 100_000])
def test_an_index_with_a_smaller_window_is_read_in_pages(
    es: Elasticsearch, prefix: str, products: list[Product], limit: int
) -> None:
    whole = search_ids(ProductDocument, RANKED)
    make_small(es, prefix)
    hits = search_ids(ProductDocument, RANKED, limit=limit)
    assert hits.ids[0] == products[7].pk
    assert (hits.total, hits.limited) == (12, limit < 12)
    if limit >= 12:
        assert hits.ids == whole.ids
    else:
        assert len(set(hits.ids)) == limit


def test_a_point_in_time_is_closed(es: Elasticsearch, prefix: str, products: list[Product]) -> None:
    make_small(es, prefix)
    asked: list[str] = []

    def note(method: str, path: str, body: bytes) -> None:
        asked.append(f"{method} {path.partition('?')[0].removeprefix('/' + prefix)}")

    with standing_between(settings.ES_URL, note) as url, elasticsearch_at(url):
        search_ids(ProductDocument, RANKED)
    assert asked == [
        "POST products/_search",
        "GET products/_settings/index.max_result_window",
        "POST products/_pit",
        *["POST /_search"] * 3,
        "DELETE /_pit",
    ]


def test_pages_share_the_time(es: Elasticsearch, prefix: str, products: list[Product]) -> None:
    make_small(es, prefix)
    query = {"script": {"script": {"source": SLOW}}}
    with pytest.raises((ConnectionTimedOut, ServerBusy)):
        search_ids(ProductDocument, query, deadline=Deadline(0.05))


def test_another_refusal_is_one(products: list[Product]) -> None:
    for limit in (10, 200_000):
        with pytest.raises(ServerRefused, match="no_such_query"):
            search_ids(ProductDocument, {"no_such_query": {}}, limit=limit)


def test_a_missing_index_is_named() -> None:
    with pytest.raises(IndexMissing):
        search_ids(ProductDocument, ALL)


SLOW = """
    int count() { int n = 0; for (int i = 0; i < 900000; i++) { n += i % 7; } return n; }
    int all = 0; for (int j = 0; j < 6; j++) { all += count(); } return all > 0;
"""


def test_too_little_time_is_an_error(products: list[Product]) -> None:
    query = {"script": {"script": {"source": SLOW}}}
    with pytest.raises((ConnectionTimedOut, ServerBusy)):
        search_ids(ProductDocument, query, deadline=Deadline(0.01))


def test_half_an_answer_is_none(products: list[Product]) -> None:
    """Elasticsearch, too, is given the time, and told to fail when it is over."""
    asked: list[str] = []

    def note(method: str, path: str, body: bytes) -> None:
        asked.append(path)

    with standing_between(settings.ES_URL, note) as url, elasticsearch_at(url, timeout=1.5):
        search_ids(ProductDocument, ALL)
    assert "allow_partial_search_results=false" in asked[0]


def test_no_answer() -> None:
    with refusing_port() as url, elasticsearch_at(url), pytest.raises(ConnectionUnavailable):
        search_ids(ProductDocument, ALL)
    with (
        hanging() as url,
        elasticsearch_at(url, timeout=0.3),
        pytest.raises(ConnectionTimedOut),
    ):
        search_ids(ProductDocument, ALL)


@pytest.mark.parametrize("body", ["{}", "[]", '{"hits": {"hits": [{"_id": 7}]}}', '{"hits": 7}'])
def test_an_answer_of_another_shape(body: str) -> None:
    with (
        answering(200, body, "application/json", elasticsearch=True) as url,
        elasticsearch_at(url),
        pytest.raises(NotElasticsearch),
    ):
        search_ids(ProductDocument, ALL)


EVERY_TYPE = [
    *("name", "name.raw", "name.suggest", "category", "category.id", "category.slug", "brand"),
    *("sku", "tags", "tags.id", "tags.name", "tags.name.raw", "price", "is_active", "created_at"),
    *("nothing", "name.*", "*"),
]


TERMS = ["lamp", "7", "true", "2026-11-21", "l 7", "12:00 -1 1e999 NaN", "[1 TO", "\\"]


def test_no_type_of_field_refuses_a_word(products: list[Product]) -> None:
    for path, term, half in product(EVERY_TYPE, TERMS, (False, True)):
        fields = read_fields(ProductDocument, [path])
        query = build_query(fields, read_words(term), Matching(prefix=half))
        # Nothing is raised: that is all.
        assert search_ids(ProductDocument, query).total <= len(products)


def test_values_are_found_by_their_text(products: list[Product]) -> None:
    def find(term: str, *paths: str) -> tuple[Any, ...]:
        fields = read_fields(ProductDocument, paths)
        return search_ids(ProductDocument, build_query(fields, read_words(term), Matching())).ids

    assert find("7", "price") == find("l-7", "sku") == find("lamp 7", "name.raw")
    assert find("7", "price") == (products[7].pk,)
    assert len(find("true", "is_active")) == 12
    assert len(find("hearth", "brand")) == len(find("heatrh", "brand.text")) == 12
