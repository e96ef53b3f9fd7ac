"""Related objects whose primary key is composite."""

import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from elasticsearch import Elasticsearch

from django_es_admin.documents import Document, fields, registry
from django_es_admin.indices.definition import definition_of
from django_es_admin.lifecycle.rebuild import rebuild
from django_es_admin.lifecycle.rebuild_plan import plan_rebuild
from django_es_admin.models import OutboxEntry
from django_es_admin.outbox.capture import capture
from django_es_admin.outbox.drainers.worker import drain_due
from django_es_admin.outbox.rows.keys import text_of, value_of
from tests.inputs.models import Sample, Seat, Show

pytestmark = pytest.mark.django_db(transaction=True)

Shows = Callable[[], dict[str, Any]]


@pytest.fixture
def shows(es: Elasticsearch) -> Iterator[Shows]:
    """Returns name of the show -> its guests and values."""

    @registry.register_document
    class ShowDocument(Document):
        name = fields.KeywordField()
        seats = fields.NestedField(properties={"guest": fields.KeywordField()})
        values = fields.FloatField()

        class Index:
            name = "shows"

        class Django:
            model = Show
            related_models = [Seat, Sample]

        def prepare_values(self, instance: Show) -> list[float]:
            return sorted(sample.value for sample in instance.samples.all())

        def get_instances_from_related(self, related_instance: Seat | Sample) -> Show | None:
            return related_instance.show

    definition = definition_of(ShowDocument)
    rebuild(plan_rebuild(definition))

    def read() -> dict[str, Any]:
        drain_due()
        es.indices.refresh(index=definition.alias)
        sources = [hit["_source"] for hit in es.search(index=definition.alias)["hits"]["hits"]]
        return {
            one["name"]: [*sorted(seat["guest"] for seat in one["seats"]), *one["values"]]
            for one in sources
        }

    yield read
    registry.unregister_document(ShowDocument)


@pytest.mark.parametrize("sync", ["inline", "worker"])
def test_an_object_with_a_composite_key(shows: Shows, settings: Any, sync: str) -> None:
    settings.ES_ADMIN = {**settings.ES_ADMIN, "SYNC": sync}
    first, second = Show.objects.create(name="first"), Show.objects.create(name="second")
    seat = Seat.objects.create(show=first, number=7, guest="Ada")
    assert shows() == {"first": ["Ada"], "second": []}
    seat.guest = "Grace"
    seat.save()
    assert shows() == {"first": ["Grace"], "second": []}
    Seat(show=second, number=1, guest="Alan").save(force_insert=True)
    Seat.objects.get(pk=(first.pk, 7)).delete()
    assert shows() == {"first": [], "second": ["Alan"]}
    Seat.objects.filter(guest="Alan").delete()
    assert shows() == {"first": [], "second": []}
    assert not OutboxEntry.objects.exclude(error="").exists()


def test_a_key_whose_columns_are_no_numbers(shows: Shows) -> None:
    first, second = Show.objects.create(name="first"), Show.objects.create(name="second")
    key = (uuid.uuid4(), datetime(2026, 3, 29, 1, 30, 0, 5, UTC), Decimal("1.50"))
    sample = Sample.objects.create(pk=key, show=first, value=1)
    assert shows() == {"first": [1.0], "second": []}
    sample.show, sample.value = second, 2
    sample.save()
    assert shows() == {"first": [], "second": [2.0]}
    with transaction.atomic():
        Sample.objects.update(value=3)
        assert capture(Sample.objects.all()) == 1
    assert shows() == {"first": [], "second": [3.0]}
    with transaction.atomic():
        Sample.objects.update(value=4)
        assert capture([Sample.objects.get()]) == 1
    assert shows() == {"first": [], "second": [4.0]}
    second.delete()
    assert shows() == {"first": []}
    assert not OutboxEntry.objects.exclude(error="").exists()


def test_a_composite_key_as_text() -> None:
    key = (uuid.uuid4(), datetime(2026, 3, 29, 1, 30, 0, 5, UTC), Decimal("1.50"))
    assert value_of(Sample, text_of(Sample, key)) == key
    assert text_of(Seat, ("1", 2)) == text_of(Seat, (1, "2"))
