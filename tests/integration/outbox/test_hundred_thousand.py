"""Bulk operations on very many rows: the index equals the database after a drain."""

from collections.abc import Iterator

import pytest
from django.db.models import Value
from django.db.models.functions import Concat
from elasticsearch import Elasticsearch
from elasticsearch.helpers import scan

from django_es_admin.documents import Document, fields, registry
from django_es_admin.indices.definition import IndexDefinition, definition_of
from django_es_admin.models import OutboxEntry
from django_es_admin.outbox import CapturedQuerySet
from django_es_admin.outbox.drainers.worker import drain_due
from django_es_admin.outbox.triggers.install import install, remove
from tests.guide.models import Product
from tests.live import make_live

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(params=["signals", "triggers"])
def definition(request: pytest.FixtureRequest, es: Elasticsearch) -> Iterator[IndexDefinition]:
    """An index of names, live and empty."""
    body = {
        "name": fields.KeywordField(),
        "Index": type("Index", (), {"name": "many"}),
        "Django": type("Django", (), {"model": Product, "capture": request.param}),
    }
    document = registry.register_document(type("ManyDocument", (Document,), body))
    install("default")
    found = definition_of(document)
    make_live(found)
    yield found
    registry.unregister_document(document)
    remove("default")


@pytest.mark.parametrize("count", [5_000, pytest.param(100_000, marks=pytest.mark.slow)])
def test_bulk_operations(definition: IndexDefinition, es: Elasticsearch, count: int) -> None:
    # With triggers, nothing of ours is in the way of whoever writes.
    by_triggers = definition.document.django.capture == "triggers"
    rows = Product.objects.all() if by_triggers else CapturedQuerySet(Product)

    def assert_equal(there: int) -> None:
        drain_due()
        assert not OutboxEntry.objects.filter(delete_sent=False).exists()
        es.indices.refresh(index=definition.alias)
        hits = scan(es, index=definition.alias, size=5_000)
        found = {hit["_id"]: hit["_source"]["name"] for hit in hits}
        names = Product.objects.values_list("pk", "name")
        assert found == {str(pk): name for pk, name in names}
        assert len(found) == there

    made = [Product(name=f"p{number}", description="", price=1) for number in range(count)]
    assert len(rows.bulk_create(made)) == count
    assert_equal(count)
    assert rows.all().update(name=Concat(Value("x"), "name")) == count
    assert_equal(count)
    rows.filter(name__endswith="777").delete()
    assert_equal(count - count // 1_000)
