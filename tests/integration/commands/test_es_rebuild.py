"""`es_rebuild`, with good and bad documents, and a cluster that fails during the load."""

import gc
import os
import pty
import signal
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import fields
from typing import Any

import pytest
from django.db import connection
from django.db.backends.sqlite3 import _functions
from elasticsearch import Elasticsearch

from django_es_admin.indices.definition import IndexDefinition
from django_es_admin.management import progress
from django_es_admin.management.printed import rebuild_json
from django_es_admin.management.progress import Meter
from django_es_admin.models import Generation, Operation
from django_es_admin.operations.progress import Progress
from tests.guide.models import Product
from tests.integration.commands.conftest import Holders, Run
from tests.integration.commands.products import (
    INDEX,
    make_bad_product,
    make_products,
)
from tests.servers import BUSY_JSON, Answer, Reply, standing_between

pytestmark = pytest.mark.django_db

Build = Callable[[], str]


def names(kind: type) -> set[str]:
    return {field.name for field in fields(kind)}


Between = Callable[[Reply], AbstractContextManager[None]]


@pytest.fixture
def between(settings: Any) -> Between:
    """Load in small batches, through a proxy that may answer in the cluster's place."""

    @contextmanager
    def stand(reply: Reply) -> Iterator[None]:
        default = settings.ES_SERVERS["default"]
        settings.ES_ADMIN = {**settings.ES_ADMIN, "BULK_MAX_DOCUMENTS": 4}
        with standing_between(default["HOSTS"][0], reply) as url:
            settings.ES_SERVERS = {"default": {**default, "HOSTS": [url]}}
            yield
            settings.ES_SERVERS = {"default": default}

    return stand


def test_the_plan_then_the_steps_then_the_outcome(
    run: Run, definition: IndexDefinition, holders: Holders
) -> None:
    make_products(5)
    ended = run("es_rebuild", INDEX)
    live = holders()[0]
    assert (ended.code, ended.err) == (0, "")
    lines = ended.out.splitlines()
    assert lines[:7] == [
        f"Rebuild {INDEX} on default",
        "  1  create a new generation, with the mapping as declared",
        "  2  load 5 rows of guide.Product",
        "  3  drain what changed meanwhile, and send deletes a second time",
        "  4  wait up to 300 s for its shards, compare its ids with the database",
        f"  5  swap the alias {definition.alias} in one request: nothing -> the new generation",
        "  6  nothing was live before",
    ]
    assert lines[7:9] == [f"{INDEX}: create a generation", f"{INDEX}: load 0 of 5 rows"]
    assert lines[9].startswith(f"{INDEX}: load 5 of 5 rows, ")
    assert lines[9].endswith(" rows/s")
    assert any(line.startswith(f"{INDEX}: drain what changed meanwhile") for line in lines)
    assert lines[-5:-1] == [
        f"{INDEX}: apply the declared settings",
        f"{INDEX}: compare with the database",
        f"{INDEX}: swap the alias",
        f"{INDEX}: keep the old generation",
    ]
    assert lines[-1].startswith(f"Rebuilt {INDEX} in ")
    assert f"s: {live} is live with 5 documents (" in lines[-1]
    again = run("es_rebuild", INDEX).out
    assert f"{live} -> the new generation\n  6  keep {live} for a rollback\n" in again


def test_events(run: Run, definition: IndexDefinition, build: Build, holders: Holders) -> None:
    previous = build()
    make_products(4)
    ended = run("es_rebuild", INDEX, "--json")
    events = ended.events
    assert ended.code == 0
    assert [event["event"] for event in events] == [
        "plan",
        *["progress"] * (len(events) - 2),
        "done",
    ]
    plan, *steps, done = events
    assert plan == {
        "event": "plan",
        "index": INDEX,
        "connection": "default",
        "alias": definition.alias,
        "live": previous,
        "resumes": None,
        "rows": 4,
        "swap": True,
        "warnings": [],
        "refusals": [],
    }
    assert list(dict.fromkeys(step["step"] for step in steps)) == [
        "create",
        "load",
        "drain",
        "settle",
        "gate",
        "swap",
        "standby",
    ]
    assert [(step["done"], step["total"]) for step in steps[1:3]] == [(0, 4), (4, 4)]
    assert steps[1]["rate"] is None
    assert steps[2]["rate"] > 0
    assert steps[2]["seconds_left"] == 0
    assert done.pop("seconds") > 0
    assert done == {
        "event": "done",
        "index": INDEX,
        "connection": "default",
        "alias": definition.alias,
        "generation": holders()[0],
        "previous": previous,
        "swapped": True,
        "rows": 4,
        "documents": 4,
        "repaired": 0,
    }


