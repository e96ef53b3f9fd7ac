"""A document of a model that a test declares, without an index, or live and empty."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from elasticsearch import Elasticsearch

from django_es_admin.documents import Document, registry
from tests.integration.documents.declared import Declared
from tests.live import make_live


@pytest.fixture
def build(transactional_db: None) -> Iterator[Callable[..., type[Document]]]:
    """Declares a document, and forgets it after the test."""
    registered: list[type[Document]] = []

    def add(
        model: Any,
        related: tuple[Any, ...] = (),
        names: tuple[str, ...] = (),
        base: type[Document] = Document,
        settings: Mapping[str, Any] | None = None,
        **attributes: Any,
    ) -> type[Document]:
        options = {"model": model, "related_models": related, "fields": names}
        index = {"name": f"declared-{len(registered)}", "settings": dict(settings or {})}
        attributes |= {
            "Index": type("Index", (), index),
            "Django": type("Django", (), options),
        }
        registered.append(registry.register_document(type("DeclaredDocument", (base,), attributes)))
        return registered[-1]

    yield add
    for document in registered:
        registry.unregister_document(document)


@pytest.fixture
def declare(build: Callable[..., type[Document]], es: Elasticsearch) -> Callable[..., Declared]:
    """Declares a document, live and empty."""

    def add(model: Any, **declaration: Any) -> Declared:
        declared = Declared(build(model, **declaration), es)
        make_live(declared.definition)
        return declared

    return add
