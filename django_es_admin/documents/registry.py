"""All documents of the project."""

from typing import TypeVar

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.dispatch import Signal

from ..exceptions import DocumentMisdeclared, IndexNotDeclared
from .described.valued import mark
from .document import Document
from .fields import field_for
from .options import DjangoOptions, read_options

document_registered = Signal()
"""Sent when a document class was registered; the class is the sender."""

_ATTRIBUTE = "made_from_model"

D = TypeVar("D", bound=type[Document])


class DocumentRegistry:
    """The registered document classes, in the order of their registration."""

    def __init__(self) -> None:
        self._documents: tuple[type[Document], ...] = ()

    def register_document(self, document: D) -> D:
        """Register a document class; usable as a class decorator.

        Raises:
            DocumentMisdeclared: the class has no model or index, or is not a ``Document``.
        """
        if not (isinstance(document, type) and issubclass(document, Document)):
            raise DocumentMisdeclared(
                f"{document!r} is not a Document: subclass django_es_admin.documents.Document."
            )
        declared = getattr(document, "Django", None)
        index = document._index
        options = read_options(document, declared, index._name, str(index._using))
        missing = _add_model_fields(document, options["model"], options["fields"])
        document.django = DjangoOptions(**options, missing_fields=missing)
        mark(document)
        self.add(document)
        return document

    def add(self, document: type[Document]) -> None:
        """Register a document class that already has its options. A second time changes nothing."""
        if document not in self._documents:
            self._documents = (*self._documents, document)
            document_registered.send(sender=document)

    def unregister_document(self, document: type[Document]) -> None:
        """Remove a document class from the registry. Its index is not changed."""
        self._documents = tuple(known for known in self._documents if known is not document)

    def get_documents(self) -> tuple[type[Document], ...]:
        """Return every registered document class."""
        return self._documents

    def get_document(self, index_name: str) -> type[Document]:
        """Return the class whose ``class Index`` has this name.

        Raises:
            IndexNotDeclared: there is no such class.
        """
        for document in self._documents:
            if document.django.index_name == index_name:
                return document
        raise IndexNotDeclared(
            f"No document declares the index {index_name!r}: "
            f"declared are {', '.join(d.django.index_name for d in self._documents) or 'none'}."
        )

    def get_documents_for_model(self, model: type[models.Model]) -> tuple[type[Document], ...]:
        """Return the classes whose model is ``model``, a proxy of it, or its proxied model."""
        concrete = model._meta.concrete_model
        return tuple(
            document
            for document in self._documents
            if document.django.model._meta.concrete_model is concrete
        )


def _add_model_fields(
    document: type[Document], model: type[models.Model], names: tuple[str, ...]
) -> tuple[str, ...]:
    """Add a document field for each model field; return the names of unknown fields.

    Fields that the document declares itself are kept.
    """
    missing = []
    mapping = document._doc_type.mapping
    for name in names:
        if name in mapping and not getattr(mapping[name], _ATTRIBUTE, False):
            continue
        try:
            model_field = model._meta.get_field(name)
        except FieldDoesNotExist:
            missing.append(name)
            continue
        field = field_for(model_field) if isinstance(model_field, models.Field) else None
        if field is None:
            missing.append(name)
        else:
            # A subclass may have another model, whose field may have another type.
            object.__setattr__(field, _ATTRIBUTE, True)
            mapping.field(name, field)
    return tuple(missing)


registry = DocumentRegistry()
