"""What the readers of documents need to know about a document class."""

from typing import Any, ClassVar, Protocol

from django.db import models


class Declared(Protocol):
    """A registered :class:`~django_es_admin.documents.document.Document`.

    Attributes:
        django: the :class:`~django_es_admin.documents.options.DjangoOptions`.
        fields_read_by_themselves: whether fields of other classes than ours read their own values.
    """

    django: ClassVar[Any]
    fields_read_by_themselves: ClassVar[bool]
    _doc_type: Any

    @classmethod
    def make_places(cls) -> Any:
        """Return the object that knows the ids and the routing of the documents."""

    def get_queryset(self) -> models.QuerySet[Any]:
        """Return the objects to index."""

    def should_index_object(self, obj: models.Model) -> bool:
        """Return whether ``obj`` belongs in the index."""

    def prepare(self, instance: models.Model) -> dict[str, Any]:
        """Return the document of one object."""
