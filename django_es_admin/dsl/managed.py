"""An index object that knows its alias, and manages its generations."""

from collections.abc import Collection
from http import HTTPStatus
from typing import Any, TypeVar, cast

from django.core.exceptions import ImproperlyConfigured
from elastic_transport import ApiResponseMeta, HttpHeaders, NodeConfig
from elasticsearch import ApiError, BadRequestError, NotFoundError
from elasticsearch.dsl import Index as DSLIndex

from django_es_admin import connections

from ..backends.errors import translated
from ..conf import get_options
from ..exceptions import IndexMissing
from ..indices.definition import IndexDefinition, definition_of, get_definitions
from ..lifecycle.create import create_index, plan_create
from ..lifecycle.delete import delete_index, plan_delete

E = TypeVar("E", bound=ApiError)


class ManagedIndex(DSLIndex):
    """An index of ``elasticsearch.dsl`` whose documents are written by the outbox.

    ``create()``, ``save()`` and ``delete()`` use the lifecycle. Other methods send requests for the
    alias.
    """

    @property
    def declared_name(self) -> str | None:
        """The name in the code; None if there is none."""
        name: str | None = vars(self).get("_name")
        return None if name == "*" else name

    @property  # type: ignore[override]
    def _name(self) -> str | None:
        """The name in Elasticsearch, which ``elasticsearch.dsl`` sends."""
        name = self.declared_name
        if name is None:
            return vars(self).get("_name")
        try:
            configured = connections.indices.get(name, {}).get("NAME")
            return connections[str(self._using)].prefixed(configured or name)
        except ImproperlyConfigured:
            # A system check reports it.
            return name

    @_name.setter
    def _name(self, name: str | None) -> None:
        before = self.declared_name
        vars(self)["_name"] = name
        if before is not None and name != before:
            for document in self._doc_types:
                if "django" in vars(document):
                    cast("Any", document).django.rename_index(name or "")
            definition_of.cache_clear()

    def create(self, using: Any = None, **kwargs: Any) -> Any:
        """Create the index: an empty generation with its aliases.

        Args:
            ignore: one or several statuses to ignore; 400 if the index may already exist.

        Raises:
            BadRequestError: the index already exists.
            OperationRefused: the index cannot be created.
        """
        definition = self._definition(using)
        if definition is None:
            return super().create(using, **kwargs)
        ignored = _read_ignored("create", kwargs)
        plan = plan_create(definition)
        if plan.existing and HTTPStatus.BAD_REQUEST in ignored:
            return {"acknowledged": False, "index": plan.existing}
        if plan.existing:
            raise _answer(BadRequestError, "resource_already_exists_exception", plan.existing)
        return {"acknowledged": True, "index": create_index(plan).generation}

    def save(self, using: Any = None) -> Any:
        """Create the index, or add newly declared fields to its mapping.

        Raises:
            BadRequestError: a field has another type in the index, which has to be rebuilt.
        """
        definition = self._definition(using)
        if definition is None:
            return super().save(using)
        if not self.exists(using):
            return self.create(using)
        client = definition.connection.client
        return client.indices.put_mapping(index=definition.alias, body=dict(definition.mappings))

    def delete(self, using: Any = None, **kwargs: Any) -> Any:
        """Delete the index with its generations.

        Args:
            ignore: one or several statuses to ignore; 404 if the index may not exist.

        Raises:
            NotFoundError: the index does not exist.
            OperationRefused: the index cannot be deleted.
        """
        definition = self._definition(using)
        if definition is None:
            return super().delete(using, **kwargs)
        ignored = _read_ignored("delete", kwargs)
        try:
            plan = plan_delete(definition.name, definition.using)
        except IndexMissing:
            if HTTPStatus.NOT_FOUND in ignored:
                return {"acknowledged": False}
            raise _answer(NotFoundError, "index_not_found_exception", definition.alias) from None
        delete_index(plan)
        return {"acknowledged": True}

    def refresh_now(self) -> None:
        """Make everything written to the index searchable, if it exists."""
        definition = self._definition()
        if definition is not None:
            with translated(definition.connection):
                definition.connection.client.options(
                    request_timeout=get_options().operation_timeout
                ).indices.refresh(index=definition.alias, ignore_unavailable=True)

    def _definition(self, using: Any = None) -> IndexDefinition | None:
        """Return the index as the project declares it; None if no document fills it."""
        name = self.declared_name
        if name is None:
            return None
        found = get_definitions(str(using or self._using))
        return next((d for d in found if d.document and name in (d.name, d.alias)), None)


def adopted(index: DSLIndex) -> ManagedIndex:
    """Turn an index that ``elasticsearch.dsl`` has made into a managed index.

    It stays the same object, so all other references to it also create and delete the managed
    index.
    """
    if not isinstance(index, ManagedIndex):
        index.__class__ = ManagedIndex
    return cast("ManagedIndex", index)


def _read_ignored(verb: str, options: dict[str, Any]) -> Collection[int]:
    ignored = options.pop("ignore", options.pop("ignore_status", ()))
    if options:
        raise TypeError(
            f"Index.{verb}() takes no {', '.join(sorted(options))} here: an index is made from "
            f"what its documents and ES_INDICES declare."
        )
    return (ignored,) if isinstance(ignored, int) else ignored


def _answer(kind: type[E], what: str, index: str) -> E:
    """Return the error that the client would raise, because projects catch it."""
    status = HTTPStatus.NOT_FOUND if kind is NotFoundError else HTTPStatus.BAD_REQUEST
    meta = ApiResponseMeta(
        status=status,
        http_version="1.1",
        headers=HttpHeaders(),
        duration=0.0,
        node=NodeConfig("http", "localhost", 9200),
    )
    return kind(what, meta, {"error": {"type": what, "index": index}, "status": status.value})
