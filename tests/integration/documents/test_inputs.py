"""Models, documents, values and saves that failed in other libraries, each as small as possible.

Rebuilt from public reports about django-elasticsearch-dsl, django-opensearch-dsl, Haystack and
Wagtail. Each row declares a document, does something, and says what is in the index afterwards.
"""

import json
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core import serializers
from django.core.files.base import ContentFile
from django.db import models, transaction
from django.db.models import Count, F, Q

from django_es_admin.documents import Document, fields
from django_es_admin.indices.encoding import encode_document
from django_es_admin.outbox.capture import capture
from django_es_admin.outbox.drainers.worker import drain_due
from tests.guide.models import (
    Badge,
    Board,
    Category,
    LoudProduct,
    Memo,
    Phrase,
    Place,
    Product,
    Restaurant,
    Review,
    Tag,
    Ticket,
    Use,
    Word,
)
from tests.inputs.models import Campaign, Job, Passport, Person, Thing
from tests.integration.documents.declared import Declared

Declare = Callable[..., Declared]
Sources = list[dict[str, Any]]


@dataclass(frozen=True)
class Row:
    """One input.

    Args:
        declaration: of the document.
        act: does something; returns what is to be in the index, in the order of the keys. Fields
            that it leaves out may be anything.
    """

    declaration: dict[str, Any]
    act: Callable[[], Sources]


ROWS: dict[str, Row] = {}


def row(declaration: dict[str, Any], **more: Any) -> Callable[[Any], Any]:
    def add(act: Callable[[], Sources]) -> Callable[[], Sources]:
        ROWS[act.__name__] = Row({**declaration, **more}, act)
        return act

    return add


def fields_named(*names: str) -> dict[str, Any]:
    return {name: fields.KeywordField() for name in names}


def objects_of(*names: str) -> fields.NestedField:
    return fields.NestedField(properties=fields_named(*names))


def of_products(self: Document, related_instance: Any) -> Any:
    if isinstance(related_instance, Review):
        return related_instance.product
    return related_instance.product_set.all()


FLAT: dict[str, Any] = {"model": Product, **fields_named("name", "description")}
DEEP: dict[str, Any] = {
    "model": Product,
    "related": (Category, Tag, Review),
    "name": fields.TextField(),
    "category": fields.ObjectField(
        properties={
            **fields_named("name"),
            "parent": fields.ObjectField(properties=fields_named("name")),
        }
    ),
    "tags": objects_of("name"),
    "reviews": objects_of("text"),
    "get_instances_from_related": of_products,
}


def make(name: str = "a", **values: Any) -> Product:
    return Product.objects.create(**{"name": name, "description": "d", "price": 1, **values})


def category(name: str = "c", **values: Any) -> Category:
    return Category.objects.create(name=name, slug=name, **values)


def named(*names: str) -> Sources:
    return [{"name": name} for name in names]


class Undo(Exception):
    pass


# Saves and deletes


@row(FLAT)
def saved_again() -> Sources:
    product = make()
    product.name = "b"
    product.save()
    return named("b")


@row(FLAT)
def saved_with_update_fields() -> Sources:
    product = make()
    product.name = "b"
    product.save(update_fields=["price"])
    product.save(update_fields=("name",))
    return named("b")


@row(FLAT)
def saved_with_an_empty_list_of_update_fields() -> Sources:
    product = make()
    product.name = "b"
    product.save(update_fields=[])
    return named("a")


@row(FLAT)
def saved_with_deferred_columns() -> Sources:
    make()
    product = Product.objects.only("price").get()
    product.price = 2
    product.save()
    return [{"name": "a", "description": "d"}]


@row(FLAT)
def saved_with_an_expression() -> Sources:
    product = make(name="a")
    product.name = F("description")
    product.save()
    return named("d")


@row(FLAT)
def created_unless_there() -> Sources:
    for _ in range(2):
        Product.objects.get_or_create(name="a", defaults={"description": "d", "price": 1})
    Product.objects.update_or_create(name="a", defaults={"description": "e", "price": 1})
    return [{"name": "a", "description": "e"}]


@row(FLAT)
def created_with_a_key_of_ones_own() -> Sources:
    Product(pk=77, name="a", description="d", price=1).save(force_insert=True)
    return named("a")


