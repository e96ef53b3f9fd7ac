"""What was begun and never ended is ended by the next operation of its index."""

import os
import socket
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from django_es_admin.indices.definition import IndexDefinition, get_definition
from django_es_admin.models import Operation
from django_es_admin.operations.history import OperationStatus
from django_es_admin.operations.machine import make_owner
from django_es_admin.operations.recording import recording
from django_es_admin.operations.running import ABSENT, LEASE_SECONDS

pytestmark = pytest.mark.django_db

State = Operation.State
BEGUN = "2026-11-21T07:25:12+00:00"
KINDS = sorted(set(Operation.Kind) - {Operation.Kind.REBUILD})


@pytest.fixture
def definition() -> IndexDefinition:
    return get_definition("products")


@pytest.fixture
def gone() -> int:
    """The number of a process that there was."""
    pid = os.fork()
    if not pid:
        os._exit(0)
    os.waitpid(pid, 0)
    return pid


def begun(definition: IndexDefinition, *, heard: timedelta, **values: Any) -> Operation:
    """Return an operation that gave its last sign of life so long ago."""
    step = {"step": "drain", "began": BEGUN, "ended": None, "done": 1, "total": 2}
    lease = timezone.now() - heard + timedelta(seconds=LEASE_SECONDS)
    common = {"connection": definition.using, "index": definition.name, "owner": make_owner()}
    given = {"kind": "drain", "state": State.RUNNING, "steps": [step], "leased_until": lease}
    return Operation.objects.create(**{**common, **given, **values})


def begin_another(definition: IndexDefinition) -> None:
    with recording(definition, Operation.Kind.REFRESH):
        pass


@pytest.mark.parametrize("kind", KINDS)
def test_a_process_of_this_machine_that_is_gone(
    definition: IndexDefinition, gone: int, kind: str
) -> None:
    heard = timedelta(seconds=5)
    row = begun(definition, heard=heard, kind=kind, pid=gone, host=socket.gethostname())
    begin_another(definition)
    found = Operation.objects.get(pk=row.pk)
    assert (found.state, found.leased_until) == (State.FAILED, None)
    assert found.error == f"Its process {gone} on {found.host} ended unexpectedly."
    assert row.leased_until is not None
    assert found.ended_at == row.leased_until - timedelta(seconds=LEASE_SECONDS)
    assert found.steps[0]["ended"] == found.ended_at.isoformat()
    assert not OperationStatus(found, "default").interrupted


def test_one_elsewhere_that_gave_no_sign_for_long(definition: IndexDefinition) -> None:
    row = begun(definition, heard=ABSENT + timedelta(seconds=1), pid=1, host="elsewhere")
    begin_another(definition)
    assert Operation.objects.get(pk=row.pk).state == State.FAILED


@pytest.mark.parametrize("lease", [None, timedelta(days=-1)])
def test_one_of_older_code(definition: IndexDefinition, gone: int, lease: Any) -> None:
    until = lease and timezone.now() + lease
    values = {"host": "", "pid": None, "owner": ""}
    row = begun(definition, heard=ABSENT, **{**values, "leased_until": until})
    begin_another(definition)
    found = Operation.objects.get(pk=row.pk)
    assert found.state == State.FAILED
    assert found.ended_at is not None


def test_what_works_goes_on(definition: IndexDefinition, child: int) -> None:
    here = {"pid": child, "host": socket.gethostname()}
    heard = [timedelta(seconds=1), timedelta(minutes=2)]
    rows = [begun(definition, heard=each, **here) for each in heard]
    rows += [begun(definition, heard=each, pid=1, host="elsewhere") for each in heard]
    # Another index, and one whose build the next rebuild resumes.
    old = timedelta(days=1)
    rows += [
        begun(definition, heard=old, index="other"),
        begun(definition, heard=old, kind="rebuild"),
    ]
    begin_another(definition)
    states = Operation.objects.filter(pk__in=[row.pk for row in rows]).values_list("state")
    assert {*states} == {(State.RUNNING,)}


def test_it_is_forgotten_after_a_while(
    definition: IndexDefinition, gone: int, settings: Any
) -> None:
    settings.ES_ADMIN = {**settings.ES_ADMIN, "OPERATION_RETENTION": 3}
    old = begun(definition, heard=timedelta(days=4), pid=gone, host="elsewhere")
    late = begun(definition, heard=timedelta(days=2), pid=gone, host="elsewhere")
    begin_another(definition)
    begin_another(definition)
    assert not Operation.objects.filter(pk=old.pk).exists()
    assert Operation.objects.get(pk=late.pk).state == State.FAILED


def test_a_lost_task_waits_no_longer_than_the_retention(
    definition: IndexDefinition, settings: Any
) -> None:
    settings.ES_ADMIN = {**settings.ES_ADMIN, "OPERATION_RETENTION": 3}
    old, late = (
        begun(definition, heard=timedelta(days=days), state=State.QUEUED, kind="verify", steps=[])
        for days in (4, 2)
    )
    for row, days in ((old, 4), (late, 2)):
        created = timezone.now() - timedelta(days=days)
        Operation.objects.filter(pk=row.pk).update(created_at=created)
    begin_another(definition)
    old.refresh_from_db()
    late.refresh_from_db()
    assert (old.state, late.state) == (State.FAILED, State.QUEUED)
    assert old.error == "No worker of the background tasks began it."
