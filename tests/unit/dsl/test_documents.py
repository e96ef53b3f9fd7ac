"""What a document declares, and what a registry knows of it."""

from collections.abc import Iterator
from datetime import date
from typing import Any
from unittest.mock import Mock

import pytest
from django.core.exceptions import FieldDoesNotExist, ImproperlyConfigured
from django.db import models
from elasticsearch import dsl

import django_es_admin.dsl as package
from django_es_admin.dsl import Document, Index, fields
from django_es_admin.dsl.documents import DocType
from django_es_admin.dsl.exceptions import ModelFieldNotMappedError, RedeclaredFieldError
from django_es_admin.dsl.registries import DocumentRegistry, registry
from django_es_admin.dsl.signals import CelerySignalProcessor, RealTimeSignalProcessor
from tests.cars.models import Ad, Car, Category, Manufacturer
from tests.forgotten import documents_forgotten


@pytest.fixture(autouse=True)
def _documents_are_forgotten() -> Iterator[None]:
    with documents_forgotten():
        yield


def declare(of: Any = Car, index: str | None = "cars", **more: Any) -> Any:
    django = type("Django", (), {"model": of, **more.pop("django", {})})
    inside = {"Django": django, **more}
    if index:
        inside["Index"] = type("Index", (), {"name": index})
    return type(f"{of.__name__}Document", (Document,), inside)


def test_the_names_of_the_package() -> None:
    assert package.Document is DocType
    assert package.TextField is fields.TextField
    assert package.registry is registry
    with pytest.raises(AttributeError, match="nonsense"):
        _ = package.nonsense


def test_options() -> None:
    document = registry.register_document(declare(django={"related_models": [Manufacturer]}))
    options = document.django
    assert (options.model, options.related_models) == (Car, [Manufacturer])
    assert (options.ignore_signals, options.auto_refresh) == (False, True)
    assert options.queryset_pagination is None
    options.auto_refresh = False
    assert document.django.auto_refresh is False


def test_options_that_are_inherited() -> None:
    class Base(Document):
        name = fields.TextField()

        class Django:
            ignore_signals = True
            queryset_pagination = 7

    class CarDocument(Base):
        price = fields.FloatField()

        class Index:
            name = "cars"

        class Django(Base.Django):
            model = Car
            fields = ["launched"]

    registry.register_document(CarDocument)
    assert (CarDocument.django.ignore_signals, CarDocument.django.queryset_pagination) == (True, 7)
    assert set(CarDocument._doc_type.mapping) == {"name", "price", "launched"}
    assert set(Base._doc_type.mapping) == {"name"}


def test_without_a_model() -> None:
    with pytest.raises(ImproperlyConfigured, match="names no model"):
        registry.register_document(type("Bare", (Document,), {}))
    with pytest.raises(ImproperlyConfigured, match="names no model"):
        registry.register_document(declare(django={"model": None}))


def test_fields_of_the_model() -> None:
    document = registry.register_document(
        declare(django={"fields": ["name", "launched", "price", "is_sold"]})
    )
    mapping = document._doc_type.mapping.to_dict()["properties"]
    assert {name: field["type"] for name, field in mapping.items()} == {
        "name": "text",
        "launched": "date",
        "price": "double",
        "is_sold": "boolean",
    }
    with pytest.raises(FieldDoesNotExist):
        registry.register_document(declare(django={"fields": ["nothing"]}))
    with pytest.raises(RedeclaredFieldError, match="'name'"):
        registry.register_document(declare(name=fields.KeywordField(), django={"fields": ["name"]}))


class Colour(models.CharField[str, str]):
    """A field that no library knows."""


def test_to_field() -> None:
    field = Document.to_field("name", Car._meta.get_field("name"))
    assert (type(field), field._path) == (fields.TextField, ["name"])
    assert type(Document.to_field("colour", Colour())) is fields.TextField
    with pytest.raises(ModelFieldNotMappedError, match="manufacturer"):
        Document.to_field("manufacturer", Car._meta.get_field("manufacturer"))


def test_to_field_of_the_projects_own() -> None:
    class Keywords(Document):
        @classmethod
        def get_model_field_class_to_field_class(cls) -> Any:
            known = super().get_model_field_class_to_field_class()
            return {**known, models.CharField: fields.KeywordField}

    class Dates(Document):
        @classmethod
        def to_field(cls, field_name: str, model_field: Any) -> Any:
            if isinstance(model_field, models.DateField):
                return fields.KeywordField(attr=field_name)
            return super().to_field(field_name, model_field)

    kinds = []
    for base in (Keywords, Dates):
        inside = {
            "Index": type("Index", (), {"name": base.__name__.lower()}),
            "Django": type("Django", (), {"model": Car, "fields": ["name", "launched"]}),
        }
        made: Any = registry.register_document(type("Made", (base,), inside))
        properties = made._doc_type.mapping.to_dict()["properties"]
        kinds.append([properties[name]["type"] for name in ("name", "launched")])
    assert kinds == [["keyword", "date"], ["text", "keyword"]]


