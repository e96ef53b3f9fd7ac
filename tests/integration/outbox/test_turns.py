"""Processes that commit at the same time share a request, and wait no longer than they may."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection, connections
from elasticsearch import Elasticsearch

from django_es_admin.backends.transport.deadline import Deadline, until
from django_es_admin.indices.definition import IndexDefinition
from django_es_admin.models import OutboxEntry
from django_es_admin.outbox.drain import breaker
from django_es_admin.outbox.drain.batch import BatchDrain, DrainResult
from django_es_admin.outbox.drainers.turn import LEFT_ROWS, _Answer, _locks, _Turn
from django_es_admin.outbox.drainers.worker import drain_due
from tests.guide.models import Category, Product

TURN = _Turn("default", "default", "products_with_relations")

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="turns are PostgreSQL's locks"),
]


@pytest.fixture(autouse=True)
def rested() -> Iterator[None]:
    breaker.reset()
    yield
    breaker.reset()


@pytest.fixture
def category(definition: IndexDefinition) -> Category:
    return Category.objects.create(name="Light", slug="light")


@pytest.fixture
def drained(monkeypatch: Any) -> list[int]:
    """How many rows each drain had."""
    sizes: list[int] = []
    original = BatchDrain.drain

    def drain(self: BatchDrain, entries: list[OutboxEntry]) -> DrainResult:
        sizes.append(len(entries))
        return original(self, entries)

    monkeypatch.setattr(BatchDrain, "drain", drain)
    return sizes


def create(category: Category, number: int) -> None:
    Product.objects.create(name=f"Lamp {number}", price=1, category=category)


def take(turn: _Turn) -> bool:
    """Take a turn for the sake of any row; return whether nobody had it."""
    row = OutboxEntry.objects.create(connection=turn.connection, index=turn.index, key="1")
    try:
        with until(Deadline(1)):
            return turn.ask([row], stays=True, relied_on=False).answer is _Answer.MINE
    finally:
        row.delete()


def in_threads(count: int, work: Callable[[int], None]) -> None:
    def run(number: int) -> None:
        try:
            work(number)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_a_crowd_shares_its_requests(
    definition: IndexDefinition,
    category: Category,
    drained: list[int],
    indexed: Callable[[], dict[str, Any]],
) -> None:
    def save(number: int) -> None:
        for again in range(5):
            create(category, number * 100 + again)

    in_threads(12, save)
    assert len(indexed()) == 60
    assert not OutboxEntry.objects.exists()
    assert max(drained) > 1
    assert len(drained) < 60


@pytest.fixture
def awaited(definition: IndexDefinition) -> Iterator[None]:
    """A document that is searchable when a save returns."""
    assert definition.document is not None
    options = definition.document.django
    object.__setattr__(options, "auto_refresh", True)
    yield
    object.__setattr__(options, "auto_refresh", False)


@pytest.mark.usefixtures("awaited")
def test_each_finds_its_document_after_its_save(
    definition: IndexDefinition, category: Category, es: Elasticsearch
) -> None:
    """As one that saves alone does: who waits goes on when its own rows are written."""
    missing: list[int] = []

    def save(number: int) -> None:
        product = Product.objects.create(name="Lamp", price=1, category=category)
        hits = es.search(index=definition.alias, query={"ids": {"values": [str(product.pk)]}})
        if not hits["hits"]["hits"]:
            missing.append(number)

    in_threads(10, save)
    assert missing == []


class Crowd:
    """Somebody who has the turn, and others who save meanwhile."""

    def __init__(self, category: Category) -> None:
        self.category = category
        self.threads: list[threading.Thread] = []
        self._release, held = threading.Event(), threading.Event()

        def hold() -> None:
            assert take(TURN)
            held.set()
            self._release.wait(20)
            TURN.give()
            connections.close_all()

        self._holder = threading.Thread(target=hold)
        self._holder.start()
        assert held.wait(10)

    def save(self, number: int) -> threading.Thread:
        """Save, and return as soon as that waits for the turn or has ended."""

        def run() -> None:
            create(self.category, number)
            connections.close_all()

        before = waiting_sessions()
        thread = threading.Thread(target=run)
        self.threads.append(thread)
        thread.start()
        for _ in range(1_000):
            if not thread.is_alive() or len(waiting_sessions()) > len(before):
                return thread
            time.sleep(0.005)
        raise AssertionError("it neither waits nor ends")

    def go_on(self) -> None:
        self._release.set()
        for thread in (self._holder, *self.threads):
            thread.join()


def waiting_sessions() -> list[int]:
    """Return who waits for a lock of ours."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = "
            "(SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        return [pid for (pid,) in cursor.fetchall()]