@row(FLAT)
def copied_under_another_key() -> Sources:
    product = make()
    product.pk = None
    product._state.adding = True
    product.name = "b"
    product.save()
    return named("a", "b")


@row(FLAT)
def saved_twice_in_a_transaction() -> Sources:
    with transaction.atomic():
        product = make()
        product.name = "b"
        product.save()
    return named("b")


@row(FLAT)
def created_and_deleted_in_a_transaction() -> Sources:
    with transaction.atomic():
        make("gone").delete()
        make("kept")
    return named("kept")


@row(FLAT)
def rolled_back() -> Sources:
    product = make()
    with suppress(Undo), transaction.atomic():
        product.name = "b"
        product.save()
        make("c")
        raise Undo
    return named("a")


@row(FLAT)
def rolled_back_in_part() -> Sources:
    with transaction.atomic():
        make("a")
        with suppress(Undo), transaction.atomic():
            make("b")
            raise Undo
        make("c")
    return named("a", "c")


@row(FLAT)
def deleted_and_made_again() -> Sources:
    product = make()
    key = product.pk
    product.delete()
    make("b", pk=key)
    return named("b")


@row(FLAT)
def deleted_by_a_queryset() -> Sources:
    make("a")
    make("b")
    make("c")
    Product.objects.filter(name__in="ac").delete()
    return named("b")


@row(FLAT)
def deleted_by_a_cascade() -> Sources:
    owner = category()
    make("a", category=owner)
    make("b")
    owner.delete()
    return named("b")


@row(FLAT)
def deleted_twice() -> Sources:
    old = make()
    Product.objects.get().delete()
    old.delete()
    return []


@row(FLAT)
def written_in_bulk() -> Sources:
    with transaction.atomic():
        made = Product.objects.bulk_create(
            Product(name=name, description="d", price=1) for name in "abc"
        )
        capture(made)
    with transaction.atomic():
        for product in made:
            product.name *= 2
        Product.objects.bulk_update(made, ["name"])
        capture(made)
    with transaction.atomic():
        Product.objects.filter(name="cc").update(description="u")
        capture(Product.objects.filter(description="u"))
    return [{"name": "aa"}, {"name": "bb"}, {"name": "cc", "description": "u"}]


@row(FLAT)
def loaded_as_a_fixture() -> Sources:
    made = serializers.serialize("json", [Product(pk=5, name="a", description="d", price=1)])
    with transaction.atomic():
        for one in serializers.deserialize("json", made):
            one.save()
    return named("a")


@row(FLAT)
def saved_by_a_coroutine() -> Sources:
    product = make()
    product.name = "b"
    async_to_sync(product.asave)()
    async_to_sync(Product(name="c", description="d", price=1).asave)()
    return named("b", "c")


@row(FLAT)
def saved_as_a_proxy() -> Sources:
    LoudProduct.objects.create(name="a", description="d", price=1)
    loud = LoudProduct.objects.get()
    loud.name = "b"
    loud.save()
    return named("b")


@row({"model": Place, **fields_named("name")})
def saved_as_a_child() -> Sources:
    restaurant = Restaurant.objects.create(name="a", stars=1)
    restaurant.name = "b"
    restaurant.save()
    Restaurant.objects.create(name="gone").delete()
    Place.objects.create(name="c")
    return named("b", "c")


@row({"model": Restaurant, **fields_named("name", "stars")})
def saved_as_a_parent() -> Sources:
    Restaurant.objects.create(name="a", stars=1)
    place = Place.objects.get()
    place.name = "b"
    place.save()
    return [{"name": "b", "stars": 1}]


@row({"model": Restaurant, **fields_named("name")})
def deleted_with_its_child_kept() -> Sources:
    Restaurant.objects.create(name="a").delete(keep_parents=True)
    assert Place.objects.exists()
    return []


@row({"model": Ticket, **fields_named("id", "name")})
def with_a_uuid_as_a_key() -> Sources:
    ticket = Ticket.objects.create(name="a")
    ticket.name = "b"
    ticket.save()
    return [{"id": str(ticket.pk), "name": "b"}]


@row({"model": Word, **fields_named("text")})
def with_a_text_as_a_key() -> Sources:
    for number, text in enumerate(("a/b c", "d?e=f&g", "ü.*,:", "_id")):
        Word.objects.create(text=text, code=str(number))
    Word.objects.get(text="ü.*,:").delete()
    return [{"text": text} for text in ("_id", "a/b c", "d?e=f&g")]


