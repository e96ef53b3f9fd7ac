"""``Document().update()``: objects are added to the outbox, and drained."""

import logging
import threading
from collections.abc import Callable
from typing import Any
from unittest.mock import Mock

import pytest
from django.db import connection, transaction
from elasticsearch import Elasticsearch
from elasticsearch.helpers import BulkIndexError, bulk

from django_es_admin import connections
from django_es_admin.dsl import Document, fields
from django_es_admin.dsl.documents import DocType
from django_es_admin.dsl.exceptions import WrittenBesideTheOutbox
from django_es_admin.dsl.registries import registry
from django_es_admin.dsl.signals import post_index
from django_es_admin.exceptions import ConnectionUnavailable, IndexMissing, KeyMissing
from django_es_admin.models import OutboxEntry, Tick
from django_es_admin.outbox.capture.together import Together
from tests.cars.models import Car

from .conftest import Read


def declare(**options: Any) -> type[DocType]:
    @registry.register_document
    class CarDocument(Document):
        shout = fields.KeywordField()

        class Index:
            name = "cars"
            settings = {"number_of_replicas": 0}

        Django = type(
            "Django",
            (),
            {"model": Car, "fields": ["name", "price"], "ignore_signals": True, **options},
        )

        def should_index_object(self, obj: Car) -> bool:
            return not obj.is_sold

    return CarDocument


@pytest.fixture
def cars(rebuild: Callable[..., None]) -> type[DocType]:
    """The document of cars, which nothing but ``update()`` writes."""
    document = declare()
    rebuild()
    return document


def names(read: Read, document: type[DocType]) -> set[str]:
    return {source["name"] for source in read(document).values()}


def test_an_object(cars: Any, read: Read) -> None:
    car = Car.objects.create(name="508", price=1)
    assert read(cars) == {}
    assert cars().update(car) == (1, [])
    assert read(cars) == {str(car.pk): {"name": "508", "price": 1.0, "shout": "508"}}
    assert not OutboxEntry.objects.exists()


def test_what_is_written_is_what_is_stored(cars: Any, read: Read) -> None:
    car = Car.objects.create(name="stored")
    car.name = "in memory"
    cars().update(car)
    assert names(read, cars) == {"stored"}


def test_versions_are_ticks(cars: Any, es: Elasticsearch) -> None:
    car = Car.objects.create(name="508")
    cars().update(car)
    found = es.get(index=cars._index._name, id=str(car.pk))
    assert found["_version"] == Tick.objects.get().value


@pytest.mark.few(4)
@pytest.mark.parametrize(
    "many",
    [
        lambda rows: rows,
        lambda rows: rows.iterator(),
        list,
        lambda rows: (one for one in rows),
        lambda rows: rows.filter(name__startswith="a"),
    ],
)
@pytest.mark.parametrize("parallel", [False, True])
def test_many_objects(cars: Any, read: Read, many: Any, parallel: bool) -> None:
    Car.objects.bulk_create(Car(name=f"a{number}") for number in range(5))
    assert cars().update(many(Car.objects.all()), parallel=parallel) == (5, [])
    assert len(read(cars)) == 5


def test_threads_share_the_work(cars: Any, read: Read, monkeypatch: Any, settings: Any) -> None:
    settings.ES_ADMIN = {**settings.ES_ADMIN, "BULK_MAX_DOCUMENTS": 10}
    Car.objects.bulk_create(Car(name=f"a{number}") for number in range(200))
    drained: set[str] = set()

    def drain(self: Together, **options: Any) -> None:
        drained.add(threading.current_thread().name)
        original(self, **options)

    original = Together.drain
    monkeypatch.setattr(Together, "drain", drain)
    assert cars().update(Car.objects.all(), parallel=True) == (200, [])
    assert len(read(cars)) == 200
    assert len(drained) == (1 if connection.vendor == "sqlite" else 4)


def test_an_action_that_would_change_a_part_writes_the_whole(cars: Any, read: Read) -> None:
    Car.objects.create(name="508")
    cars().update(Car.objects.all(), action="update")
    assert names(read, cars) == {"508"}


def test_objects_that_do_not_belong_there(cars: Any, read: Read) -> None:
    car = Car.objects.create(name="508")
    cars().update(car)
    Car.objects.update(is_sold=True)
    cars().update(car)
    assert read(cars) == {}


