"""The general way to read documents: from model instances, with their properties and methods.

Relations on the fields' paths are joined or prefetched, so that there is no query per object.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db import Error, models
from django.db.models.manager import BaseManager
from django.utils.functional import Promise
from elasticsearch import dsl

from ...incidents import tell
from ..described.declared import Declared
from ..described.paths import find_relation, path_of
from ..described.valued import valued
from .prepared import Prepared
from .querysets import chosen_by, in_order, lookups_of


@dataclass(frozen=True)
class _Relation:
    """A relation on the fields' paths.

    Args:
        model: the model it leads to.
        many: whether it leads to any number of objects.
        joined: whether it is read with a join; otherwise it is prefetched.
    """

    model: type[models.Model]
    many: bool
    joined: bool


class FieldFailed(Exception):
    """The project's code for the value of a field raised an error.

    Args:
        field: the name of the field, with the names of the objects that contain it.
        cause: the exception.
    """

    def __init__(self, field: str, cause: BaseException | None) -> None:
        told = tell(cause, f"The value of {field}", logging.WARNING) if cause else ""
        super().__init__(f"{field}: {told}")
        self.field = field


class InstanceSource:
    """Reads documents from model instances.

    Args:
        document: the document class.
    """

    def __init__(self, document: type[Declared]) -> None:
        self._document = document
        self._relations: dict[str, _Relation] = {}
        _collect(document.django.model, document._doc_type.mapping, "", True, self._relations)

    def read(self, queryset: models.QuerySet[Any]) -> Iterator[Prepared]:
        """Yield the document of each object of ``queryset``, in its order."""
        document = self._document()
        for instance in self._with_relations(queryset):
            yield self._prepare(document, instance)

    def prepare(self, instance: models.Model) -> dict[str, Any]:
        """Return the document of one object."""
        return _values(self._document(), self._document._doc_type.mapping, instance)

    def _with_relations(self, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
        """Return ``queryset`` with all relations of the fields. The project's own choices stay."""
        chosen = chosen_by(queryset)
        # Django would not prefetch relations that a join has already read.
        joined = [
            path
            for path, relation in self._relations.items()
            if relation.joined and not _is_within(path, chosen)
        ]
        lookups: dict[str, Any] = {**chosen}
        for path, relation in self._relations.items():
            if path not in joined and path not in chosen:
                lookups[path] = _ordered(path, relation.model) if relation.many else path
        if lookups:
            # A prefetch with its own queryset must come before paths that continue it.
            ordered = [lookups[path] for path in sorted(lookups, key=lambda path: path.count("__"))]
            others = [one for one in lookups_of(queryset) if one not in chosen.values()]
            queryset = queryset.prefetch_related(None).prefetch_related(*ordered, *others)
        # A deferred foreign key cannot be joined; with only(), the project accepts more queries.
        deferred, _ = queryset.query.deferred_loading
        if joined and not deferred:
            queryset = queryset.select_related(*joined)
        return queryset

    def _prepare(self, document: Declared, instance: models.Model) -> Prepared:
        place = None
        try:
            place = self._document.django.places.place_of(instance)
            if not document.should_index_object(instance):
                return Prepared(instance.pk, None, place=place)
            return Prepared(instance.pk, _settled(document.prepare(instance)), place=place)
        except Error:
            # The caller decides what caused an error of the database. In a transaction, nothing can
            # be read after it.
            raise
        except FieldFailed as error:
            return Prepared(instance.pk, None, str(error), place)
        except Exception as error:  # noqa: BLE001 (the project's own code; one object must not stop the others)
            what = f"The document of an object of {self._document.__name__}"
            return Prepared(instance.pk, None, tell(error, what, logging.WARNING), place)


def _is_within(path: str, chosen: Mapping[str, Any]) -> bool:
    return any(path == other or path.startswith(f"{other}__") for other in chosen)


def _ordered(path: str, model: type[models.Model]) -> "models.Prefetch[Any]":
    return models.Prefetch(path, queryset=in_order(model._default_manager.all()))


