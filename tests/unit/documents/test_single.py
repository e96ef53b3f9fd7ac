"""The document of one object: the same one, read with cached SQL."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import models
from pytest_django import DjangoAssertNumQueries
from shop import models as shop

from django_es_admin.documents import Document, fields, registry
from django_es_admin.documents.reading.prepared import Prepared
from django_es_admin.outbox import CapturedManager
from tests.guide.models import Badge, Category, Place, Product, Restaurant, Tag, Ticket

pytestmark = pytest.mark.django_db

Declare = Callable[..., type[Document]]


@pytest.fixture
def declare() -> Iterator[Declare]:
    """Declares a document whose columns no database converts, unless the test adds others."""
    registered: list[type[Document]] = []

    def add(model: type[models.Model], **attributes: Any) -> type[Document]:
        attributes |= {
            "Index": type("Index", (), {"name": "single"}),
            "Django": type("Django", (), {"model": model}),
        }
        registered.append(
            registry.register_document(type("SingleDocument", (Document,), attributes))
        )
        return registered[-1]

    yield add
    for document in registered:
        registry.unregister_document(document)


def objects_of(*names: str) -> dict[str, Any]:
    return {"properties": {name: fields.KeywordField() for name in names}}


def test_it_is_the_document_that_a_queryset_gives(
    declare: Declare, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    document = declare(
        Product,
        name=fields.TextField(),
        place=fields.KeywordField(attr="category.slug"),
        category=fields.ObjectField(**objects_of("id", "name")),
        tags=fields.NestedField(**objects_of("id", "name")),
    )
    category = Category.objects.create(name="Shoes", slug="shoes")
    products = [
        Product.objects.create(name="a", description="", price=1, category=category),
        Product.objects.create(name="b", description="", price=1),
    ]
    tags = [Tag.objects.create(name=name) for name in ("new", "old", "unused")]
    products[0].tags.set(tags[1::-1])
    source = document.django.source
    single = source.single("default")
    assert single is not None
    assert source.single("default") is single
    for product in products:
        queryset = document().get_queryset().filter(pk=product.pk)
        with django_assert_num_queries(2):
            found = single.read(product.pk)
        assert found == list(source.read(queryset))
    assert [tag["name"] for tag in single.read(products[0].pk)[0].source["tags"]] == ["new", "old"]


def test_an_object_that_is_gone_has_none(declare: Declare) -> None:
    single = declare(Tag, name=fields.TextField()).django.source.single("default")
    assert single is not None
    assert single.read(77) == []


def test_a_manager_that_only_captures_changes_nothing(declare: Declare) -> None:
    assert type(shop.Tag._default_manager) is CapturedManager
    tag = shop.Tag.objects.create(name="new")
    single = declare(shop.Tag, name=fields.TextField()).django.source.single("default")
    assert single is not None
    assert single.read(tag.pk) == [Prepared(tag.pk, {"name": "new"})]


def test_a_key_that_leads_to_a_parent(declare: Declare) -> None:
    document = declare(Restaurant, name=fields.TextField(), stars=fields.IntegerField())
    restaurant = Restaurant.objects.create(name="a", stars=2)
    Place.objects.create(name="b")
    single = document.django.source.single("default")
    assert single is not None
    assert single.read(restaurant.pk) == [Prepared(restaurant.pk, {"name": "a", "stars": 2})]


def test_the_project_may_have_a_say_in_what_is_read(declare: Declare) -> None:
    def get_queryset(self: Document) -> Any:
        return Product.objects.filter(name="a")

    name = {"name": fields.TextField()}
    hidden = {"badge_set": fields.NestedField(**objects_of("name"))}
    documents = [
        declare(Product, **name, get_queryset=get_queryset),
        declare(Product, **name, prepare_name=lambda self, instance: "a"),
        declare(Badge, **name),
        declare(Ticket, **hidden),
    ]
    assert [document.django.source.single("default") for document in documents] == [None] * 4


class Shouted(models.CharField):
    """A field that is another thing in the database."""

    def from_db_value(self, value: str, *args: Any) -> str:
        return value.upper()


def test_what_a_field_converts_is_read_by_the_orm(
    declare: Declare, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Tag._meta.get_field("name"), "__class__", Shouted)
    tag = Tag.objects.create(name="quiet")
    document = declare(Tag, name=fields.TextField())
    assert document.django.source.single("default") is None
    found = document.django.source.read(document().get_queryset())
    assert list(found) == [Prepared(tag.pk, {"name": "QUIET"})]