# Relations


@row(DEEP)
def a_related_object_is_renamed() -> Sources:
    parent = category("p")
    owner = category("c", parent=parent)
    make(category=owner)
    owner.name = "d"
    owner.save()
    return [{"category": {"name": "d", "parent": {"name": "p"}}}]


@row(DEEP)
def an_object_moves_to_another() -> Sources:
    old, new = category("old"), category("new")
    product = make(category=old)
    product.category = new
    product.save()
    old.delete()
    return [{"category": {"name": "new", "parent": None}}]


@row(DEEP)
def a_foreign_key_is_null() -> Sources:
    make()
    return [{"category": None, "tags": [], "reviews": []}]


@row({"model": Badge, "related": (Category,), **fields_named("name"),
      "giver": fields.ObjectField(properties=fields_named("name")),
      "get_instances_from_related": lambda self, giver: giver.badge_set.all()})  # fmt: skip
def a_foreign_key_is_set_to_null() -> Sources:
    giver = category()
    Badge.objects.create(name="a", giver=giver)
    giver.delete()
    return [{"name": "a", "giver": None}]


@row(DEEP)
def tags_are_added_and_removed() -> Sources:
    product, tags = make(), [Tag.objects.create(name=name) for name in "abc"]
    product.tags.add(*tags)
    product.tags.remove(tags[0])
    make("b").tags.set(tags[:1])
    make("c").tags.set(tags)
    Product.objects.get(name="c").tags.clear()
    return [{"tags": named("b", "c")}, {"tags": named("a")}, {"tags": []}]


@row(DEEP)
def tags_are_given_products() -> Sources:
    product, tag = make(), Tag.objects.create(name="t")
    tag.product_set.add(product)
    other = make("b")
    tag.product_set.set([other])
    return [{"tags": []}, {"tags": named("t")}]


@row(DEEP)
def a_tag_is_deleted() -> Sources:
    tag = Tag.objects.create(name="gone")
    make().tags.add(tag, Tag.objects.create(name="kept"))
    tag.delete()
    return [{"tags": named("kept")}]


@row(DEEP)
def a_tag_is_renamed() -> Sources:
    tag = Tag.objects.create(name="t")
    for name in "ab":
        make(name).tags.add(tag)
    tag.name = "u"
    tag.save()
    return [{"tags": named("u")}] * 2


@row(DEEP)
def links_are_written_by_their_own_model() -> Sources:
    product, tag = make(), Tag.objects.create(name="t")
    with transaction.atomic():
        Product.tags.through.objects.create(product=product, tag=tag)
        capture([product])
    return [{"tags": named("t")}]


@row(DEEP)
def reviews_come_and_go() -> Sources:
    first, second = make("a"), make("b")
    moved = Review.objects.create(product=first, text="moved", stars=1)
    Review.objects.create(product=first, text="gone", stars=1).delete()
    moved.product = second
    moved.save()
    Review.objects.create(product=first, text="edited", stars=1)
    Review.objects.filter(text="edited").first().delete()
    return [{"reviews": []}, {"reviews": [{"text": "moved"}]}]


@row({"model": Category, "related": (Category,), **fields_named("name"),
      "parent": fields.ObjectField(properties=fields_named("name")),
      "get_instances_from_related": lambda self, parent: parent.category_set.all()})  # fmt: skip
def a_tree() -> Sources:
    root = category("root")
    category("child", parent=root)
    root.name = "trunk"
    root.save()
    return [{"name": "trunk", "parent": None}, {"name": "child", "parent": {"name": "trunk"}}]


@row({"model": Category, "related": (Category,), **fields_named("name"),
      "category_set": objects_of("name"),
      "get_instances_from_related": lambda self, child: child.parent})  # fmt: skip
def a_tree_from_above() -> Sources:
    old, new = category("old"), category("new")
    child = category("child", parent=old)
    child.parent = new
    child.save()
    return [
        {"name": "old", "category_set": []},
        {"name": "new", "category_set": named("child")},
        {"name": "child", "category_set": []},
    ]


@row({"model": Word, "related": (Word,), "synonyms": objects_of("code"),
      "get_instances_from_related": lambda self, word: word.synonyms.all()})  # fmt: skip