def test_a_delete(cars: Any, read: Read) -> None:
    car, other = Car.objects.create(name="508"), Car.objects.create(name="208")
    cars().update([car, other])
    gone = Car(pk=car.pk)
    car.delete()
    cars().update(gone, action="delete")
    assert names(read, cars) == {"208"}


def test_a_delete_of_what_is_there_says_that_it_stays(
    cars: Any, read: Read, caplog: pytest.LogCaptureFixture
) -> None:
    car = Car.objects.create(name="508")
    with caplog.at_level(logging.WARNING):
        cars().update(car, action="delete")
    assert "did not delete the documents of" in caplog.text
    assert names(read, cars) == {"508"}


def test_in_a_transaction(cars: Any, read: Read) -> None:
    with transaction.atomic():
        cars().update(Car.objects.create(name="508"))
        assert read(cars) == {}
    assert names(read, cars) == {"508"}
    with transaction.atomic():
        cars().update(Car.objects.create(name="never"))
        transaction.set_rollback(True)
    assert names(read, cars) == {"508"}
    assert not OutboxEntry.objects.exists()


def test_workers_are_not_waited_for(cars: Any, read: Read, settings: Any) -> None:
    settings.ES_ADMIN = {**settings.ES_ADMIN, "SYNC": "worker"}
    cars().update(Car.objects.create(name="508"))
    assert names(read, cars) == {"508"}


@pytest.mark.few(2)
@pytest.mark.parametrize(
    ("auto", "given", "found"),
    [
        (True, None, True),
        ("wait_for", None, True),
        (False, None, False),
        (False, True, True),
        (False, "wait_for", True),
        (True, False, False),
    ],
)
def test_refresh(cars: Any, auto: Any, given: Any, found: bool) -> None:
    cars.django.auto_refresh = auto
    cars().update(Car.objects.create(name="508"), refresh=given)
    assert (cars.search().count() == 1) is found


def test_documents_that_are_refused(cars: Any, read: Read, monkeypatch: Any) -> None:
    good, bad = Car.objects.create(name="508"), Car.objects.create(name="x")
    monkeypatch.setattr(
        cars, "prepare", lambda self, one: {"price": "?" if one == bad else 1, "name": one.name}
    )
    with pytest.raises(BulkIndexError, match="1 document") as raised:
        cars().update([good, bad])
    assert [error["index"]["_id"] for error in raised.value.errors] == [str(bad.pk)]
    assert names(read, cars) == {"508"}
    count, errors = cars().update([good, bad], raise_on_error=False)
    assert (count, len(errors)) == (1, 1)


def test_elasticsearch_down(cars: Any, read: Read, settings: Any) -> None:
    up = settings.ES_SERVERS
    settings.ES_SERVERS = {"default": {**up["default"], "HOSTS": ["http://127.0.0.1:1"]}}
    car = Car.objects.create(name="508")
    with pytest.raises(ConnectionUnavailable):
        cars().update(car)
    assert cars().update(car, raise_on_exception=False, raise_on_error=False)[0] == 0
    settings.ES_SERVERS = up
    assert OutboxEntry.objects.filter(key=str(car.pk)).exists()


def test_no_index(transactional_db: None, es: Elasticsearch, prefix: str) -> None:
    document = declare()
    car = Car.objects.create(name="508")
    with pytest.raises(IndexMissing, match="search_index --rebuild"):
        document().update(car)
    assert not es.indices.exists(index=f"{prefix}cars")


def test_an_object_without_a_key(cars: Any) -> None:
    with pytest.raises(KeyMissing):
        cars().update(Car(name="unsaved"))


def test_options(cars: Any) -> None:
    car = Car.objects.create(name="508")
    assert cars().update(car, chunk_size=10, thread_count=2) == (1, [])
    with pytest.raises(TypeError, match="pipeline"):
        cars().update(car, pipeline="tidy")


def test_actions_for_those_who_send_them(cars: Any, es: Elasticsearch, read: Read) -> None:
    car = Car.objects.create(name="508", price=2)
    sold = Car.objects.create(name="208", is_sold=True)
    actions = cars().get_actions([car, sold], "index")
    assert list(actions) == [
        {
            "_op_type": "index",
            "_index": cars._index._name,
            "_id": car.pk,
            "_source": {"name": "508", "price": 2, "shout": "508"},
        }
    ]
    assert next(iter(cars().get_actions([sold], "delete")))["_source"] is None
    bulk(es, actions)
    assert names(read, cars) == {"508"}


