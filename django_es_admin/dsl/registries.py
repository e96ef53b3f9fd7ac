"""The documents, by index and by model."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from copy import deepcopy
from itertools import chain
from typing import Any, TypeVar, cast

from django.core.exceptions import ImproperlyConfigured, ObjectDoesNotExist
from django.db import models

from ..documents.registry import registry as all_documents
from .apps import DEDConfig
from .declared import DeclaredDocument
from .exceptions import RedeclaredFieldError
from .managed import ManagedIndex, adopted
from .options import read_options

D = TypeVar("D", bound=type[DeclaredDocument])

Model = type[models.Model]


class DocumentRegistry:
    """Document classes by index and by model."""

    def __init__(self) -> None:
        self._indices: defaultdict[ManagedIndex, set[type[DeclaredDocument]]] = defaultdict(set)
        self._models: defaultdict[Model, set[type[DeclaredDocument]]] = defaultdict(set)
        self._related_models: defaultdict[Model, set[Model]] = defaultdict(set)

    def register(self, index: ManagedIndex, doc_class: type[DeclaredDocument]) -> None:
        """Register a document class that already has its options, and its index."""
        self._models[doc_class.django.model].add(doc_class)
        for related in doc_class.django.related_models:
            self._related_models[related].add(doc_class.django.model)
        for documents in self._indices.values():
            # It was registered before it had its current index.
            documents.discard(doc_class)
        same = (known for known in self._indices if known._name == index._name)
        self._indices[next(same, index)].add(doc_class)

    def register_document(self, document: D) -> D:
        """Register a document class; usable as a class decorator.

        Raises:
            ImproperlyConfigured: the class has no ``class Django``, or no model.
            RedeclaredFieldError: ``fields`` names a field that the document declares.
            ModelFieldNotMappedError: ``fields`` names a field of an unknown type.
        """
        declared = getattr(document, "Django", None)
        if declared is None or getattr(declared, "model", None) is None:
            raise ImproperlyConfigured(
                f"{document.__name__} names no model: add `class Django: model = …` to it."
            )
        index = adopted(document._index)
        index.settings(**deepcopy(DEDConfig.default_index_settings()))
        if not document.is_registered():
            document.django = read_options(
                document, declared, index.declared_name or "", str(index._using)
            )
            _add_model_fields(document)
            mapping = document._doc_type.mapping
            document._fields = {name: mapping[name] for name in mapping}
        document.django.rename_index(index.declared_name or "")
        self.register(index=index, doc_class=document)
        return document

    def _get_related_doc(self, instance: models.Model) -> Iterator[type[DeclaredDocument]]:
        for model in self._related_models.get(type(instance), ()):
            for document in self._models[model]:
                if type(instance) in document.django.related_models:
                    yield document

    def update(self, instance: models.Model, **kwargs: Any) -> None:
        """Update the documents of an object; see ``DocType.update()`` for the arguments."""
        if DEDConfig.autosync_enabled():
            for document in self._models.get(type(instance), ()):
                if not document.django.ignore_signals:
                    cast("Any", document()).update(instance, **kwargs)

    def delete(self, instance: models.Model, **kwargs: Any) -> None:
        """Update the index after the deletion of an object."""
        self.update(instance, action="delete", **kwargs)

    def update_related(self, instance: models.Model, **kwargs: Any) -> None:
        """Update the documents that change with a related object."""
        if DEDConfig.autosync_enabled():
            for document in self._get_related_doc(instance):
                _update_related(document(), instance, **kwargs)

    def delete_related(self, instance: models.Model, **kwargs: Any) -> None:
        """Update the documents that change with a related object, before it is deleted."""
        if DEDConfig.autosync_enabled():
            for document in self._get_related_doc(instance):
                _update_related(document(related_instance_to_ignore=instance), instance, **kwargs)

    def get_documents(self, models: Iterable[Model] | None = None) -> set[type[DeclaredDocument]]:
        """Return all document classes, or those of some models."""
        if models is None:
            return set(chain.from_iterable(self._indices.values()))
        return set(chain.from_iterable(self._models.get(model, ()) for model in models))

    def get_models(self) -> set[Model]:
        """Return the models that have documents."""
        return set(self._models)

    def get_indices(self, models: Collection[Model] | None = None) -> set[ManagedIndex]:
        """Return all indices, or those with documents of some models."""
        return {
            index
            for index, documents in self._indices.items()
            if any(models is None or document.django.model in models for document in documents)
        }

    def __contains__(self, model: Model) -> bool:
        return model in self._models or model in self._related_models


class _ProjectRegistry(DocumentRegistry):
    """The registry whose documents are indexed."""

    def register(self, index: ManagedIndex, doc_class: type[DeclaredDocument]) -> None:
        """Register a document class, and let its objects be indexed.

        A class without an index waits, because ``Index.document`` may follow the registration. If
        it never does, a system check reports that.
        """
        super().register(index, doc_class)
        if doc_class.django.index_name:
            all_documents.add(doc_class)


def _add_model_fields(document: type[DeclaredDocument]) -> None:
    mapping, model = document._doc_type.mapping, document.django.model
    for name in document.django.fields:
        if name in mapping:
            raise RedeclaredFieldError(
                f"{document.__name__} declares the field {name!r}, which its class Django has "
                f"also in `fields`: remove it from one of them."
            )
        field = document.to_field(name, cast("Any", model._meta.get_field(name)))
        mapping.field(name, field)


def _update_related(document: DeclaredDocument, instance: models.Model, **kwargs: Any) -> None:
    try:
        related = document.get_instances_from_related(instance)
    except ObjectDoesNotExist:
        related = None
    if related is not None:
        document.update(related, **kwargs)


registry = _ProjectRegistry()
"""The documents of the project."""
