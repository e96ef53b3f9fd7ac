"""Whether a database has the tables of the outbox; before `migrate` it has not."""

import logging
from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate
from django.db.utils import DEFAULT_DB_ALIAS

from ...models import OutboxEntry

logger = logging.getLogger(__name__)

UID = "django_es_admin.outbox.rows.tables"

# Alias and name of each database that has been seen with the table, and of each without it that
# the log was told of. A test's database has another name than the project's.
_present: set[tuple[str, str]] = set()
_told: set[tuple[str, str]] = set()


def has_outbox(using: str) -> bool:
    """Whether changes can be recorded in the database ``using``; it is logged if they cannot.

    Looked up, and once only where it is there: what fails inside a transaction of PostgreSQL makes
    all that follows in it fail.
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
    """Look again whenever tables were made, or taken away.

    Args:
        app: ours.
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