def test_actions_of_the_projects_own(cars: Any, read: Read, monkeypatch: Any) -> None:
    car, other = Car.objects.create(name="508"), Car.objects.create(name="208")

    def only_first(self: Any, objects: Any, action: str) -> Any:
        yield self._prepare_action(next(iter(objects)), action)

    monkeypatch.setattr(cars, "_get_actions", only_first)
    assert cars().update([car, other]) == (1, [])
    assert names(read, cars) == {"508"}


@pytest.mark.few(2)
@pytest.mark.parametrize(
    "action", [{}, {"_index": "cars"}, {"_id": 1, "doc": {}}, {"_id": 1, "_index": None}, "text"]
)
def test_actions_that_name_no_document(cars: Any, action: Any) -> None:
    with pytest.raises(TypeError, match="dicts with _index and _id"):
        cars().bulk([action])


def test_post_index(cars: Any) -> None:
    heard = Mock()
    post_index.connect(heard)
    document, car = cars(), Car.objects.create(name="508")
    try:
        document.update(car)
    finally:
        post_index.disconnect(heard)
    assert heard.call_count == 1
    said = heard.call_args.kwargs
    assert (said["sender"], said["instance"], said["response"]) == (cars, document, (1, []))


def test_post_index_after_a_save(rebuild: Callable[..., None]) -> None:
    document = declare(ignore_signals=False)
    rebuild()
    heard = Mock()
    post_index.connect(heard, sender=document)
    try:
        car = Car.objects.create(name="508")
    finally:
        post_index.disconnect(heard, sender=document)
    assert heard.call_count == 1
    said = heard.call_args.kwargs
    assert said["response"] == (1, [])
    assert [action["_id"] for action in said["actions"]] == [str(car.pk)]


def test_a_listener_that_fails_fails_no_save(rebuild: Callable[..., None], read: Read) -> None:
    document = declare(ignore_signals=False)
    rebuild()
    fail = Mock(side_effect=ZeroDivisionError)
    post_index.connect(fail)
    try:
        Car.objects.create(name="508")
    finally:
        post_index.disconnect(fail)
    assert fail.called
    assert names(read, document) == {"508"}


def test_a_document_is_not_saved_by_itself(cars: Any) -> None:
    car = Car.objects.create(name="508")
    cars().update(car)
    found = cars.get(id=str(car.pk))
    assert found.name == "508"
    for write in (found.save, found.delete):
        with pytest.raises(WrittenBesideTheOutbox, match="update"):
            write()


def test_the_registry(cars: Any, read: Read) -> None:
    car = Car.objects.create(name="508")
    registry.update(car)
    assert read(cars) == {}  # as django-elasticsearch-dsl: it ignores signals
    cars.django.ignore_signals = False
    registry.update(car)
    assert names(read, cars) == {"508"}
    key = car.pk
    car.delete()
    registry.delete(Car(pk=key), raise_on_error=False)
    assert read(cars) == {}


def test_autosync(rebuild: Callable[..., None], read: Read, settings: Any) -> None:
    settings.ELASTICSEARCH_DSL_AUTOSYNC = False
    document = declare(ignore_signals=False)
    rebuild()
    car = Car.objects.create(name="508")
    registry.update(car)
    assert read(document) == {}
    document().update(car)
    assert names(read, document) == {"508"}
    settings.ELASTICSEARCH_DSL_AUTOSYNC = True
    Car.objects.create(name="208")
    assert names(read, document) == {"508", "208"}


def test_auto_refresh_as_the_settings_say(settings: Any) -> None:
    assert declare().django.auto_refresh is True
    settings.ELASTICSEARCH_DSL_AUTO_REFRESH = False
    assert declare().django.auto_refresh is False
    assert declare(auto_refresh="wait_for").django.auto_refresh == "wait_for"


def test_settings_of_every_index(settings: Any, es: Elasticsearch) -> None:
    settings.ELASTICSEARCH_DSL_INDEX_SETTINGS = {"number_of_replicas": 0, "number_of_shards": 2}
    document = declare()
    assert document._index.to_dict()["settings"] == {
        "number_of_replicas": 0,
        "number_of_shards": 2,
    }
    assert connections["default"].client is not None
