"""``ESTestCase``, as projects put it before Django's test case classes."""

from typing import Any

from django import test

from django_es_admin.dsl import Document
from django_es_admin.dsl.registries import registry
from django_es_admin.dsl.test import ESTestCase, is_es_online
from django_es_admin.test.indices import prepare_indices, register_generations
from tests.cars.models import Car


def test_online(settings: Any) -> None:
    assert is_es_online()
    settings.ES_SERVERS = {
        "default": {**settings.ES_SERVERS["default"], "HOSTS": ["http://127.0.0.1:1"]}
    }
    assert not is_es_online("default")


class WithCars(ESTestCase):
    document: Any

    def setUp(self) -> None:
        super().setUp()

        # Elsewhere documents are declared when Django starts.
        @registry.register_document
        class CarDocument(Document):
            class Index:
                name = "cars"

            class Django:
                model = Car
                fields = ["name"]

        self.document = CarDocument
        prepare_indices()
        register_generations(["default"])

    def find_what_is_saved(self) -> None:
        assert self.document._index.exists()
        assert self.document.search().count() == 0
        car = Car.objects.create(name="508")
        found = self.document.search().query("match", name="508")
        assert [hit.name for hit in found.execute()] == ["508"]
        assert list(found.to_queryset()) == [car]
        assert [hit.name for hit in self.document.search().scan()] == ["508"]
        car.delete()
        assert self.document.search().count() == 0
        Car.objects.bulk_create([Car(name="208")])
        self.document().update(Car.objects.all())
        assert self.document.search().count() == 1


class InATransaction(WithCars, test.TestCase):
    def test_it_finds_what_is_saved(self) -> None:
        self.find_what_is_saved()

    def test_nothing_is_left_of_another_test(self) -> None:
        self.find_what_is_saved()


class WithCommits(WithCars, test.TransactionTestCase):
    def test_it_finds_what_is_saved(self) -> None:
        self.find_what_is_saved()

    def test_nothing_is_left_of_another_test(self) -> None:
        self.find_what_is_saved()
