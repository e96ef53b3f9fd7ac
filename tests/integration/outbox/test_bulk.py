"""Bulk operations of a captured queryset reach the index as saves do."""

import asyncio
import pickle
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.apps import apps
from django.db import connection, models, transaction
from django.db.migrations.state import ProjectState
from django.db.models import F, Value
from django.db.models.functions import Concat
from django.test.utils import CaptureQueriesContext
from elasticsearch import Elasticsearch

from django_es_admin.documents import Document, fields, registry
from django_es_admin.exceptions import KeyMissing, ModelNotIndexed
from django_es_admin.indices.definition import definition_of
from django_es_admin.models import OutboxEntry
from django_es_admin.outbox import (
    CapturedManagerMixin,
    CapturedQuerySet,
    CapturedQuerySetMixin,
    captured,
)
from django_es_admin.outbox.capture import capture
from django_es_admin.outbox.drainers import inline
from django_es_admin.outbox.drainers.worker import drain_due
from tests.guide.models import (
    Category,
    Kiosk,
    Place,
    Product,
    Restaurant,
    Review,
    Tag,
    Ticket,
    Word,
)
from tests.live import make_live
from tests.rows.models import Capital, Land, Town

Indexed = Callable[[], dict[str, Any]]


def rows_of(model: Any) -> CapturedQuerySet:
    return CapturedQuerySet(model)


def make(name: str = "Boot", **values: Any) -> Product:
    return Product.objects.create(name=name, description="", price=1, **values)


def new(name: str = "Boot", **values: Any) -> Product:
    return Product(name=name, description="", price=1, **values)


def names(indexed: Indexed) -> list[str]:
    return sorted(source["name"] for source in indexed().values())


def kept() -> list[tuple[str, str, str]]:
    rows = OutboxEntry.objects.filter(delete_sent=False).order_by("kind", "model", "key")
    return list(rows.values_list("kind", "model", "key"))


@contextmanager
def declared(es: Elasticsearch, model: Any, **attributes: Any) -> Iterator[Indexed]:
    """Declare a document, live and empty, and give what reads it."""
    options = attributes.pop("options", {})
    attributes |= {
        "Index": type("Index", (), {"name": "bulk"}),
        "Django": type("Django", (), {"model": model, **options}),
    }
    document = registry.register_document(type("BulkDocument", (Document,), attributes))
    definition = definition_of(document)
    make_live(definition)

    def read() -> dict[str, Any]:
        es.indices.refresh(index=definition.alias)
        hits = es.search(index=definition.alias, size=1000)["hits"]["hits"]
        return {hit["_id"]: hit["_source"] for hit in hits}

    try:
        yield read
    finally:
        registry.unregister_document(document)


def test_an_update_that_moves_rows_out_of_its_own_filter(indexed: Indexed) -> None:
    for number in range(5):
        make(f"Boot {number}")
    other = make("Shoe")
    changed = rows_of(Product).filter(name__startswith="Boot").update(name="Slipper")
    assert changed == 5
    assert names(indexed) == ["Shoe"] + ["Slipper"] * 5
    assert kept() == []
    assert rows_of(Product).filter(pk=other.pk).update(name=Concat("name", Value("s"))) == 1
    assert names(indexed) == ["Shoes"] + ["Slipper"] * 5


@pytest.mark.parametrize("count", [1, 7])
def test_rows_of_an_update_are_noted_once_each(indexed: Indexed, count: int) -> None:
    for number in range(count):
        make(f"Boot {number}")
    with transaction.atomic():
        rows_of(Product).update(price=F("price") + 1)
        keys = sorted(map(str, Product.objects.values_list("pk", flat=True)))
        assert kept() == [("object", "", key) for key in keys]
    assert {source["price"] for source in indexed().values()} == {2.0}


def test_columns_that_no_document_reads_cost_nothing(indexed: Indexed) -> None:
    make()
    with CaptureQueriesContext(connection) as queries:
        assert rows_of(Product).update(photo="x.png") == 1
    assert len(queries) == 1


def test_an_update_that_is_rolled_back(indexed: Indexed) -> None:
    make()
    with suppress(ZeroDivisionError), transaction.atomic():
        rows_of(Product).update(name="Shoe")
        raise ZeroDivisionError
    assert kept() == []
    assert names(indexed) == ["Boot"]


@pytest.mark.parametrize(
    "choose",
    [
        lambda rows: rows.filter(tags__name__in=["a", "b"]).distinct(),
        lambda rows: rows.filter(category__name="Shoes"),
        lambda rows: rows.annotate(n=models.Count("tags")).filter(n=2),
        lambda rows: rows.exclude(tags__name="c").order_by("-name"),
        lambda rows: rows.filter(pk__in=Product.objects.filter(tags__name="a").values("pk")),
    ],
)
def test_rows_that_are_chosen_by_joins(indexed: Indexed, choose: Callable[[Any], Any]) -> None:
    shoes = Category.objects.create(name="Shoes", slug="shoes")
    product = make(category=shoes)
    product.tags.set([Tag.objects.create(name=name) for name in "ab"])
    make("Other").tags.add(Tag.objects.create(name="c"))
    assert choose(rows_of(Product)).update(name="Slipper") == 1
    assert names(indexed) == ["Other", "Slipper"]
    assert kept() == []