def _collect(
    model: type[models.Model],
    mapping: Any,
    prefix: str,
    joined: bool,
    found: dict[str, _Relation],
) -> None:
    """Find the relations on the fields' paths.

    Args:
        joined: whether all relations that lead to ``model`` can be read with a join.
    """
    for name in valued(mapping):
        field = mapping[name]
        at, place, join = model, prefix, joined
        for part in path_of(name, field):
            step = find_relation(at, part)
            if step is None:
                break
            place = f"{place}__{part}" if place else part
            # If the other row may be missing, a join could lose this one.
            join = join and not step.many and step.certain
            found[place] = _Relation(step.model, step.many, join)
            at = step.model
        else:
            if isinstance(field, dsl.Object):
                _collect(at, field._mapping, place, join, found)


def _settled(source: Any) -> Any:
    try:
        return _plain(source)
    except RecursionError:
        # A value contains itself; the encoder reports that better.
        return source


def _plain(value: Any) -> Any:
    """Return ``value`` with its lazy texts evaluated, at any depth."""
    if isinstance(value, Promise):
        return str(value)
    if isinstance(value, dict):
        return {
            str(key) if isinstance(key, Promise) else key: _plain(one) for key, one in value.items()
        }
    if type(value) in (list, tuple):
        return [_plain(one) for one in value]
    return value


def _values(holder: Any, mapping: Any, instance: Any) -> dict[str, Any]:
    source = {}
    for name in valued(mapping):
        prepare = getattr(holder, f"prepare_{name}", None)
        try:
            source[name] = prepare(instance) if prepare else _value(mapping[name], name, instance)
        except Error:
            raise
        except FieldFailed as error:
            raise FieldFailed(f"{name}.{error.field}", error.__cause__) from error.__cause__
        except Exception as error:
            raise FieldFailed(name, error) from error
    return source


def _value(field: Any, name: str, instance: Any) -> Any:
    value = instance
    for part in path_of(name, field):
        value = _follow(value, part)
        if value is None:
            break
    convert = getattr(field, "convert", None)
    if convert and isinstance(value, models.Model):
        value = [value]
    elif convert:
        value = convert(value)
    if isinstance(value, Promise):
        return str(value)
    if isinstance(field, dsl.Object) and list(field._mapping) and value is not None:
        return _object(field, value)
    return value


def _object(field: dsl.Object, value: Any) -> Any:
    inner = field._doc_class()
    if isinstance(value, Iterable) and not _is_one(value):
        return [_values(inner, field._mapping, item) for item in value]
    return _values(inner, field._mapping, value)


def _is_one(value: Any) -> bool:
    """Return whether an iterable value counts as one object."""
    named = isinstance(value, tuple) and hasattr(value, "_fields")
    return named or isinstance(value, (models.Model, Mapping))


def _follow(value: Any, part: str) -> Any:
    """Return the attribute, key, item or method result ``part`` of ``value``, or None."""
    if isinstance(value, Mapping) and not isinstance(value, models.Model):
        return value.get(part)
    if part.isdigit() and isinstance(value, (list, tuple)):
        return value[int(part)] if int(part) < len(value) else None
    try:
        found = getattr(value, part)
    except ObjectDoesNotExist:
        return None
    except AttributeError:
        if hasattr(type(value), part):
            # The attribute exists, but its own code failed.
            raise
        return None
    if (
        callable(found)
        and not isinstance(found, (models.Model, BaseManager))
        and not getattr(found, "alters_data", False)
    ):
        found = found()
    return _list(found.all()) if isinstance(found, BaseManager) else found


def _list(queryset: Any) -> list[Any]:
    """Return the objects of a relation; prefetched objects in their own order."""
    if isinstance(queryset, models.QuerySet) and queryset._result_cache is None:  # noqa: SLF001 (nothing public tells it)
        queryset = in_order(queryset)
    return list(queryset)
