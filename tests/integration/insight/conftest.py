"""Things to search, in an index with all that makes a search miss one."""

from collections.abc import Callable
from typing import Any

import pytest
from elasticsearch import Elasticsearch

from django_es_admin.documents import Document, fields
from django_es_admin.indices.definition import IndexDefinition
from tests.inputs.models import Thing
from tests.integration.documents.conftest import build, declare  # noqa: F401 (fixtures)
from tests.integration.documents.declared import Declared
from tests.integration.insight.things import SETTINGS, Make


def _of(name: str) -> Callable[..., Any]:
    return lambda self, instance: (instance.data or {}).get(name)


class ThingDocument(Document):
    """Takes what its fields hold from the JSON of a thing."""

    def should_index_object(self, obj: Any) -> bool:
        return not (obj.data or {}).get("draft")


@pytest.fixture
def things(declare: Callable[..., Declared], es: Elasticsearch) -> IndexDefinition:  # noqa: F811
    declared = declare(
        Thing,
        base=ThingDocument,
        settings=SETTINGS,
        name=fields.TextField(analyzer="plain"),
        story=fields.TextField(analyzer="plain", search_analyzer="english"),
        lines=fields.TextField(analyzer="stopping", search_analyzer="plain"),
        summary=fields.TextField(analyzer="stopping"),
        code=fields.KeywordField(ignore_above=12),
        shop=fields.KeywordField(),
        stock=fields.IntegerField(),
        note=fields.TextField(analyzer="plain"),
        kept=fields.TextField(index=False),
        **{
            f"prepare_{name}": _of(name)
            for name in (
                "name",
                "story",
                "lines",
                "summary",
                "code",
                "shop",
                "stock",
                "note",
                "kept",
            )
        },
    )
    return declared.definition


@pytest.fixture
def make(things: IndexDefinition, es: Elasticsearch) -> Make:
    """Save a thing, whose document is written and searchable at once."""

    def make(**data: Any) -> Thing:
        thing = Thing.objects.create(data=data)
        es.indices.refresh(index=things.alias)
        return thing

    return make
