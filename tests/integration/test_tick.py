"""The tick only grows, and is never taken inside a transaction."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from django_es_admin.models import Tick
from django_es_admin.outbox.drain.tick import take_tick, written_at


@pytest.mark.django_db
def test_it_follows_the_clock_and_only_grows() -> None:
    before = time.time()
    ticks = [take_tick("default") for _ in range(50)]
    after = time.time()
    assert ticks == sorted(set(ticks))
    # The database's clock may be cut to milliseconds.
    assert before - 0.001 <= ticks[0] / 1024 / 1000 <= after


@pytest.mark.django_db
def test_it_goes_on_from_a_counter_that_is_ahead_of_the_clock() -> None:
    ahead = take_tick("default") + 10**12
    Tick.objects.update(value=ahead)
    assert take_tick("default") == ahead + 1


@pytest.mark.django_db(transaction=True)
def test_a_transaction_is_refused() -> None:
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        take_tick("default")


@pytest.mark.django_db(transaction=True)
def test_threads_never_get_the_same() -> None:
    def take(_: int) -> int:
        try:
            return take_tick("default")
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        ticks = list(pool.map(take, range(40)))
    assert len(set(ticks)) == 40


def test_a_version_that_is_no_moment() -> None:
    assert written_at(2**63 - 1) is None
    assert written_at(1_800_000_000_000_000_000) is None
    assert written_at(5) is None
