"""The class that says how a model becomes an index."""

from typing import TYPE_CHECKING, Any, ClassVar

from django.db import models
from elasticsearch import dsl

from .described.places import Places
from .options import DjangoOptions

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch


class Document(dsl.Document):
    """Base class of documents. Register a subclass with ``@registry.register_document``.

    ``class Index`` has ``name`` and ``settings``. ``class Django`` has ``model`` and the options of
    :class:`~django_es_admin.documents.options.DjangoOptions`. A method ``prepare_<field>(self,
    instance)`` returns the value of that field.
    """

    if TYPE_CHECKING:
        django: ClassVar[DjangoOptions]

    supported_hooks: ClassVar[frozenset[str]] = frozenset()
    """The :data:`~django_es_admin.documents.hooks.FOREIGN_HOOKS` that a subclass calls."""

    fields_read_by_themselves: ClassVar[bool] = False
    """Whether a field finds its value by a method of its own, as in django-elasticsearch-dsl; one
    of ``elasticsearch.dsl`` itself has none, and stays empty."""

    may_share_index: ClassVar[bool] = False
    """Whether another class may fill the same index, as for the parents and children of a join."""

    @classmethod
    def make_places(cls) -> Places:
        """Return the object that knows the ids and the routing of the documents."""
        return Places(cls)

    @classmethod
    def _get_using(cls, using: Any = None) -> Any:
        return using or cls.django.connection.client

    @classmethod
    def _get_connection(cls, using: Any = None) -> "Elasticsearch":
        client: Elasticsearch = cls.django.connection.client if using is None else using
        return client

    @classmethod
    def _default_index(cls, index: str | None = None) -> str:
        return index or cls.django.alias

    @classmethod
    def _matches(cls, hit: dict[str, Any]) -> bool:
        # A hit contains the name of the generation, and not of the alias that was searched.
        return str(hit.get("_index", "")).startswith(cls.django.alias)

    def get_queryset(self) -> models.QuerySet[Any]:
        """Return the objects to index. Other objects are not in the index."""
        return self.django.model._default_manager.all()

    def should_index_object(self, obj: models.Model) -> bool:
        """Return whether ``obj``, one of ``get_queryset()``, belongs in the index."""
        return True

    def get_instances_from_related(self, related_instance: models.Model) -> Any:
        """Return the objects whose documents change with ``related_instance``.

        Returns:
            A queryset, an iterable of instances, one instance, or None.
        """
        return None

    def prepare(self, instance: models.Model) -> dict[str, Any]:
        """Return the document of one object, as it is sent to Elasticsearch."""
        return self.django.source.prepare(instance)