def test_nothing_to_update(indexed: Indexed) -> None:
    make()
    assert rows_of(Product).filter(pk__in=[]).update(name="x") == 0
    assert rows_of(Product).none().update(name="x") == 0
    assert rows_of(Product).filter(name="none").update(name="x") == 0
    with pytest.raises(TypeError):
        rows_of(Product).all()[:1].update(name="x")
    assert names(indexed) == ["Boot"]


def test_an_update_of_a_related_model(indexed: Indexed) -> None:
    shoes = Category.objects.create(name="Shoes", slug="shoes")
    make(category=shoes)
    assert rows_of(Category).filter(name="Shoes").update(name="Footwear") == 1
    [source] = indexed().values()
    assert source["category"]["name"] == "Footwear"


def test_an_update_of_the_key(es: Elasticsearch, transactional_db: None) -> None:
    with declared(es, Word, text=fields.KeywordField(), code=fields.KeywordField()) as read:
        Word.objects.create(text="old", code="1")
        assert rows_of(Word).filter(text="old").update(text="new") == 1
        assert list(read()) == ["new"]
        assert rows_of(Word).update(text=Concat("text", Value("er"))) == 1
        assert list(read()) == ["newer"]


def test_an_update_that_moves_related_objects(es: Elasticsearch, transactional_db: None) -> None:
    def get_instances_from_related(self: Any, related_instance: Review) -> Product:
        return related_instance.product

    with declared(
        es,
        Product,
        name=fields.KeywordField(),
        reviews=fields.ObjectField(properties={"text": fields.TextField()}),
        get_instances_from_related=get_instances_from_related,
        options={"related_models": [Review]},
    ) as read:
        old, owner = make("old"), make("new")
        for number in range(3):
            old.reviews.create(text=f"t{number}", stars=number)
        assert rows_of(Review).filter(product=old).update(product=owner) == 3
        drain_due()
        found = {source["name"]: len(source["reviews"] or []) for source in read().values()}
        assert found == {"old": 0, "new": 3}


def test_bulk_create_and_bulk_update(indexed: Indexed) -> None:
    made = rows_of(Product).bulk_create([new(f"Boot {n}") for n in range(12)], batch_size=5)
    assert len(indexed()) == 12
    for product in made:
        product.name = "Shoe"
    assert rows_of(Product).bulk_update(made, ["name"], batch_size=5) == 12
    assert names(indexed) == ["Shoe"] * 12
    assert kept() == []


def test_bulk_create_of_more_than_an_inline_drain_takes(indexed: Indexed, settings: Any) -> None:
    settings.ES_ADMIN = settings.ES_ADMIN | {"INLINE_MAX_OBJECTS": 4}
    rows_of(Product).bulk_create([new(f"Boot {n}") for n in range(9)])
    assert len(indexed()) == 4
    drain_due()
    assert len(indexed()) == 9
    rows_of(Product).update(name="Shoe")
    drain_due()
    assert names(indexed) == ["Shoe"] * 9
    assert kept() == []


def test_bulk_create_that_updates(es: Elasticsearch, transactional_db: None) -> None:
    with declared(es, Word, text=fields.KeywordField(), code=fields.KeywordField()) as read:
        words = [Word(text="a", code="1"), Word(text="b", code="2")]
        rows_of(Word).bulk_create(words)
        assert {key: source["code"] for key, source in read().items()} == {"a": "1", "b": "2"}
        rows_of(Word).bulk_create(
            [Word(text="b", code="3"), Word(text="c", code="4")],
            update_conflicts=True,
            update_fields=["code"],
            **({} if connection.vendor == "mysql" else {"unique_fields": ["text"]}),
        )
        assert {key: source["code"] for key, source in read().items()} == {
            "a": "1",
            "b": "3",
            "c": "4",
        }


def test_bulk_create_that_updates_a_row_of_another_key(
    es: Elasticsearch, transactional_db: None
) -> None:
    with declared(es, Kiosk, name=fields.KeywordField()) as read:
        there = Kiosk.objects.create(name="a", code="1")
        rows_of(Kiosk).bulk_create(
            [Kiosk(name="b", code="1")],
            update_conflicts=True,
            update_fields=["name"],
            **({} if connection.vendor == "mysql" else {"unique_fields": ["code"]}),
        )
        assert {key: source["name"] for key, source in read().items()} == {str(there.pk): "b"}


