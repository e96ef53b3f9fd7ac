"""Whether a process works on an operation."""

import os
import signal
import socket
import time
from datetime import timedelta

import pytest
from django.utils import timezone

from django_es_admin.models import Operation
from django_es_admin.operations.machine import exists, is_here, make_owner
from django_es_admin.operations.running import is_alive

pytestmark = pytest.mark.django_db


def running(pid: int) -> Operation:
    return Operation.objects.create(
        state="running",
        host=socket.gethostname(),
        pid=pid,
        leased_until=timezone.now() + timedelta(minutes=1),
    )


def test_a_process_that_was_killed_and_that_nobody_waited_for(child: int) -> None:
    """In a container whose first process does not wait for others, it stays in the table."""
    assert is_alive(running(child))
    os.kill(child, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while is_alive(running(child)):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    # It is still there.
    os.kill(child, 0)


def test_one_of_another_machine_is_alive_until_its_lease_ends(child: int) -> None:
    operation = running(child)
    operation.host = "elsewhere"
    os.kill(child, signal.SIGKILL)
    assert is_alive(operation)


@pytest.mark.parametrize("lease", [1, -1])
def test_a_container_with_the_same_name_and_the_same_number(child: int, lease: int) -> None:
    """Its processes are others, which are not found here though they work."""
    operation = running(child)
    mine, _, random = make_owner().partition(".")
    operation.leased_until = timezone.now() + timedelta(minutes=lease)
    for owner, here in ((f"{mine}.{random}", True), (f"{'0' * len(mine)}.{random}", False)):
        operation.owner = owner
        assert is_here(operation.host, owner) is here
        assert is_alive(operation) is (lease > 0)
    os.kill(child, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while exists(child):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert is_alive(operation) is (lease > 0)
    operation.owner = f"{mine}.{random}"
    assert not is_alive(operation)


def test_an_owner_fits_its_column_and_is_no_other() -> None:
    made = {make_owner() for _ in range(100)}
    assert len(made) == 100
    assert max(map(len, made)) <= 32