def links_of_a_model_with_itself() -> Sources:
    a, b = (Word.objects.create(text=text, code=text) for text in "ab")
    a.synonyms.add(b)
    b.code = "c"
    b.save()
    return [{"synonyms": [{"code": "c"}]}, {"synonyms": [{"code": "a"}]}]


@row({"model": Phrase, "related": (Word, Use), "words": objects_of("text"),
      "get_instances_from_related": lambda self, one: (
          one.phrase if isinstance(one, Use) else one.phrase_set.all()
      )})  # fmt: skip
def links_with_a_model_of_their_own() -> Sources:
    phrase, word = Phrase.objects.create(name="p"), Word.objects.create(text="w", code="1")
    use = Use.objects.create(phrase=phrase, word=word)
    use.place = 5
    use.save()
    Use.objects.create(phrase=phrase, word=Word.objects.create(text="v", code="2")).delete()
    return [{"words": [{"text": "w"}]}]


@row({"model": Board, "related": (Memo,), "memos": objects_of("text"),
      "get_instances_from_related": lambda self, memo: memo.subject})  # fmt: skip
def generic_relations() -> Sources:
    first, second = (Board.objects.create(name=name) for name in "ab")
    memo = Memo.objects.create(text="m", subject=first)
    memo.subject = second
    memo.save()
    return [{"memos": []}, {"memos": [{"text": "m"}]}]


def of_campaign(self: Document, one: Any) -> Any:
    person = one.person if isinstance(one, Job) else one
    return person.campaigns.all() if person else None


@row({"model": Campaign, "related": (Person, Job), "get_instances_from_related": of_campaign,
      "persons": fields.NestedField(
          properties={**fields_named("name"), "jobs": objects_of("title")}
      )})  # fmt: skip
def nested_in_nested() -> Sources:
    campaign = Campaign.objects.create(name="c")
    person = campaign.persons.create(name="p")
    job = person.jobs.create(title="j")
    person.jobs.create(title="gone").delete()
    job.title = "k"
    job.save()
    Campaign.objects.create(name="empty")
    return [{"persons": [{"name": "p", "jobs": [{"title": "k"}]}]}, {"persons": []}]


@row({"model": Person, "related": (Passport,), **fields_named("name"),
      "passport": fields.ObjectField(properties=fields_named("number")),
      "get_instances_from_related": lambda self, passport: passport.person})  # fmt: skip
def one_to_one_from_the_other_side() -> Sources:
    with_one, lost, never = (Person.objects.create(name=name) for name in ("a", "b", "c"))
    Passport.objects.create(person=with_one, number="1")
    Passport.objects.create(person=lost, number="2").delete()
    assert never.pk
    return [{"passport": {"number": "1"}}, {"passport": None}, {"passport": None}]


@row({"model": Product, "related": (Category, Tag), "tags": objects_of("name"),
      "get_instances_from_related": lambda self, one: list(one.product_set.all())})  # fmt: skip
def related_objects_given_as_a_list() -> Sources:
    tag = Tag.objects.create(name="t")
    make().tags.add(tag)
    tag.name = "u"
    tag.save()
    return [{"tags": named("u")}]


# Querysets and methods


@row(FLAT, get_queryset=lambda self: Product.objects.filter(is_active=True))
def objects_leave_the_queryset() -> Sources:
    leaves, stays = make("a"), make("b")
    make("never", is_active=False)
    leaves.is_active = False
    leaves.save()
    stays.save()
    return named("b")


@row(FLAT, get_queryset=lambda self: Product.objects.filter(category__name="in"))
def objects_leave_the_queryset_by_a_relation() -> Sources:
    inside = category("in")
    product = make("a", category=inside)
    make("b", category=category("out"))
    product.category = Category.objects.get(name="out")
    product.save()
    make("c", category=inside)
    return named("c")


@row(FLAT, should_index_object=lambda self, product: "x" not in product.name)
def objects_that_are_not_to_be_indexed() -> Sources:
    product = make("a")
    make("x")
    product.name = "ax"
    product.save()
    make("b")
    return named("b")


@row(
    FLAT, get_queryset=lambda self: Product.objects.select_related("category").defer("description")
)
def a_queryset_that_joins_and_defers() -> Sources:
    make("a", category=category())
    return [{"name": "a", "description": "d"}]