def test_conflicts_that_are_ignored(indexed: Indexed, es: Elasticsearch) -> None:
    with pytest.raises(KeyMissing, match="ignore_conflicts"):
        rows_of(Product).bulk_create([new()], ignore_conflicts=True)
    assert not Product.objects.exists()
    with declared(es, Ticket, name=fields.KeywordField()) as read:
        ticket = Ticket(name="a")
        rows_of(Ticket).bulk_create([ticket, Ticket(name="b")], ignore_conflicts=True)
        rows_of(Ticket).bulk_create([Ticket(pk=ticket.pk, name="c")], ignore_conflicts=True)
        assert sorted(source["name"] for source in read().values()) == ["a", "b"]
        assert str(ticket.pk) in read()


def test_a_uuid_is_spelled_as_its_document(es: Elasticsearch, transactional_db: None) -> None:
    with declared(es, Ticket, name=fields.KeywordField()) as read:
        rows_of(Ticket).bulk_create([Ticket(name=str(n)) for n in range(3)])
        Ticket.objects.filter(name="2").delete()
        with transaction.atomic():
            rows_of(Ticket).update(name="x")
            assert {key for _, _, key in kept()} == {str(t.pk) for t in Ticket.objects.all()}
        assert [source["name"] for source in read().values()] == ["x", "x"]


def test_inherited_tables(es: Elasticsearch, transactional_db: None) -> None:
    with declared(es, Restaurant, name=fields.KeywordField(), stars=fields.IntegerField()) as read:
        for number in range(3):
            Restaurant.objects.create(name=f"R{number}", city="B", stars=1)
        rows_of(Restaurant).update(stars=3)
        assert {source["stars"] for source in read().values()} == {3}
        assert rows_of(Restaurant).filter(city="B").update(name="Moved", city="C") == 3
        assert {source["name"] for source in read().values()} == {"Moved"}
        rows_of(Place).update(name="Place")
        assert {source["name"] for source in read().values()} == {"Place"}
    with declared(es, Place, name=fields.KeywordField()) as read:
        assert rows_of(Restaurant).filter(city="C").update(name="Above") == 3
        assert [source["name"] for source in read().values()] == ["Above"] * 3


def test_inherited_tables_that_have_keys_of_their_own(
    es: Elasticsearch, transactional_db: None
) -> None:
    names = ("name", "mayor", "palace")
    with declared(es, Capital, **{name: fields.KeywordField() for name in names}) as read:
        Town.objects.create(name="only town", mayor="m", code="t")
        Capital.objects.create(name="Paris", mayor="Anne", palace="E", code="p")
        rows_of(Land).update(name="x")
        assert read() == {"p": {"name": "x", "mayor": "Anne", "palace": "E"}}
        rows_of(Town).update(mayor="y")
        rows_of(Capital).filter(name="x").update(name="z", palace="F")
        assert read() == {"p": {"name": "z", "mayor": "y", "palace": "F"}}


def test_a_table_above_one_that_has_keys_of_its_own(
    es: Elasticsearch, transactional_db: None
) -> None:
    with declared(es, Land, name=fields.KeywordField()) as read:
        Town.objects.create(name="only town", mayor="m", code="t")
        Capital.objects.create(name="Paris", mayor="Anne", palace="E", code="p")
        rows_of(Capital).update(name="above")
        assert sorted(source["name"] for source in read().values()) == ["above", "only town"]


def test_a_delete_that_sends_no_signal(indexed: Indexed) -> None:
    for name in ("a", "a", "b"):
        make(name)
    assert rows_of(Product).filter(name="a")._raw_delete("default") == 2
    assert names(indexed) == ["b"]
    with transaction.atomic():
        rows_of(Product)._raw_delete("default")
        transaction.set_rollback(True)
    assert names(indexed) == ["b"]


def test_a_delete_of_related_objects_that_sends_no_signal(
    es: Elasticsearch, transactional_db: None
) -> None:
    with declared(
        es,
        Product,
        reviews=fields.ObjectField(properties={"text": fields.KeywordField()}),
        get_instances_from_related=lambda self, review: review.product,
        options={"related_models": [Review]},
    ) as read:
        product = make()
        for text in "ab":
            product.reviews.create(text=text, stars=1)
        rows_of(Review).filter(text="a")._raw_delete("default")
        [source] = read().values()
        assert [one["text"] for one in source["reviews"]] == ["b"]


def test_delete_and_the_methods_that_save(indexed: Indexed) -> None:
    rows = rows_of(Product)
    rows.get_or_create(name="a", defaults={"description": "", "price": 1})
    rows.update_or_create(name="a", defaults={"price": 3, "description": ""})
    [source] = indexed().values()
    assert source["price"] == 3.0
    rows.filter(name="a").delete()
    assert indexed() == {}


