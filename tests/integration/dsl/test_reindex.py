"""`es_reindex` of an index that several documents fill: objects of all their models, or of one."""

import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Model
from django.utils import timezone

from django_es_admin.dsl import Document
from django_es_admin.dsl.registries import registry
from django_es_admin.models import OutboxEntry
from tests.cars.models import Article, Car
from tests.guide.models import FlatProduct
from tests.testapp.models import Note

from .conftest import Read


def declare(model_class: type[Model], *, with_id: bool = True, names: tuple[str, ...]) -> Any:
    class OneDocument(Document):
        class Index:
            name = "mixed"
            settings = {"number_of_replicas": 0}

        class Django:
            model = model_class
            fields = names

    class WithIds(OneDocument):
        @classmethod
        def generate_id(cls, object_instance: Any) -> str:
            return f"{model_class._meta.model_name}-{object_instance.pk}"

    return registry.register_document(WithIds if with_id else OneDocument)


@pytest.fixture
def mixed(rebuild: Any) -> Any:
    """Articles and cars under ids of their own with numbers in them, notes under UUIDs."""
    documents = [
        declare(Article, names=("text", "slug")),
        declare(Car, names=("name", "price")),
        declare(Note, names=("title", "stars"), with_id=False),
    ]
    for number in range(1, 5):
        Article.objects.create(pk=number, slug=f"s{number}", text="old")
    for number in range(3, 7):
        Car.objects.create(pk=number, name="old", price=number)
    for number in range(2):
        Note.objects.create(title="old", stars=number)
    rebuild()
    # Past the signals: only what is reindexed gets the new value.
    Article.objects.update(text="new")
    Car.objects.update(name="new")
    Note.objects.update(title="new")
    return documents[0]


def reindex(*arguments: str) -> Any:
    out = StringIO()
    call_command("es_reindex", "mixed", *arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


def renewed(read: Read, document: Any) -> set[str]:
    return {key for key, source in read(document).items() if "new" in source.values()}


def test_a_key_that_two_models_have(mixed: Any, read: Read) -> None:
    told = reindex("--pk", "3", "04")
    assert renewed(read, mixed) == {"article-3", "article-4", "car-3", "car-4"}
    assert (told["objects"], told["written"], told["refused"]) == (4, 4, 0)
    assert told["skipped"] == [
        "'3' is no primary key of testapp.Note.",
        "'04' is no primary key of testapp.Note.",
    ]


def test_a_key_that_only_a_later_model_has(mixed: Any, read: Read) -> None:
    reindex("--pk", "6")
    assert renewed(read, mixed) == {"car-6"}
    note = Note.objects.all()[0]
    told = reindex("--pk", note.pk.hex.upper(), "1")
    assert renewed(read, mixed) == {"car-6", "article-1", str(note.pk)}
    assert told["objects"] == 2


@pytest.mark.parametrize("name", ["cars.Car", "car", "CARS.CAR"])
def test_one_model(mixed: Any, read: Read, name: str) -> None:
    assert reindex("--pk", "3", "--model", name)["skipped"] == []
    assert renewed(read, mixed) == {"car-3"}
    reindex("--all", "--model", name)
    assert renewed(read, mixed) == {f"car-{number}" for number in range(3, 7)}


def test_all(mixed: Any, read: Read) -> None:
    told = reindex("--all")
    assert renewed(read, mixed) == read(mixed).keys()
    assert (told["objects"], told["written"], told["skipped"]) == (10, 10, [])


@pytest.mark.few(3)
@pytest.mark.parametrize(
    ("filters", "found", "left_out"),
    [
        (["price__gte=5"], {"car-5", "car-6"}, ["cars.Article", "testapp.Note"]),
        (["slug__in=s1,s4"], {"article-1", "article-4"}, ["cars.Car", "testapp.Note"]),
        (["id__lt=4", "pk__gt=2"], {"article-3", "car-3"}, ["testapp.Note"]),
        (["price=3", "name=new"], {"car-3"}, ["cars.Article", "testapp.Note"]),
        (["ads__isnull=yes", "price=4"], {"car-4"}, ["cars.Article", "testapp.Note"]),
        (["slug=nobody"], set(), ["cars.Car", "testapp.Note"]),
    ],
)
def test_a_field_that_some_models_have(
    mixed: Any, read: Read, filters: list[str], found: set[str], left_out: list[str]
) -> None:
    told = reindex(*(part for one in filters for part in ("--filter", one)))
    assert renewed(read, mixed) == found
    assert (told["objects"], told["written"]) == (len(found), len(found))
    for model in left_out:
        assert any(f"does not fit {model}: " in why for why in told["skipped"])
    for model in {"cars.Article", "cars.Car", "testapp.Note"} - set(left_out):
        assert not any(model in why for why in told["skipped"])


def test_what_is_gone(mixed: Any, read: Read) -> None:
    """The id of the document of a row that is gone is only known where it is the primary key."""
    note = Note.objects.all()[0]
    Note.objects.filter(pk=note.pk)._raw_delete(using="default")
    reindex("--pk", str(note.pk))
    assert str(note.pk) not in read(mixed)


@pytest.mark.few(3)
@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--pk", "x"], ["cars.Article", "cars.Car", "testapp.Note"]),
        (["--pk", "3", "x"], ["'x' is no primary key of cars.Article."]),
        (["--pk", "3", "--model", "note"], ["'3' is no primary key of testapp.Note."]),
        (["--filter", "colour=red"], ["cars.Article", "cars.Car", "testapp.Note"]),
        (["--filter", "price=cheap"], ["cars.Article", "cars.Car", "testapp.Note"]),
        (["--filter", "price=3", "--filter", "slug=s3"], ["does not fit cars.Car"]),
        (["--filter", "slug=s3", "--model", "car"], ["does not fit cars.Car: Cannot resolve"]),
        (
            ["--all", "--model", "boat"],
            ["boat is no model of the index mixed: choose cars.Article, cars.Car"],
        ),
        (["--since", "1h"], ["does not say when an object was changed"]),
    ],
)
def test_what_no_model_has(mixed: Any, arguments: list[str], told: list[str]) -> None:
    with pytest.raises(CommandError) as error:
        reindex(*arguments)
    assert error.value.returncode == 1
    for text in told:
        assert text in str(error.value)
    assert not OutboxEntry.objects.filter(delete_sent=False).exists()


def test_since_of_one_model(mixed: Any, read: Read, rebuild: Any) -> None:
    declare(FlatProduct, names=("name", "sku"))
    for sku in "ab":
        FlatProduct.objects.create(name="x", sku=sku, price=1)
    FlatProduct.objects.filter(sku="a").update(updated_at=timezone.now() - timedelta(days=1))
    rebuild()
    with pytest.raises(CommandError, match="does not say when an object was changed"):
        reindex("--since", "1h")
    told = reindex("--since", "1h", "--model", "FlatProduct")
    assert (told["objects"], told["written"]) == (1, 1)


def test_what_is_told(mixed: Any) -> None:
    out = StringIO()
    call_command("es_reindex", "mixed", "--filter", "pk__lte=3", "--dry-run", stdout=out)
    told = out.getvalue()
    assert "mixed: 4 objects to write again." in told
    assert "  cars.Article: 3 objects." in told
    assert "  cars.Car: 1 object.\n" in told
    assert "  left out: The filter pk__lte=3 does not fit testapp.Note: " in told
