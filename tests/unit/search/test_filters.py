"""Conditions of the database in Elasticsearch's terms, where there are such."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db.models import CharField, Count, DecimalField, F, Q, QuerySet, sql
from shop.documents import ProductDocument
from shop.models import Product

from django_es_admin.documents import Document, fields
from django_es_admin.search.querysets.columns import columns_of
from django_es_admin.search.querysets.filters import MAX_VALUES, translate
from django_es_admin.search.querysets.ordering import translate_order
from tests.testapp.documents import NoteDocument
from tests.testapp.models import Note

MOMENT = datetime(2026, 11, 21, 12, tzinfo=UTC)
TEXT = "2026-11-21T12:00:00+00:00"


def all_of(*queries: Any) -> tuple[Any, ...]:
    return ({"bool": {"filter": list(queries)}},)


def none_of(*queries: Any) -> Any:
    return {"bool": {"must_not": {"bool": {"filter": list(queries)}}}}


def test_columns_that_a_document_holds_as_they_are() -> None:
    assert {name: column.path for name, column in columns_of(ProductDocument).items()} == {
        "id": "id",
        "name": "name.raw",
        "description": "description.raw",
        "category_id": "category.id",
        "brand": "brand",
        "sku": "sku",
        "is_active": "is_active",
        "created_at": "created_at",
        "updated_at": "updated_at",
    }


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (Product.objects.all(), ()),
        (Product.objects.filter(is_active=True), all_of({"term": {"is_active": True}})),
        (Product.objects.filter(category=7), all_of({"term": {"category.id": 7}})),
        (Product.objects.filter(category__id=7), all_of({"term": {"category.id": 7}})),
        (
            Product.objects.filter(category__in=[1, 2], brand="Acme"),
            all_of({"term": {"brand": "Acme"}}, {"terms": {"category.id": [1, 2]}}),
        ),
        (
            Product.objects.filter(created_at__gte=MOMENT, created_at__lt=MOMENT),
            all_of(
                {"range": {"created_at": {"gte": TEXT}}}, {"range": {"created_at": {"lt": TEXT}}}
            ),
        ),
        (
            Product.objects.filter(Q(sku="a") | Q(id__gt=5)),
            all_of(
                {
                    "bool": {
                        "should": [{"term": {"sku": "a"}}, {"range": {"id": {"gt": 5}}}],
                        "minimum_should_match": 1,
                    }
                }
            ),
        ),
        (Product.objects.exclude(is_active=True), all_of(none_of({"term": {"is_active": True}}))),
        (
            Note.objects.filter(written=date(2026, 11, 21), stars__lte=3),
            all_of({"range": {"stars": {"lte": 3}}}, {"term": {"written": "2026-11-21"}}),
        ),
    ],
)
def test_what_means_the_same(rows: QuerySet[Any], expected: Any) -> None:
    document = NoteDocument if rows.model is Note else ProductDocument
    assert translate(document, rows) == expected


def test_columns_that_may_be_empty() -> None:
    class Shelved(Document):
        class Index:
            """Without one, all classes without one would be of one index."""

            name = "shelved"

        shelf_id = fields.LongField()

    Shelved.django = NoteDocument.django
    exists = {"exists": {"field": "shelf_id"}}
    rows = Note.objects.all()
    assert translate(Shelved, rows.filter(shelf=1)) == all_of({"term": {"shelf_id": 1}})
    assert translate(Shelved, rows.filter(shelf__isnull=False)) == all_of(exists)
    empty = {"bool": {"must_not": exists}}
    assert translate(Shelved, rows.filter(shelf__isnull=True)) == all_of(empty)
    # Neither "is 1" nor "is not 1" is true of nothing.
    assert translate(Shelved, rows.exclude(shelf=1)) is None


@pytest.mark.parametrize(
    "rows",
    [
        # Other tables, other values, other ideas of equality.
        Product.objects.filter(tags=1),
        Product.objects.filter(category__name="Boots"),
        Product.objects.filter(name__icontains="boot"),
        Product.objects.filter(brand__gt="Acme"),
        Product.objects.filter(sku=F("brand")),
        Product.objects.filter(price__gt=5),
        Product.objects.filter(created_at__year=2026),
        Product.objects.filter(created_at=MOMENT),
        # A part of a millisecond later is the same moment in the index.
        Product.objects.filter(created_at__gt=MOMENT),
        Product.objects.filter(created_at__lte=MOMENT),
        Product.objects.filter(created_at__gte=MOMENT.replace(microsecond=1)),
        Product.objects.filter(name="x" * 9_000),
        Product.objects.filter(name__isnull=True),
        Product.objects.filter(Q(sku="a") ^ Q(sku="b")),
        # What is left out, or put together, in another way.
        Product.objects.none(),
        Product.objects.all()[:3],
        Product.objects.distinct(),
        Product.objects.union(Product.objects.all()),
        Product.objects.annotate(number=Count("tags")),
        Product.objects.extra(where=["1 = 1"]),
        Note.objects.filter(kind="odd"),
        Note.objects.filter(shelf=1),
    ],
)
def test_what_is_left_to_the_database(rows: QuerySet[Any]) -> None:
    document = NoteDocument if rows.model is Note else ProductDocument
    assert translate(document, rows) is None


def test_a_document_that_is_made_by_hand_stands_for_no_column() -> None:
    class ByHand(Document):
        class Index:
            """Without one, all classes without one would be of one index."""

            name = "byhand"

        id = fields.LongField()

        class Django:
            model = Product

        def prepare(self, instance: Product) -> dict[str, Any]:
            return {"id": 1}

    assert columns_of(ByHand) == {}


class Shouted(CharField):
    """Stores something else than it is given."""

    def get_prep_value(self, value: Any) -> Any:
        return value and str(value).upper()


class Encrypted(CharField):
    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return value and value[::-1]


class Alike(CharField):
    """Compared in any case."""

    def db_type(self, connection: Any) -> str:
        return "citext"


class Cents(DecimalField):
    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        return value and int(value * 100)


@pytest.mark.parametrize("kind", [Shouted, Encrypted, Alike])
def test_a_column_that_the_project_stores_in_its_own_way_is_left_to_the_database(
    monkeypatch: pytest.MonkeyPatch, kind: type[CharField]
) -> None:
    class Coded(Document):
        class Index:
            """Without one, all classes without one would be of one index."""

            name = "coded"

        sku = fields.KeywordField()
        brand = fields.KeywordField()

    Coded.django = ProductDocument.django
    monkeypatch.setattr(Product._meta.get_field("sku"), "__class__", kind)
    assert set(columns_of(Coded)) == {"brand"}
    assert translate(Coded, Product.objects.filter(sku="a")) is None


def test_a_number_that_the_project_stores_in_its_own_way_is_sorted_by_the_database(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert translate_order(ProductDocument, Product.objects.order_by("price"))
    monkeypatch.setattr(Product._meta.get_field("price"), "__class__", Cents)
    assert translate_order(ProductDocument, Product.objects.order_by("price")) == ()


class OwnQuery(sql.Query):
    """What another package adds to a query, such as a common table expression."""


def test_what_a_query_has_beside_its_conditions_is_left_to_the_database() -> None:
    own = QuerySet(Product, query=OwnQuery(Product))
    for rows in (own, Product.objects.extra(tables=["shop_tag"]), Product.objects.using("other")):
        assert translate(ProductDocument, rows) is None
        assert translate(ProductDocument, rows.filter(is_active=True)) is None
    assert translate(ProductDocument, Product.objects.using("default")) == ()
    few, many = range(MAX_VALUES), range(MAX_VALUES + 1)
    assert translate(ProductDocument, Product.objects.filter(id__in=few))
    assert translate(ProductDocument, Product.objects.filter(id__in=many)) is None


def test_fields_that_hold_something_else() -> None:
    class Altered(Document):
        class Index:
            """Without one, all classes without one would be of one index."""

            name = "altered"

        sku = fields.KeywordField(normalizer="lowercase")
        brand = fields.TextField()
        is_active = fields.BooleanField(index=False)
        created_at = fields.DateField(format="yyyy")
        name = fields.KeywordField()

        class Django:
            model = Product

        def prepare_name(self, instance: Product) -> str:
            return "other"

    Altered.django = ProductDocument.django
    assert columns_of(Altered) == {}