@pytest.fixture
def crowd(category: Category, settings: Any) -> Iterator[Crowd]:
    settings.ES_ADMIN = {**settings.ES_ADMIN, "INLINE_TIMEOUT": 10}
    crowd = Crowd(category)
    yield crowd
    crowd.go_on()


def test_the_third_leaves_its_row_to_the_second(
    crowd: Crowd, drained: list[int], indexed: Callable[[], dict[str, Any]]
) -> None:
    second = crowd.save(1)
    third, fourth = crowd.save(2), crowd.save(3)
    assert [thread.is_alive() for thread in (second, third, fourth)] == [True, False, False]
    assert OutboxEntry.objects.count() == 3
    crowd.go_on()
    assert drained == [3]
    assert not OutboxEntry.objects.exists()
    assert len(indexed()) == 3


@pytest.mark.usefixtures("awaited")
def test_nobody_leaves_what_is_to_be_searchable_at_once(crowd: Crowd, drained: list[int]) -> None:
    assert all(crowd.save(number).is_alive() for number in range(3))
    crowd.go_on()
    assert sum(drained) >= 3
    assert not OutboxEntry.objects.exists()


def test_where_many_rows_wait_everybody_does(crowd: Crowd, drained: list[int]) -> None:
    crowd.save(0)
    waiting = OutboxEntry.objects.get()
    assert not crowd.save(1).is_alive()
    OutboxEntry.objects.bulk_create(
        OutboxEntry(connection="default", index="elsewhere", key=str(number))
        for number in range(LEFT_ROWS)
    )
    assert crowd.save(2).is_alive()
    crowd.go_on()
    assert not OutboxEntry.objects.filter(index=waiting.index).exists()
    assert max(drained) >= 2


def test_more_than_one_request_may_hold_are_left_to_the_next_one(
    crowd: Crowd, drained: list[int], settings: Any, indexed: Callable[[], dict[str, Any]]
) -> None:
    """Others have gone, and rely on it."""
    settings.ES_ADMIN = {**settings.ES_ADMIN, "BULK_MAX_DOCUMENTS": 3}
    crowd.save(0)
    assert not any(crowd.save(number).is_alive() for number in range(1, 9))
    crowd.go_on()
    assert drained == [3, 3, 3]
    assert len(indexed()) == 9


def test_what_was_left_to_one_that_is_killed_a_worker_takes(
    crowd: Crowd, indexed: Callable[[], dict[str, Any]]
) -> None:
    crowd.save(0)
    [pid] = waiting_sessions()
    assert not crowd.save(1).is_alive()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [pid])
    crowd.go_on()
    # The killed one may still find its own; that of the other is nobody's, but kept.
    assert OutboxEntry.objects.count() in (1, 2)
    OutboxEntry.objects.update(leased_until=None)
    drain_due()
    assert len(indexed()) == 2
    assert held_locks() == 0


def test_one_who_saves_alone_takes_its_own_rows_only(
    category: Category, drained: list[int]
) -> None:
    OutboxEntry.objects.create(connection="default", index="products_with_relations", key="999")
    create(category, 1)
    assert drained[-1] == 1


def test_whoever_has_the_turn_for_too_long_is_left_alone(
    category: Category, settings: Any, drained: list[int]
) -> None:
    settings.ES_ADMIN = {**settings.ES_ADMIN, "INLINE_TIMEOUT": 1}
    held, release = threading.Event(), threading.Event()

    def hold() -> None:
        assert take(TURN)
        held.set()
        release.wait(20)
        TURN.give()
        connections.close_all()

    thread = threading.Thread(target=hold)
    thread.start()
    try:
        assert held.wait(10)
        drained.clear()
        began = time.monotonic()
        create(category, 1)
        assert 0.5 < time.monotonic() - began < 5
        assert drained == []
        assert OutboxEntry.objects.count() == 1
        # Known to be slow now: the next one does not wait at all.
        began = time.monotonic()
        create(category, 2)
        assert time.monotonic() - began < 0.5
    finally:
        release.set()
        thread.join()
    breaker.reset()
    create(category, 3)
    assert OutboxEntry.objects.count() == 2


