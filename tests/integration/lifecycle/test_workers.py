"""Rebuilds by several processes of this machine, and by tasks of the background."""

import multiprocessing
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone
from elasticsearch import Elasticsearch

from django_es_admin.exceptions import OperationCancelled
from django_es_admin.indices.definition import IndexDefinition, get_definition
from django_es_admin.lifecycle import rebuild_plan as planning
from django_es_admin.lifecycle.background import do_queued, help_rebuild, queue_rebuild
from django_es_admin.lifecycle.build import processes
from django_es_admin.lifecycle.build.load import LookAfter, load, nobody_to_look_after
from django_es_admin.lifecycle.build.ranges import claim_range, plan_ranges
from django_es_admin.lifecycle.generations.create import create_generation
from django_es_admin.lifecycle.rebuild import rebuild
from django_es_admin.lifecycle.rebuild_plan import default_workers, plan_rebuild
from django_es_admin.lifecycle.verify.plan import plan_verify
from django_es_admin.lifecycle.verify.verify import verify
from django_es_admin.models import Generation, LoadRange, Operation
from django_es_admin.operations import recording
from django_es_admin.operations.progress import Progress
from django_es_admin.tasks import hire_tasks
from tests.integration.commands.products import INDEX, make_products

pytestmark = pytest.mark.django_db(transaction=True)

COUNT = 200


@pytest.fixture
def definition(es: Elasticsearch, settings: Any) -> IndexDefinition:
    settings.ES_ADMIN = {**settings.ES_ADMIN, "BULK_MAX_DOCUMENTS": 5}
    make_products(COUNT)
    return get_definition(INDEX)


def owners() -> set[int]:
    """How long the claims were: those of workers begin with who they are."""
    return {len(owner) for owner in LoadRange.objects.values_list("owner", flat=True)}


def is_equal(definition: IndexDefinition) -> bool:
    return verify(plan_verify(definition)).equal


def test_two_processes(definition: IndexDefinition) -> None:
    # Slow enough that none of them does all.
    result = rebuild(plan_rebuild(definition, workers=2, rate=400))
    assert result.load.rows == COUNT
    assert owners() == {16, 32}
    assert is_equal(definition)
    assert not multiprocessing.active_children()
    assert Operation.objects.filter(kind="rebuild").get().details["workers"] == 2


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_worker_that_is_killed(definition: IndexDefinition, number: int) -> None:
    killed: list[int] = []

    def kill(progress: Progress) -> None:
        if progress.step == "load" and progress.done and not killed:
            [child] = multiprocessing.active_children()
            killed.append(child.pid)
            os.kill(child.pid, number)

    began = time.monotonic()
    result = rebuild(plan_rebuild(definition, workers=2, rate=200), kill)
    assert killed
    assert result.load.rows == COUNT
    assert is_equal(definition)
    # Nobody waited for the lease of the dead one.
    assert time.monotonic() - began < 30


def test_all_end_with_the_one_that_is_cancelled(
    definition: IndexDefinition, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "RECORD_SECONDS", 0.0)

    def cancel(progress: Progress) -> None:
        if progress.step == "load":
            Operation.objects.update(cancel_requested=True)

    with pytest.raises(OperationCancelled):
        rebuild(plan_rebuild(definition, workers=3, rate=50), cancel)
    assert not multiprocessing.active_children()


