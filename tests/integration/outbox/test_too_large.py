"""A request that is too large is halved; a document that is too large is refused alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import transaction
from elasticsearch import Elasticsearch

from django_es_admin.documents import fields
from django_es_admin.exceptions import LoadFailed
from django_es_admin.lifecycle.rebuild import rebuild
from django_es_admin.lifecycle.rebuild_plan import plan_rebuild
from django_es_admin.models import OutboxEntry, RefusedDocument
from django_es_admin.outbox.drainers.worker import drain_due
from tests.guide.models import FlatProduct, Place
from tests.live import let_deletes_be_due
from tests.servers import Answer, standing_between

from .test_isolation import document_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("es")]

LIMIT = 100_000
NAME = {"name": fields.KeywordField(ignore_above=100)}
TEXT = NAME | {"description": fields.TextField(index=False)}


@contextmanager
def limited(settings: Any) -> Iterator[list[int]]:
    """Go through a proxy that takes no more than 100 kB; yield the sizes of bulk requests."""
    sizes: list[int] = []

    def reply(method: str, path: str, body: bytes) -> Answer | None:
        if "/_bulk" in path:
            sizes.append(len(body))
        return Answer(413, "<h1>413 Request Entity Too Large</h1>") if len(body) > LIMIT else None

    default = settings.ES_SERVERS["default"]
    with standing_between(default["HOSTS"][0], reply) as url:
        settings.ES_SERVERS = {"default": {**default, "HOSTS": [url]}}
        yield sizes
    settings.ES_SERVERS = {"default": default}


def names(es: Elasticsearch, index: str, prefix: str) -> set[str]:
    es.indices.refresh(index=f"{prefix}{index}")
    hits = es.search(index=f"{prefix}{index}", size=100, source=["name"])["hits"]["hits"]
    return {hit["_source"]["name"] for hit in hits}


def make(name: str, size: int = 10) -> FlatProduct:
    return FlatProduct.objects.create(name=name, description="x" * size, price=1, sku=name)


def test_a_proxy_with_a_limit(
    es: Elasticsearch, prefix: str, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with document_of(FlatProduct, "texts", **TEXT), document_of(Place, "places", **NAME):
        with limited(settings), transaction.atomic():
            for name in "abc":
                make(name)
                Place.objects.create(name=name)
            large = make("large", 200_000)
        assert names(es, "texts", prefix) == set("abc")
        assert names(es, "places", prefix) == set("abc")
        row = OutboxEntry.objects.get()
        assert (row.key, row.attempts) == (str(large.pk), 1)
        assert "too large (413): lower BULK_MAX_BYTES" in row.error
        assert "sent in halves" in caplog.text
        # Whoever raises the limit need not do more than wait.
        drain_due()
        assert names(es, "texts", prefix) == {*"abc", "large"}
        assert not OutboxEntry.objects.exists()


def test_many_that_are_too_large_together_only(
    es: Elasticsearch, prefix: str, settings: Any
) -> None:
    with document_of(FlatProduct, "texts", **TEXT) as definition:
        with limited(settings) as sizes:
            with transaction.atomic():
                made = [make(f"{n}", 30_000) for n in range(9)]
            made[0].delete()
            assert not OutboxEntry.objects.filter(delete_sent=False).exists()
            assert max(sizes) > LIMIT
            assert names(es, "texts", prefix) == {f"{n}" for n in range(1, 9)}
            let_deletes_be_due()
            rebuild(plan_rebuild(definition))
        assert names(es, "texts", prefix) == {f"{n}" for n in range(1, 9)}


def test_a_rebuild_names_the_document(settings: Any) -> None:
    settings.ES_ADMIN = {**settings.ES_ADMIN, "SYNC": "worker"}
    with document_of(FlatProduct, "texts", **TEXT) as definition:
        make("a")
        large = make("large", 200_000)
        with (
            limited(settings),
            pytest.raises(LoadFailed, match=f"the document of object {large.pk}"),
        ):
            rebuild(plan_rebuild(definition))
        assert "413" in RefusedDocument.objects.get().error


def test_elasticsearch_with_its_own_limit(es: Elasticsearch, prefix: str, settings: Any) -> None:
    # http.max_content_length is 100 MB.
    settings.ES_ADMIN = {**settings.ES_ADMIN, "BULK_MAX_BYTES": 200_000_000}

    def prepare_description(self: Any, instance: FlatProduct) -> str:
        return "x" * (105_000_000 if instance.name == "large" else 10)

    with document_of(FlatProduct, "texts", **TEXT, prepare_description=prepare_description):
        with transaction.atomic():
            make("a")
            large = make("large")
            make("b")
        assert names(es, "texts", prefix) == {"a", "b"}
        row = OutboxEntry.objects.get()
        assert (row.key, row.attempts) == (str(large.pk), 1)
        assert "413" in row.error
