"""The class that declares how a model becomes an index, as in django-elasticsearch-dsl."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.db import models
from elasticsearch.dsl import connections
from elasticsearch.helpers import BulkIndexError

from ..documents.described.overrides import is_overridden
from ..documents.described.places import Place, Places
from ..exceptions import ElasticsearchAdminError, KeyMissing
from ..indices.definition import definition_of
from ..outbox.capture.changes import portions
from .declared import DeclaredDocument
from .exceptions import WrittenBesideTheOutbox
from .fields import model_field_class_to_field_class
from .places import GeneratedPlaces
from .search import Search
from .signals import post_index
from .writing import Actions, Write, document_of

__all__ = [
    "HOOKS",
    "DocType",
    "Document",
    "bulk",
    "model_field_class_to_field_class",
    "parallel_bulk",
]

HOOKS = frozenset(
    "generate_id get_indexing_queryset prepare_*_with_related to_field init_prepare update bulk "
    "parallel_bulk _bulk _get_actions _prepare_action get_model_field_class_to_field_class".split()
)
"""Methods that only documents of this kind call. Some have their own checks."""

# Limits for the requests of elasticsearch.helpers; the outbox has its own limits.
_SIZES = frozenset(
    "chunk_size max_chunk_bytes initial_backoff max_backoff max_retries queue_size "
    "request_timeout stats_only yield_ok".split()
)


class DocType(DeclaredDocument):
    """Base class of documents. Register a subclass with ``@registry.register_document``.

    Args:
        related_instance_to_ignore: an object that is left out of documents.
    """

    fields_read_by_themselves = True
    may_share_index = True
    supported_hooks = HOOKS

    @classmethod
    def make_places(cls) -> Places:
        """Return the object that knows the ids and the routing of the documents."""
        own = is_overridden(cls, "generate_id", "_prepare_action")
        return GeneratedPlaces(cls) if own else Places(cls)

    @classmethod
    def _get_using(cls, using: Any = None) -> Any:
        return using or cls._index._using

    @classmethod
    def _get_connection(cls, using: Any = None) -> Any:
        return connections.get_connection(cls._get_using(using))

    @classmethod
    def search(cls, using: Any = None, index: str | None = None) -> Search:
        """Return a search of these documents, whose hits can be turned into a queryset.

        Args:
            using: alias of a connection, or a client; by default that of the index.
            index: another index.
        """
        return Search(
            using=cls._get_using(using),
            index=cls._default_index(index),
            doc_type=[cls],
            model=cls.django.model,
        )

    def get_indexing_queryset(self) -> Iterable[models.Model]:
        """Return the objects that ``search_index --populate`` indexes."""
        size = self.django.queryset_pagination
        rows = self.get_queryset()
        return rows.iterator(chunk_size=size) if size else rows.iterator()

    def _get_actions(self, object_list: Iterable[models.Model], action: str) -> Any:
        return Actions(self, object_list, action)

    def get_actions(self, object_list: Iterable[models.Model], action: str) -> Any:
        """Return actions for Elasticsearch's bulk API that index the objects, or delete them."""
        return self._get_actions(object_list, action)

    def bulk(self, actions: Iterable[Any], **kwargs: Any) -> Any:  # type: ignore[override]
        """Write the documents in the actions, and send ``post_index``."""
        response = bulk(client=self._get_connection(), actions=actions, **kwargs)
        post_index.send(sender=type(self), instance=self, actions=actions, response=response)
        return response

    def parallel_bulk(self, actions: Iterable[Any], **kwargs: Any) -> Any:
        """Write the documents in the actions."""
        if self.django.queryset_pagination:
            kwargs.setdefault("chunk_size", self.django.queryset_pagination)
        return parallel_bulk(client=self._get_connection(), actions=actions, **kwargs)

    def _bulk(self, *args: Any, parallel: bool = False, **kwargs: Any) -> Any:
        return (self.parallel_bulk if parallel else self.bulk)(*args, **kwargs)

    def update(  # type: ignore[override]
        self,
        thing: models.Model | Iterable[models.Model],
        refresh: bool | str | None = None,
        action: str = "index",
        parallel: bool = False,
        **kwargs: Any,
    ) -> Any:
        """Write the documents of an object, of a queryset, or of any iterable of objects.

        The objects are recorded in the outbox, and read afresh: an object that is not in the
        database, or not in ``get_queryset()``, has no document afterwards. In a transaction, the
        documents are written after the commit.

        Args:
            refresh: whether to make them searchable before it returns; by default as
                ``auto_refresh``.
            action: ``"delete"`` after objects were deleted; any other action writes whole
                documents.
            parallel: whether to write in four threads.

        Returns:
            The number of documents that were written, and the errors.

        Raises:
            BulkIndexError: documents were refused; the others are written.
            ElasticsearchAdminError: Elasticsearch does not take them now; they wait in the outbox.
        """
        if refresh is None and self.django.auto_refresh:
            refresh = self.django.auto_refresh
        if refresh is not None:
            kwargs["refresh"] = refresh
        objects = [thing] if isinstance(thing, models.Model) else thing
        return self._bulk(self._get_actions(objects, action), parallel=parallel, **kwargs)

    def save(self, *args: Any, **kwargs: Any) -> Any:
        """Refuse, because documents are made only from rows.

        Raises:
            WrittenBesideTheOutbox: always.
        """
        raise WrittenBesideTheOutbox

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        """Refuse, because documents are made only from rows.

        Raises:
            WrittenBesideTheOutbox: always.
        """
        raise WrittenBesideTheOutbox


