"""A save waits no longer than ``INLINE_TIMEOUT`` for all that its drain does together."""

import itertools
import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import Model
from django.test.utils import CaptureQueriesContext
from elasticsearch import Elasticsearch

from django_es_admin.exceptions import ServerNotReady
from django_es_admin.indices.definition import IndexDefinition
from django_es_admin.indices.names import new_generation_name, write_alias
from django_es_admin.lifecycle.generations.table import register
from django_es_admin.models import Generation, OutboxEntry, Tick
from django_es_admin.outbox.drain import breaker
from django_es_admin.outbox.drainers.worker import drain_due
from tests.guide.models import FlatProduct, Product
from tests.servers import Answer, standing_between, streaming

from .test_isolation import document_of

Indexed = Callable[[], dict[str, Any]]
# What a machine that does much else may take beyond.
SLACK = 2.5


def make(name: str = "Boot") -> Product:
    return Product.objects.create(name=name, description="", price=1)


pytestmark = pytest.mark.usefixtures("definition")


@pytest.fixture
def a_second(settings: Any) -> None:
    settings.ES_ADMIN = {**settings.ES_ADMIN, "INLINE_TIMEOUT": 1}


@contextmanager
def within(seconds: float) -> Iterator[None]:
    began = time.monotonic()
    yield
    assert time.monotonic() - began < seconds


@contextmanager
def through(settings: Any, url: str) -> Iterator[None]:
    default = settings.ES_SERVERS["default"]
    settings.ES_SERVERS = {"default": {**default, "HOSTS": [url]}}
    yield
    settings.ES_SERVERS = {"default": default}


def makes_no_attempt() -> bool:
    with CaptureQueriesContext(connection) as queries:
        make()
    return "elasticsearch_tick" not in " ".join(query["sql"] for query in queries)


@pytest.mark.usefixtures("a_second")
@pytest.mark.skipif(connection.vendor != "sqlite", reason="locks a file")
def test_a_database_that_is_locked(indexed: Indexed) -> None:
    other = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout")
        before = cursor.fetchone()
    assert before > (10_000,)
    with within(1 + SLACK), transaction.atomic():
        transaction.on_commit(partial(other.execute, "BEGIN IMMEDIATE"))
        make("first")
    other.close()
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout")
        assert cursor.fetchone() == before
    drain_due()
    assert len(indexed()) == 1


@pytest.mark.usefixtures("a_second")
def test_an_answer_that_drips(settings: Any) -> None:
    def drip() -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100000\r\n\r\n"
        yield from itertools.repeat(b" ")

    with streaming(drip, pause=0.1) as url, through(settings, url):
        with within(1 + SLACK):
            make()
        assert makes_no_attempt()
    assert OutboxEntry.objects.filter(attempts=0).count() == 2


@pytest.mark.usefixtures("a_second")
def test_many_requests_that_are_slow(
    es: Elasticsearch, definition: IndexDefinition, settings: Any
) -> None:
    for role in (Generation.Role.STANDBY, Generation.Role.BUILDING, Generation.Role.BUILDING):
        name = new_generation_name(definition.alias)
        aliases = {write_alias(name): {"is_hidden": True}}
        es.indices.create(index=name, settings={"number_of_replicas": 0}, aliases=aliases)
        register(definition, name, role)

    def slow(method: str, path: str, body: bytes) -> Answer | None:
        if "/_bulk" in path:
            time.sleep(0.6)
        return None

    [host] = settings.ES_SERVERS["default"]["HOSTS"]
    with document_of(FlatProduct, "other"):
        with standing_between(host, slow) as url, through(settings, url):
            with within(1 + SLACK), transaction.atomic():
                make()
                FlatProduct.objects.create(name="a", description="", price=1, sku="a")
            rows = OutboxEntry.objects.all()
            assert {(row.attempts, row.leased_until) for row in rows} == {(0, None)}
            assert rows.count() == 3
        drain_due()
        assert not OutboxEntry.objects.exists()