def test_a_process_that_may_have_no_others(
    definition: IndexDefinition, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a worker of Celery, or of a pool of processes."""
    here: Any = multiprocessing.current_process()
    monkeypatch.setitem(here._config, "daemon", True)
    assert rebuild(plan_rebuild(definition, workers=2)).load.rows == COUNT
    assert owners() == {16}


def test_a_database_that_several_cannot_use(
    definition: IndexDefinition, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "can_fork", lambda using: False)
    assert rebuild(plan_rebuild(definition, workers=2)).load.rows == COUNT
    assert owners() == {16}


def test_the_number_of_ranges_follows_rows_and_workers(definition: IndexDefinition) -> None:
    counts = []
    for workers, total in ((1, COUNT), (2, COUNT), (4, COUNT), (2, 10_000)):
        generation = create_generation(definition)
        plan_ranges(definition, generation, total=total, workers=workers)
        counts.append(LoadRange.objects.filter(generation=generation).count())
    # 50 objects each, 12, 6; never more than ten requests.
    assert counts == [5, 17, 34, 5]


@pytest.mark.few(2)
@pytest.mark.parametrize(("workers", "hired"), [(1, 0), (3, 3), (100, 34), (10**9, 41)])
def test_no_more_processes_than_ranges(
    definition: IndexDefinition, workers: int, hired: int
) -> None:
    """However many somebody asks for; the rate is divided by those that there are."""
    asked: list[tuple[int, float | None]] = []

    @contextmanager
    def hire(
        of: IndexDefinition, generation: Generation, count: int, rate: float | None
    ) -> Iterator[LookAfter]:
        asked.append((count, rate))
        yield nobody_to_look_after

    generation = create_generation(definition)
    if workers == 100:
        # As one that is resumed, in which six ranges are left.
        plan_ranges(definition, generation, total=COUNT, workers=5)
        done = LoadRange.objects.order_by("pk")[6:].values_list("pk", flat=True)
        LoadRange.objects.filter(pk__in=list(done)).update(loaded_at=timezone.now())
        hired = 6
    load(definition, generation, workers=workers, rate=1e6, hire=hire)
    assert asked == ([(hired, 1e6 / hired)] if hired else [])


def test_a_machine_that_starts_no_more_processes(
    definition: IndexDefinition, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    hire = processes._hire
    started: list[Any] = []

    def one_alone(*given: Any) -> Any:
        if started:
            raise BlockingIOError(11, "Resource temporarily unavailable")
        started.append(hire(*given))
        return started[0]

    monkeypatch.setattr(processes, "_hire", one_alone)
    result = rebuild(plan_rebuild(definition, workers=4, rate=2_000))
    assert result.load.rows == COUNT
    assert started
    assert not multiprocessing.active_children()
    assert "is loaded by 2 of 4: this machine starts no more" in caplog.text
    assert is_equal(definition)


def test_a_range_of_a_worker_is_released_alone(definition: IndexDefinition) -> None:
    generation = create_generation(definition)
    plan_ranges(definition, generation)
    one, other = claim_range(generation, "a" * 16), claim_range(generation, "b" * 16)
    assert one is not None
    assert other is not None
    processes.release_ranges(generation, "a" * 16)
    one.refresh_from_db()
    other.refresh_from_db()
    assert (one.owner, other.owner[:16]) == ("", "b" * 16)


@pytest.mark.parametrize(("cores", "workers"), [(None, 1), (1, 1), (2, 1), (4, 2), (64, 4)])
def test_how_many_by_default(
    definition: IndexDefinition,
    monkeypatch: pytest.MonkeyPatch,
    cores: int | None,
    workers: int,
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    found = {definition.database: SimpleNamespace(vendor="postgresql")}
    monkeypatch.setattr(planning, "connections", found)
    assert default_workers(definition) == workers
    found[definition.database].vendor = "sqlite"
    assert default_workers(definition) == 1


def test_tasks_of_the_background(definition: IndexDefinition, capsys: Any) -> None:
    call_command("es_rebuild", INDEX, "--background", "--workers", "3", "--rate", "100000")
    assert "for 3 workers of the background tasks, as operation" in capsys.readouterr().out
    row = Operation.objects.get()
    assert (row.state, row.details["workers"], row.details["rate"]) == ("queued", 3, 100_000)
    call_command("db_worker", batch=True, interval=0.01, startup_delay=False, verbosity=0)
    row.refresh_from_db()
    assert row.state == "done", row.error
    assert is_equal(definition)


def test_a_helper_on_another_machine(definition: IndexDefinition) -> None:
    helped: list[str] = []

    @contextmanager
    def hire(
        of: IndexDefinition, generation: Generation, count: int, rate: float | None
    ) -> Iterator[LookAfter]:
        assert (count, rate) == (2, 50_000)
        help_rebuild(of.name, of.using, generation.name, rate)
        helped.append(generation.name)
        yield nobody_to_look_after

    row = queue_rebuild(plan_rebuild(definition, workers=2, rate=100_000))
    built = do_queued("default", row.pk, hire)
    assert helped == [built]
    assert is_equal(definition)


def test_a_helper_that_comes_late_or_runs_other_code(definition: IndexDefinition) -> None:
    live = rebuild(plan_rebuild(definition)).generation
    help_rebuild(INDEX, "default", live, None)
    building = create_generation(definition)
    plan_ranges(definition, building)
    Generation.objects.filter(pk=building.pk).update(digest="newer")
    help_rebuild(INDEX, "default", building.name, None)
    assert not LoadRange.objects.filter(generation=building).exclude(loaded_at=None).exists()


def test_a_queue_that_is_down_costs_only_the_help(
    definition: IndexDefinition, settings: Any
) -> None:
    row = queue_rebuild(plan_rebuild(definition, workers=4))
    settings.TASKS = {"default": {"BACKEND": "tests.nothing.There"}}
    assert do_queued("default", row.pk, hire_tasks)
    assert is_equal(definition)


class TestResume:
    def test_nothing(self, definition: IndexDefinition, capsys: Any) -> None:
        call_command("es_rebuild", INDEX, "--resume")
        assert "Nothing to resume" in capsys.readouterr().out
        assert not Operation.objects.exists()

    def test_one_that_was_killed(self, definition: IndexDefinition, capsys: Any) -> None:
        """A process of its own is killed in the middle of its load, with its worker."""
        process = multiprocessing.get_context("fork").Process(
            target=_rebuild_slowly, args=(definition,)
        )
        from django.db import connections  # noqa: PLC0415 (closed here alone)

        connections.close_all()
        process.start()
        deadline = time.monotonic() + 30
        while not LoadRange.objects.exclude(loaded_at=None).exists():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        build = Generation.objects.get(role="building")
        done = set(LoadRange.objects.exclude(loaded_at=None).values_list("pk", "loaded_at"))
        call_command("es_rebuild", INDEX, "--resume", "--workers", "2")
        assert f"resume {build.name}" in capsys.readouterr().out
        build.refresh_from_db()
        assert build.role == "live"
        # What was loaded is not loaded again.
        assert done <= set(LoadRange.objects.values_list("pk", "loaded_at"))
        assert is_equal(definition)


def _rebuild_slowly(definition: IndexDefinition) -> None:
    try:
        rebuild(plan_rebuild(definition, workers=2, rate=60))
    finally:
        os._exit(0)
