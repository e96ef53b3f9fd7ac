"""The worker that runs for ever: outages, overload, signals, several at once."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connection
from elasticsearch import Elasticsearch

from django_es_admin.documents import Document, fields, registry
from django_es_admin.indices.definition import IndexDefinition, definition_of
from django_es_admin.lifecycle.rebuild import rebuild
from django_es_admin.lifecycle.rebuild_plan import plan_rebuild
from django_es_admin.models import OutboxEntry
from django_es_admin.outbox.drain.batch import DrainResult
from django_es_admin.outbox.drainers.worker import drain_forever
from tests.guide.models import FlatProduct, Product
from tests.servers import BUSY_JSON, answering, refusing_port

ROOT = Path(__file__).resolve().parents[3]
PATIENCE = 60.0


def make(count: int) -> None:
    for number in range(count):
        Product.objects.create(name=f"{number}", description="", price=1)


@contextmanager
def working(count: int = 1) -> Iterator[list[DrainResult]]:
    """Run workers in threads; give what they report."""
    stop = threading.Event()
    results: list[DrainResult] = []

    def work() -> None:
        try:
            drain_forever(stop, 0.05, results.append)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield results
    finally:
        stop.set()
        for thread in threads:
            thread.join(PATIENCE)
    assert not any(thread.is_alive() for thread in threads)


def wait_until(happened: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


@pytest.fixture
def worker_mode(definition: IndexDefinition, settings: Any) -> None:
    settings.ES_ADMIN = {**settings.ES_ADMIN, "SYNC": "worker", "BULK_MAX_DOCUMENTS": 5}


@pytest.mark.usefixtures("worker_mode")
def test_it_takes_what_there_is(indexed: Callable[[], dict[str, Any]]) -> None:
    with working() as results:
        make(12)
        wait_until(lambda: not OutboxEntry.objects.exists())
    assert len(indexed()) == 12
    assert sum(result.written for result in results) == 12


@pytest.mark.usefixtures("worker_mode")
def test_several_share_the_rows(indexed: Callable[[], dict[str, Any]]) -> None:
    make(40)
    with working(3) as results:
        wait_until(lambda: not OutboxEntry.objects.exists())
    assert len(indexed()) == 40
    assert sum(result.written for result in results) == 40


@pytest.mark.usefixtures("worker_mode")
@pytest.mark.parametrize("trouble", ["down", "busy"])
def test_it_goes_on_when_elasticsearch_is_back(
    indexed: Callable[[], dict[str, Any]],
    settings: Any,
    trouble: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    servers = settings.ES_SERVERS
    context = (
        refusing_port()
        if trouble == "down"
        else answering(429, BUSY_JSON, "application/json", elasticsearch=True)
    )
    make(12)
    with context as url:
        settings.ES_SERVERS = {"default": {**servers["default"], "HOSTS": [url]}}
        with working():
            wait_until(lambda: "Changes wait in the outbox" in caplog.text)
            rows = OutboxEntry.objects.values_list("attempts", "error", "parked_at")
            assert set(rows) == {(0, "", None)}
            settings.ES_SERVERS = servers
            wait_until(lambda: not OutboxEntry.objects.exists())
    assert len(indexed()) == 12


def url_of_the_test_database() -> str:
    name = str(connection.settings_dict["NAME"])
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()


def test_a_program_ends_when_it_is_told_to(transactional_db: None) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "django", "es_drain", "--forever", "--skip-checks"],
        cwd=ROOT,
        env={
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "PYTHONPATH": f"{ROOT}:{ROOT / 'example_project'}",
            "PYTHONUNBUFFERED": "1",
            "DATABASE_URL": url_of_the_test_database(),
        },
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    with process:
        assert process.stdout.readline().startswith("Draining the outbox")
        process.send_signal(signal.SIGTERM)
        assert process.stdout.read() == "Stopped.\n"
    assert process.returncode == 0


def test_auto_refresh(es: Elasticsearch, transactional_db: None) -> None:
    @registry.register_document
    class Fresh(Document):
        name = fields.TextField()

        class Index:
            name = "fresh"
            settings = {"refresh_interval": "-1"}

        class Django:
            model = FlatProduct
            auto_refresh = True

    try:
        definition = definition_of(Fresh)
        rebuild(plan_rebuild(definition))
        FlatProduct.objects.create(name="a", description="", price=1, sku="1")
        assert es.count(index=definition.alias)["count"] == 1
    finally:
        registry.unregister_document(Fresh)
