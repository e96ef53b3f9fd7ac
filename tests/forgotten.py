"""Forget documents with names of django-elasticsearch-dsl after a test."""

from collections.abc import Iterator
from contextlib import contextmanager

from django_es_admin.documents.registry import registry as all_documents
from django_es_admin.dsl.documents import DocType
from django_es_admin.dsl.registries import registry


@contextmanager
def documents_forgotten() -> Iterator[None]:
    """Forget every document that is declared in the context, so that no check finds it."""
    known, classes = all_documents.get_documents(), set(_declared(DocType))
    yield
    for document in set(all_documents.get_documents()) - set(known):
        all_documents.unregister_document(document)
    for kept in (registry._indices, registry._models, registry._related_models):
        kept.clear()
    for document in set(_declared(DocType)) - classes:
        # A class stays alive as long as something is cached for it.
        if "Django" in vars(document):
            del document.Django


def _declared(base: type[DocType]) -> Iterator[type[DocType]]:
    for document in base.__subclasses__():
        yield document
        yield from _declared(document)
