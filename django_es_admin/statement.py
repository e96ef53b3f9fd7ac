"""SQL that the ORM compiles once, and that runs many times with other values.

For a single row, compiling the SQL takes several times as long as running it, and this happens with
every save.
"""

from dataclasses import dataclass
from typing import Any

from django.db import connections, models


class Slot(models.Expression):
    """A placeholder in a query for a value that is given when the query runs.

    Args:
        name: the name of the value.
    """

    # It is only compared with the values that it replaces.
    output_field = models.TextField()

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        return "%s", [self]


@dataclass(frozen=True)
class Statement:
    """A statement for one database.

    Args:
        using: alias of the database.
        sql: the SQL, with a placeholder for each parameter.
        params: the parameters, some of them slots.
        converted: whether the ORM would convert the driver's values.
    """

    using: str
    sql: str
    params: tuple[Any, ...] = ()
    converted: bool = False

    def run(self, **values: Any) -> list[tuple[Any, ...]]:
        """Return the rows as the driver returns them, for ``values``, one for each slot."""
        params = [values[value.name] if isinstance(value, Slot) else value for value in self.params]
        with connections[self.using].cursor() as cursor:
            cursor.execute(self.sql, params)
            return list(cursor.fetchall())


def prepare(queryset: models.QuerySet[Any, tuple[Any, ...]]) -> Statement:
    """Return the statement for ``queryset``, a ``values_list()`` with slots."""
    compiler = queryset.query.get_compiler(queryset.db)
    sql, params = compiler.as_sql()
    converters = compiler.get_converters([column for column, *_ in compiler.select])
    return Statement(queryset.db, sql, tuple(params), bool(converters))
