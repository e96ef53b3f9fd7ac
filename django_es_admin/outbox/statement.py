"""SQL that the ORM writes once, and that is run many times with other values.

For one row, to write it takes several times as long as to run it; these run at every save.
"""

from dataclasses import dataclass
from typing import Any

from django.db import connections, models


class Slot(str):
    """Stands in a query for a text that is given when it runs; it is that text's name."""

    __slots__ = ()


@dataclass(frozen=True)
class Statement:
    """A statement for one database.

    Args:
        using: alias of the database.
        sql: with a placeholder for each parameter.
        params: the parameters, some of them slots.
    """

    using: str
    sql: str
    params: tuple[Any, ...]

    def run(self, **texts: str) -> list[tuple[Any, ...]]:
        """Return its rows for ``texts``, one for each slot.

        Rows are as the driver gives them: ask for numbers and texts, which no field converts.
        """
        params = [texts[value] if isinstance(value, Slot) else value for value in self.params]
        with connections[self.using].cursor() as cursor:
            cursor.execute(self.sql, params)
            return list(cursor.fetchall())


def prepare(queryset: models.QuerySet[Any, tuple[Any, ...]]) -> Statement:
    """Return the statement that reads ``queryset``, a ``values_list()`` with slots in it."""
    sql, params = queryset.query.get_compiler(queryset.db).as_sql()
    return Statement(queryset.db, sql, tuple(params))
