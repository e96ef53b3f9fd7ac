"""DATABASE_URL."""

import pytest
from config.database import get_database
from django.core.exceptions import ImproperlyConfigured


def test_sqlite_gets_immediate_transactions_and_wal() -> None:
    database = get_database("sqlite:////tmp/shop.sqlite3")
    assert database["NAME"] == "/tmp/shop.sqlite3"  # noqa: S108 - nothing is written there
    assert database["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert "journal_mode=WAL" in database["OPTIONS"]["init_command"]
    assert database["OPTIONS"]["timeout"] == 20


def test_other_databases_get_none_of_it() -> None:
    database = get_database("postgres://me:secret@db.example:5433/shop")
    assert (database["HOST"], database["PORT"], database["NAME"]) == ("db.example", 5433, "shop")
    assert "transaction_mode" not in database.get("OPTIONS", {})


@pytest.mark.parametrize("url", ["nonsense://me:secret@db/shop", "postgres://me:secret@db:port/x"])
def test_a_url_that_cannot_be_read_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL cannot be read") as caught:
        get_database(url)
    assert "secret" not in str(caught.value)
