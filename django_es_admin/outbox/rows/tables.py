"""Whether a database has the tables of the outbox, which `migrate` creates."""

import logging
from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate
from django.db.utils import DEFAULT_DB_ALIAS

from ...models import OutboxEntry

logger = logging.getLogger(__name__)

UID = "django_es_admin.outbox.rows.tables"

# Alias and name of each database that is known to have the table, and of each without it that was
# logged. A test database has another name than the project's database.
_present: set[tuple[str, str]] = set()
_told: set[tuple[str, str]] = set()


def has_outbox(using: str) -> bool:
    """Return whether changes can be recorded in the database ``using``. Log it if they cannot.

    This asks for the table instead of trying to use it, because after an error PostgreSQL fails all
    further statements of the transaction. Once the table exists, it is not asked again.
    """
    database = _name(using)
    if database in _present or _look(using):
        return True
    if database not in _told:
        _told.add(database)
        option = "" if using == DEFAULT_DB_ALIAS else f" --database {using}"
        logger.warning(
            "The database %r has no table %s yet, so changes of indexed objects are not captured: "
            "run `manage.py migrate%s`, and `manage.py es_rebuild` after it.",
            using,
            OutboxEntry._meta.db_table,
            option,
        )
    return False


def connect(app: AppConfig) -> None:
    """Check the tables again whenever tables may have been created or removed.

    Args:
        app: the configuration of this app.
    """
    post_migrate.connect(_look_again, sender=app, dispatch_uid=UID)


def _look_again(using: str, **kwargs: Any) -> None:
    _look(using)


def _look(using: str) -> bool:
    database, there = _name(using), _is_there(using)
    if there:
        _present.add(database)
        _told.discard(database)
    else:
        _present.discard(database)
    return there


def _name(using: str) -> tuple[str, str]:
    return using, str(connections[using].settings_dict["NAME"])


def _is_there(using: str) -> bool:
    connection = connections[using]
    with connection.cursor() as cursor:
        return OutboxEntry._meta.db_table in connection.introspection.table_names(cursor)
