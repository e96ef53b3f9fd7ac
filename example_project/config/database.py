"""From DATABASE_URL to Django's database settings."""

from typing import Any

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

# IMMEDIATE takes the write lock when a transaction starts. With SQLite's default, a transaction
# that read before it writes fails at once with "database is locked", whatever the time-out.
# WAL lets pages be read while a catalogue is imported.
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    "timeout": 20,
}


def get_database(url: str) -> dict[str, Any]:
    """Return the entry of DATABASES for a database URL.

    Args:
        url: such as ``sqlite:///db.sqlite3`` or ``postgres://user:password@host:5432/name``.

    Raises:
        ImproperlyConfigured: the URL cannot be read.
    """
    try:
        database = dict(dj_database_url.parse(url))
    except ValueError as error:
        # The URL may hold a password, so it is not repeated here.
        raise ImproperlyConfigured(
            "DATABASE_URL cannot be read as a database URL. Write it like sqlite:///db.sqlite3 or "
            "postgres://user:password@host:5432/name."
        ) from error
    if database["ENGINE"] == "django.db.backends.sqlite3":
        database["OPTIONS"] = SQLITE_OPTIONS | database.get("OPTIONS", {})
    return database
