"""How long an operation waited and worked, and what it says of its pace."""

from datetime import timedelta
from time import sleep
from typing import Any

import pytest
from django.utils import timezone

from django_es_admin.indices.definition import get_definition
from django_es_admin.models import Operation
from django_es_admin.operations.history import OperationStatus
from django_es_admin.operations.progress import Progress
from django_es_admin.operations.recording import enqueue, recording
from django_es_admin.operations.running import LEASE_SECONDS

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


def status(
    *, created: float, began: float | None = None, heard: float | None = None, **values: Any
) -> OperationStatus:
    """Return an operation; moments are minutes ago."""
    now = timezone.now()

    def ago(minutes: float | None) -> Any:
        return None if minutes is None else now - minutes * MINUTE

    lease = None if heard is None else ago(heard) + timedelta(seconds=LEASE_SECONDS)
    row = Operation.objects.create(
        connection="default",
        index="products",
        kind="rebuild",
        begun_at=ago(began),
        leased_until=lease,
        **{"host": "elsewhere", **values},
    )
    Operation.objects.filter(pk=row.pk).update(created_at=ago(created))
    return OperationStatus(Operation.objects.get(), "default")


def load(began: float, moved: float | None = None, done: int = 600) -> dict[str, Any]:
    now = timezone.now()
    step = {"step": "load", "ended": None, "done": done, "total": 1_000}
    step["began"] = (now - began * MINUTE).isoformat()
    if moved is not None:
        step["moved"] = (now - moved * MINUTE).isoformat()
    return step


def test_a_killed_one_ended_with_its_last_heartbeat() -> None:
    found = status(created=40, began=30, heard=26, steps=[load(30)])
    assert found.interrupted
    assert found.waited == pytest.approx(600, abs=2)
    assert found.worked == pytest.approx(240, abs=2)
    [step] = found.steps
    assert step.seconds == pytest.approx(240, abs=2)
    assert step.rate == pytest.approx(2.5, abs=0.1)
    assert step.seconds_left is None


def test_the_pace_of_a_stopped_one_does_not_drift() -> None:
    old = status(created=600, began=600, heard=590, steps=[load(600, 595)])
    assert old.steps[0].rate == pytest.approx(2, abs=0.1)
    assert old.steps[0].quiet is None


def test_the_queue_is_no_work() -> None:
    found = status(created=26, state="queued", host="")
    assert found.waited == pytest.approx(26 * 60, abs=2)
    assert found.worked is None


def test_one_cancelled_in_the_queue_never_worked() -> None:
    ended = timezone.now() - 20 * MINUTE
    found = status(created=26, state="cancelled", ended_at=ended, host="")
    assert found.waited == pytest.approx(6 * 60, abs=2)
    assert found.worked is None


def test_no_progress_is_told_and_changes_no_pace() -> None:
    found = status(created=5, began=5, heard=0, steps=[load(5, 50 / 60)])
    [step] = found.steps
    assert found.current is step
    assert step.quiet == pytest.approx(50, abs=2)
    assert step.rate == pytest.approx(600 / 250, abs=0.1)
    assert step.seconds_left is None


def test_what_moves_is_not_quiet() -> None:
    [step] = status(created=5, began=5, heard=0, steps=[load(5, 0)]).steps
    assert step.quiet is None
    assert step.seconds_left == pytest.approx(200, abs=5)


def test_the_record_tells_when_it_was_taken_up_and_when_it_moved() -> None:
    definition = get_definition("products")
    queued = enqueue(definition, Operation.Kind.SWAP)
    assert queued.begun_at is None
    with recording(definition, Operation.Kind.SWAP, queued=queued) as record:
        record.tell(Progress("products", "gate", 1, 9))
        moved = record.operation.steps[-1]["moved"]
        # A sign of life, as one that waits for a cluster gives.
        record.tell(Progress("products", "gate", 1, 9))
        assert record.operation.steps[-1]["moved"] == moved
        # SQLite's clock counts milliseconds.
        sleep(0.002)
        record.tell(Progress("products", "gate", 2, 9))
        assert record.operation.steps[-1]["moved"] > moved
    row = Operation.objects.get()
    assert row.begun_at is not None
    assert row.begun_at >= row.created_at