Document = DocType


def bulk(
    client: Any,
    actions: Iterable[Any],
    *,
    refresh: bool | str | None = None,
    raise_on_error: bool = True,
    raise_on_exception: bool = True,
    thread_count: int = 1,
    **sizes: Any,
) -> tuple[int, list[dict[str, Any]]]:
    """Write the documents in actions through the outbox, like ``elasticsearch.helpers.bulk``.

    Args:
        client: the connection of the index; another one is not used.
        actions: the actions of a document, or dicts with ``_index`` and ``_id``. With the
            ``_op_type`` ``"delete"`` the document is deleted; otherwise the whole document is
            written.
        thread_count: the number of threads. SQLite has only one writer.

    Raises:
        BulkIndexError: documents were refused; the others are written.
        ElasticsearchAdminError: Elasticsearch does not take them now; they wait in the outbox.
        TypeError: an action names no document, or an argument is unknown.
    """
    unknown = sorted(sizes.keys() - _SIZES)
    if unknown:
        raise TypeError(
            f"update() takes no {', '.join(unknown)}: documents are written by the outbox, which "
            f"sends them as they are."
        )
    count, errors = 0, []
    for write, keys in _writes(actions, refresh):
        write.threads = thread_count
        try:
            done, refused = write.run(keys)
        except ElasticsearchAdminError as error:
            if raise_on_exception:
                raise
            done, refused = 0, [{"index": {"error": str(error)}}]
        count += done
        errors += refused
    if errors and raise_on_error:
        raise BulkIndexError(f"{len(errors)} document(s) failed to index.", errors)
    return count, errors


def parallel_bulk(client: Any, actions: Iterable[Any], thread_count: int = 4, **kwargs: Any) -> Any:
    """Write the documents in actions in several threads; see :func:`bulk`."""
    return bulk(client, actions, thread_count=thread_count, **kwargs)


def _writes(
    actions: Iterable[Any], refresh: bool | str | None
) -> Iterator[tuple[Write, Iterable[str]]]:
    """Yield the objects to write, by document class, with their keys."""
    if isinstance(actions, Actions):
        document = type(actions.document)
        yield Write(document, refresh, actions.action == "delete"), _keys(document, actions.objects)
        return
    groups: dict[tuple[str, bool], list[str]] = {}
    for action in actions:
        names = isinstance(action, Mapping) and action.get("_index") is not None
        if not names or action.get("_id") is None:
            raise TypeError(
                "bulk() takes the actions of a document, or dicts with _index and _id: a document "
                "is made from the row whose key _id is."
            )
        target = (action["_index"], action.get("_op_type") == "delete")
        routing = action.get("routing", action.get("_routing"))
        place = Place(str(action["_id"]), None if routing is None else str(routing))
        groups.setdefault(target, []).append(str(place))
    for (index, deletes), keys in groups.items():
        yield Write(document_of(index), refresh, deletes), keys


def _keys(document: type[DeclaredDocument], objects: Iterable[models.Model]) -> Iterator[str]:
    """Yield the keys of documents: the current ones, and the former ones if they have changed."""
    places = document.django.places
    for portion in portions(iter(objects)):
        if any(one.pk is None for one in portion):
            raise KeyMissing
        given = [str(places.place_of(one) or one.pk) for one in portion]
        yield from given
        if places.own:
            database = definition_of(document).database
            stored = places.keys([str(one.pk) for one in portion], database)
            yield from set(stored).difference(given)
