"""The clock of a database, which is used for all times that are compared.

Processes run on several machines, and Django may misread the database's ``now()``, because it does
not know the time zone of a session of MySQL or MariaDB.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connections
from django.db.models.functions import Now
from django.db.models.sql import Query
from django.utils import timezone


def database_now(using: str) -> datetime:
    """Return the database's time, as Django reads it from a column.

    Args:
        using: alias of the database.
    """
    connection = connections[using]
    moment = Now()
    sql, params = Query(None).get_compiler(using).compile(moment)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {sql}{connection.features.bare_select_suffix}", params)
        [value] = cursor.fetchone()
    for convert in (
        *connection.ops.get_db_converters(moment),
        *moment.get_db_converters(connection),
    ):
        value = convert(value, moment, connection)
    return value  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Clock:
    """The difference between the clock of a database and that of this process, for display.

    Args:
        ahead: by how much the database's clock is ahead.
    """

    ahead: timedelta

    def here(self, moment: datetime) -> datetime:
        """Return a stored time as the clock of this process would show it."""
        return moment - self.ahead


def read_clock(using: str) -> Clock:
    """Compare the clock of a database with that of this process.

    Args:
        using: alias of the database.
    """
    return clock_of(database_now(using))


def clock_of(now: datetime) -> Clock:
    """Return the clock of a database whose time was just read as ``now``."""
    own = timezone.now() if timezone.is_aware(now) else datetime.now()  # noqa: DTZ005 (as it is)
    ahead = now - own
    # A smaller difference is just the time that the query took.
    return Clock(ahead if abs(ahead) > timedelta(seconds=1) else timedelta(0))


def today() -> date:
    """Return the day in the project's own time zone, regardless of the current one."""
    now = timezone.now()
    zone = timezone.get_default_timezone()
    return (now if timezone.is_naive(now) else timezone.localtime(now, zone)).date()
