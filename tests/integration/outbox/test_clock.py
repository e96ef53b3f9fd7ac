"""One clock: whatever this process, or its session, takes the time to be."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models.functions import Now
from django.utils import timezone

from django_es_admin.clock import database_now, read_clock
from django_es_admin.indices.definition import IndexDefinition
from django_es_admin.lifecycle.prune import plan_prune
from django_es_admin.lifecycle.rebuild import rebuild
from django_es_admin.lifecycle.rebuild_plan import plan_rebuild
from django_es_admin.models import Generation, Operation, OutboxEntry
from django_es_admin.operations.history import operations_on
from django_es_admin.operations.recording import recording
from django_es_admin.operations.running import is_alive, running_rebuild
from django_es_admin.outbox.rows.status import read_outboxes
from tests.guide.models import Category, Product

pytestmark = pytest.mark.django_db(transaction=True)

HOURS = [-5, 0, 2]


@pytest.fixture(params=HOURS, ids=lambda hours: f"{hours:+}h")
def wrong(request: Any, monkeypatch: Any) -> Iterator[timedelta]:
    """A clock of this process that is wrong by some hours."""
    ahead = timedelta(hours=request.param)
    monkeypatch.setattr(timezone, "now", lambda: datetime.now(UTC) + ahead)
    return ahead


def test_the_database_s_time_is_that_of_its_columns() -> None:
    entry = OutboxEntry.objects.create(connection="default", index="x", key="1", due_at=Now())
    entry.refresh_from_db()
    assert entry.due_at is not None
    assert timedelta(0) <= database_now("default") - entry.due_at < timedelta(seconds=20)


def test_rows_are_as_old_as_they_are(
    definition: IndexDefinition, settings: Any, wrong: timedelta
) -> None:
    settings.ES_ADMIN = {**settings.ES_ADMIN, "SYNC": "worker"}
    Product.objects.create(name="Lamp", price=1, category=Category.objects.create(name="Light"))
    outbox = read_outboxes("default", [definition])[definition.using, definition.name]
    assert outbox.oldest is not None
    assert timedelta(0) <= timezone.now() - outbox.oldest < timedelta(seconds=20)
    assert not outbox.is_late(timezone.now())
    out = StringIO()
    call_command("es_status", stdout=out)
    [line] = [line for line in out.getvalue().splitlines() if " since " in line]
    assert 0 <= int(line.split(" since ")[1].split()[0]) < 20
    OutboxEntry.objects.update(created_at=Now() - timedelta(hours=1))
    outbox = read_outboxes("default", [definition])[definition.using, definition.name]
    assert outbox.is_late(timezone.now())


def test_an_operation_is_alive_as_long_as_its_lease(
    definition: IndexDefinition, wrong: timedelta
) -> None:
    with recording(definition, Operation.Kind.REBUILD):
        # Begun elsewhere, where the clock is right: nobody can look for its process.
        Operation.objects.update(host="elsewhere", leased_until=Now() + timedelta(seconds=30))
        assert running_rebuild(definition) is not None
        Operation.objects.update(leased_until=Now() - timedelta(seconds=1))
        assert running_rebuild(definition) is None
        Operation.objects.update(leased_until=Now() + timedelta(seconds=30))
    operation, *_ = operations_on(definition.using, definition.name, "default")
    assert not is_alive(operation.row)
    assert operation.worked is not None
    assert 0 <= operation.worked < 20


def test_a_lease_is_of_the_database_s_clock(definition: IndexDefinition, wrong: timedelta) -> None:
    with recording(definition, Operation.Kind.REBUILD) as record:
        row = Operation.objects.get(pk=record.operation.pk)
        assert row.leased_until is not None
        left = row.leased_until - database_now("default")
        assert timedelta(seconds=30) < left <= timedelta(seconds=60)
        operation, *_ = operations_on(definition.using, definition.name, "default")
        assert operation.worked is not None
        assert 0 <= operation.worked < 20
        assert timedelta(0) <= timezone.now() - operation.began < timedelta(seconds=20)


def test_what_is_retired_waits_for_its_time(definition: IndexDefinition, wrong: timedelta) -> None:
    for _ in range(2):
        rebuild(plan_rebuild(definition))
    [retired] = Generation.objects.filter(role=Generation.Role.RETIRED)
    assert retired.retired_at is not None
    assert abs(database_now("default") - retired.retired_at) < timedelta(seconds=20)
    assert plan_prune(definition, keep=0).early == (retired.name,)
    Generation.objects.filter(pk=retired.pk).update(retired_at=Now() - timedelta(minutes=10))
    assert plan_prune(definition, keep=0).doomed == (retired.name,)


def test_old_operations_are_forgotten_by_the_same_clock(
    definition: IndexDefinition, settings: Any, wrong: timedelta
) -> None:
    settings.ES_ADMIN = {**settings.ES_ADMIN, "OPERATION_RETENTION": 1}
    made = []
    for hours in (23, 25):
        with recording(definition, Operation.Kind.REFRESH) as record:
            made.append(record.operation.pk)
        ended = Now() - timedelta(hours=hours)
        Operation.objects.filter(pk=made[-1]).update(ended_at=ended)
    for _ in range(2):
        with recording(definition, Operation.Kind.REFRESH):
            pass
    left = Operation.objects.filter(pk__in=made)
    assert list(left.values_list("pk", flat=True)) == made[:1]


def test_the_newest_generation_is_the_one_made_last(definition: IndexDefinition) -> None:
    """Whatever the clocks of those who made them said."""
    made = Generation.objects.order_by("pk")
    rebuild(plan_rebuild(definition))
    Generation.objects.filter(pk=made[0].pk).update(created_at=Now() + timedelta(hours=3))
    assert Generation.objects.first() == made[1]


@pytest.mark.skipif(connection.vendor != "mysql", reason="sessions of others store UTC")
@pytest.mark.parametrize("zone", ["+02:00", "-05:00"])
def test_the_zone_of_a_session(definition: IndexDefinition, settings: Any, zone: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET time_zone = %s", [zone])
    try:
        settings.ES_ADMIN = {**settings.ES_ADMIN, "SYNC": "worker"}
        Product.objects.create(name="Lamp", price=1, category=Category.objects.create(name="Light"))
        outbox = read_outboxes("default", [definition])[definition.using, definition.name]
        assert outbox.oldest is not None
        assert timedelta(0) <= timezone.now() - outbox.oldest < timedelta(seconds=20)
        assert abs(read_clock("default").ahead) > timedelta(hours=1)
    finally:
        connection.close()
