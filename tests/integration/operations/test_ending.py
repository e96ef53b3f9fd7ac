"""An operation is ended in one place, by the process that holds it, and once."""

from datetime import timedelta

import pytest
from django.utils import timezone

from django_es_admin.models import Operation
from django_es_admin.operations.ending import bury, cancel, give_up
from django_es_admin.operations.history import OperationStatus
from django_es_admin.operations.running import LEASE_SECONDS

pytestmark = pytest.mark.django_db

State = Operation.State
BEGUN = "2026-11-21T07:25:12+00:00"


def operation(state: str = State.RUNNING, **values: object) -> Operation:
    return Operation.objects.create(
        connection="default",
        index="products",
        kind="rebuild",
        state=state,
        owner="a",
        steps=[{"step": "load", "began": BEGUN, "ended": None, "done": 1, "total": 2}],
        **values,
    )


@pytest.mark.parametrize("state", [State.DONE, State.FAILED, State.CANCELLED])
def test_what_is_finished_has_an_end_and_no_lease_and_no_open_step(state: str) -> None:
    row = operation(leased_until=timezone.now())
    assert row.finish(state, "why")
    row = Operation.objects.get()
    assert (row.state, row.error, row.leased_until) == (state, "why", None)
    assert row.ended_at is not None
    assert row.steps[0]["ended"] == row.ended_at.isoformat()


def test_only_who_holds_it_finishes_it() -> None:
    row = operation()
    Operation.objects.update(owner="b")
    assert not row.finish(State.FAILED, "late")
    assert Operation.objects.get().state == State.RUNNING


def test_it_is_finished_once() -> None:
    row, same = operation(), Operation.objects.get()
    assert row.finish(State.DONE)
    assert not same.finish(State.FAILED, "late")
    assert (Operation.objects.get().state, Operation.objects.get().error) == (State.DONE, "")


def test_a_killed_one_ended_with_its_last_sign_of_life() -> None:
    last = timezone.now() - timedelta(minutes=26)
    row = operation(leased_until=last + timedelta(seconds=LEASE_SECONDS))
    bury(row)
    row = Operation.objects.get()
    assert (row.state, row.ended_at) == (State.FAILED, last)
    assert row.error == f"Its process {row.pid} on {row.host} ended unexpectedly."
    assert OperationStatus(row, "default").ended == last


def test_a_cancelled_one_that_waits_ends_at_once() -> None:
    cancel(OperationStatus(operation(State.QUEUED), "default"))
    row = Operation.objects.get()
    assert row.state == State.CANCELLED
    assert row.ended_at is not None


def test_a_cancelled_one_that_was_begun_meanwhile_is_asked_to_end() -> None:
    read = operation(State.QUEUED)
    Operation.objects.update(state=State.RUNNING)
    cancel(OperationStatus(read, "default"))
    row = Operation.objects.get()
    assert (row.state, row.cancel_requested) == (State.RUNNING, True)


def test_what_is_given_up_must_still_wait() -> None:
    row = operation(State.QUEUED)
    give_up("default", row.pk, "no worker")
    row.refresh_from_db()
    assert (row.state, row.error) == (State.FAILED, "no worker")
    running = operation()
    give_up("default", running.pk, "no worker")
    running.refresh_from_db()
    assert running.state == State.RUNNING
