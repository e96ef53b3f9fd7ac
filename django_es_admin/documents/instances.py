"""The general way to read documents: model instances, their properties, methods and ``prepare_``.

Relations on the fields' paths are joined or prefetched, so that reading them costs no query per
object.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ObjectDoesNotExist
from django.db import Error, models
from django.utils.functional import Promise
from elasticsearch import dsl

from .paths import find_relation, path_of
from .prepared import Prepared

if TYPE_CHECKING:
    from .document import Document


class InstanceSource:
    """Reads documents from model instances.

    Args:
        document: the document class.
    """

    def __init__(self, document: "type[Document]") -> None:
        self._document = document
        found: dict[str, bool] = {}
        _collect(document.django.model, document._doc_type.mapping, "", False, found)
        self._joined = tuple(lookup for lookup, many in found.items() if not many)
        self._prefetched = tuple(lookup for lookup, many in found.items() if many)

    def read(self, queryset: models.QuerySet[Any]) -> Iterator[Prepared]:
        """Yield the document of each object of ``queryset``, in its order."""
        document = self._document()
        for instance in self._with_relations(queryset):
            yield self._prepare(document, instance)

    def prepare(self, instance: models.Model) -> dict[str, Any]:
        """Return the document of one object."""
        return _values(self._document(), self._document._doc_type.mapping, instance)

    def _with_relations(self, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
        if self._prefetched:
            queryset = queryset.prefetch_related(*self._prefetched)
        # A deferred foreign key cannot be joined; the project said only() and gets its queries.
        deferred, _ = queryset.query.deferred_loading
        if self._joined and not deferred:
            queryset = queryset.select_related(*self._joined)
        return queryset

    def _prepare(self, document: "Document", instance: models.Model) -> Prepared:
        place = None
        try:
            place = self._document.django.places.place_of(instance)
            if not document.should_index_object(instance):
                return Prepared(instance.pk, None, place=place)
            return Prepared(instance.pk, document.prepare(instance), place=place)
        except Error:
            # Whose fault it is, the reader has to tell; inside a transaction nothing can be read
            # after it.
            raise
        except Exception as error:  # noqa: BLE001 (the project's own code; one object must not stop the others)
            return Prepared(instance.pk, None, f"{type(error).__name__}: {error}", place)


def _collect(
    model: type[models.Model], mapping: Any, prefix: str, many: bool, found: dict[str, bool]
) -> None:
    """Find the relations that the fields' paths follow: lookup -> whether to prefetch it."""
    for name in mapping:
        field = mapping[name]
        at, place, prefetch = model, prefix, many
        for part in path_of(name, field):
            step = find_relation(at, part)
            if step is None:
                break
            place = f"{place}__{part}" if place else part
            prefetch = prefetch or step.many
            found[place] = prefetch
            at = step.model
        else:
            if isinstance(field, dsl.Object):
                _collect(at, field._mapping, place, prefetch, found)


def _values(holder: Any, mapping: Any, instance: Any) -> dict[str, Any]:
    source = {}
    for name in mapping:
        prepare = getattr(holder, f"prepare_{name}", None)
        source[name] = prepare(instance) if prepare else _value(mapping[name], name, instance)
    return source


def _value(field: Any, name: str, instance: Any) -> Any:
    value = instance
    for part in path_of(name, field):
        value = _follow(value, part)
        if value is None:
            break
    convert = getattr(field, "convert", None)
    if convert:
        return convert(value)
    if isinstance(value, Promise):
        return str(value)
    if isinstance(field, dsl.Object) and list(field._mapping) and value is not None:
        return _object(field, value)
    return value


def _object(field: dsl.Object, value: Any) -> Any:
    inner = field._doc_class()
    if isinstance(value, Iterable) and not isinstance(value, Mapping):
        return [_values(inner, field._mapping, item) for item in value]
    return _values(inner, field._mapping, value)


def _follow(value: Any, part: str) -> Any:
    """Return the attribute, key, item or method's answer ``part`` of ``value``, None for none."""
    if isinstance(value, Mapping):
        return value.get(part)
    if part.isdigit() and isinstance(value, (list, tuple)):
        return value[int(part)] if int(part) < len(value) else None
    try:
        found = getattr(value, part)
    except (AttributeError, ObjectDoesNotExist):
        return None
    if isinstance(found, models.Manager):
        # Sorted here, as a query with an order would pass the prefetched objects by; the fast way
        # has the same order, so that both make the same document.
        return sorted(found.all(), key=lambda related: related.pk)
    if callable(found) and not getattr(found, "alters_data", False):
        return found()
    return found