def test_all_that_have_a_document(run: Run, es: Elasticsearch, settings: Any) -> None:
    settings.ES_INDICES = {**settings.ES_INDICES, "memos": {}}
    settings.ES_SERVERS = {"default": {**settings.ES_SERVERS["default"], "INDICES": ["memos"]}}
    ended = run("es_rebuild", "--json")
    done = [event["index"] for event in ended.events if event["event"] == "done"]
    assert {INDEX, "products", "flat-products"} <= set(done)
    assert "memos" not in done
    refused = run("es_rebuild", "memos", INDEX)
    assert refused.code == 1
    assert "The index memos has no document to load it from" in refused.message
    # One refusal, and nothing is begun.
    assert Generation.objects.filter(alias__endswith=INDEX).count() == 1


def test_refused_documents_are_named_and_the_live_index_stays(
    run: Run, build: Build, holders: Holders
) -> None:
    live = build()
    make_products(3)
    bad = [make_bad_product()]
    bad += Product.objects.bulk_create(
        Product(name=f"Bad {n}", price=1, category=bad[0].category) for n in range(24)
    )
    ended = run("es_rebuild", INDEX)
    assert ended.code == 1
    assert ended.message.startswith(f"25 of 28 documents of {INDEX} could not be indexed")
    lines = ended.err.splitlines()
    assert lines[0].startswith(f"object {bad[0].pk}: ")
    assert "immense term" in lines[0]
    failed = Generation.objects.get(role=Generation.Role.BUILDING)
    assert lines[20:] == ["... and 5 more", f"The unfinished generation is {failed.name}."]
    assert holders() == [live]

    ended = run("es_rebuild", INDEX, "--json")
    event = ended.events[-1]
    assert (ended.code, event["event"], ended.err) == (1, "failed", "")
    assert event.keys() == names(rebuild_json.FailedEvent)
    assert (event["rows"], event["failed"], len(event["failures"])) == (28, 25, 20)
    assert event["failures"][0].keys() == names(rebuild_json.FailureDocument)
    assert event["failures"][0]["key"] == str(bad[0].pk)
    assert event["error"] == ended.message
    assert Generation.objects.filter(name=event["generation"], role="building").exists()


def test_a_failed_index_does_not_stop_the_next(run: Run, es: Elasticsearch) -> None:
    make_bad_product()
    ended = run("es_rebuild", INDEX, "flat-products", "--json")
    last = {event["index"]: event["event"] for event in ended.events}
    assert (ended.code, last) == (1, {INDEX: "failed", "flat-products": "done"})


@pytest.mark.parametrize(
    "refusal",
    [
        (Answer(429, BUSY_JSON, "application/json", elasticsearch=True), "is overloaded (429)"),
        (Answer(503, "<h1>Bad gateway</h1>"), "was answered 503 by something that is not"),
    ],
)
def test_a_cluster_that_stops_answering_while_it_is_loaded(
    run: Run, build: Build, holders: Holders, between: Between, refusal: tuple[Answer, str]
) -> None:
    live = build()
    make_products(10)
    bulks: list[str] = []

    def reply(method: str, path: str, body: bytes) -> Answer | None:
        if "/_bulk" in path:
            bulks.append(path)
        return refusal[0] if len(bulks) > 1 else None

    with between(reply):
        ended = run("es_rebuild", INDEX, "--json")
    assert len(bulks) > 2, "it was not tried again"
    event = ended.events[-1]
    assert (ended.code, event["event"], event["error"]) == (1, "failed", ended.message)
    assert f"The connection 'default' {refusal[1]}" in ended.message
    operation = Operation.objects.first()
    assert operation is not None
    assert (operation.state, operation.error) == ("failed", ended.message)
    # What was loaded is kept for the next one.
    assert operation.details["resumable"]
    assert Generation.objects.get(role=Generation.Role.BUILDING).name == operation.generation
    assert holders() == [live]


