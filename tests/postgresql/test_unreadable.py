"""An object that PostgreSQL or its driver cannot read affects no other object."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import F, FloatField, QuerySet
from django.db.models.functions import Cast
from django.test import TestCase
from elasticsearch import Elasticsearch

from django_es_admin.documents import Document, fields
from django_es_admin.exceptions import LoadFailed, ProjectCodeFailed
from django_es_admin.indices.definition import IndexDefinition
from django_es_admin.lifecycle.rebuild import rebuild
from django_es_admin.lifecycle.rebuild_plan import plan_rebuild
from django_es_admin.models import OutboxEntry, RefusedDocument
from django_es_admin.outbox.drainers.worker import drain_due
from tests.guide.models import Category, FlatProduct, Product
from tests.integration.outbox.test_isolation import document_of

pytestmark = pytest.mark.usefixtures("es")


def divided(self: Document) -> QuerySet[Any]:
    return FlatProduct.objects.annotate(inverse=100 / F("price"))


def chosen(self: Document) -> QuerySet[Any]:
    return divided(self).filter(inverse__gt=0)


def prepare_inverse(self: Document, instance: FlatProduct) -> float:
    own = FlatProduct.objects.filter(pk=instance.pk)
    return own.values_list(100 / Cast("price", FloatField()), flat=True)[0]


def is_cheap(self: Document, instance: FlatProduct) -> bool:
    return prepare_inverse(self, instance) > 0


def set_to_infinity(pk: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE guide_flatproduct SET created_at = 'infinity' WHERE id = %s", [pk])


NAME = {"name": fields.KeywordField()}
INVERSE = {"inverse": fields.FloatField()}
FORMS = {
    "a column of the queryset": NAME | INVERSE | {"get_queryset": divided},
    "a condition of the queryset": NAME | {"get_queryset": chosen},
    "a query of a method": NAME | INVERSE | {"prepare_inverse": prepare_inverse},
    "a query that decides": NAME | {"should_index_object": is_cheap},
    "a moment that Python has not": NAME | {"created_at": fields.DateField()},
}
REASON = "DataError: incident "


@pytest.fixture(params=FORMS.values(), ids=FORMS)
def declared(request: pytest.FixtureRequest) -> Iterator[IndexDefinition]:
    """An index of flat products, one of which it cannot read, and another that reads names."""
    with ExitStack() as stack:
        stack.enter_context(document_of(FlatProduct, "plain", **NAME))
        yield stack.enter_context(document_of(FlatProduct, "unreadable", **request.param))


def make(name: str, price: int = 1) -> FlatProduct:
    return FlatProduct.objects.create(name=name, description="", price=price, sku=name)


def make_bad() -> FlatProduct:
    """Make one that no form can read."""
    bad = make("bad", price=0)
    set_to_infinity(bad.pk)
    return bad


def names(es: Elasticsearch, index: str, prefix: str) -> set[str]:
    es.indices.refresh(index=f"{prefix}{index}")
    hits = es.search(index=f"{prefix}{index}", size=100)["hits"]["hits"]
    return {hit["_source"]["name"] for hit in hits}


GOOD = {"a", "b", "c"}


@pytest.mark.django_db(transaction=True)
def test_a_save(es: Elasticsearch, prefix: str, declared: IndexDefinition, settings: Any) -> None:
    settings.ES_ADMIN = {**settings.ES_ADMIN, "OUTBOX_MAX_ATTEMPTS": 3}
    sent: list[str] = []
    with transaction.atomic():
        make("a")
        bad = make_bad()
        make("b")
        transaction.on_commit(lambda: sent.append("mail"))
    make("c")
    assert sent == ["mail"]
    assert names(es, "unreadable", prefix) == GOOD
    assert names(es, "plain", prefix) == {*GOOD, "bad"}
    row = OutboxEntry.objects.get()
    assert (row.key, row.attempts, row.leased_until) == (str(bad.pk), 1, None)
    assert REASON in row.error
    for _ in range(2):
        assert drain_due().result.failed == 1
    assert OutboxEntry.objects.get().parked_at is not None
    bad.price = 5
    bad.save()
    assert names(es, "unreadable", prefix) == {*GOOD, "bad"}
    assert not OutboxEntry.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_rebuild(declared: IndexDefinition, settings: Any) -> None:
    settings.ES_ADMIN = {**settings.ES_ADMIN, "SYNC": "worker"}
    for name in sorted(GOOD):
        make(name)
    bad = make_bad()
    for name in "xyz":
        make(name)
    with pytest.raises(LoadFailed, match=f"The first is the document of object {bad.pk}") as caught:
        rebuild(plan_rebuild(declared))
    [(key, error)] = caught.value.failures
    assert key == str(bad.pk)
    assert REASON in error
    assert RefusedDocument.objects.get().key == str(bad.pk)


@pytest.mark.django_db(transaction=True)
def test_an_object_that_becomes_unreadable_before_the_gate(
    declared: IndexDefinition, settings: Any
) -> None:
    settings.ES_ADMIN = {**settings.ES_ADMIN, "SYNC": "worker"}
    for name in sorted(GOOD):
        make(name)
    made: list[FlatProduct] = []

    def tell(progress: Any) -> None:
        if progress.step == "gate" and not made:
            made.append(make_bad())

    with pytest.raises(LoadFailed) as caught:
        rebuild(plan_rebuild(declared), tell)
    assert [key for key, _ in caught.value.failures] == [str(made[0].pk)]


class InATestCase(TestCase):
    """A statement that fails inside a transaction must not end it."""

    def test_a_save(self) -> None:
        with document_of(FlatProduct, "unreadable", **FORMS["a query of a method"]) as definition:
            with self.captureOnCommitCallbacks(execute=True):
                make("a")
                bad = make_bad()
                make("b")
            [key] = OutboxEntry.objects.values_list("key", flat=True)
            assert key == str(bad.pk)
            with pytest.raises(LoadFailed):
                rebuild(plan_rebuild(definition))


@pytest.mark.django_db(transaction=True)
def test_a_queryset_that_reads_nothing_at_all(settings: Any) -> None:
    settings.ES_ADMIN = {**settings.ES_ADMIN, "SYNC": "worker"}

    broken: list[bool] = []

    def get_queryset(self: Document) -> QuerySet[Any]:
        rows = FlatProduct.objects.all()
        return rows.extra(where=["no_such_function(id)"]) if broken else rows

    with document_of(FlatProduct, "unreadable", **NAME, get_queryset=get_queryset) as definition:
        broken.append(True)
        first, *_others = [make(name) for name in sorted(GOOD)]
        message = f"Not one of 3 objects can be read, from {first.pk} on: .*Error: incident "
        with pytest.raises(ProjectCodeFailed, match=message):
            rebuild(plan_rebuild(definition))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("late", [False, True])
def test_related_objects_that_cannot_be_found(
    es: Elasticsearch, prefix: str, settings: Any, late: bool
) -> None:
    settings.ES_ADMIN = {**settings.ES_ADMIN, "SYNC": "worker", "BULK_MAX_DOCUMENTS": 2}

    def of_related(self: Document, related: Category) -> QuerySet[Any]:
        # PostgreSQL divides row by row.
        return related.product_set.annotate(x=100 / F("price")).filter(x__gt=0)

    with document_of(
        Product,
        "related",
        **NAME,
        related_models=(Category,),
        get_instances_from_related=of_related,
    ):
        good, bad = (Category.objects.create(name=name, slug=name) for name in ("good", "bad"))
        for number in range(5):
            price = 0 if number == (4 if late else 0) else 1
            Product.objects.create(name=f"{number}", description="", price=price, category=bad)
        Product.objects.create(name="of good", description="", price=1, category=good)
        bad.save()
        good.save()
        drain_due()
        rows = OutboxEntry.objects.all()
        # It was made, and saved again.
        assert [(row.kind, row.key, row.attempts) for row in rows] == [
            ("related", str(bad.pk), 1)
        ] * 2
        assert all(REASON in row.error for row in rows)
        assert "of good" in names(es, "related", prefix)


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_ends_is_no_fault_of_an_object(
    es: Elasticsearch, prefix: str, settings: Any
) -> None:
    settings.ES_ADMIN = {**settings.ES_ADMIN, "OUTBOX_MAX_ATTEMPTS": 1}
    ended: list[int] = []

    def prepare_name(self: Document, instance: FlatProduct) -> str:
        if not ended:
            ended.append(instance.pk)
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        return instance.name

    sent: list[str] = []
    with document_of(FlatProduct, "ending", **NAME, prepare_name=prepare_name):
        with transaction.atomic():
            make("a")
            make("b")
            transaction.on_commit(lambda: sent.append(FlatProduct.objects.earliest("pk").name))
        assert ended
        assert sent == ["a"]
        rows = OutboxEntry.objects.all()
        assert [(row.attempts, row.leased_until) for row in rows] == [(0, None)] * 2
        drain_due()
        assert names(es, "ending", prefix) == {"a", "b"}
