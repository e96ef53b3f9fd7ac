"""Documents that a test declares, with a live index each; both ways to read them."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings as django_settings
from elasticsearch import Elasticsearch

from django_es_admin.documents import Document, registry
from django_es_admin.indices.definition import IndexDefinition, definition_of
from django_es_admin.lifecycle.rebuild import rebuild
from django_es_admin.lifecycle.rebuild_plan import plan_rebuild
from tests.live import make_live

Read = Callable[[], dict[str, Any]]
Index = Callable[..., Read]

_OPTIONS = ("related_models", "ignore_signals", "queryset_pagination")


class Declared:
    """The documents of a test, forgotten after it."""

    def __init__(self) -> None:
        self.documents: list[type[Document]] = []

    def document(self, model: Any, **attributes: Any) -> type[Document]:
        options = {name: attributes.pop(name) for name in _OPTIONS if name in attributes}
        attributes |= {
            "Index": type("Index", (), {"name": "rows"}),
            "Django": type("Django", (), {"model": model, **options}),
        }
        document = registry.register_document(type("RowDocument", (Document,), attributes))
        self.documents.append(document)
        return document


@pytest.fixture
def declared() -> Iterator[Declared]:
    declared = Declared()
    yield declared
    for document in declared.documents:
        registry.unregister_document(document)


@pytest.fixture
def definition(declared: Declared) -> Callable[[], IndexDefinition]:
    """Return the index of the document that was declared last."""
    return lambda: definition_of(declared.documents[-1])


@pytest.fixture
def index(es: Elasticsearch, declared: Declared) -> Index:
    """Declares a document whose index is live; gives what reads the index."""

    def declare(model: Any, **attributes: Any) -> Read:
        definition = definition_of(declared.document(model, **attributes))
        make_live(definition)

        def read() -> dict[str, Any]:
            es.indices.refresh(index=definition.alias)
            hits = es.search(index=definition.alias, size=1000)["hits"]["hits"]
            return {hit["_id"]: hit["_source"] for hit in hits}

        return read

    return declare


@pytest.fixture
def rebuilt(declared: Declared) -> Callable[[], None]:
    """Rebuild the index that was declared last."""
    return lambda: rebuild(plan_rebuild(definition_of(declared.documents[-1]))) and None


@pytest.fixture
def by_worker(settings: Any) -> Any:
    """Leave all that is noted to workers."""
    settings.ES_ADMIN = {**django_settings.ES_ADMIN, "SYNC": "worker"}
    return settings
