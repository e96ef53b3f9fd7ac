"""Rows that nobody handles now cost no look at each of them."""

import time
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models.functions import Now

from django_es_admin.models import OutboxEntry
from django_es_admin.outbox.drain.tick import take_tick
from django_es_admin.outbox.rows.claim import claim, due

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor == "mysql", reason="MySQL has no partial indexes"),
]


def fill(count: int, **values: Any) -> None:
    OutboxEntry.objects.bulk_create(
        [OutboxEntry(connection="default", index="x", key=str(n), **values) for n in range(count)]
    )


def analyze() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


@pytest.mark.few(1)
@pytest.mark.parametrize(
    "values",
    [
        {"parked_at": Now(), "attempts": 10},
        {"due_at": Now() + timedelta(hours=1), "attempts": 1},
        {"due_at": Now() + timedelta(hours=1), "delete_sent": True},
    ],
    ids=["parked", "failed", "second deletes"],
)
def test_a_look_uses_the_indexes(values: dict[str, Any]) -> None:
    fill(5_000, **values)
    analyze()
    for rows in due("default"):
        plan = rows[:500].explain()
        assert "elasticsearch_outbox_new" in plan or "elasticsearch_outbox_later" in plan
        assert "Seq Scan" not in plan
    assert claim("default", due("default"), 500) == []


def test_what_is_due_is_claimed_the_oldest_first() -> None:
    fill(3)
    fill(3, due_at=Now() - timedelta(seconds=1), attempts=1)
    fill(3, leased_until=Now() + timedelta(hours=1))
    fill(3, leased_until=Now() - timedelta(seconds=1))
    pks = list(OutboxEntry.objects.order_by("pk").values_list("pk", flat=True))
    first = claim("default", due("default"), 5)
    assert [entry.pk for entry in first] == pks[:5]
    second = claim("default", due("default"), 5)
    assert [entry.pk for entry in second] == [pks[5], *pks[9:]]
    assert claim("default", due("default"), 5) == []


def _updates_of_ticks() -> tuple[int, int]:
    """Return how many rows of the table of ticks were updated, and how many of them in place."""
    with connection.cursor() as cursor:
        # A session reports what it did once a second at most, and reads what it has read before.
        time.sleep(1.1)
        take_tick("default")
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT pg_stat_get_tuples_updated('elasticsearch_tick'::regclass), "
            "pg_stat_get_tuples_hot_updated('elasticsearch_tick'::regclass)"
        )
        updated, in_place = cursor.fetchone()
    return int(updated), int(in_place)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="others update a row in its place")
def test_the_tick_s_row_does_not_swell() -> None:
    """Each version of it replaces the one before on the same page, and no index has them.

    The size of the table says less: as long as anybody in the whole cluster writes in a
    transaction, in another database too, PostgreSQL keeps old versions, a page for 200 of them.
    """
    take_tick("default")
    updated_before, in_place_before = _updates_of_ticks()
    for _ in range(2_000):
        take_tick("default")
    updated, in_place = _updates_of_ticks()
    assert updated - updated_before >= 2_000
    assert in_place - in_place_before >= 0.98 * (updated - updated_before)
    with connection.cursor() as cursor:
        cursor.execute("SELECT reloptions FROM pg_class WHERE relname = 'elasticsearch_tick'")
        [options] = cursor.fetchone()
    assert "fillfactor=10" in options
