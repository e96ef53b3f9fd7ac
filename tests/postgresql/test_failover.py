"""A database that fails for a moment ends no rebuild, and costs no row an attempt."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.db import connection
from elasticsearch import Elasticsearch

from django_es_admin.documents import fields
from django_es_admin.exceptions import DatabaseUnavailable
from django_es_admin.indices.definition import IndexDefinition
from django_es_admin.lifecycle.rebuild import rebuild
from django_es_admin.lifecycle.rebuild_plan import plan_rebuild
from django_es_admin.models import Generation, Operation, OutboxEntry
from django_es_admin.operations.progress import Progress
from django_es_admin.outbox.drainers.worker import drain_due, drain_forever
from tests.guide.models import FlatProduct
from tests.integration.outbox.test_isolation import document_of, wait_until

from .test_waits import locked

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("es")]

NAME = {"name": fields.KeywordField()}


def make(name: str) -> FlatProduct:
    return FlatProduct.objects.create(name=name, description="", price=1, sku=name)


@pytest.fixture
def declared(settings: Any) -> Iterator[IndexDefinition]:
    """An index, and objects that are not in it."""
    settings.ES_ADMIN = {**settings.ES_ADMIN, "SYNC": "worker", "OPERATION_PATIENCE": 30}
    with document_of(FlatProduct, "failing", **NAME) as definition:
        for name in "abc":
            make(name)
        yield definition


def names(es: Elasticsearch, definition: IndexDefinition) -> set[str]:
    es.indices.refresh(index=definition.alias)
    hits = es.search(index=definition.alias)["hits"]["hits"]
    return {hit["_source"]["name"] for hit in hits}


def terminate() -> None:
    """End the sessions of this process, as a failover does."""
    name = connection.settings_dict["NAME"]
    with psycopg.connect(**_parameters(), autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = %s AND pid <> pg_backend_pid()",
            [name],
        )


def _parameters() -> dict[str, Any]:
    params = connection.get_connection_params()
    return {name: params[name] for name in ("dbname", "user", "host", "port") if name in params}


@contextmanager
def impatient() -> Iterator[None]:
    """Let this session wait for no lock."""
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '100ms'")
    yield
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = 0")


def at(step: str, fault: Callable[[], None]) -> Callable[[Progress], None]:
    """Have something happen at the first sign of a step."""
    seen: list[str] = []

    def tell(progress: Progress) -> None:
        seen.append(progress.step)
        if seen.count(step) == 1 and progress.step == step:
            fault()

    return tell


@pytest.mark.parametrize("step", ["create", "load", "drain", "settle", "gate", "swap", "standby"])
def test_a_failover_ends_no_rebuild(
    es: Elasticsearch, declared: IndexDefinition, step: str
) -> None:
    rebuild(plan_rebuild(declared), at(step, terminate))
    assert names(es, declared) == set("abc")
    assert Operation.objects.latest("pk").state == Operation.State.DONE


def test_ctrl_c_within_a_statement(es: Elasticsearch, declared: IndexDefinition) -> None:
    """It leaves the connection in the middle: what comes after it must not hide it."""

    def interrupt() -> None:
        connection.ensure_connection()
        connection.connection.pgconn.send_query(b"SELECT 1")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rebuild(plan_rebuild(declared), at("load", interrupt))
    assert Operation.objects.latest("pk").state == Operation.State.CANCELLED
    assert Generation.objects.latest("pk").role == Generation.Role.FAILED


def test_a_lock_ends_no_rebuild(es: Elasticsearch, declared: IndexDefinition) -> None:
    free = threading.Event()

    def lock() -> None:
        ready = threading.Event()

        def hold() -> None:
            with locked("LOCK TABLE guide_flatproduct IN ACCESS EXCLUSIVE MODE"):
                ready.set()
                free.wait(1)

        threading.Thread(target=hold).start()
        ready.wait(10)

    with impatient():
        rebuild(plan_rebuild(declared), at("load", lock))
    assert names(es, declared) == set("abc")


def test_what_fails_for_longer_is_resumed(
    es: Elasticsearch, declared: IndexDefinition, settings: Any
) -> None:
    settings.ES_ADMIN = {**settings.ES_ADMIN, "OPERATION_PATIENCE": 0.5}
    plan = plan_rebuild(declared)
    with (
        impatient(),
        locked("LOCK TABLE guide_flatproduct IN ACCESS EXCLUSIVE MODE"),
        pytest.raises(DatabaseUnavailable, match="OperationalError: incident "),
    ):
        rebuild(plan)
    build = Generation.objects.get(role=Generation.Role.BUILDING)
    assert Operation.objects.latest("pk").state == Operation.State.FAILED
    plan = plan_rebuild(declared)
    assert plan.resumes == build.name
    assert rebuild(plan).generation == build.name
    assert names(es, declared) == set("abc")


def test_a_lock_costs_no_row_an_attempt(
    es: Elasticsearch, declared: IndexDefinition, settings: Any
) -> None:
    settings.ES_ADMIN = {**settings.ES_ADMIN, "OUTBOX_MAX_ATTEMPTS": 1}
    with impatient(), locked("LOCK TABLE guide_flatproduct IN ACCESS EXCLUSIVE MODE"):
        [stopped] = {str(one.error) for one in drain_due().result.stopped if one.index == "failing"}
        assert "failed for a moment (OperationalError: incident " in stopped
    rows = OutboxEntry.objects.filter(index="failing")
    assert {(row.attempts, row.parked_at, row.leased_until) for row in rows} == {(0, None, None)}
    drain_due()
    assert names(es, declared) == set("abc")


def test_a_worker_outlives_a_failover(es: Elasticsearch, declared: IndexDefinition) -> None:
    stop = threading.Event()
    batches: list[int] = []

    def work() -> None:
        drain_forever(stop, 0.05, lambda result: batches.append(result.written))
        connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        wait_until(lambda: bool(batches))
        terminate()
        connection.close()
        make("later")
        wait_until(lambda: not OutboxEntry.objects.filter(index="failing").exists())
    finally:
        stop.set()
        thread.join(60)
    assert names(es, declared) == {*"abc", "later"}