def test_a_cluster_that_answers_again(
    run: Run, build: Build, holders: Holders, between: Between
) -> None:
    build()
    make_products(10)
    bulks: list[str] = []

    def reply(method: str, path: str, body: bytes) -> Answer | None:
        if "/_bulk" in path:
            bulks.append(path)
        busy = Answer(429, BUSY_JSON, "application/json", elasticsearch=True)
        return busy if len(bulks) == 2 else None

    with between(reply):
        ended = run("es_rebuild", INDEX, "--json")
    assert ended.code == 0
    assert ended.events[-1]["documents"] == 10
    assert holders() == [ended.events[-1]["generation"]]


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Let SIGINT interrupt, also where the tests were started by a shell in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
    # A request that is interrupted leaves its connection to the collector of garbage: now, and not
    # while another test looks at what is left open.
    with warnings.catch_warnings(action="ignore", category=ResourceWarning):
        gc.collect()


@pytest.mark.usefixtures("interruptible")
@pytest.mark.django_db(transaction=True)
def test_ctrl_c_while_it_is_loaded(
    run_program: Run, build: Build, holders: Holders, between: Between
) -> None:
    live = build()
    make_products(3)

    def reply(method: str, path: str, body: bytes) -> None:
        if "/_bulk" in path:
            os.kill(os.getpid(), signal.SIGINT)

    with between(reply):
        ended = run_program("es_rebuild", INDEX)
    assert ended.code == 130
    assert ended.err == "Interrupted: `manage.py es_status` shows what is live now.\n"
    failed = Generation.objects.get(role=Generation.Role.FAILED)
    assert failed.error == "interrupted (KeyboardInterrupt)"
    assert holders() == [live]


@pytest.mark.usefixtures("interruptible")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("before", [0, 1])
def test_ctrl_c_while_the_alias_is_moved(
    run_program: Run, build: Build, holders: Holders, between: Between, before: int
) -> None:
    for _ in range(before):
        build()
    make_products(3)

    def reply(method: str, path: str, body: bytes) -> None:
        if path.startswith("/_aliases"):
            os.kill(os.getpid(), signal.SIGINT)

    with between(reply):
        ended = run_program("es_rebuild", INDEX)
    assert (ended.code, ended.err.startswith("Interrupted: ")) == (130, True)
    # The request was on its way.
    (live,) = holders()
    assert Generation.objects.get(name=live).role == "building"
    told = run_program("es_status", INDEX, "--check")
    assert told.code == 2
    assert f"run manage.py es_create {INDEX}" in told.out
    assert run_program("es_create", INDEX).code == 0
    assert Generation.objects.get(name=live).role == "live"
    assert run_program("es_status", INDEX, "--check").code == 0


@pytest.mark.usefixtures("interruptible")
@pytest.mark.django_db(transaction=True)
def test_ctrl_c_with_a_traceback(
    run_program: Run, build: Build, holders: Holders, between: Between
) -> None:
    live = build()
    make_products(3)

    def reply(method: str, path: str, body: bytes) -> None:
        if "/_bulk" in path:
            os.kill(os.getpid(), signal.SIGINT)

    with between(reply), pytest.raises(KeyboardInterrupt):
        run_program("es_rebuild", INDEX, "--traceback")
    assert holders() == [live]


