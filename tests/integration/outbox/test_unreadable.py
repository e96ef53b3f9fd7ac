"""An object that cannot be read or written affects no other object."""

from typing import Any

import pytest
from django.db import NotSupportedError, connection, transaction
from django.db.models import QuerySet
from elasticsearch import Elasticsearch

from django_es_admin.documents import Document, fields
from django_es_admin.exceptions import LoadFailed, ProjectCodeFailed
from django_es_admin.lifecycle.rebuild import rebuild
from django_es_admin.lifecycle.rebuild_plan import plan_rebuild
from django_es_admin.models import OutboxEntry
from django_es_admin.outbox.drainers.worker import drain_due
from django_es_admin.outbox.objects.related import RelatedKeys
from tests.guide.models import Category, Product

from .test_isolation import document_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("es")]

NAME = {"name": fields.KeywordField()}


def make(name: str, **values: Any) -> Product:
    return Product.objects.create(name=name, description="", price=1, **values)


def names(es: Elasticsearch, index: str, prefix: str) -> set[str]:
    es.indices.refresh(index=f"{prefix}{index}")
    hits = es.search(index=f"{prefix}{index}", size=100)["hits"]["hits"]
    return {hit["_source"]["name"] for hit in hits}


@pytest.mark.skipif(connection.vendor != "sqlite", reason="the others hold no such text")
@pytest.mark.parametrize("shouted", [False, True])
def test_text_that_is_no_utf_8(
    es: Elasticsearch,
    prefix: str,
    settings: Any,
    shouted: bool,
    caplog: pytest.LogCaptureFixture,
) -> None:
    settings.ES_ADMIN = {**settings.ES_ADMIN, "SYNC": "worker"}
    declared = {**NAME, "shout": fields.KeywordField()} if shouted else NAME
    with document_of(Product, "texts", **declared) as definition:
        bad, *_others = [make(name) for name in "xab"]
        with connection.cursor() as cursor:
            set_name = "UPDATE guide_product SET name = CAST(X'ff41' AS TEXT) WHERE id = %s"
            cursor.execute(set_name, [bad.pk])
        assert drain_due().result.failed == 1
        row = OutboxEntry.objects.get()
        assert (row.key, row.attempts) == (str(bad.pk), 1)
        assert "OperationalError: incident " in row.error
        assert "UTF-8" in caplog.text
        assert names(es, "texts", prefix) == {"a", "b"}
        with pytest.raises(
            LoadFailed, match=f"The first is the document of object {bad.pk}"
        ) as caught:
            rebuild(plan_rebuild(definition))
        assert "OperationalError: incident " in caught.value.failures[0][1]


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL has DISTINCT ON")
def test_a_queryset_that_the_database_does_not_support(
    es: Elasticsearch, prefix: str, settings: Any
) -> None:
    settings.ES_ADMIN = {**settings.ES_ADMIN, "SYNC": "worker"}

    def get_queryset(self: Document) -> QuerySet[Any]:
        return Product.objects.order_by("name").distinct("name")

    with (
        document_of(Product, "good", **NAME),
        document_of(Product, "refused", **NAME) as definition,
    ):
        definition.document.get_queryset = get_queryset
        for name in "ab":
            make(name)
        drain_due()
        rows = OutboxEntry.objects.all()
        assert [(row.index, row.attempts) for row in rows] == [("refused", 1)] * 2
        assert NotSupportedError.__name__ in rows[0].error
        assert names(es, "good", prefix) == {"a", "b"}
        with pytest.raises(ProjectCodeFailed, match="Not one of 2 objects can be read"):
            rebuild(plan_rebuild(definition))


@pytest.mark.parametrize("text", ["\0", "\ud800", "x" * 5_000])
def test_an_error_that_no_database_holds_as_it_is(settings: Any, text: str) -> None:
    settings.ES_ADMIN = {**settings.ES_ADMIN, "SYNC": "worker"}

    def prepare_name(self: Document, instance: Product) -> str:
        raise ValueError(text)

    with document_of(Product, "texts", **NAME, prepare_name=prepare_name) as definition:
        make("a")
        drain_due()
        row = OutboxEntry.objects.get()
        assert row.attempts == 1
        assert row.error.startswith("name: ValueError: ")
        with pytest.raises(LoadFailed):
            rebuild(plan_rebuild(definition))


def test_an_index_whose_own_code_fails_stops_no_other(
    es: Elasticsearch, prefix: str, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    def get_queryset(self: Document) -> QuerySet[Any]:
        raise ZeroDivisionError

    with (
        document_of(Product, "failing", **NAME) as failing,
        document_of(Product, "odd", **NAME) as odd,
        document_of(Product, "good", **NAME),
    ):
        assert failing.document.django.reads
        failing.document.get_queryset = get_queryset
        # A defect of ours, or of somebody who changes what is ours.
        object.__setattr__(odd.document.django, "queryset_pagination", "many")
        with transaction.atomic():
            make("a")
            make("b")
        assert names(es, "good", prefix) == {"a", "b"}
        found = OutboxEntry.objects.values_list("index", "attempts", "leased_until")
        assert sorted(set(found)) == [("failing", 0, None), ("odd", 0, None)]
        assert "get_queryset() failed: ZeroDivisionError" in caplog.text
        assert "The drain of odd failed; its rows wait." in caplog.text
        assert "Traceback" in caplog.text


def test_a_fan_out_that_breaks_off_goes_on_where_it_was(
    es: Elasticsearch, prefix: str, settings: Any
) -> None:
    settings.ES_ADMIN = {**settings.ES_ADMIN, "SYNC": "worker", "BULK_MAX_DOCUMENTS": 2}
    portion = RelatedKeys.portion
    asked: list[str] = []

    def fail_once(self: RelatedKeys, after: str, size: int) -> list[str]:
        if self.document.django.index_name == "fans":
            asked.append(after)
        if len(asked) == 3:
            raise LookupError("it is gone")
        return portion(self, after, size)

    with document_of(
        Product,
        "fans",
        **NAME,
        category=fields.ObjectField(properties={"name": fields.KeywordField()}),
        related_models=(Category,),
        get_instances_from_related=lambda self, category: category.product_set.order_by("pk"),
    ):
        category = Category.objects.create(name="c", slug="c")
        for name in "abcde":
            make(name, category=category)
        drain_due()
        category.save()
        row = OutboxEntry.objects.get(index="fans")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(RelatedKeys, "portion", fail_once)
            drain_due("default")
        row.refresh_from_db()
        assert (row.attempts, row.leased_until) == (1, None)
        assert row.cursor
        assert "LookupError: incident " in row.error
        assert drain_due().result.written == 3
        assert not OutboxEntry.objects.exists()
