"""What the database derives, and the order of a list, reach the index with what they depend on."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db.models import Prefetch

from django_es_admin.documents import fields
from django_es_admin.models import OutboxEntry
from tests.rows.models import Album, Artist, Genre, Prize, Track

from .conftest import Index

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_column_of_two_others(index: Index) -> None:
    read = index(Album, total=fields.DoubleField())
    album = Album.objects.create(title="a", price=Decimal("2.50"), quantity=2)
    album.price = Decimal("3.00")
    album.save(update_fields=["price"])
    assert read() == {str(album.pk): {"total": 6.0}}
    album.quantity = 3
    album.save(update_fields=["quantity"])
    assert read() == {str(album.pk): {"total": 9.0}}
    album.kind = "n"
    with_kind = OutboxEntry.objects.order_by("-pk").first()
    album.save(update_fields=["kind"])
    assert OutboxEntry.objects.order_by("-pk").first() == with_kind


def test_a_column_of_conditions_and_functions(index: Index) -> None:
    read = index(Album, size=fields.KeywordField())
    album = Album.objects.create(title="a", quantity=1)
    album.title = "b"
    album.save(update_fields=["title"])
    assert read() == {str(album.pk): {"size": "B"}}
    album.quantity = 11
    album.save(update_fields=["quantity"])
    assert read() == {str(album.pk): {"size": "large"}}


def test_a_column_that_decides_what_is_indexed(index: Index) -> None:
    read = index(
        Album,
        title=fields.KeywordField(),
        get_queryset=lambda self: Album.objects.filter(total__gte=10),
    )
    album = Album.objects.create(title="a", price=1)
    album.price = 10
    album.save(update_fields=["price"])
    assert read() == {str(album.pk): {"title": "a"}}
    album.quantity = 0
    album.save(update_fields=["quantity"])
    assert read() == {}


def test_a_column_of_a_related_object(index: Index) -> None:
    read = index(
        Album,
        tracks=fields.NestedField(properties={"characters": fields.IntegerField()}),
        related_models=(Track,),
        get_instances_from_related=lambda self, track: track.album,
    )
    album = Album.objects.create(title="a")
    track = album.tracks.create(title="four")
    track.title = "three"
    track.save(update_fields=["title"])
    assert read() == {str(album.pk): {"tracks": [{"characters": 5}]}}


def test_the_order_of_a_list(index: Index, rebuilt: Callable[[], None]) -> None:
    read = index(
        Album,
        tracks=fields.NestedField(properties={"title": fields.KeywordField()}),
        genres=fields.NestedField(properties={"name": fields.KeywordField()}),
        first=fields.KeywordField(attr="genres.0.name"),
        related_models=(Track, Genre),
        get_instances_from_related=lambda self, related: (
            related.album if isinstance(related, Track) else related.album_set.all()
        ),
    )
    album = Album.objects.create(title="a")
    for number, title in ((2, "b"), (1, "a"), (2, "c")):
        album.tracks.create(number=number, title=title)
    low, high = (Genre.objects.create(name=name, rank=rank) for name, rank in (("x", 1), ("y", 2)))
    album.genres.set([low, high])

    def order() -> tuple[str, str, str]:
        [source] = read().values()
        tracks = "".join(track["title"] for track in source["tracks"])
        return tracks, "".join(genre["name"] for genre in source["genres"]), source["first"]

    assert order() == ("abc", "yx", "y")
    track = album.tracks.get(title="a")
    track.number = 3
    track.save(update_fields=["number"])
    low.rank = 3
    low.save(update_fields=["rank"])
    assert order() == ("bca", "xy", "x")
    rebuilt()
    assert order() == ("bca", "xy", "x")


def test_an_order_by_what_is_behind_another_relation(index: Index) -> None:
    read = index(
        Album,
        prizes=fields.NestedField(properties={"name": fields.KeywordField()}),
        related_models=(Prize, Artist),
        get_instances_from_related=lambda self, related: (
            related.album
            if isinstance(related, Prize)
            else Album.objects.filter(prizes__giver=related)
        ),
    )
    album = Album.objects.create(title="a")
    givers = [Artist.objects.create(name=name) for name in "ab"]
    for giver in givers:
        album.prizes.create(name=giver.name, giver=giver)
    givers[0].name = "c"
    givers[0].save(update_fields=["name"])
    assert [prize["name"] for prize in read()[str(album.pk)]["prizes"]] == ["b", "a"]


def test_what_a_prefetch_leaves_out(index: Index, rebuilt: Callable[[], None]) -> None:
    read = index(
        Album,
        genres=fields.NestedField(properties={"name": fields.KeywordField()}),
        related_models=(Genre,),
        get_instances_from_related=lambda self, genre: genre.album_set.all(),
        get_queryset=lambda self: Album.objects.prefetch_related(
            Prefetch("genres", Genre.objects.filter(is_open=True))
        ),
    )
    album = Album.objects.create(title="a")
    one, two = (Genre.objects.create(name=name) for name in ("one", "two"))
    album.genres.set([one, two])
    one.is_open = False
    one.save(update_fields=["is_open"])
    expected = {str(album.pk): {"genres": [{"name": "two"}]}}
    assert read() == expected
    rebuilt()
    assert read() == expected