def test_asynchronous_methods(indexed: Indexed) -> None:
    async def change() -> None:
        rows = rows_of(Product)
        made = await rows.abulk_create([new("a"), new("b"), new("c")])
        await rows.filter(name="a").aupdate(name="z")
        for one in made[1:]:
            one.name = "y"
        await rows.abulk_update(made[1:], ["name"])
        await rows.aupdate_or_create(name="z", defaults={"price": 9})
        await rows.filter(name="z").adelete()

    async_to_sync(change)()
    assert names(indexed) == ["y", "y"]
    assert kept() == []


class Counted(models.QuerySet):
    def update(self, **kwargs: Any) -> int:
        self.model.objects.count()
        return super().update(**kwargs)


def test_the_event_loop_goes_on_while_a_drain_waits(
    indexed: Indexed, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, ticks, seen = inline.drain_committed, [0], [0]
    answered = threading.Event()

    def slow(using: str, entries: list[OutboxEntry]) -> None:
        # Elasticsearch answers only once the loop has done something else.
        assert answered.wait(30)
        plain(using, entries)

    monkeypatch.setattr(inline, "drain_committed", slow)

    async def tick() -> None:
        while ticks[0] < 20:
            await asyncio.sleep(0.001)
            ticks[0] += 1
        answered.set()

    async def view() -> None:
        await rows_of(Product).abulk_create([new("a"), new("b")])
        seen[0] = ticks[0]

    async def both() -> None:
        await asyncio.gather(view(), tick())

    async_to_sync(both)()
    assert seen == [20]
    assert names(indexed) == ["a", "b"]


def test_other_querysets_and_managers(indexed: Indexed) -> None:
    class Mixed(CapturedQuerySetMixin, Counted):
        pass

    class Wrapped(CapturedManagerMixin, models.Manager.from_queryset(Counted)):
        pass

    make()
    assert Mixed(Product).update(name="a") == 1
    assert names(indexed) == ["a"]
    manager = Wrapped()
    manager.model = Product
    assert manager.update(name="b") == 1
    assert manager.filter(name="b").update(name="c") == 1
    assert names(indexed) == ["c"]
    manager.bulk_create([new("d")])
    assert names(indexed) == ["c", "d"]
    again = pickle.loads(pickle.dumps(manager.order_by("pk")))  # noqa: S301 (our own)
    assert [one.name for one in again] == ["c", "d"]
    assert again.filter(name="d").update(name="e") == 1
    assert names(indexed) == ["c", "e"]


def test_a_model_that_is_not_indexed(transactional_db: None) -> None:
    rows_of(Review).update(stars=1)
    with pytest.raises(ModelNotIndexed), captured(Place.objects.all()):
        pass


def execute(sql: str, *params: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)


def test_sql_inside_a_captured_block(indexed: Indexed) -> None:
    made = [make(f"Boot {n}") for n in range(4)]
    make("Shoe")
    with captured(Product.objects.filter(name__startswith="Boot")):
        execute("UPDATE guide_product SET name = 'Slipper' WHERE id = %s", made[0].pk)
        execute("DELETE FROM guide_product WHERE id = %s", made[1].pk)
        execute("UPDATE guide_product SET name = 'Boots' WHERE name = 'Shoe'")
    assert names(indexed) == ["Boot 2", "Boot 3", "Boots", "Slipper"]
    assert kept() == []


def test_sql_on_related_objects(es: Elasticsearch, indexed: Indexed) -> None:
    shoes = Category.objects.create(name="Shoes", slug="shoes")
    make(category=shoes)
    with captured(Category.objects.filter(name="Shoes")):
        execute("UPDATE guide_category SET name = 'Footwear'")
    [source] = indexed().values()
    assert source["category"]["name"] == "Footwear"


def test_a_captured_block_that_fails(indexed: Indexed) -> None:
    make()
    with suppress(ZeroDivisionError), captured(Product.objects.all()):
        execute("UPDATE guide_product SET name = 'x'")
        raise ZeroDivisionError
    assert names(indexed) == ["Boot"]
    assert kept() == []


def test_the_models_of_a_migration(indexed: Indexed) -> None:
    historical = ProjectState.from_apps(apps).apps
    product, category = (historical.get_model("guide", name) for name in ("Product", "Category"))
    shoes = Category.objects.create(name="Shoes", slug="shoes")
    make("a", category=shoes)
    with captured(product.objects.filter(name="a")):
        product.objects.filter(name="a").update(name="b")
    with captured(category.objects.all()):
        category.objects.update(name="Footwear")
    [source] = indexed().values()
    assert (source["name"], source["category"]["name"]) == ("b", "Footwear")
    with transaction.atomic():
        capture(product.objects.bulk_create([product(name="c", description="", price=1)]))
    assert names(indexed) == ["b", "c"]
