"""Signs of life of those that drain, and what is made of them."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from django_es_admin.models import Worker
from django_es_admin.outbox.drainers.heartbeat import Heartbeat, read_workers
from django_es_admin.outbox.drainers.worker import drain_due, drain_forever
from tests.guide.models import Product

pytestmark = pytest.mark.django_db(transaction=True)


def test_nobody_was_ever_there() -> None:
    workers = read_workers("default")
    assert (workers.alive, workers.seen, workers.rate) == (0, None, None)


def test_who_drains_all_is_seen_once_however_often_it_comes(definition: object) -> None:
    for _ in range(3):
        drain_due()
    assert [(row.kind, row.pid) for row in Worker.objects.all()] == [("once", 0)]
    assert read_workers("default").alive == 1


def test_a_button_that_drains_one_connection_is_no_worker(definition: object) -> None:
    drain_due("default")
    assert not Worker.objects.exists()


def test_a_worker_that_ends_is_still_known(definition: object) -> None:
    Product.objects.create(name="1", description="", price=1)
    stop = threading.Event()

    def work() -> None:
        try:
            drain_forever(stop, 0.05)
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    stop.set()
    thread.join(60)
    [row] = Worker.objects.all()
    assert row.kind == Worker.Kind.DRAIN
    Worker.objects.update(seen_at=timezone.now() - timedelta(minutes=42))
    workers = read_workers("default")
    assert workers.alive == 0
    assert workers.seen is not None
    assert timedelta(minutes=41) < timezone.now() - workers.seen < timedelta(minutes=43)


def test_rates_of_those_alive_are_added_and_old_ones_are_forgotten() -> None:
    now = timezone.now()
    for pid, minutes, rate in ((1, 0, 30.0), (2, 1, 12.0), (3, 15, 900.0), (4, 0, None)):
        Worker.objects.create(
            kind="drain", host="a", pid=pid, rate=rate, seen_at=now - timedelta(minutes=minutes)
        )
    Worker.objects.create(kind="drain", host="old", seen_at=now - timedelta(days=30))
    Worker.objects.create(kind="tasks", host="other", rate=1e9, seen_at=now)
    workers = read_workers("default")
    assert (workers.alive, workers.rate) == (3, 42.0)
    Heartbeat(Worker.Kind.DRAIN).beat(["default"])
    assert not Worker.objects.filter(host="old").exists()


def test_a_heart_beats_no_more_often_than_it_has_to() -> None:
    heart = Heartbeat(Worker.Kind.DRAIN)
    heart.beat(["default"])
    Worker.objects.update(seen_at="2020-01-01T00:00:00Z")
    heart.beat(["default"])
    assert read_workers("default").alive == 0
    heart.worked(100, 2.0)
    heart.beat(["default"], now=True)
    workers = read_workers("default")
    assert (workers.alive, workers.rate) == (1, 50.0)


def test_a_table_that_is_not_there_yet_stops_no_drain(definition: object) -> None:
    """Code is newer than the database for a moment of each deploy."""
    table = Worker._meta.db_table
    Product.objects.create(name="1", description="", price=1)
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} RENAME TO away")
    try:
        assert drain_due().result.stopped == ()
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE away RENAME TO {table}")
