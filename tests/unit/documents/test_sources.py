"""Documents from rows: both ways of reading make the same, without a query per object."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db.models import Count, F
from pytest_django import DjangoAssertNumQueries

from django_es_admin.documents import Document, fields, registry
from django_es_admin.exceptions import DocumentMisdeclared, IndexNotDeclared
from tests.guide.documents import FlatProductDocument, ProductDocument
from tests.guide.models import Category, FlatProduct, Product, Review, Tag

pytestmark = pytest.mark.django_db


@pytest.fixture
def register() -> Iterator[Any]:
    """Registers document classes that the test declares, and forgets them after it."""
    registered: list[type[Document]] = []

    def add(document: type[Document]) -> type[Document]:
        registered.append(registry.register_document(document))
        return document

    yield add
    for document in registered:
        registry.unregister_document(document)


def make_products(count: int = 12) -> None:
    parent = Category.objects.create(name="All", slug="all")
    categories = [
        Category.objects.create(name=f"C{n}", slug=f"c{n}", parent=parent) for n in range(3)
    ]
    tags = [Tag.objects.create(name=f"T{n}") for n in range(4)]
    for n in range(count):
        product = Product.objects.create(
            name=f"Product {n}",
            description=f"About {n}",
            price=Decimal("1.50") * n,
            category=categories[n % 3] if n % 4 else None,
        )
        product.tags.set([tags[3], tags[n % 3]] if n % 2 else [])
        for stars in range(n % 3):
            Review.objects.create(product=product, text=f"R{stars}", stars=stars)


def read(document: type[Document]) -> dict[Any, Any]:
    queryset = document().get_queryset().order_by("pk")
    return {prepared.key: prepared.source for prepared in document.django.source.read(queryset)}


def test_columns_and_instances_make_the_same_document(register: Any) -> None:
    @register
    class Everything(Document):
        title = fields.TextField(attr="name")
        category_name = fields.KeywordField(attr="category.name")
        root = fields.KeywordField(attr="category.parent.name")
        category_id = fields.LongField()
        category = fields.ObjectField(
            properties={
                "id": fields.IntegerField(),
                "label": fields.TextField(attr="name"),
                "parent": fields.ObjectField(properties={"name": fields.TextField()}),
            }
        )
        tags = fields.NestedField(
            properties={"id": fields.IntegerField(), "title": fields.KeywordField(attr="name")}
        )
        reviews = fields.NestedField(
            properties={
                "stars": fields.IntegerField(),
                "of": fields.KeywordField(attr="product.name"),
            }
        )

        class Index:
            name = "everything"

        class Django:
            model = Product
            fields = ["price", "is_active"]

    make_products()
    assert Everything.django.source.uses_columns
    by_columns = read(Everything)
    assert len(by_columns) == 12
    for product in Product.objects.all():
        assert by_columns[product.pk] == Everything().prepare(product)
    some = by_columns[Product.objects.get(name="Product 5").pk]
    assert some["category"] == {
        "id": Category.objects.get(name="C2").pk,
        "label": "C2",
        "parent": {"name": "All"},
    }
    assert [tag["title"] for tag in some["tags"]] == ["T2", "T3"]
    assert some["root"] == "All"
    assert some["price"] == Decimal("7.50")
    assert by_columns[Product.objects.get(name="Product 4").pk]["category"] is None


@pytest.mark.parametrize("count", [3, 30])
def test_queries_do_not_grow_with_the_objects(
    count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    make_products(count)
    with django_assert_num_queries(2):
        assert len(read(ProductDocument)) == count


@pytest.mark.parametrize("count", [3, 30])
def test_instances_need_no_query_per_object(
    count: int, register: Any, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    @register
    class WithCode(Document):
        name = fields.TextField()
        shout = fields.TextField()
        words = fields.ListField(fields.KeywordField())
        length = fields.IntegerField()
        parent = fields.KeywordField(attr="category.parent.name")
        tags = fields.NestedField(properties={"name": fields.KeywordField()})

        class Index:
            name = "with-code"

        class Django:
            model = Product

        def prepare_length(self, instance: Product) -> int:
            return len(instance.name)

    make_products(count)
    assert not WithCode.django.source.uses_columns
    with django_assert_num_queries(2):
        documents = read(WithCode)
    first = documents[min(documents)]
    assert first["shout"] == "PRODUCT 0"
    assert first["words"] == ["Product", "0"]
    assert first["length"] == 9


def test_an_empty_table(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(1):
        assert read(ProductDocument) == {}


def test_objects_outside_the_queryset_are_no_documents() -> None:
    FlatProduct.objects.create(name="a", description="", price=1, sku="1")
    FlatProduct.objects.create(name="b", description="", price=1, sku="2", is_active=False)
    assert [source["name"] for source in read(FlatProductDocument).values()] == ["a"]


def test_should_index_object_makes_a_delete(register: Any) -> None:
    @register
    class Cheap(Document):
        name = fields.TextField()

        class Index:
            name = "cheap"

        class Django:
            model = Product

        def should_index_object(self, obj: Product) -> bool:
            return obj.price < 3

    make_products(4)
    assert [bool(source) for source in read(Cheap).values()] == [True, True, False, False]


def test_a_failing_prepare_is_that_objects_error_only(register: Any) -> None:
    @register
    class Fragile(Document):
        inverse = fields.FloatField()

        class Index:
            name = "fragile"

        class Django:
            model = Product

        def prepare_inverse(self, instance: Product) -> float:
            return 1 / float(instance.price)

    make_products(3)
    prepared = list(Fragile.django.source.read(Product.objects.order_by("pk")))
    assert [bool(one.error) for one in prepared] == [True, False, False]
    assert "ZeroDivisionError" in prepared[0].error


def test_annotations_files_and_missing_relations(
    register: Any, settings: Any, tmp_path: Any
) -> None:
    @register
    class Odd(Document):
        review_count = fields.IntegerField()
        photo = fields.FileField()
        nothing = fields.KeywordField(attr="category.parent.parent.name")

        class Index:
            name = "odd"

        class Django:
            model = Product

        def get_queryset(self) -> Any:
            return super().get_queryset().annotate(review_count=Count("reviews"))

    settings.MEDIA_ROOT, settings.MEDIA_URL = tmp_path, "/media/"
    make_products(3)
    product = Product.objects.get(name="Product 2")
    product.photo.save("p.png", ContentFile(b"x"))
    documents = read(Odd)
    assert documents[product.pk] == {"review_count": 2, "photo": "/media/p.png", "nothing": None}
    assert documents[min(documents)]["photo"] is None


def test_a_filter_on_a_relation_does_not_cut_the_list(register: Any) -> None:
    @register
    class Tagged(Document):
        tags = fields.NestedField(properties={"name": fields.KeywordField()})

        class Index:
            name = "tagged"

        class Django:
            model = Product

        def get_queryset(self) -> Any:
            return super().get_queryset().filter(tags__name="T3").annotate(own=F("name"))

    make_products(4)
    assert all(len(source["tags"]) == 2 for source in read(Tagged).values())


def test_keyword_subfields_get_an_ignore_above() -> None:
    mapping = FlatProductDocument._doc_type.mapping.to_dict()["properties"]
    assert mapping["description"]["fields"]["raw"] == {"type": "keyword", "ignore_above": 8191}
    assert mapping["sku"] == {"type": "keyword"}
    field = fields.TextField(fields={"raw": fields.KeywordField(ignore_above=20)})
    assert field.to_dict()["fields"]["raw"]["ignore_above"] == 20


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({}, "names no model"),
        ({"Django": type("Django", (), {"model": Product})}, "names no index"),
        (
            {
                "Index": type("Index", (), {"name": "x"}),
                "Django": type("Django", (), {"model": Product, "modle": 1}),
            },
            "unknown option modle",
        ),
    ],
)
def test_misdeclared_documents(attributes: dict[str, Any], message: str) -> None:
    with pytest.raises(DocumentMisdeclared, match=message):
        registry.register_document(type("Broken", (Document,), attributes))


def test_only_documents_can_be_registered() -> None:
    with pytest.raises(DocumentMisdeclared, match="is not a Document"):
        registry.register_document(Product)


def test_finding_documents() -> None:
    assert registry.get_document("flat-products") is FlatProductDocument
    assert registry.get_documents_for_model(Product) == (ProductDocument,)
    with pytest.raises(IndexNotDeclared, match="No document declares the index 'nope'"):
        registry.get_document("nope")