@row(FLAT, related=(Review,), reviewed=fields.IntegerField(),
     get_instances_from_related=of_products,
     get_queryset=lambda self: Product.objects.annotate(reviewed=Count("reviews")))  # fmt: skip
def a_queryset_that_counts() -> Sources:
    product = make()
    Review.objects.create(product=product, text="r", stars=1)
    Review.objects.create(product=product, text="s", stars=1)
    return [{"name": "a", "reviewed": 2}]


@row(FLAT, get_queryset=lambda self: Product.objects.filter(
    Q(tags__name="t") | Q(tags__name="u")).distinct())  # fmt: skip
def a_queryset_that_joins_many() -> Sources:
    product = make()
    make("b")
    product.tags.add(Tag.objects.create(name="t"), Tag.objects.create(name="u"))
    product.save()
    return named("a")


@row(FLAT, get_queryset=lambda self: Product.objects.order_by("-name"))
def a_queryset_with_an_order() -> Sources:
    make("a")
    make("b")
    return named("a", "b")


@row({"model": Thing, "number": fields.IntegerField()})
def objects_that_are_deleted_softly() -> Sources:
    gone, _ = Thing.objects.create(number=1), Thing.objects.create(number=2)
    gone.deleted_at = datetime(2026, 1, 1, tzinfo=UTC)
    gone.save()
    return [{"number": 2}]


@row(FLAT, prepare=lambda self, product: {"name": product.name, "extra": {"n": product.pk * 0}})
def a_document_that_is_made_by_itself() -> Sources:
    make()
    return [{"name": "a", "extra": {"n": 0}}]


@row(FLAT, shout=fields.TextField(), words=fields.ListField(fields.KeywordField()))
def properties_and_methods() -> Sources:
    make("a b")
    return [{"shout": "A B", "words": ["a", "b"]}]


@row({"model": Thing, "items": fields.ListField(fields.KeywordField()),
      "get": fields.IntegerField(attr="number"), "source": fields.IntegerField(attr="number"),
      "index": fields.IntegerField(attr="number"), "type": fields.IntegerField(attr="number")},
)  # fmt: skip
def fields_with_the_names_of_methods() -> Sources:
    Thing.objects.create(number=1)
    return [{"items": ["a", "b"], "get": 1, "source": 1, "index": 1, "type": 1}]


@row({"model": Thing, "feeling": fields.KeywordField(attr="get_mood_display"),
      "mood": fields.KeywordField()})  # fmt: skip
def choices() -> Sources:
    Thing.objects.create(mood=Thing.Mood.GOOD)
    Thing.objects.create()
    return [{"feeling": "Good", "mood": "g"}, {"feeling": None, "mood": None}]


# Values

COLUMNS = (
    "number big price ratio text slug mood flag day moment hour code address link blob file"
).split()
THING: dict[str, Any] = {
    "model": Thing,
    "names": tuple(COLUMNS),
    "span": fields.DoubleField(),
    "data": fields.ObjectField(),
}


@row(THING)
def nothing_at_all() -> Sources:
    Thing.objects.create()
    return [dict.fromkeys([*COLUMNS, "span", "data"])]


@row(THING)
def a_value_of_each_kind() -> Sources:
    code = uuid.uuid4()
    thing = Thing(
        number=-1,
        big=2**62,
        price=Decimal("1234567.891234"),
        ratio=1e-300,
        text="t",
        slug="s",
        mood="g",
        flag=False,
        day=date(2026, 2, 28),
        moment=datetime(2026, 3, 29, 1, 30, 0, 123456, UTC),
        hour=time(23, 59, 59),
        span=timedelta(minutes=1),
        code=code,
        address="2001:db8::1",
        link=f"http://example.com/{'a' * 1_900}",
        data={"a": [1, 2], "b": {"c": None}},
        blob=b"\x00\x01",
    )
    thing.file.save("a b.txt", ContentFile(b"c"))
    return [
        {
            "number": -1,
            "big": 2**62,
            "price": 1234567.891234,
            "ratio": 1e-300,
            "flag": False,
            "day": "2026-02-28",
            "moment": "2026-03-29T01:30:00.123456+00:00",
            "hour": "23:59:59",
            "span": 60.0,
            "code": str(code),
            "address": "2001:db8::1",
            "data": {"a": [1, 2], "b": {"c": None}},
            "blob": "AAE=",
            "file": thing.file.url,
        }
    ]


