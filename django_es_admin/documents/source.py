"""The plan that turns rows into documents, compiled once per document class."""

from typing import Any

from django.db import models

from .columns import ColumnSource, NotColumns
from .configured import as_configured
from .declared import Declared
from .instances import InstanceSource
from .overrides import is_overridden
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

    @property
    def uses_columns(self) -> bool:
        """Whether documents can be read without making model instances."""
        return self._columns is not None

    @property
    def why_instances(self) -> str:
        """Why documents are made of model instances, which takes longer; "" where they are not."""
        return self._why

    def read(self, queryset: models.QuerySet[Any]) -> list[Prepared]:
        """Return key and document of each object of ``queryset``, in its order.

        An object that a join gives in several rows is there as often.

        Args:
            queryset: objects of the document's ``get_queryset()``, bounded to one batch.
        """
        with as_configured():
            if self._columns is not None and self._columns.can_read(queryset):
                return list(self._columns.read(queryset))
            return list(self._instances.read(queryset))

    def single(self, using: str) -> SingleSource | None:
        """Return what reads single documents faster than ``read()``; None where nothing can.

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
    """Return what reads columns, or why there is no such thing."""
    if document.django.places.own:
        return None, "the document decides where it stands (generate_id(), or a routing)"
    for name in ("should_index_object", "prepare"):
        if is_overridden(document, name):
            return None, f"{name}() needs the object"
    try:
        return ColumnSource(document), ""
    except NotColumns as error:
        return None, str(error)