@pytest.mark.usefixtures("interruptible")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("call", [1, 2, 3])
def test_ctrl_c_within_a_function_of_sqlite(
    run_program: Run,
    build: Build,
    holders: Holders,
    monkeypatch: pytest.MonkeyPatch,
    call: int,
) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("other databases call no functions of Python")
    live = build()
    make_products(3)
    calls: list[Any] = []
    stock = _functions._sqlite_prepare_dtdelta_param

    def interrupted(connector: Any, param: Any) -> Any:
        calls.append(param)
        if len(calls) == call:
            os.kill(os.getpid(), signal.SIGINT)
            # So that it is put off more than once.
            time.sleep(0.05)
        return stock(connector, param)

    monkeypatch.setattr(_functions, "_sqlite_prepare_dtdelta_param", interrupted)
    ended = run_program("es_rebuild", INDEX)
    assert ended.code == 130
    assert ended.err == "Interrupted: `manage.py es_status` shows what is live now.\n"
    assert holders() == [live]
    assert Operation.objects.latest("pk").state == Operation.State.CANCELLED
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.django_db(transaction=True)
def test_a_reader_that_goes_away(run_program: Run, build: Build, holders: Holders) -> None:
    live = build()
    read_end, write_end = os.pipe()
    os.close(read_end)
    with os.fdopen(write_end, "w") as out:
        ended = run_program("es_rebuild", INDEX, "--json", stdout=out)
    assert (ended.code, ended.err) == (141, "")
    assert holders() == [live]


def test_a_bar_on_a_terminal(run: Run, es: Elasticsearch, monkeypatch: pytest.MonkeyPatch) -> None:
    make_products(7)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm")
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w") as terminal, os.fdopen(ours, "rb", 0) as screen:
        monkeypatch.setattr("sys.stderr", terminal)
        ended = run("es_rebuild", INDEX, terminal=terminal)
        terminal.flush()
        drawn = screen.read(100_000).decode()
    assert ended.code == 0
    assert "━" in drawn
    assert "100%" in drawn
    assert f"{INDEX}: " in drawn
    assert f"{INDEX}: load" not in ended.out
    assert ended.out.splitlines()[-1].startswith(f"Rebuilt {INDEX} in ")


def test_silence(run: Run, holders: Holders) -> None:
    ended = run("es_rebuild", INDEX, verbosity=0)
    assert (ended.code, ended.out, ended.err) == (0, "", "")
    assert holders()


def test_a_database_that_is_not_migrated(run: Run, definition: IndexDefinition) -> None:
    table = Generation._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(f'ALTER TABLE "{table}" RENAME TO elasticsearch_gone')
    ended = run("es_rebuild", INDEX)
    assert ended.code == 1
    missing = {"sqlite": f"no such table: {table}", "postgresql": f'relation "{table}" does not'}
    assert ended.message.startswith(f"The database failed ({missing[connection.vendor]}")
    assert ended.message.endswith("run `manage.py migrate` if a table or column is missing.")


def test_a_readonly_connection(run: Run, settings: Any, build: Build) -> None:
    live = build()
    default = settings.ES_SERVERS["default"]
    settings.ES_SERVERS = {"default": {**default, "READONLY": True}}
    ended = run("es_rebuild", INDEX)
    settings.ES_SERVERS = {"default": default}
    assert (ended.code, ended.out) == (1, f"Rebuild {INDEX} on default: cannot be done\n")
    assert "is READONLY in ES_SERVERS" in ended.message
    assert [row.name for row in Generation.objects.all()] == [live]


def test_moments_worth_telling(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    meter = Meter(5)

    def due(step: Any, done: int = 0, total: int | None = None) -> bool:
        return meter.is_due(Progress("i", step, done, total))

    assert due("create")
    assert due("load", 0, 1000)
    assert meter.rate(Progress("i", "load", 0, 1000)) is None
    now[0] += 4
    assert not due("load", 400, 1000)
    assert meter.rate(Progress("i", "load", 400, 1000)) == 100
    assert meter.seconds_left(Progress("i", "load", 400, 1000)) == 6
    assert meter.seconds_left(Progress("i", "load", 400, None)) is None
    now[0] += 1
    assert due("load", 500, 1000)
    now[0] += 1
    assert not due("load", 600, 1000)
    assert due("load", 1000, 1000)
    assert due("settle")
