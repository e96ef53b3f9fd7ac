"""What is saved reaches the index, with the values of django-elasticsearch-dsl."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction

from django_es_admin.dsl import Document, fields
from django_es_admin.dsl.registries import registry
from tests.cars.models import Ad, Car, Category, Manufacturer

from .conftest import Read


@pytest.fixture
def cars(rebuild: Callable[..., None]) -> Any:
    """The document of cars, its index live and empty."""

    @registry.register_document
    class CarDocument(Document):
        manufacturer = fields.ObjectField(
            properties={"name": fields.TextField(), "country": fields.TextField()}
        )
        ads = fields.NestedField(
            properties={"title": fields.TextField(), "pk": fields.IntegerField()}
        )
        categories = fields.NestedField(
            properties={"title": fields.TextField(), "icon": fields.FileField()}
        )
        first = fields.KeywordField(attr="categories.0.title")
        count = fields.IntegerField(attr="categories.count")

        class Index:
            name = "cars"
            settings = {"number_of_replicas": 0}

        class Django:
            model = Car
            fields = ["name", "launched", "price"]
            related_models = [Ad, Manufacturer, Category]

        def get_instances_from_related(self, related_instance: Any) -> Any:
            if isinstance(related_instance, Ad):
                return related_instance.car
            return related_instance.car_set.all()

    rebuild()
    return CarDocument


def test_what_is_saved_is_searchable_at_once(cars: Any) -> None:
    car = Car.objects.create(name="508", price=3.5)
    (hit,) = cars.search().query("match", name="508").execute()
    assert (int(hit.meta.id), hit.name, hit.price) == (car.pk, "508", 3.5)


def test_the_values_of_relations(cars: Any, read: Read) -> None:
    Car.objects.create(name="bare")
    full = Car.objects.create(
        name="full", manufacturer=Manufacturer.objects.create(name="Peugeot", country_code="FR")
    )
    ads = [Ad.objects.create(title=title, car=full) for title in ("b", "a")]
    full.categories.add(
        Category.objects.create(title="with", icon="icon.png"),
        Category.objects.create(title="without"),
    )
    bare, found = sorted(read(cars).values(), key=lambda source: source["name"])
    assert bare == {
        "name": "bare",
        "launched": None,
        "price": None,
        "manufacturer": {},
        "ads": [],
        "categories": [],
        "first": None,
        "count": 0,
    }
    assert found == {
        "name": "full",
        "launched": None,
        "price": None,
        "manufacturer": {"name": "Peugeot", "country": "France"},
        "ads": [{"title": ad.title, "pk": ad.pk} for ad in ads],
        "categories": [
            {"title": "with", "icon": Category.objects.get(title="with").icon.url},
            {"title": "without", "icon": ""},
        ],
        "first": "with",
        "count": 2,
    }


def test_related_objects(cars: Any, read: Read) -> None:
    manufacturer = Manufacturer.objects.create(name="Peugeot", country_code="FR")
    car = Car.objects.create(name="508", manufacturer=manufacturer)
    manufacturer.name = "Citroën"
    manufacturer.save()
    assert read(cars)[str(car.pk)]["manufacturer"]["name"] == "Citroën"
    ad = Ad.objects.create(title="cheap", car=car)
    assert len(read(cars)[str(car.pk)]["ads"]) == 1
    ad.delete()
    assert read(cars)[str(car.pk)]["ads"] == []
    manufacturer.delete()
    assert read(cars)[str(car.pk)]["manufacturer"] == {}


def test_links(cars: Any, read: Read) -> None:
    car, category = Car.objects.create(name="508"), Category.objects.create(title="fast")
    car.categories.add(category)
    assert read(cars)[str(car.pk)]["count"] == 1
    category.car_set.clear()
    assert read(cars)[str(car.pk)]["count"] == 0


def test_deletes_and_rollbacks(cars: Any, read: Read) -> None:
    car = Car.objects.create(name="508")
    with transaction.atomic():
        Car.objects.create(name="never")
        transaction.set_rollback(True)
    assert set(read(cars)) == {str(car.pk)}
    car.delete()
    assert read(cars) == {}


def test_a_load_takes_as_many_queries_for_ten_cars_as_for_one(
    cars: Any, django_assert_num_queries: Any
) -> None:
    def make() -> None:
        car = Car.objects.create(
            name="508", manufacturer=Manufacturer.objects.create(country_code="FR")
        )
        car.categories.add(Category.objects.create(title="fast"))
        Ad.objects.create(title="cheap", car=car)

    def load() -> list[Any]:
        return list(cars.django.source.read(cars().get_queryset()))

    make()
    with django_assert_num_queries(3):
        load()
    for _ in range(9):
        make()
    with django_assert_num_queries(3):
        assert len(load()) == 10


def test_plain_columns_are_read_without_instances() -> None:
    @registry.register_document
    class Plain(Document):
        manufacturer_name = fields.KeywordField(attr="manufacturer.name")

        class Index:
            name = "plain"

        class Django:
            model = Car
            fields = ["name"]

    assert Plain.django.source.uses_columns