@row(THING)
def values_at_the_edge() -> Sources:
    Thing.objects.create(
        number=-(2**31), big=2**63 - 1, day=date(1, 1, 1),
        moment=datetime(9999, 12, 31, tzinfo=UTC), hour=time(0),
        price=Decimal("-0.000001"), text="", ratio=0.0, flag=True, data=[], blob=b"",
    )  # fmt: skip
    return [
        {
            "number": -(2**31),
            "big": 2**63 - 1,
            "day": "0001-01-01",
            "moment": "9999-12-31T00:00:00+00:00",
            "hour": "00:00:00",
            "price": -1e-06,
            "text": "",
            "ratio": 0.0,
            "data": [],
            "blob": "",
        }
    ]


@row(THING)
def texts_of_all_kinds() -> Sources:
    texts = [
        "Ünïcode 日本語 \U0001f600 e\u0301",
        "\u202eright to left\u202c\u200b\ufeff",
        'quo"tes\\ and \n\t\r\x07',
        "<script>alert(1)</script>",
        '{"index": {"_id": "1"}}\n{"delete": {}}',
        "null",
        "x" * 100_000,
    ]
    for text in texts:
        Thing.objects.create(text=text)
    return [{"text": text} for text in texts]


@row({"model": Thing, "text": fields.TextField(fields={"raw": fields.KeywordField()})})
def a_text_too_long_for_a_keyword() -> Sources:
    Thing.objects.create(text="é" * 40_000)
    return [{"text": "é" * 40_000}]


@row({"model": Thing, "data": fields.ObjectField(enabled=False)})
def json_of_any_shape() -> Sources:
    shapes = [{"a.b": 1, "a": {"b": 2}}, [1, [2, ["x"]]], {"a": 1}, {"a": "text"}]
    for shape in shapes:
        Thing.objects.create(data=shape)
    return [{"data": shape} for shape in shapes]


@row({"model": Thing, "place": fields.GeoPointField(),
      "prepare_place": lambda self, thing: thing.number and {"lat": thing.number, "lon": 13.4}},
)  # fmt: skip
def points_on_earth() -> Sources:
    Thing.objects.create(number=52)
    Thing.objects.create()
    return [{"place": {"lat": 52, "lon": 13.4}}, {"place": None}]


@row({"model": Thing, "suggest": fields.CompletionField(),
      "prepare_suggest": lambda self, thing: {"input": [thing.text, "x"], "weight": 3}},
)  # fmt: skip
def completions() -> Sources:
    Thing.objects.create(text="t")
    return [{"suggest": {"input": ["t", "x"], "weight": 3}}]


@row({"model": Thing, "number": fields.KeywordField(),
      "flag": fields.KeywordField(), "day": fields.KeywordField(), "code": fields.TextField()},
)  # fmt: skip
def fields_of_another_type_than_their_columns() -> Sources:
    Thing.objects.create(number=1, flag=True, day=date(2026, 1, 1), code=uuid.UUID(int=1))
    return [{"number": 1, "flag": True, "day": "2026-01-01", "code": str(uuid.UUID(int=1))}]


@pytest.mark.few(14)
@pytest.mark.parametrize("name", ROWS)
def test_an_input_that_holds(declare: Declare, settings: Any, tmp_path: Any, name: str) -> None:
    settings.MEDIA_ROOT = tmp_path
    declaration, act = ROWS[name].declaration, ROWS[name].act
    index = declare(**declaration)
    expected = act()
    drain_due()
    assert index.errors() == {}
    documents = index.read()
    found = [documents[key] for key in sorted(documents, key=_number)]
    assert [
        {field: source.get(field, ...) for field in wanted}
        for source, wanted in zip(found, expected, strict=True)
    ] == expected
    assert documents == would_be(index)


def _number(key: str) -> Any:
    return (0, int(key)) if key.isdigit() else (1, key)


def would_be(index: Declared) -> dict[str, Any]:
    """Return what a rebuild would write now."""
    django, mapping = index.document.django, index.document._doc_type.mapping
    queryset: models.QuerySet[Any] = index.document().get_queryset().order_by("pk")
    return {
        str(prepared.key): json.loads(encode_document(prepared.source, mapping))
        for prepared in django.source.read(queryset)
        if prepared.source is not None
    }


def test_there_are_enough_of_them() -> None:
    assert len(ROWS) >= 50
