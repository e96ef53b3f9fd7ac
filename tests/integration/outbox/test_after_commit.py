"""Nothing that fails after a commit reaches the caller of ``save()``."""

import sqlite3
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import DataError, InterfaceError, connection, transaction

from django_es_admin.models import OutboxEntry
from django_es_admin.outbox.drain.batch import BatchDrain
from django_es_admin.outbox.drainers.worker import drain_due
from tests.guide.models import Product

pytestmark = pytest.mark.usefixtures("definition")

Indexed = Callable[[], dict[str, Any]]


def make(name: str = "Boot") -> Product:
    return Product.objects.create(name=name, description="", price=1)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="locks a file")
def test_a_database_that_is_locked_just_after_the_commit(
    indexed: Indexed, caplog: pytest.LogCaptureFixture
) -> None:
    other = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
    sent: list[str] = []
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout = 50")
    try:
        with transaction.atomic():
            transaction.on_commit(partial(other.execute, "BEGIN IMMEDIATE"))
            product = make()
            transaction.on_commit(lambda: sent.append("mail"))
    finally:
        other.close()
        connection.close()
    assert sent == ["mail"]
    assert "OperationalError: database is locked" in caplog.text
    assert Product.objects.get() == product
    assert indexed() == {}
    drain_due()
    assert set(indexed()) == {str(product.pk)}


@pytest.mark.parametrize(
    "error",
    [DataError("x"), InterfaceError("x"), ImproperlyConfigured("x"), MemoryError(), LookupError()],
    ids=lambda error: type(error).__name__,
)
def test_whatever_fails_is_logged_with_its_cause(
    error: Exception, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*args: Any) -> Any:
        raise error

    monkeypatch.setattr(BatchDrain, "drain", fail)
    sent: list[str] = []
    with transaction.atomic():
        make()
        transaction.on_commit(lambda: sent.append("mail"))
    make()
    assert sent == ["mail"]
    assert [one.exc_info[1] for one in caplog.records if one.exc_info] == [error, error]
    assert OutboxEntry.objects.count() == 2


@pytest.mark.parametrize("stop", [SystemExit, KeyboardInterrupt, GeneratorExit])
def test_what_ends_a_process_is_let_through(
    stop: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    def end(*args: Any) -> Any:
        raise stop

    monkeypatch.setattr(BatchDrain, "drain", end)
    with pytest.raises(stop):
        make()
    assert OutboxEntry.objects.count() == 1
