"""The fastest way to read one document: as columns, with SQL that is compiled once.

For a single object, the ORM takes longer to compile the SQL than the database to answer.
"""

from typing import Any

from django.db import connections, models

from ...statement import Slot, Statement, prepare
from ..described.declared import Declared
from ..described.overrides import is_overridden, is_plain
from .columns import ColumnSource
from .prepared import Prepared


class NotFixed(Exception):
    """The SQL may change, or its rows may differ from the values of the fields."""


class SingleSource:
    """Reads the document of one object at a time from one database.

    Args:
        document: the document class.
        columns: how the documents are read as columns.
        using: alias of the database.

    Raises:
        NotFixed: code of the project decides what is read.
    """

    def __init__(self, document: type[Declared], columns: ColumnSource, using: str) -> None:
        if is_overridden(document, "get_queryset"):
            raise NotFixed
        self._columns = columns
        self._using = using
        model = document.django.model
        self._key = model._meta.pk
        objects = model._default_manager.using(using).filter(pk=Slot("key")).order_by()
        self._object = _fixed(model, objects.values_list(*columns.lookups))
        self._lists = {
            name: _fixed(related.model, related.select(using, **{related.back: Slot("key")}))
            for name, related in columns.lists
        }

    def read(self, key: Any) -> list[Prepared]:
        """Return the document of the object, or nothing if there is none.

        Args:
            key: the key, as returned by the primary key's ``to_python()``.
        """
        value = self._key.get_db_prep_value(key, connections[self._using])
        rows = self._object.run(key=value)
        if not rows:
            return []
        lists = {
            name: related.group(self._lists[name].run(key=value))
            for name, related in self._columns.lists
        }
        return list(self._columns.make(rows, lists))


def _fixed(model: type[models.Model], queryset: models.QuerySet[Any, Any]) -> Statement:
    # A class that only captures bulk operations reads like its base class.
    kind = vars(type(queryset)).get("reads_as", type(queryset))
    if not is_plain(model._default_manager) or kind is not models.QuerySet:
        raise NotFixed
    statement = prepare(queryset)
    if statement.converted:
        raise NotFixed
    return statement
