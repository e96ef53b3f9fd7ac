"""``Document._index``, and ``Index`` objects that documents are given to."""

from collections.abc import Callable
from typing import Any

import pytest
from elasticsearch import BadRequestError, Elasticsearch, NotFoundError
from elasticsearch import dsl as elastic

from django_es_admin.dsl import Document, Index, fields
from django_es_admin.dsl.documents import DocType
from django_es_admin.dsl.registries import registry
from django_es_admin.indices.definition import definition_of
from django_es_admin.models import Generation
from tests.cars.models import Ad, Car

from .conftest import Read


@pytest.fixture
def index() -> Index:
    index = Index("cars")
    index.settings(number_of_shards=1, number_of_replicas=0)
    return index


@pytest.fixture
def cars(transactional_db: None, es: Elasticsearch, index: Index) -> type[DocType]:
    """A document that an index was given to."""

    @index.document
    class CarDocument(Document):
        class Django:
            model = Car
            fields = ["name"]

    return CarDocument


def test_it_is_registered_and_written(cars: Any, index: Index, rebuild: Any, read: Read) -> None:
    assert cars._index is index
    assert registry.get_documents() == {cars}
    rebuild()
    car = Car.objects.create(name="508")
    assert read(cars) == {str(car.pk): {"name": "508"}}
    assert cars.search().count() == index.search().count() == 1


def test_what_stands_behind_it(cars: Any, index: Index, es: Elasticsearch, prefix: str) -> None:
    assert not index.exists()
    created = index.create()
    assert index.exists()
    assert (str(index), index._name) == ("cars", f"{prefix}cars")
    assert es.indices.get_alias(index=index._name, name=index._name).keys() == {created["index"]}
    [generation] = Generation.objects.filter(alias=index._name)
    assert (generation.role, generation.name) == ("live", created["index"])
    [mapping] = index.get_mapping().values()
    assert mapping["mappings"]["properties"] == {"name": {"type": "text"}}
    assert index.analyze(text="Two Cars")["tokens"][0]["token"] == "two"
    Car.objects.create(name="508")
    index.refresh()
    assert index.search().count() == 1


def test_creating_twice(cars: Any, index: Index) -> None:
    index.create()
    with pytest.raises(BadRequestError, match="resource_already_exists_exception"):
        index.create()
    assert index.create(ignore=400)["acknowledged"] is False
    with pytest.raises(TypeError, match="wait_for_active_shards"):
        index.create(wait_for_active_shards=1)


@pytest.mark.parametrize("ignore", [404, [404, 400]])
def test_deleting(cars: Any, index: Index, ignore: Any, es: Elasticsearch, prefix: str) -> None:
    with pytest.raises(NotFoundError):
        index.delete()
    index.delete(ignore=ignore)
    index.create()
    Car.objects.create(name="508")
    index.delete(ignore=ignore)
    assert not index.exists()
    assert not es.indices.get(index=f"{prefix}cars*")
    assert not Generation.objects.filter(alias=index._name, role="live").exists()


def test_init_makes_the_index_and_adds_what_is_declared_since(cars: Any, index: Index) -> None:
    cars.init()
    cars._doc_type.mapping.field("price", fields.FloatField())
    definition_of.cache_clear()
    cars.init()
    [mapping] = index.get_mapping().values()
    assert mapping["mappings"]["properties"]["price"] == {"type": "float"}


def test_an_index_of_another_name(cars: Any, es: Elasticsearch, prefix: str) -> None:
    cars.init(index="by-hand")
    assert es.indices.exists(index=f"{prefix}by-hand")
    with pytest.raises(BadRequestError):
        Index("by-hand").create()
    Index("by-hand").delete()
    assert not es.indices.exists(index=f"{prefix}by-hand")


def test_an_index_that_only_shares_the_name(cars: Any, index: Index) -> None:
    index.create()
    assert Index("cars").exists()
    Index("cars").delete()
    assert not index.exists()


def test_one_of_elasticsearch_dsl(
    transactional_db: None, es: Elasticsearch, rebuild: Any, read: Read, prefix: str
) -> None:
    index = elastic.Index("cars")
    index.settings(number_of_replicas=0)

    @registry.register_document
    @index.document
    class CarDocument(Document):
        class Django:
            model = Car
            fields = ["name"]

    rebuild()
    car = Car.objects.create(name="508")
    assert read(CarDocument) == {str(car.pk): {"name": "508"}}
    assert index.exists()
    index.delete()
    assert not es.indices.get(index=f"{prefix}cars*")


def test_doc_type(transactional_db: None, rebuild: Callable[..., None], read: Read) -> None:
    index = Index("ads")
    index.settings(number_of_replicas=0)

    @index.doc_type
    class AdDocument(Document):
        class Django:
            model = Ad
            fields = ["title"]

    rebuild()
    Ad.objects.create(title="cheap")
    assert [source["title"] for source in read(AdDocument).values()] == ["cheap"]


@pytest.mark.parametrize("inner", [True, False])
def test_registered_twice_is_once(index: Index, inner: bool, rebuild: Any, read: Read) -> None:
    class CarDocument(Document):
        class Django:
            model = Car
            fields = ["name"]

    if inner:
        index.document(registry.register_document(CarDocument))
    else:
        registry.register_document(index.document(CarDocument))
    assert registry.get_indices() == {index}
    assert registry.get_documents() == {CarDocument}
    rebuild()
    Car.objects.create(name="508")
    assert len(read(CarDocument)) == 1


def test_analyzers(transactional_db: None, es: Elasticsearch) -> None:
    index = Index("cars")
    index.settings(number_of_replicas=0)
    index.analyzer(elastic.analyzer("shouted", tokenizer="keyword", filter=["uppercase"]))

    @index.document
    class CarDocument(Document):
        name = fields.TextField(analyzer=elastic.analyzer("whispered", tokenizer="keyword"))

        class Django:
            model = Car

    index.create()
    assert index.analyze(text="a", analyzer="shouted")["tokens"][0]["token"] == "A"
    assert index.analyze(text="a b", analyzer="whispered")["tokens"][0]["token"] == "a b"


def test_another_name_for_a_while(cars: Any, index: Index, read: Read, prefix: str) -> None:
    """As projects do in their tests."""
    cars._index._name = "cars-for-a-test"
    index.create()
    assert index._name == f"{prefix}cars-for-a-test"
    Car.objects.create(name="508")
    assert len(read(cars)) == 1


def test_it_takes_its_name_from_the_settings(cars: Any, settings: Any, prefix: str) -> None:
    settings.ES_INDICES = {**settings.ES_INDICES, "cars": {"NAME": "vehicles"}}
    assert cars._index._name == f"{prefix}vehicles"
