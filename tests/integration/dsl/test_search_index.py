"""``manage.py search_index``: the options of django-elasticsearch-dsl, done by the lifecycle."""

from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from elasticsearch import Elasticsearch

from django_es_admin.dsl import Document
from django_es_admin.dsl.documents import DocType
from django_es_admin.dsl.registries import registry
from django_es_admin.indices.definition import definition_of
from django_es_admin.models import Generation
from tests.cars.models import Ad, Car, Question

from .conftest import Read

MODULE = "django_es_admin.dsl.management.commands.search_index"


def declare(of: type, name: str, *names: str) -> Any:
    class Made(Document):
        class Index:
            settings = {"number_of_replicas": 0}

        Index.name = name
        Django = type("Django", (), {"model": of, "fields": list(names), "ignore_signals": True})

    Made.__name__ = f"{of.__name__}Document"
    return registry.register_document(Made)


@pytest.fixture
def cars(transactional_db: None, es: Elasticsearch) -> type[DocType]:
    Car.objects.bulk_create(Car(name=f"c{number}") for number in range(3))
    return declare(Car, "cars", "name")


@pytest.fixture
def ads(transactional_db: None, es: Elasticsearch) -> type[DocType]:
    Ad.objects.create(title="cheap")
    return declare(Ad, "ads", "title")


def run(*args: str, **options: Any) -> str:
    out = StringIO()
    call_command("search_index", *args, stdout=out, **options)
    return out.getvalue()


def answer(monkeypatch: pytest.MonkeyPatch, text: str) -> list[str]:
    asked: list[str] = []

    def reply(question: str = "") -> str:
        asked.append(question)
        return text

    monkeypatch.setattr(f"{MODULE}.input", reply, raising=False)
    return asked


def test_create_and_populate(cars: Any, ads: Any, read: Read) -> None:
    said = run("--create")
    assert f"Created index '{cars._index._name}'" in said
    assert read(cars) == read(ads) == {}
    assert "--rebuild" in run("--create")
    said = run("--populate")
    assert "Indexing 3 'Car' objects" in said
    assert "Indexing 1 'Ad' objects" in said
    assert len(read(cars)) == 3
    assert len(read(ads)) == 1


def test_populate_without_an_index(cars: Any) -> None:
    with pytest.raises(CommandError, match="does not exist: create it"):
        run("--populate")


def test_populate_asks_for_the_documents_own_objects(
    cars: Any, read: Read, monkeypatch: Any
) -> None:
    monkeypatch.setattr(
        cars, "get_indexing_queryset", lambda self: self.get_queryset().filter(name="c1").iterator()
    )
    run("--create")
    run("--populate")
    assert [source["name"] for source in read(cars).values()] == ["c1"]


@pytest.mark.parametrize("options", [{}, {"parallel": True}])
def test_refresh(cars: Any, options: Any) -> None:
    cars.django.auto_refresh = False
    run("--create")
    run("--populate", **options)
    assert cars.search().count() == 0
    run("--populate", "--refresh", "--no-count", **options)
    assert cars.search().count() == 3


def test_a_rebuild_goes_on_beside_what_is_searched(cars: Any, read: Read, monkeypatch: Any) -> None:
    asked = answer(monkeypatch, "n")
    run("--rebuild")
    first = Generation.objects.get(role="live")
    Car.objects.create(name="meanwhile")
    said = run("--rebuild", "--use-alias", "--use-alias-keep-index", "--parallel")
    assert asked == []
    assert len(read(cars)) == 4
    assert "are kept, as always" in said
    assert f"'{first.name}' is kept: `manage.py es_rollback cars` goes back" in said
    first.refresh_from_db()
    assert first.role == "standby"


def test_a_rebuild_of_what_django_elasticsearch_dsl_has_left(
    cars: Any, es: Elasticsearch, read: Read, monkeypatch: Any
) -> None:
    name = cars._index._name
    es.indices.create(index=name)
    es.index(index=name, id="1", document={"name": "old"}, refresh=True)
    asked = answer(monkeypatch, "n")
    assert "Aborted" in run("--rebuild")
    assert len(asked) == 1
    assert set(read(cars)) == {"1"}
    run("--rebuild", "-f")
    assert len(read(cars)) == 3
    assert name not in es.indices.get(index=name)


def test_a_rebuild_that_is_refused(cars: Any, read: Read, monkeypatch: Any) -> None:
    run("--rebuild")
    monkeypatch.setattr(cars, "prepare", lambda self, one: {"name": {"an": "object"}})
    cars.django.__dict__.pop("source", None)
    definition_of.cache_clear()
    with pytest.raises(CommandError, match="could not be indexed"):
        run("--rebuild")
    assert len(read(cars)) == 3


def test_delete(cars: Any, ads: Any, monkeypatch: Any) -> None:
    run("--create")
    asked = answer(monkeypatch, "n")
    assert "Aborted" in run("--delete")
    assert cars._index._name in asked[0]
    assert cars._index.exists()
    answer(monkeypatch, "y")
    run("--delete", models=["cars.car"])
    assert not cars._index.exists()
    assert ads._index.exists()
    said = run("--delete", "-f", "--use-alias")
    assert "with its alias" in said
    assert not ads._index.exists()


def test_models(cars: Any, ads: Any) -> None:
    run("--create", "--models", "cars.Ad")
    assert (cars._index.exists(), ads._index.exists()) == (False, True)
    run("--create", "--models", "cars")
    assert cars._index.exists()
    for unknown in ("cars.Question", Question._meta.label, "nowhere"):
        with pytest.raises(CommandError, match="No model or app named"):
            run("--rebuild", "--models", unknown)


def test_no_action() -> None:
    with pytest.raises(CommandError, match="No action specified"):
        run()


def test_the_default_of_parallel(settings: Any, cars: Any, monkeypatch: Any) -> None:
    settings.ELASTICSEARCH_DSL_PARALLEL = True
    seen: list[bool] = []
    monkeypatch.setattr(
        cars, "update", lambda self, objects, parallel, refresh: seen.append(parallel)
    )
    run("--populate")
    run("--populate", "--no-parallel")
    assert seen == [True, False]


def test_elasticsearch_down(cars: Any, settings: Any, rebuild: Callable[..., None]) -> None:
    settings.ES_SERVERS = {
        "default": {**settings.ES_SERVERS["default"], "HOSTS": ["http://127.0.0.1:1"]}
    }
    with pytest.raises(CommandError, match="unreachable"):
        run("--rebuild")
