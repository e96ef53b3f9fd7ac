"""The plan that turns rows into documents, compiled once per document class."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db import connections, models

from ..described.declared import Declared
from ..described.overrides import is_overridden
from .columns import ColumnSource, NotColumns
from .configured import as_configured
from .database import DatabaseSource, NotWritten
from .instances import InstanceSource
from .prepared import Prepared
from .single import NotFixed, SingleSource


class Source:
    """Reads the documents of one document class from the database.

    Args:
        document: the document class.
    """

    def __init__(self, document: type[Declared]) -> None:
        self._document = document
        self._instances = InstanceSource(document)
        self._columns, self._why = _columns(document)
        self._singles: dict[str, SingleSource | None] = {}
        self._written: dict[tuple[str, str, bool], DatabaseSource | NotWritten] = {}

    @property
    def uses_columns(self) -> bool:
        """Whether documents can be read without model instances."""
        return self._columns is not None

    @property
    def why_instances(self) -> str:
        """Why documents are made from model instances, which is slower, or ""."""
        return self._why

    def why_columns(self, using: str) -> Mapping[str, str]:
        """Return why the database does not write the documents; empty if it does.

        Args:
            using: alias of the database.

        Returns:
            Name of a column -> the reason; "" for a reason that concerns all columns.
        """
        if self._columns is None:
            return {"": self._why}
        found = self._writer(self._columns, using)
        return found.why if isinstance(found, NotWritten) else {}

    def read(self, queryset: models.QuerySet[Any], *, encoded: bool = False) -> list[Prepared]:
        """Return key and document of each object of ``queryset``, in its order.

        If a join returns an object in several rows, it occurs several times.

        Args:
            queryset: objects of the document's ``get_queryset()``, limited to one batch.
            encoded: whether documents may already be JSON, which is faster for many documents.
        """
        with as_configured():
            if self._columns is None or not self._columns.can_read(queryset):
                return list(self._instances.read(queryset))
            writer = self._writer(self._columns, queryset.db) if encoded else None
            found = writer.read(queryset) if isinstance(writer, DatabaseSource) else None
            return list(self._columns.read(queryset)) if found is None else found

    def _writer(self, source: ColumnSource, using: str) -> DatabaseSource | NotWritten:
        # In tests, and with tenants, the settings of an alias may change.
        key = (using, connections[using].timezone_name, settings.USE_TZ)
        if key not in self._written:
            try:
                self._written[key] = DatabaseSource(self._document, source, using)
            except NotWritten as error:
                self._written[key] = error
        return self._written[key]

    def single(self, using: str) -> SingleSource | None:
        """Return what reads single documents faster than ``read()``; None if nothing does.

        Args:
            using: alias of the database.
        """
        if using not in self._singles:
            self._singles[using] = self._single(using)
        return self._singles[using]

    def _single(self, using: str) -> SingleSource | None:
        if self._columns is None:
            return None
        try:
            return SingleSource(self._document, self._columns, using)
        except NotFixed:
            return None

    def prepare(self, instance: models.Model) -> dict[str, Any]:
        """Return the document of one object."""
        with as_configured():
            return self._instances.prepare(instance)


def _columns(document: type[Declared]) -> tuple[ColumnSource | None, str]:
    """Return what reads documents as columns, or why this is impossible."""
    if document.django.places.own:
        return None, "the document makes its own id or routing"
    for name in ("should_index_object", "prepare"):
        if is_overridden(document, name):
            return None, f"{name}() needs the object"
    try:
        return ColumnSource(document), ""
    except NotColumns as error:
        return None, str(error)