def test_prepare() -> None:
    class Plain(Document):
        kind = fields.TextField()
        shout = fields.TextField()
        manufacturer = fields.ObjectField(properties={"name": fields.TextField()})
        position = dsl.GeoPoint()

        class Index:
            name = "cars"

        class Django:
            model = Car
            fields = ["name", "launched"]

        def prepare_kind(self, instance: Car) -> str:
            return f"kind {instance.kind}"

        def prepare_manufacturer_with_related(self, car: Car, related_to_ignore: Any) -> Any:
            gone = car.manufacturer == related_to_ignore
            return {} if gone or car.manufacturer is None else {"name": car.manufacturer.name}

    document = registry.register_document(Plain)
    manufacturer = Manufacturer(name="Peugeot")
    car = Car(name="a", launched=date(2026, 1, 2), manufacturer=manufacturer)
    expected = {
        "kind": "kind se",
        "shout": "A",
        "manufacturer": {"name": "Peugeot"},
        "name": "a",
        "launched": date(2026, 1, 2),
    }
    assert document().prepare(car) == expected
    without = document(related_instance_to_ignore=manufacturer)
    assert without.prepare(car) == {**expected, "manufacturer": {}}


def test_what_prepares_is_looked_up_once() -> None:
    looked = []

    class Counting(Document):
        class Index:
            name = "cars"

        class Django:
            model = Car
            fields = ["name"]

        def init_prepare(self) -> Any:
            looked.append(1)
            return super().init_prepare()

    document = registry.register_document(Counting)()
    assert looked == []
    assert [document.prepare(Car(name=name)) for name in "ab"] == [{"name": "a"}, {"name": "b"}]
    assert looked == [1]


def test_documents_can_be_kept_in_sets() -> None:
    document = registry.register_document(declare())
    one, other = document(), document()
    assert len({one, other, one}) == 2
    assert one != other
    assert "_prepared" not in one.to_dict()


def test_a_registry() -> None:
    known = DocumentRegistry()
    cars, others = Index("cars"), Index("others")
    documents = [declare(index=None, django={"related_models": [Ad]}) for _ in range(2)]
    for document in documents:
        cars.document(document)
        known.register_document(document)
        known.register_document(document)
    category = others.document(declare(Category, index=None))
    known.register_document(category)
    assert known.get_documents() == {*documents, category}
    assert known.get_documents([Car]) == set(documents)
    assert known.get_documents(models=[Ad]) == set()
    assert known.get_models() == {Car, Category}
    assert known.get_indices() == {cars, others}
    assert known.get_indices([Category]) == {others}
    assert known.get_indices([Ad]) == set()
    assert Car in known
    assert Ad in known
    assert Manufacturer not in known


@pytest.fixture
def updated() -> dict[str, Mock]:
    """What each document's ``update`` is called with."""
    calls = {}
    for name, options in {
        "car": {"related_models": [Ad, Manufacturer]},
        "silent": {"ignore_signals": True},
    }.items():
        document = declare(index=name, django=options)
        calls[name] = document.update = Mock()
        document.get_instances_from_related = Mock(return_value="related")
        calls[f"{name} asks"] = document.get_instances_from_related
        registry.register_document(document)
    return calls


def test_updates_of_a_registry(updated: dict[str, Mock]) -> None:
    car, ad = Car(), Ad()
    registry.update(car, refresh=True)
    registry.delete(car)
    assert [call.args for call in updated["car"].call_args_list] == [(car,), (car,)]
    assert [call.kwargs for call in updated["car"].call_args_list] == [
        {"refresh": True},
        {"action": "delete"},
    ]
    assert not updated["silent"].called
    registry.update(ad)
    assert updated["car"].call_count == 2
    registry.update_related(ad)
    registry.delete_related(ad)
    updated["car asks"].assert_called_with(ad)
    assert updated["car"].call_args.args == ("related",)
    assert updated["car"].call_count == 4
    updated["car asks"].return_value = None
    registry.update_related(ad)
    assert updated["car"].call_count == 4


def test_updates_while_they_are_off(updated: dict[str, Mock], settings: Any) -> None:
    settings.ELASTICSEARCH_DSL_AUTOSYNC = False
    for update in (registry.update, registry.delete):
        update(Car())
    for update in (registry.update_related, registry.delete_related):
        update(Ad())
    assert not updated["car"].called


@pytest.mark.parametrize("kind", [RealTimeSignalProcessor, CelerySignalProcessor])
def test_a_signal_processor_that_a_project_calls(kind: Any, updated: dict[str, Mock]) -> None:
    car = Car()
    processor = kind(connections=None)
    processor.handle_save(Car, car)
    processor.handle_delete(Car, car)
    assert updated["car"].call_args.kwargs == {"action": "delete", "raise_on_error": False}
    processor.handle_m2m_changed(Car.categories.through, car, "post_add")
    processor.handle_m2m_changed(Car.categories.through, Ad(), "pre_clear")
    processor.handle_m2m_changed(Car.categories.through, car, "pre_add")
    processor.teardown()
    assert updated["car"].call_count == 4


def test_an_index_gets_the_settings_of_all(settings: Any) -> None:
    settings.ELASTICSEARCH_DSL_INDEX_SETTINGS = {"number_of_replicas": 0}
    assert Index("cars")._settings == {"number_of_replicas": 0}
    assert registry.register_document(declare())._index._settings == {"number_of_replicas": 0}


def test_an_index_says_its_name() -> None:
    assert str(Index("cars")) == "cars"