def test_a_holder_that_dies_gives_its_turn_back(category: Category, drained: list[int]) -> None:
    def die() -> None:
        assert take(TURN)
        connection.connection.close()
        connections.close_all()

    thread = threading.Thread(target=die)
    thread.start()
    thread.join()
    create(category, 1)
    assert not OutboxEntry.objects.exists()


def test_a_holder_whose_drain_fails_leaves_the_others_to_themselves(
    category: Category, monkeypatch: Any, indexed: Callable[[], dict[str, Any]]
) -> None:
    """Who waited looks whether its rows were written, and believes nobody."""
    original, failing = BatchDrain.drain, threading.Event()

    def drain(self: BatchDrain, entries: list[OutboxEntry]) -> DrainResult:
        if not failing.is_set():
            failing.set()
            time.sleep(0.5)
            raise RuntimeError("killed")
        return original(self, entries)

    monkeypatch.setattr(BatchDrain, "drain", drain)
    in_threads(4, lambda number: create(category, number))
    assert len(indexed()) >= 3
    assert OutboxEntry.objects.count() <= 1


def test_tenants_have_turns_of_their_own() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA IF NOT EXISTS tenant_turns")
    taken: list[bool] = []

    def elsewhere() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET search_path TO tenant_turns, public")
        taken.append(take(TURN))
        connections.close_all()

    try:
        assert take(TURN)
        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()
    finally:
        TURN.give()
        with connection.cursor() as cursor:
            cursor.execute("DROP SCHEMA tenant_turns")
    assert taken == [True]


def test_no_lock_is_left_behind(category: Category) -> None:
    create(category, 1)
    with until(Deadline(1)):
        create(category, 2)
    assert held_locks() == 0


def held_locks() -> int:
    numbers = [number % 2**32 for number in _locks("default", "products_with_relations")]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks "
            "WHERE locktype = 'advisory' AND classid::bigint = ANY(%s) AND database = "
            "(SELECT oid FROM pg_database WHERE datname = current_database())",
            [numbers],
        )
        return int(cursor.fetchone()[0])


def test_a_turn_whose_taker_runs_out_of_time_is_nobodys(
    category: Category, settings: Any, indexed: Callable[[], dict[str, Any]]
) -> None:
    """Woken ones hold the second lock; who waits for it in vain has the first one by then."""
    settings.ES_ADMIN = {**settings.ES_ADMIN, "INLINE_TIMEOUT": 0.5}
    _, second, _ = _locks("default", "products_with_relations")
    woken = connection.copy()
    try:
        with woken.cursor() as cursor:
            schema = "hashtext(current_schema())"
            cursor.execute(f"SELECT pg_advisory_lock_shared(%s, {schema})", [second])
            create(category, 1)
            assert OutboxEntry.objects.count() == 1
            assert held_locks() == 1
            cursor.execute(f"SELECT pg_advisory_unlock_shared(%s, {schema})", [second])
    finally:
        woken.close()
    breaker.reset()
    in_threads(1, lambda number: create(category, 2))
    assert len(indexed()) == 1
    assert OutboxEntry.objects.count() == 1
    assert held_locks() == 0


def test_who_waits_in_vain_ends_in_time(category: Category, settings: Any) -> None:
    """A first lock that nobody gives back, while nothing is waited for."""
    settings.ES_ADMIN = {**settings.ES_ADMIN, "INLINE_TIMEOUT": 0.5}
    first, _, _ = _locks("default", "products_with_relations")
    stuck = connection.copy()
    try:
        with stuck.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s, hashtext(current_schema()))", [first])
            began = time.monotonic()
            create(category, 1)
            assert time.monotonic() - began < 3
            assert OutboxEntry.objects.filter(leased_until=None).count() == 1
    finally:
        stuck.close()
