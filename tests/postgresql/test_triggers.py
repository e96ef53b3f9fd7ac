"""Changes of other programs, as psql makes them, and how soon a worker writes them."""

import select
import statistics
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.db import connection

from django_es_admin.models import OutboxEntry
from django_es_admin.outbox.drainers import worker
from django_es_admin.outbox.drainers.listen import listening
from django_es_admin.outbox.drainers.session import CHANNEL
from django_es_admin.outbox.drainers.worker import drain_forever
from django_es_admin.outbox.rows.claim import claim
from django_es_admin.outbox.triggers.install import install, read_state
from tests.guide.models import Product
from tests.triggered import Triggered, execute, kept, make, products

pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE = 30.0


def psql(*commands: str, given: str = "", user: str = "") -> None:
    """Run commands in another program."""
    at = connection.settings_dict
    words = ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", at["HOST"], "-p", str(at["PORT"])]
    words += ["-U", user or at["USER"], "-d", at["NAME"]]
    words += [word for command in commands for word in ("-c", command)]
    subprocess.run(words, input=given, text=True, check=True, capture_output=True)


COPY = "COPY guide_product (name, description, price, is_active, photo) FROM STDIN"


def test_copy_update_and_truncate_of_psql(triggered: Triggered) -> None:
    read = products(triggered)
    lines = "".join(f"p{number}\t\t1\tt\t\n" for number in range(500))
    psql(COPY, given=lines)
    assert len(kept()) == 500
    assert len(read()) == 500
    psql(
        "UPDATE guide_product SET name = 'x' || name", "DELETE FROM guide_product WHERE id % 2 = 0"
    )
    found = read()
    assert {source["name"][:2] for source in found.values()} == {"xp"}
    assert len(found) == Product.objects.count()
    psql("TRUNCATE guide_product CASCADE")
    assert read() == {}
    assert kept() == []


def test_many_rows_are_one_statement(triggered: Triggered) -> None:
    products(triggered)
    execute(
        "INSERT INTO guide_product (name, description, price, is_active, photo) "
        "SELECT 'p', '', 1, true, '' FROM generate_series(1, 100000)"
    )
    assert OutboxEntry.objects.count() == 100_000
    execute("TRUNCATE elasticsearch_outboxentry")
    began = time.monotonic()
    execute("UPDATE guide_product SET name = 'q'")
    assert time.monotonic() - began < PATIENCE
    assert OutboxEntry.objects.count() == 100_000


def test_who_writes_needs_no_right_to_the_outbox(triggered: Triggered) -> None:
    products(triggered)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT bool_and(prosecdef), bool_and(proconfig IS NOT NULL) FROM pg_proc "
            "WHERE proname LIKE 'django_es_admin_%'"
        )
        assert cursor.fetchall() == [(True, True)]


def test_a_trigger_that_is_disabled_is_missing(triggered: Triggered) -> None:
    products(triggered)
    wanted = read_state("default").present
    execute("ALTER TABLE guide_product DISABLE TRIGGER USER")
    missing = read_state("default").missing
    assert {trigger.table for trigger in missing} == {"guide_product"}
    install("default")
    assert read_state("default").present == wanted


@contextmanager
def working(interval: float) -> Iterator[None]:
    stop = threading.Event()

    def work() -> None:
        try:
            drain_forever(stop, interval)
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(PATIENCE)
    assert not thread.is_alive()


def wait_until(happened: Callable[[], Any]) -> None:
    end = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


def listeners() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE datname = current_database() AND query = 'LISTEN django_es_admin'"
        )
        [(count,)] = cursor.fetchall()
    return int(count)


def test_a_worker_is_told_of_what_another_program_writes(triggered: Triggered) -> None:
    products(triggered)
    make()
    # It would look again long after the patience of this test.
    with working(interval=PATIENCE * 10):
        wait_until(listeners)
        psql("UPDATE guide_product SET name = 'x'")
        wait_until(lambda: kept() == [])
        psql("UPDATE guide_product SET name = 'y'")
        wait_until(lambda: kept() == [])
    # Its session ends a moment after its connection is closed.
    wait_until(lambda: listeners() == 0)


@contextmanager
def arrivals() -> Iterator[list[float]]:
    """Listen as a worker does, and note when each notification is in this process."""
    found: list[float] = []
    ended = threading.Event()
    at = connection.settings_dict
    raw = psycopg.connect(
        host=at["HOST"], port=at["PORT"], user=at["USER"], dbname=at["NAME"], autocommit=True
    )
    raw.execute(f"LISTEN {CHANNEL}".encode())

    def listen() -> None:
        while not ended.is_set():
            if select.select([raw.fileno()], [], [], 0.1)[0]:
                now = time.monotonic()
                found.extend(now for _ in raw.notifies(timeout=0))

    thread = threading.Thread(target=listen)
    thread.start()
    try:
        yield found
    finally:
        ended.set()
        thread.join(PATIENCE)
        raw.close()


def test_a_drain_starts_when_it_is_told(
    triggered: Triggered, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing but the notification starts it, and that it does within 50 ms."""
    products(triggered)
    make()
    looks: list[float] = []

    def look(*args: Any) -> Any:
        looks.append(time.monotonic())
        return claim(*args)

    monkeypatch.setattr(worker, "claim", look)
    delays = []
    # It would look again by itself long after the patience of this test.
    with working(interval=PATIENCE * 10), arrivals() as arrived:
        wait_until(lambda: listeners() == 2)
        for _ in range(9):
            wait_until(lambda: kept() == [])
            _until_it_rests(looks)
            looks.clear()
            arrived.clear()
            psql("UPDATE guide_product SET name = 'x' || name")
            wait_until(lambda: looks and arrived)
            delays.append(looks[0] - arrived[0])
    assert statistics.median(delays) < 0.05, delays


def _until_it_rests(looks: list[float]) -> None:
    """Wait until the worker has looked at an empty outbox, and looks no more."""
    count = -1
    while count != len(looks):
        count = len(looks)
        time.sleep(0.05)


def test_what_was_written_before_it_listened_is_looked_for(triggered: Triggered) -> None:
    """Nobody is told again of a change that came between the last look and ``LISTEN``."""
    products(triggered)
    make()
    stop = threading.Event()
    with listening() as listener:
        began = time.monotonic()
        assert listener.wait(["default"], stop, PATIENCE * 10)
        assert not listener.wait(["default"], stop, 0.01)
        psql("UPDATE guide_product SET name = 'x'")
        assert listener.wait(["default"], stop, PATIENCE * 10)
        assert time.monotonic() - began < PATIENCE
