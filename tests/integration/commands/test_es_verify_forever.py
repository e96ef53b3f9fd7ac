"""`es_verify --forever`: when each range was last proven equal."""

import json
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from elasticsearch import Elasticsearch

from django_es_admin.exceptions import OperationCancelled
from django_es_admin.indices.definition import IndexDefinition
from django_es_admin.lifecycle.rebuild import rebuild
from django_es_admin.lifecycle.rebuild_plan import plan_rebuild
from django_es_admin.lifecycle.verify import forever
from django_es_admin.lifecycle.verify import suspects as comparison
from django_es_admin.lifecycle.verify.forever import verify_forever, verify_once
from django_es_admin.lifecycle.verify.last import read_last
from django_es_admin.lifecycle.verify.plan import plan_verify
from django_es_admin.lifecycle.verify.proven import read_proven
from django_es_admin.models import Operation, ProvenRange
from django_es_admin.operations import recording
from tests.guide.models import Product
from tests.integration.commands.conftest import Run
from tests.integration.commands.products import INDEX, make_products
from tests.live import make_live

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    monkeypatch.setattr(comparison, "PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(forever, "SHORTEST_PASS", 0.0)
    settings.ES_ADMIN = {**settings.ES_ADMIN, "BULK_MAX_DOCUMENTS": 1}


@pytest.fixture
def products(definition: IndexDefinition) -> list[Product]:
    made = make_products(45)
    make_live(definition)
    return made


def once(definition: IndexDefinition, **values: Any) -> list[ProvenRange]:
    seen: list[ProvenRange] = []
    plan = plan_verify(definition, **values)
    verify_once(plan, threading.Event(), lambda _, one: seen.append(one))
    return seen


class Signals(StringIO):
    """Stops the command as a supervisor does, after so many lines that hold a word."""

    def __init__(self, word: str, lines: int) -> None:
        super().__init__()
        self.word, self.left = word, lines

    def write(self, text: str) -> int:
        if self.word in text and self.left:
            self.left -= 1
            if not self.left:
                os.kill(os.getpid(), signal.SIGTERM)
        return super().write(text)


def test_ranges_keep_what_was_proven_of_them(
    es: Elasticsearch, definition: IndexDefinition, products: list[Product]
) -> None:
    first = once(definition)
    # 45 objects in ranges of 10 to 19, and the documents.
    assert [one.compared for one in first] == [10, 10, 10, 15, 45]
    assert all(one.proven_at for one in first)
    bounds = [(one.after, one.until) for one in first]

    es.delete(index=definition.alias, id=str(products[12].pk), refresh=True)
    second = once(definition)
    assert [(one.after, one.until) for one in second] == bounds
    assert [one.differing for one in second] == [0, 1, 0, 0, 0]
    # The others were proven again; of that one it is known when it was equal.
    assert [new.proven_at == old.proven_at for new, old in zip(second, first, strict=True)] == [
        False,
        True,
        False,
        False,
        False,
    ]
    proven = read_proven(definition, first[0].generation)
    assert proven is not None
    assert (proven.ranges, proven.differing, proven.never) == (5, 1, 0)
    assert proven.since == first[1].proven_at
    last = read_last(definition)
    assert last is not None
    assert (last.missing, last.objects) == (1, 45)


def test_a_range_that_grows_is_divided(
    definition: IndexDefinition, products: list[Product]
) -> None:
    proven = once(definition)[-2].proven_at
    make_products(30)
    grown = once(definition)
    assert [one.compared for one in grown] == [10, 10, 10, 10, 10, 10, 15, 45]
    assert sum(one.differing for one in grown) == 30
    assert all(one.proven_at is None or one.proven_at >= proven for one in grown)


def test_it_begins_with_what_was_compared_longest_ago(
    definition: IndexDefinition, products: list[Product]
) -> None:
    stop = threading.Event()
    seen: list[ProvenRange] = []

    def on_range(_: IndexDefinition, one: ProvenRange) -> None:
        seen.append(one)
        if len(seen) == 2:
            stop.set()

    with pytest.raises(OperationCancelled):
        verify_once(plan_verify(definition), stop, on_range)
    assert [one.pk for one in once(definition)][-3:-1] == [one.pk for one in seen]


@contextmanager
def emptied_after(query: str) -> Iterator[list[str]]:
    """Delete all products, past the signals, right after the first statement with these words."""
    seen: list[str] = []

    def execute(run: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        done = run(sql, params, many, context)
        if query in sql and not seen:
            seen.append(sql)
            Product.objects.all()._raw_delete(using="default")
        return done

    with connection.execute_wrapper(execute):
        yield seen


@pytest.mark.parametrize("number", [0, 1])
def test_rows_that_go_while_a_range_is_divided(
    definition: IndexDefinition, products: list[Product], number: int
) -> None:
    """Whichever of its bounds was looked for last."""
    with CaptureQueriesContext(connection) as queries:
        once(definition)
    table = Product._meta.db_table
    bounds = [q["sql"] for q in queries if "OFFSET" in q["sql"] and table in q["sql"]]
    ProvenRange.objects.all().delete()
    words = bounds[number].partition("OFFSET")[2]
    with emptied_after(f"OFFSET{words}") as seen:
        found = once(definition)
    assert seen
    assert found[-1].differing == 45
    assert sum(one.compared for one in found[:-1]) == 0


def test_ranges_of_a_document_that_left(
    definition: IndexDefinition, products: list[Product]
) -> None:
    """They would be walked as those of another one, and be proven or differ for ever."""
    generation = once(definition)[0].generation
    left = ProvenRange.objects.filter(ghosts=False).first()
    assert left is not None
    ProvenRange.objects.filter(pk=left.pk).update(document="cars.Left", differing=3)
    again = once(definition)
    assert not ProvenRange.objects.filter(document="cars.Left").exists()
    assert all(one.document == "" for one in again)
    proven = read_proven(definition, generation)
    assert proven is not None
    assert (proven.differing, proven.never) == (0, 0)


def test_an_index_that_gets_a_second_document(
    definition: IndexDefinition, products: list[Product]
) -> None:
    once(definition)
    ProvenRange.objects.filter(ghosts=False).update(document="guide.Product")
    # As it is when it is alone again.
    assert [one.compared for one in once(definition)] == [10, 10, 10, 15, 45]


def test_another_generation_is_not_proven(
    definition: IndexDefinition, products: list[Product]
) -> None:
    old = once(definition)
    rebuild(plan_rebuild(definition))
    new = once(definition)
    assert {one.pk for one in old}.isdisjoint(one.pk for one in new)
    assert ProvenRange.objects.count() == len(new)


def test_the_command(run: Run, es: Elasticsearch, products: list[Product]) -> None:
    out = Signals("last proven equal at", 12)
    before = signal.getsignal(signal.SIGTERM)
    call_command("es_verify", INDEX, "--forever", "--rate", "100000", stdout=out)
    told = out.getvalue()
    assert "10 objects (the first to " in told
    assert "45 documents: equal; last proven equal at 20" in told
    assert told.endswith("Stopped.\n")
    # Passes leave one record, and the one that was stopped.
    states = Operation.objects.filter(kind="verify").values_list("state", flat=True)
    assert sorted(states) == ["cancelled", "done"]
    assert signal.getsignal(signal.SIGTERM) == before


def test_events_and_a_repair(
    run: Run, es: Elasticsearch, definition: IndexDefinition, products: list[Product]
) -> None:
    es.delete(index=definition.alias, id=str(products[12].pk), refresh=True)
    out = Signals('"pass"', 1)
    call_command("es_verify", INDEX, "--forever", "--repair", "--json", stdout=out)
    events = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [event["event"] for event in events] == ["range"] * 5 + ["pass"]
    assert [event["differing"] for event in events[:-1]] == [0, 1, 0, 0, 0]
    assert events[1]["proven_at"] is None
    assert (events[-1]["missing"], events[-1]["repaired"]) == (1, 1)
    # It is written at once, as any other change.
    assert es.exists(index=definition.alias, id=str(products[12].pk))


def test_a_person_may_cancel_it(
    definition: IndexDefinition, products: list[Product], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "RECORD_SECONDS", 0.0)

    def on_range(_: IndexDefinition, one: ProvenRange) -> None:
        Operation.objects.filter(kind="verify").update(cancel_requested=True)

    with pytest.raises(OperationCancelled):
        verify_forever([definition], threading.Event(), rate=100_000, on_range=on_range)


def test_what_does_not_go_together(run: Run, products: list[Product]) -> None:
    assert run("es_verify", INDEX, "--forever", "--ids").code == 1


@pytest.mark.parametrize("arguments", [[], ["--forever"]])
def test_no_index_has_a_document(
    run: Run, es: Elasticsearch, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    """There is nothing to walk, so it does not go on for ever."""
    monkeypatch.setattr(
        "django_es_admin.management.commands.es_verify.select_definitions", lambda *_: []
    )
    done = run("es_verify", *arguments)
    assert (done.code, done.out) == (0, "No index has a document to compare it with.\n")
