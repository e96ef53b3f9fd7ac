"""Checks report everything of django-elasticsearch-dsl that has no effect here."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from elasticsearch import dsl

from django_es_admin.checks import check_documents
from django_es_admin.documents.described.places import ANYTHING, IDENTIFIER, NUMBER, Shape
from django_es_admin.documents.registry import registry as all_documents
from django_es_admin.dsl import Document, fields
from django_es_admin.dsl.checks import check_dsl
from django_es_admin.dsl.documents import DocType
from django_es_admin.dsl.registries import registry
from tests.cars.models import Car, Category
from tests.forgotten import documents_forgotten


@pytest.fixture(autouse=True)
def _documents_are_forgotten() -> Iterator[None]:
    with documents_forgotten():
        yield


def declare(**more: Any) -> Any:
    django = {"model": Car, "fields": ["name"], **more.pop("django", {})}
    index = {"name": "checked", **more.pop("index", {})}
    inside = {"Django": type("Django", (), django), "Index": type("Index", (), index), **more}
    return registry.register_document(type("CarDocument", (Document,), inside))


def found(*, of: Any = None) -> list[str]:
    """Return the ids of what is said, of one document if it is given."""
    said = [one for one in check_dsl() if of is None or one.obj is of]
    assert all(one.hint for one in said)
    return [one.id.removeprefix("elasticsearch.") for one in said if one.id]


def test_nothing_to_say() -> None:
    document = declare(
        first=fields.KeywordField(attr="categories.0.title"),
        count=fields.IntegerField(attr="categories.count"),
        get_instances_from_related=lambda self, category: Car.objects.filter(categories=category),
        django={"related_models": [Category], "queryset_pagination": 10, "auto_refresh": False},
        index={"settings": {"number_of_replicas": 0}, "aliases": {}, "using": "default"},
    )
    assert found(of=document) == []
    assert found() == []
    assert [one.id for one in check_documents() if one.obj is document] == []


def test_a_document_without_an_index() -> None:
    class CarDocument(Document):
        class Django:
            model = Car
            fields = ["name"]

    registry.register_document(CarDocument)
    assert found(of=CarDocument) == ["E061"]
    assert CarDocument not in all_documents.get_documents()


def test_an_index_that_was_given_too_late() -> None:
    class CarDocument(Document):
        class Django:
            model = Car
            fields = ["name"]

    dsl.Index("late").document(registry.register_document(CarDocument))
    assert found(of=CarDocument) == ["E061"]


def test_a_document_that_is_not_registered() -> None:
    class Forgotten(Document):
        class Index:
            name = "forgotten"

        class Django:
            model = Car

    class ByElasticsearch(Document):
        class Django:
            model = Car

    dsl.Index("by-elasticsearch").document(ByElasticsearch)

    class Abstract(Document):
        class Django:
            ignore_signals = True

    assert found(of=Forgotten) == ["W063"]
    assert found(of=ByElasticsearch) == ["W063"]
    assert found(of=Abstract) == []
    for document in (Forgotten, ByElasticsearch):
        del document.Django


def test_names_without_effect() -> None:
    document = declare(django={"reindex_all": True}, index={"doc_type": "car"})
    assert found(of=document) == ["W064", "W064"]


def test_a_field_of_elasticsearch_dsl() -> None:
    document = declare(
        position=dsl.GeoPoint(), kind=dsl.Keyword(), prepare_kind=lambda self, one: "x"
    )
    assert found(of=document) == ["W065", "W065"]
    assert [one.id for one in check_documents() if one.obj is document] == []


@pytest.mark.parametrize("name", ["bulk", "parallel_bulk", "_bulk", "get_actions", "_get_actions"])
def test_what_update_alone_calls(name: str) -> None:
    document = declare(**{name: lambda self, *args, **kwargs: None})
    assert found(of=document) == ["W066"]


def test_what_populate_alone_calls() -> None:
    document = declare(get_indexing_queryset=lambda self: iter(()))
    assert found(of=document) == ["W067"]


def test_an_id_that_does_not_lead_back() -> None:
    good = declare(generate_id=classmethod(lambda cls, one: f"car-{one.pk}"))
    bad = declare(generate_id=classmethod(lambda cls, one: one.name.upper()))
    assert (found(of=good), found(of=bad)) == ([], ["E062"])


def test_a_routing_of_something_else() -> None:
    def route(to: Any) -> Any:
        def _prepare_action(self: Any, one: Any, action: str) -> Any:
            return {**DocType._prepare_action(self, one, action), "routing": to(one)}

        return declare(_prepare_action=_prepare_action)

    assert found(of=route(lambda one: one.manufacturer_id)) == []
    assert found(of=route(lambda one: one.manufacturer.country_code)) == ["E062"]
    assert found(of=route(lambda one: "all")) == []


@pytest.mark.parametrize(("name", "ids"), [("SIGNAL_PROCESSOR", ["W061"]), ("AUTOSYNK", ["W062"])])
def test_settings(name: str, ids: list[str], settings: Any) -> None:
    setattr(settings, f"ELASTICSEARCH_DSL_{name}", "shop.search.Processor")
    assert found() == ids


@pytest.mark.parametrize(
    ("processor", "ids"), [("RealTimeSignalProcessor", []), ("CelerySignalProcessor", ["W061"])]
)
def test_signal_processors(processor: str, ids: list[str], settings: Any) -> None:
    settings.ELASTICSEARCH_DSL_SIGNAL_PROCESSOR = f"django_es_admin.dsl.signals.{processor}"
    assert found() == ids


def test_apps(monkeypatch: pytest.MonkeyPatch) -> None:
    installed = {"django_es_admin", "django_elasticsearch_dsl"}
    monkeypatch.setattr(apps, "is_installed", installed.__contains__)
    assert found() == ["E060", "W060"]


@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [
        (("a-", NUMBER, ""), ("b-", NUMBER, ""), True),
        (("a-", ANYTHING, ""), ("b-", ANYTHING, ""), True),
        (("a-", ANYTHING, ""), ("a-b-", NUMBER, ""), False),
        (("a-", NUMBER, ""), ("a-b-", NUMBER, ""), True),
        (("a-", NUMBER, ""), ("a-1-", NUMBER, ""), False),
        (("", NUMBER, ""), ("a-", NUMBER, ""), True),
        (("", NUMBER, ""), ("", NUMBER, ""), False),
        (("", NUMBER, "-a"), ("", NUMBER, "-b"), True),
        (("", NUMBER, ""), ("", NUMBER, "-b"), False),
        (("", ANYTHING, ""), ("a-", NUMBER, ""), False),
        (("", IDENTIFIER, ""), ("a-", NUMBER, ""), False),
        (("", IDENTIFIER, ""), ("q-", NUMBER, ""), True),
        (("", IDENTIFIER, ""), ("", IDENTIFIER, ""), True),
    ],
)
def test_shapes_that_cannot_meet(one: Any, other: Any, apart: bool) -> None:
    assert Shape(*one).is_apart_from(Shape(*other)) is apart
    assert Shape(*other).is_apart_from(Shape(*one)) is apart