def test_the_breaker_knows_an_index(
    es: Elasticsearch, definition: IndexDefinition, indexed: Indexed
) -> None:
    live = Generation.objects.get(role=Generation.Role.LIVE)
    es.indices.put_settings(index=live.name, settings={"index.blocks.write": True})
    make("first")
    assert makes_no_attempt()
    with document_of(FlatProduct, "other"):
        FlatProduct.objects.create(name="a", description="", price=1, sku="a")
        assert not OutboxEntry.objects.exclude(index=definition.name).exists()
    es.indices.put_settings(index=live.name, settings={"index.blocks.write": None})
    drain_due()
    assert len(indexed()) == 2


@pytest.mark.parametrize("status", [429, 503])
def test_the_breaker_knows_what_is_busy_or_red(settings: Any, status: int) -> None:
    body = '{"error":{"type":"x","reason":"x"},"status":429}'

    def refuse(method: str, path: str, sent: bytes) -> Answer | None:
        if "/_bulk" not in path:
            return None
        return Answer(status, body, "application/json", elasticsearch=True)

    [host] = settings.ES_SERVERS["default"]["HOSTS"]
    with standing_between(host, refuse) as url, through(settings, url):
        make()
        assert makes_no_attempt()
    assert OutboxEntry.objects.filter(attempts=0).count() == 2


@pytest.mark.few(2)
@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (500, "already_closed_exception"),
        (500, "i_o_exception"),
        (500, "node_disconnected_exception"),
        (404, "index_shard_closed_exception"),
        (404, "shard_not_found_exception"),
    ],
)
def test_what_happens_to_a_shard_costs_no_document_an_attempt(
    settings: Any, indexed: Indexed, status: int, kind: str
) -> None:
    """Nor is an index gone whose shard is not where it was."""
    settings.ES_ADMIN = {**settings.ES_ADMIN, "OUTBOX_MAX_ATTEMPTS": 1}
    error = {"type": kind, "reason": "x"}

    def refuse(method: str, path: str, sent: bytes) -> Answer | None:
        if "/_bulk" not in path:
            return None
        items = [{"index": {"status": status, "error": error}}] * (len(sent.splitlines()) // 2)
        body = json.dumps({"errors": True, "items": items})
        return Answer(200, body, "application/json", elasticsearch=True)

    before = len(indexed())
    [host] = settings.ES_SERVERS["default"]["HOSTS"]
    with standing_between(host, refuse) as url, through(settings, url):
        make("first")
        [stopped] = drain_due().result.stopped
        assert isinstance(stopped.error, ServerNotReady)
    entry = OutboxEntry.objects.get()
    assert (entry.attempts, entry.parked_at, entry.leased_until) == (0, None, None)
    breaker.reset()
    drain_due()
    assert len(indexed()) == before + 1
    assert not OutboxEntry.objects.exists()


LOCKS = {"postgresql": "LOCK TABLE {} IN ACCESS EXCLUSIVE MODE", "mysql": "LOCK TABLES {} WRITE"}
ROW = "SELECT * FROM {} WHERE id = 1 FOR UPDATE"


@pytest.mark.skipif(connection.vendor == "sqlite", reason="it locks a file")
@pytest.mark.usefixtures("a_second")
@pytest.mark.parametrize(
    ("model", "statement"),
    [
        (Tick, LOCKS.get(connection.vendor)),
        (Generation, LOCKS.get(connection.vendor)),
        (Product, LOCKS.get(connection.vendor)),
        (Tick, ROW),
    ],
)
def test_what_others_have_locked(model: type[Model], statement: str, indexed: Indexed) -> None:
    """A table, as a migration does that alters it, or a row."""
    make("first")
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("BEGIN")

            def lock() -> None:
                # After the commit of the save, before its drain reads.
                cursor.execute(statement.format(model._meta.db_table))

            with within(1 + SLACK), transaction.atomic():
                transaction.on_commit(lock)
                make("second")
            cursor.execute("ROLLBACK")
    finally:
        other.close()
    entry = OutboxEntry.objects.get()
    assert (entry.attempts, entry.parked_at) == (0, None)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SHOW lock_timeout")
            assert cursor.fetchone() == ("0",)
    drain_due()
    assert len(indexed()) == 2
