"""What a document reads: which saves concern it, and which models it depends on."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import DatabaseError
from django.db.models import Prefetch, Q
from django.db.models.functions import Lower

from django_es_admin.documents import Document, fields, registry
from django_es_admin.documents.reads import Reads
from tests.guide.models import (
    Badge,
    Category,
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
from tests.rows.models import Album, Artist, Genre, Prize, Track


@pytest.fixture
def reads() -> Iterator[Callable[..., Reads]]:
    """Declares a document, gives what it reads."""
    registered: list[type[Document]] = []

    def declare(model: Any, **attributes: Any) -> Reads:
        attributes |= {
            "Index": type("Index", (), {"name": "reads"}),
            "Django": type("Django", (), {"model": model}),
        }
        registered.append(
            registry.register_document(type("ReadingDocument", (Document,), attributes))
        )
        return registered[-1].django.reads

    yield declare
    for document in registered:
        registry.unregister_document(document)


def objects_of(*names: str) -> fields.NestedField:
    return fields.NestedField(properties={name: fields.KeywordField() for name in names})


def test_what_a_default_manager_leaves_out(reads: Callable[..., Reads]) -> None:
    found = reads(Ticket, badge_set=objects_of("name"))
    assert found.concern(Badge, ["name"])
    assert found.concern(Badge, ["is_public"])
    assert not found.concern(Badge, ["giver"])


def test_a_foreign_key_by_either_name(reads: Callable[..., Reads]) -> None:
    found = reads(Product, place=fields.KeywordField(attr="category_id"))
    assert found.concern(Product, ["category"])
    assert found.concern(Product, ["category_id"])
    assert not found.concern(Product, ["name"])


def test_a_foreign_key_that_a_delete_empties(reads: Callable[..., Reads]) -> None:
    # Django sends no signal for the badge then.
    assert reads(Badge, giver=fields.KeywordField(attr="giver_id")).related == {Category}
    # A product is deleted itself, with its signal.
    assert reads(Product, place=fields.KeywordField(attr="category_id")).related == set()


def test_links_of_a_model_of_their_own(reads: Callable[..., Reads]) -> None:
    found = reads(Phrase, words=objects_of("code"))
    assert found.related == {Word, Use}
    assert found.follow(Use, None)
    assert not found.follow(Word, None)
    assert found.concern(Use, ["word_id"])
    assert not found.concern(Use, ["place"])
    assert reads(Word, phrase_set=objects_of("name")).related == {Phrase, Use}
    assert reads(Product, tags=objects_of("name")).related == {Tag}


def test_a_relation_to_its_own_model(reads: Callable[..., Reads]) -> None:
    parent = fields.ObjectField(properties={"name": fields.KeywordField()})
    assert reads(Category, parent=parent).related == {Category}


@pytest.mark.parametrize(
    ("condition", "concerned", "related"),
    [
        (Q(is_active=True), {"is_active"}, set()),
        (Q(is_active=True) | ~Q(price__gt=3), {"is_active", "price"}, set()),
        (Q(name__startswith="a"), {"name"}, set()),
        (Q(category=3), {"category"}, set()),
        (Q(category__isnull=False), {"category"}, set()),
        (Q(category__name="a"), {"is_active", "price", "name", "category"}, {Category}),
        (~Q(tags__name="a"), {"is_active", "price", "name", "category"}, None),
        (Q(reviews__stars=5), {"is_active", "price", "name", "category"}, {Review}),
    ],
)
def test_what_the_queryset_asks_for(
    reads: Callable[..., Reads], condition: Q, concerned: set[str], related: set[Any] | None
) -> None:
    def get_queryset(self: Document) -> Any:
        return Product.objects.filter(condition)

    found = reads(Product, description=fields.TextField(), get_queryset=get_queryset)
    names = {"is_active", "price", "name", "category"}
    assert {name for name in names if found.concern(Product, [name])} == concerned
    if related is not None:
        assert found.related == related


def test_a_queryset_that_excludes_or_annotates(reads: Callable[..., Reads]) -> None:
    excluding = reads(
        Product,
        name=fields.TextField(),
        get_queryset=lambda self: Product.objects.exclude(is_active=False),
    )
    assert excluding.concern(Product, ["is_active"])
    assert not excluding.concern(Product, ["price"])
    annotating = reads(
        Product,
        name=fields.TextField(),
        get_queryset=lambda self: Product.objects.annotate(low=Lower("description")),
    )
    assert annotating.concern(Product, ["description"])


def test_a_column_of_a_parent_table_is_its_own(reads: Callable[..., Reads]) -> None:
    found = reads(
        Restaurant,
        stars=fields.IntegerField(),
        get_queryset=lambda self: Restaurant.objects.filter(city="Rome"),
    )
    assert found.related == set()
    assert found.concern(Place, ["city"])


@pytest.mark.parametrize(
    ("column", "sources"),
    [("total", {"price", "quantity"}), ("size", {"title", "quantity"})],
)
def test_what_the_database_derives(
    reads: Callable[..., Reads], column: str, sources: set[str]
) -> None:
    def concerned(found: Reads) -> set[str]:
        names = {"title", "kind", "price", "quantity", "released"}
        return {name for name in names if found.concern(Album, [name])}

    assert concerned(reads(Album, **{column: fields.KeywordField()})) == sources
    condition = {f"{column}__gt": 1}
    filtered = reads(
        Album,
        pk=fields.LongField(),
        get_queryset=lambda self: Album.objects.filter(**condition),
    )
    assert concerned(filtered) == sources
    nested = reads(Artist, album_set=objects_of(column))
    assert concerned(nested) == sources


def test_what_a_list_is_ordered_by(reads: Callable[..., Reads]) -> None:
    found = reads(Album, tracks=objects_of("title"))
    assert found.concern(Track, ["number"])
    assert not found.concern(Track, ["characters"])
    found = reads(Album, genres=objects_of("name"))
    assert found.concern(Genre, ["rank"])
    assert not found.concern(Genre, ["is_open"])
    # Ordered by an object is ordered as its model is.
    found = reads(Album, prizes=objects_of("name"))
    assert found.related == {Prize, Artist}
    assert found.concern(Artist, ["name"])
    assert not found.concern(Artist, ["patron"])
    assert found.concern(Prize, ["year"])


def test_what_is_prefetched_by_a_queryset(reads: Callable[..., Reads]) -> None:
    rows = Genre.objects.filter(is_open=True)
    found = reads(
        Album,
        genres=objects_of("name"),
        get_queryset=lambda self: Album.objects.prefetch_related(Prefetch("genres", rows)),
    )
    assert found.concern(Genre, ["is_open"])
    ordered = Track.objects.order_by("characters").prefetch_related(
        Prefetch("album", Album.objects.filter(kind="y"))
    )
    found = reads(
        Album,
        title=fields.KeywordField(),
        get_queryset=lambda self: Album.objects.prefetch_related(
            Prefetch("tracks", ordered, to_attr="sorted_tracks")
        ),
    )
    assert found.related == {Track, Album}
    assert found.concern(Track, ["title"])
    assert not found.concern(Track, ["number"])
    assert found.concern(Album, ["kind"])


@pytest.mark.parametrize(
    "get_queryset",
    [
        lambda self: None,
        lambda self: list(Album.objects.none()),
        lambda self: Album.objects.all().union(Album.objects.all()),
        lambda self: Album.objects.raw("SELECT 1"),
        lambda self: Album.objects.filter(nothing=1),
    ],
)
def test_a_queryset_that_cannot_be_had_may_ask_for_anything(
    reads: Callable[..., Reads], get_queryset: Any
) -> None:
    found = reads(Album, title=fields.KeywordField(), get_queryset=get_queryset)
    assert found.concern(Album, ["kind"])


@pytest.mark.django_db
def test_a_queryset_whose_query_fails(reads: Callable[..., Reads]) -> None:
    def get_queryset(self: Document) -> Any:
        list(Album.objects.extra(where=["nothing"]))

    found = reads(Album, title=fields.KeywordField(), get_queryset=get_queryset)
    assert found.concern(Album, ["kind"])
    # The transaction that goes on is as it was.
    assert not Album.objects.exists()
    with pytest.raises(DatabaseError):
        list(Album.objects.extra(where=["nothing"]))
