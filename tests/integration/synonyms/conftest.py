"""An index whose search analyzer uses a set of synonyms, on a server that has their API."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from elasticsearch import ApiError, AuthorizationException, Elasticsearch
from elasticsearch.dsl import analyzer

from django_es_admin.documents import fields, synonyms
from django_es_admin.indices.definition import IndexDefinition
from tests.inputs.models import Thing
from tests.integration.documents.conftest import build, declare  # noqa: F401 (fixtures)
from tests.integration.documents.declared import Declared

SETTINGS = {"number_of_replicas": 0}


@pytest.fixture
def api(es: Elasticsearch, prefix: str) -> Iterator[None]:
    """Skip where the server keeps no sets; delete those of the test after it."""
    probe = f"{prefix}probe"
    try:
        es.synonyms.put_synonym(id=probe, synonyms_set=[])
    except AuthorizationException:
        pass  # it has one: another test has blocked an index meanwhile
    except ApiError as error:
        pytest.skip(f"The server has no synonyms API ({error.message}): start it again.")
    yield
    lose_indices(es, prefix)
    for name in ("probe", "shop", "shop-trial", "other", "other-trial"):
        with suppress(ApiError):
            es.synonyms.delete_synonym(id=f"{prefix}{name}")


def lose_indices(es: Elasticsearch, prefix: str) -> None:
    """Delete the indices of the test, which hold the sets that they use."""
    names = list(es.indices.get(index=f"{prefix}declared-*", expand_wildcards="all"))
    if names:
        es.indices.delete(index=names)


@pytest.fixture
def shop(api: None, declare: Callable[..., Declared]) -> Declared:  # noqa: F811
    """An index of things whose names are searched with the synonyms “shop”."""
    return declare(Thing, **declaration())


def declaration() -> dict[str, Any]:
    searched = analyzer("shop_search", tokenizer="standard", filter=["lowercase", synonyms("shop")])
    return {
        "settings": SETTINGS,
        "name": fields.TextField(analyzer="standard", search_analyzer=searched),
        "note": fields.TextField(analyzer="standard"),
        "prepare_name": lambda self, instance: (instance.data or {}).get("name"),
        "prepare_note": lambda self, instance: (instance.data or {}).get("note"),
    }


def add_things(es: Elasticsearch, definition: IndexDefinition, *names: str) -> list[Thing]:
    """Save things, searchable at once."""
    things = [Thing.objects.create(data={"name": name}) for name in names]
    es.indices.refresh(index=definition.alias)
    return things


def found(
    es: Elasticsearch, definition: IndexDefinition, words: str, field: str = "name"
) -> set[str]:
    """Return the names of what is found now."""
    hits = es.search(index=definition.alias, query={"match": {field: words}}, size=100)
    return {hit["_source"]["name"] for hit in hits["hits"]["hits"]}
