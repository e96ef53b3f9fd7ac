"""A lock on a row of PostgreSQL delays no save for longer than its time limit."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction

from django_es_admin.documents import fields
from django_es_admin.models import OutboxEntry
from django_es_admin.outbox.drain import breaker
from django_es_admin.outbox.drainers.worker import drain_due
from tests.guide.models import FlatProduct
from tests.integration.outbox.test_isolation import document_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("es")]


@contextmanager
def locked(statement: str) -> Iterator[None]:
    """Hold a lock in another session."""
    params = connection.get_connection_params()
    given = {name: params[name] for name in ("dbname", "user", "host", "port") if name in params}
    with psycopg.connect(**given) as other:
        other.execute(statement)
        yield


def make(name: str) -> FlatProduct:
    return FlatProduct.objects.create(name=name, description="", price=1, sku=name)


def test_a_tick_that_is_locked(settings: Any) -> None:
    settings.ES_ADMIN = {**settings.ES_ADMIN, "INLINE_TIMEOUT": 1}
    sent: list[str] = []
    with document_of(FlatProduct, "ticks", name=fields.KeywordField()):
        make("before")
        with locked("SELECT * FROM elasticsearch_tick FOR UPDATE"):
            began = time.monotonic()
            with transaction.atomic():
                make("a")
                transaction.on_commit(lambda: sent.append("mail"))
            assert 0.5 < time.monotonic() - began < 4
            # The next ones do not try at once.
            began = time.monotonic()
            make("b")
            assert time.monotonic() - began < 0.5
        assert sent == ["mail"]
        rows = OutboxEntry.objects.all()
        assert [row.attempts for row in rows] == [0, 0]
        assert rows[0].leased_until is None
        breaker.reset()
        drain_due()
        assert not OutboxEntry.objects.exists()
        with connection.cursor() as cursor:
            cursor.execute("SHOW lock_timeout")
            assert cursor.fetchone() == ("0",)
