"""Why something is (not) found, where words and filters are about nested objects."""

from collections.abc import Callable
from typing import Any

import pytest
from elasticsearch import Elasticsearch

from django_es_admin.documents import fields
from django_es_admin.indices.definition import IndexDefinition
from django_es_admin.insight.searches import PLAIN, find_search
from django_es_admin.insight.why.reason import Reason
from django_es_admin.insight.why.sentence import sentence
from django_es_admin.insight.why.why import explain_why
from tests.inputs.models import Thing
from tests.integration.documents.conftest import build, declare  # noqa: F401 (fixtures)
from tests.integration.documents.declared import Declared
from tests.integration.insight.conftest import ThingDocument
from tests.integration.insight.things import SETTINGS, search_of

pytestmark = pytest.mark.django_db(transaction=True)

PARTS = [
    {"label": "Snowshoes of Norway", "kind": "AB 12", "maker": {"name": "Northpath"}, "price": 5},
    {"label": "the telescope", "kind": "CD 34", "maker": {"name": "Lumen"}, "price": 50},
]
LABELS: dict[str, Any] = {"fields": ("name", "parts.label", "parts.kind")}


@pytest.fixture
def nested(declare: Callable[..., Declared], es: Elasticsearch) -> IndexDefinition:  # noqa: F811
    declared = declare(
        Thing,
        base=ThingDocument,
        settings=SETTINGS,
        name=fields.TextField(analyzer="plain"),
        parts=fields.NestedField(
            properties={
                "label": fields.TextField(analyzer="stopping"),
                "kind": fields.KeywordField(ignore_above=12),
                "price": fields.IntegerField(),
                "maker": fields.ObjectField(properties={"name": fields.TextField()}),
            }
        ),
        prepare_name=lambda self, instance: instance.data.get("name"),
        prepare_parts=lambda self, instance: instance.data.get("parts"),
    )
    return declared.definition


@pytest.mark.parametrize(
    ("words", "declared", "reason", "facts"),
    [
        ("snowshoes", LABELS, Reason.FOUND, {}),
        ("box telescope", LABELS, Reason.FOUND, {}),
        # Of two objects, as the words of a search may match in different fields, too.
        ("norway telescope", LABELS, Reason.FOUND, {}),
        ("telescope piano", LABELS, Reason.WORD_ABSENT, {"word": "piano"}),
        ("shoes", LABELS, Reason.PART_OF_WORD, {"field": "parts.label", "other": "snowshoes"}),
        ("tolaskope", LABELS, Reason.TYPO_TOO_FAR, {"field": "parts.label", "distance": 3}),
        ("delescope", LABELS, Reason.TYPO_AT_BEGINNING, {"other": "telescope"}),
        ("cd", LABELS, Reason.WHOLE_KEYWORD, {"field": "parts.kind", "value": "CD 34"}),
        ("lumen", LABELS, Reason.FIELD_NOT_SEARCHED, {"field": "parts.maker.name"}),
        ("lumen", {"fields": ("parts.maker.name",)}, Reason.FOUND, {}),
        ("the", LABELS, Reason.STOP_WORDS, {}),
        (
            "box",
            {**LABELS, "default_filters": {"parts.kind": "EF 56"}},
            Reason.FILTERED,
            {"field": "parts.kind", "wanted": ["EF 56"], "has": ["AB 12", "CD 34"]},
        ),
        ("box", {**LABELS, "default_filters": {"parts.kind": "CD 34"}}, Reason.FOUND, {}),
        (
            "norway",
            {
                **LABELS,
                # Both words in one of them, as a project may want it.
                "get_query": lambda self, words: {
                    "nested": {
                        "path": "parts",
                        "query": {
                            "bool": {
                                "must": [
                                    {"match": {"parts.label": "norway"}},
                                    {"match": {"parts.kind": "CD 34"}},
                                ]
                            }
                        },
                    }
                },
            },
            Reason.OWN_QUERY,
            {},
        ),
    ],
)
def test_each_reason(
    nested: IndexDefinition,
    words: str,
    declared: dict[str, Any],
    reason: Reason,
    facts: dict[str, Any],
) -> None:
    es = nested.connection.client
    thing = Thing.objects.create(data={"name": "box", "parts": PARTS})
    es.indices.refresh(index=nested.alias)
    told = explain_why(nested, str(thing.pk), words, search_of(nested, **declared))
    assert told.reason is reason
    assert {name: told.facts.get(name) for name in facts} == facts
    assert sentence(told).startswith("Found" if reason is Reason.FOUND else "Not found")
    hits = es.search(
        index=nested.alias,
        query={
            "bool": {
                "must": [(parts := search_of(nested, **declared).read(words)).query],
                "filter": [one.query for one in parts.selections],
            }
        },
    )
    assert bool(hits["hits"]["hits"]) is told.found


@pytest.mark.parametrize(
    ("changed", "words", "reason"),
    [
        ({"parts": [{"label": "piano"}]}, "piano", Reason.STALE),
        ({"parts": []}, "telescope", Reason.FOUND),
    ],
)
def test_what_the_index_does_not_have_yet(
    nested: IndexDefinition, es: Elasticsearch, changed: dict[str, Any], words: str, reason: Reason
) -> None:
    thing = Thing.objects.create(data={"name": "box", "parts": PARTS})
    # Past the capture.
    Thing.objects.filter(pk=thing.pk).update(data={"name": "box", **changed})
    es.indices.refresh(index=nested.alias)
    told = explain_why(nested, str(thing.pk), words, search_of(nested, **LABELS))
    assert told.reason is reason
    assert told.differs


def test_a_search_in_all_fields_has_none_that_is_nested(
    nested: IndexDefinition, es: Elasticsearch
) -> None:
    """It says in which of them the word is."""
    thing = Thing.objects.create(data={"name": "box", "parts": PARTS})
    es.indices.refresh(index=nested.alias)
    told = explain_why(nested, str(thing.pk), "telescope", find_search(nested, PLAIN))
    assert (told.reason, told.facts["field"]) == (Reason.FIELD_NOT_SEARCHED, "parts.label")
