"""Both ways to read documents make the same ones, whatever a project declares."""

import random
from collections import namedtuple
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, models
from django.db.models import Count, Prefetch
from pytest_django import DjangoAssertNumQueries

from django_es_admin.documents import Document, fields, registry
from django_es_admin.documents.reading.columns import ColumnSource, NotColumns
from django_es_admin.documents.reading.instances import InstanceSource
from django_es_admin.documents.reading.prepared import Prepared, each_once
from django_es_admin.documents.reading.querysets import queryset_of
from django_es_admin.documents.written.encoded import Encoded
from django_es_admin.indices.encoding import encode_document
from tests.rows.models import Album, Artist, Cover, Genre, LoudTitles, Prize, Track

pytestmark = pytest.mark.django_db

Declare = Callable[..., type[Document]]


@pytest.fixture
def declare() -> Iterator[Declare]:
    registered: list[type[Document]] = []

    def add(model: type[models.Model], **attributes: Any) -> type[Document]:
        attributes |= {
            "Index": type("Index", (), {"name": "readers"}),
            "Django": type("Django", (), {"model": model}),
        }
        registered.append(
            registry.register_document(type("ReadersDocument", (Document,), attributes))
        )
        return registered[-1]

    yield add
    for document in registered:
        registry.unregister_document(document)


@pytest.fixture
def albums() -> list[Album]:
    """Albums with genres and tracks whose order is not that of their keys, and is not total."""
    patron = Artist.objects.create(name="Ada")
    artists = [
        Artist.objects.create(name=name, patron=patron if name == "Bo" else None)
        for name in ("Bo", "Al")
    ]
    genres = [
        Genre.objects.create(name=name, rank=rank, is_open=rank != 2)
        for name, rank in (("folk", 1), ("jazz", 3), ("soul", 1), ("ska", 2), ("pop", 3))
    ]
    made = []
    for number in range(6):
        album = Album.objects.create(
            title=f"album {number}",
            kind="yn"[number % 2],
            price=Decimal("1.50") * number,
            quantity=number * 3,
            released=datetime(2026, 1, number + 1, 23, 30, tzinfo=UTC),
            artist=artists[number % 2] if number else None,
            # One whose seller is gone.
            seller_id=patron.pk if number % 3 else 4_711,
        )
        album.genres.set(genres[number % 3 :])
        for title, place in (("c", 2), ("a", 3), ("b", 1), ("d", 2)):
            Track.objects.create(album=album, title=f"{title}{number}", number=place)
        for year, giver in ((None, artists[0]), (1999, artists[0]), (2001, artists[1])):
            Prize.objects.create(album=album, name=str(year), year=year, giver=giver)
        Cover.objects.create(album=album, name="front")
        made.append(album)
    return made


@pytest.fixture(autouse=True)
def _constraints() -> Iterator[None]:
    """Leave the seller that is gone alone: SQLite looks at keys that nobody declares, too."""
    yield
    Album.objects.all().delete()


def both(document: type[Document]) -> tuple[list[Prepared], list[Prepared]]:
    """Return the documents as columns, where they can be read so, and as instances give them."""
    queryset = queryset_of(document).order_by("pk")
    by_instances = list(InstanceSource(document).read(queryset))
    assert not [one.error for one in by_instances if one.error]
    try:
        columns = ColumnSource(document)
    except NotColumns:
        return by_instances, by_instances
    if not columns.can_read(queryset):
        return by_instances, by_instances
    return list(columns.read(queryset)), by_instances


def bodies(batch: list[Prepared]) -> list[bytes]:
    """Return the documents as they are sent."""
    return [encode_document(one.source or {}) for one in batch]


def names(document: type[Document], field: str, name: str = "name") -> list[Any]:
    """Return the names in the list of the last album, which both ways to read agree on."""
    by_columns, by_instances = both(document)
    assert by_columns == by_instances
    read = document.django.source.read(queryset_of(document).order_by("pk"))
    assert read == by_instances
    return [one[name] for one in read[-1].source[field]]


def listed(name: str = "name", **options: Any) -> fields.NestedField:
    return fields.NestedField(properties={name: fields.KeywordField()}, **options)


def single(document: type[Document], album: Album) -> Any:
    found = document.django.source.single("default")
    return None if found is None else found.read(album.pk)


def test_a_list_has_the_order_of_its_model(declare: Declare, albums: list[Album]) -> None:
    document = declare(Album, genres=listed(), tracks=listed("title"))
    assert document.django.source.uses_columns
    # As Django has it, and where that is a tie, by the key.
    assert names(document, "genres") == ["pop", "ska", "soul"]
    assert names(document, "tracks", "title") == ["b5", "c5", "d5", "a5"]
    assert single(document, albums[-1]) == document.django.source.read(
        Album.objects.filter(pk=albums[-1].pk)
    )
    assert [one.name for one in albums[-1].genres.all()] == ["pop", "ska", "soul"]
    # An item of a list is the same one, too.
    first = declare(Album, genre=fields.KeywordField(attr="genres.0.name"))
    assert [one.source["genre"] for one in both(first)[0]][-1] == "pop"


def test_a_list_in_an_order_that_takes_joins(declare: Declare, albums: list[Album]) -> None:
    document = declare(Album, prizes=listed())
    assert not document.django.source.uses_columns
    assert names(document, "prizes") == ["2001", "1999", "None"]
    assert [one.name for one in albums[-1].prizes.all()] == ["2001", "1999", "None"]


def test_a_list_of_a_manager_that_sorts(declare: Declare, albums: list[Album]) -> None:
    Cover.objects.all().delete()
    for name in "aca":
        albums[-1].covers.create(name=name)
    document = declare(
        Album,
        covers=fields.NestedField(
            properties={"pk": fields.LongField(), "name": fields.KeywordField()}
        ),
    )
    assert document.django.source.uses_columns
    assert names(document, "covers") == ["c", "a", "a"]
    assert names(document, "covers", "pk")[1:] == sorted(names(document, "covers", "pk")[1:])


@pytest.mark.parametrize("attr", ["people", "tracks"])
def test_an_object_that_can_be_iterated_over(
    declare: Declare, albums: list[Album], attr: str
) -> None:
    person = {"properties": {"name": fields.KeywordField()}}
    document = declare(
        Album,
        artist=fields.ObjectField(
            properties={"name": fields.KeywordField(), "patron": fields.ObjectField(**person)}
        ),
        name=fields.KeywordField(attr="artist.patron.name"),
        tracks=listed("title"),
        **{"people": fields.NestedField(attr=attr, **person)} if attr == "people" else {},
    )
    assert document.django.source.uses_columns == (attr != "people")
    by_columns, by_instances = both(document)
    assert by_columns == by_instances
    assert by_columns[2].source["artist"] == {"name": "Bo", "patron": {"name": "Ada"}}
    assert by_columns[2].source["name"] == "Ada"
    if attr == "people":
        assert by_columns[2].source["people"] == [{"name": "Bo"}, {"name": "Ada"}]


Point = namedtuple("Point", ["name", "x"])


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ([Point("a", 1), Point("b", 2)], [{"name": "a"}, {"name": "b"}]),
        (Point("a", 1), {"name": "a"}),
        ({"name": "a", "other": 1}, {"name": "a"}),
        (({"name": name} for name in "ab"), [{"name": "a"}, {"name": "b"}]),
        (Genre.objects.none(), []),
        (None, None),
    ],
)
def test_an_object_that_is_none_of_a_model(
    declare: Declare, monkeypatch: pytest.MonkeyPatch, value: Any, expected: Any
) -> None:
    monkeypatch.setattr(Album, "thing", value, raising=False)
    album = Album.objects.create(title="a")
    document = declare(Album, thing=fields.ObjectField(properties={"name": fields.KeywordField()}))
    assert document().prepare(album) == {"thing": expected}


@pytest.mark.parametrize(
    ("attr", "expected"),
    [
        ("genres", [{"name": "pop"}, {"name": "ska"}, {"name": "soul"}]),
        ("artist", [{"name": "Al"}]),
        ("artist.patron", []),
        ("people", [{"name": "Al"}]),
    ],
)
@pytest.mark.parametrize("kind", [fields.ObjectField, fields.NestedField])
def test_a_field_that_holds_a_list_of_objects(
    declare: Declare, albums: list[Album], kind: Any, attr: str, expected: Any
) -> None:
    field = fields.ListField(kind(attr=attr, properties={"name": fields.KeywordField()}))
    document = declare(Album, things=field)
    assert document.django.source.uses_columns == (attr != "people")
    by_columns, by_instances = both(document)
    assert by_columns == by_instances
    assert by_columns[-1].source["things"] == expected


def test_lists_of_objects_in_objects(declare: Declare, albums: list[Album]) -> None:
    patrons = fields.ListField(
        fields.ObjectField(attr="patron", properties={"name": fields.KeywordField()})
    )
    document = declare(
        Album,
        artist=fields.ObjectField(properties={"patrons": patrons}),
        by=fields.ListField(
            fields.ObjectField(
                attr="artist",
                properties={"albums": fields.ListField(listed("title", attr="album_set"))},
            )
        ),
    )
    by_columns, by_instances = both(document)
    assert by_columns == by_instances
    assert by_columns[2].source["artist"] == {"patrons": [{"name": "Ada"}]}
    assert by_columns[2].source["by"] == [{"albums": [{"title": "album 2"}, {"title": "album 4"}]}]


def narrowed(*lookups: Any) -> Callable[[Any], Any]:
    return lambda self: Album.objects.prefetch_related(*lookups)


@pytest.mark.parametrize(
    ("lookups", "expected"),
    [
        ((Prefetch("genres", queryset=Genre.objects.filter(is_open=True)),), ["pop", "soul"]),
        ((Prefetch("genres", queryset=Genre.objects.order_by("name")),), ["pop", "ska", "soul"]),
        (("tracks", Prefetch("genres", queryset=Genre.objects.filter(rank=1))), ["soul"]),
        ((Prefetch("genres", to_attr="all_of_them"),), ["pop", "ska", "soul"]),
        (
            (Prefetch("genres", queryset=Genre.objects.none(), to_attr="none_of_them"),),
            ["pop", "ska", "soul"],
        ),
        (("genres",), ["pop", "ska", "soul"]),
    ],
)
def test_what_the_queryset_has_prefetched(
    declare: Declare, albums: list[Album], lookups: Any, expected: list[str]
) -> None:
    document = declare(Album, genres=listed(), get_queryset=narrowed(*lookups))
    assert names(document, "genres") == expected
    # Whether it is read as columns or not: a method makes instances of all.
    slow = declare(
        Album,
        genres=listed(),
        shout=fields.KeywordField(),
        prepare_shout=lambda self, album: album.title.upper(),
        get_queryset=narrowed(*lookups),
    )
    assert names(slow, "genres") == expected


def test_what_is_prefetched_elsewhere_than_in_a_list(
    declare: Declare, albums: list[Album], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    artist = fields.ObjectField(
        properties={
            "name": fields.KeywordField(),
            "patron": fields.ObjectField(properties={"name": fields.KeywordField()}),
            "album_set": fields.NestedField(
                properties={"title": fields.KeywordField(), "genres": listed()}
            ),
        }
    )
    lookups = [
        Prefetch("artist", queryset=Artist.objects.filter(name="Bo")),
        Prefetch("artist__album_set", queryset=Album.objects.order_by("-title")),
        Prefetch("artist__album_set__genres", queryset=Genre.objects.filter(name="soul")),
    ]
    document = declare(Album, artist=artist, get_queryset=narrowed(*lookups))
    queryset = queryset_of(document).order_by("pk")
    with django_assert_num_queries(5):
        found = document.django.source.read(queryset)
    assert [one.source["artist"] is None for one in found] == [
        True, True, False, True, False, True,
    ]  # fmt: skip
    soul = [{"name": "soul"}]
    assert found[2].source["artist"] == {
        "name": "Bo",
        "patron": {"name": "Ada"},
        "album_set": [{"title": "album 4", "genres": soul}, {"title": "album 2", "genres": soul}],
    }


def test_what_is_prefetched_to_an_attribute(declare: Declare, albums: list[Album]) -> None:
    document = declare(
        Album,
        open_genres=listed(),
        get_queryset=narrowed(
            Prefetch("genres", Genre.objects.filter(is_open=True), to_attr="open_genres")
        ),
    )
    assert names(document, "open_genres") == ["pop", "soul"]
    first = Prefetch("genres", Genre.objects.order_by("-name")[:2], to_attr="first_genres")
    document = declare(Album, first_genres=listed(), genres=listed(), get_queryset=narrowed(first))
    assert names(document, "first_genres") == ["soul", "ska"]
    assert names(document, "genres") == ["pop", "ska", "soul"]


def test_an_instance_that_is_not_its_row(declare: Declare, albums: list[Album]) -> None:
    LoudTitles.objects.create(title="quiet")
    document = declare(LoudTitles, title=fields.KeywordField())
    assert not document.django.source.uses_columns
    assert document.django.source.single("default") is None
    [found] = document.django.source.read(queryset_of(document))
    assert found.source == {"title": "QUIET"}


def test_an_attribute_that_is_not_the_column(
    declare: Declare, albums: list[Album], monkeypatch: pytest.MonkeyPatch
) -> None:
    # As translated fields have it: the column is one language.
    monkeypatch.setattr(Genre, "name", property(lambda genre: f"<{genre.rank}>", lambda *_: None))
    assert names(declare(Album, genres=listed()), "genres") == ["<3>", "<2>", "<1>"]
    document = declare(Genre, title=fields.KeywordField(attr="name"))
    assert not document.django.source.uses_columns
    assert document.django.reads.concern(Genre, ["rank"])


def test_an_object_that_is_gone(declare: Declare, albums: list[Album]) -> None:
    seller = fields.ObjectField(properties={"name": fields.KeywordField()})
    document = declare(Album, seller=seller, name=fields.KeywordField(attr="seller.name"))
    by_columns, by_instances = both(document)
    assert by_columns == by_instances
    assert [one.source["name"] for one in by_columns] == [None, "Ada", "Ada", None, "Ada", "Ada"]
    assert by_columns[0].source["seller"] is None


def test_each_object_once(declare: Declare, albums: list[Album]) -> None:
    document = declare(
        Album, genres=listed(), get_queryset=lambda self: Album.objects.filter(genres__rank__gt=0)
    )
    by_columns, by_instances = both(document)
    assert by_columns == by_instances
    assert len(by_columns) > 6
    assert [one.key for one in each_once(by_columns)] == [album.pk for album in albums]


COLUMNS = ("title", "kind", "price", "quantity", "total", "size", "released", "pk", "artist_id")
PATHS = ("artist.name", "artist.patron.name", "artist.patron_id", "artist.pk")
LISTS = (
    ("genres", ("name", "rank")),
    ("tracks", ("title", "characters", "album_id", "album.artist.name")),
    ("covers", ("name", "album.title")),
)
SLOW_LISTS = (("prizes", ("name", "giver.name")), ("people", ("name", "patron.name")))
SLOW_PATHS = ("seller.name", "get_kind_display", "genres.0.name")
QUERYSETS: tuple[Callable[[Any], Any], ...] = (
    lambda self: Album.objects.all(),
    lambda self: Album.objects,
    lambda self: Album.objects.filter(price__gt=1).exclude(kind="n"),
    lambda self: Album.objects.filter(genres__is_open=True),
    lambda self: Album.objects.filter(genres__is_open=True).distinct(),
    lambda self: Album.objects.filter(tracks__number__gt=1, artist__name="Bo"),
    lambda self: Album.objects.annotate(number=Count("tracks")).filter(number__gt=1),
    lambda self: Album.objects.select_related("artist").order_by("-title"),
    lambda self: Album.objects.only("title"),
    lambda self: Album.objects.defer("price", "artist"),
    lambda self: Album.objects.prefetch_related("genres", "tracks"),
    narrowed(Prefetch("genres", Genre.objects.filter(is_open=True))),
    narrowed(Prefetch("tracks", Track.objects.order_by("-title", "pk")), "genres"),
    narrowed(Prefetch("artist", Artist.objects.exclude(name="Al"))),
)


class Declarations:
    """Documents as anybody may declare them, drawn at random."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311 (chance is what it is about)

    def document(self) -> dict[str, Any]:
        slow = self.random.random() < 0.4
        paths, lists = COLUMNS + PATHS, LISTS
        if slow:
            paths, lists = paths + SLOW_PATHS, lists + SLOW_LISTS
        declared: dict[str, Any] = {
            name.replace(".", "_"): fields.KeywordField(attr=name) for name in self.some(paths)
        }
        for name in self.some(("artist", "seller") if slow else ("artist",)):
            declared[name] = self.listed(fields.ObjectField(properties=self.artist(2, slow=slow)))
        for name, inner in self.some(lists):
            kind = self.random.choice((fields.ObjectField, fields.NestedField))
            declared[name] = self.listed(kind(properties=self.columns(inner)))
        declared["get_queryset"] = self.random.choice(QUERYSETS)
        return declared

    def artist(self, depth: int, *, slow: bool) -> dict[str, Any]:
        properties = self.columns(("name", "pk", "patron_id"))
        if depth and self.random.random() < 0.6:
            properties["patron"] = self.listed(
                fields.ObjectField(properties=self.artist(depth - 1, slow=slow))
            )
        if slow and self.random.random() < 0.4:
            properties["album_set"] = fields.NestedField(properties=self.columns(("title",)))
        return properties

    def columns(self, names: tuple[str, ...]) -> dict[str, Any]:
        return {
            name.replace(".", "_"): fields.KeywordField(attr=name)
            for name in self.some(names) or names[:1]
        }

    def listed(self, field: Any) -> Any:
        return fields.ListField(field) if self.random.random() < 0.3 else field

    def some(self, items: tuple[Any, ...]) -> list[Any]:
        return self.random.sample(items, self.random.randint(0, min(len(items), 4)))


@pytest.mark.few(1)
@pytest.mark.parametrize("first", range(0, 300, 50))
def test_many_declarations(declare: Declare, albums: list[Album], first: int) -> None:
    fast = written = 0
    for seed in range(first, first + 50):
        document = declare(Album, **Declarations(seed).document())
        by_columns, by_instances = both(document)
        assert by_columns == by_instances, f"seed {seed}"
        fast += by_columns is not by_instances
        source = document.django.source
        found = each_once(source.read(queryset_of(document).order_by("pk")))
        assert found == each_once(by_instances), f"seed {seed}"
        encoded = each_once(source.read(queryset_of(document).order_by("pk"), encoded=True))
        assert bodies(encoded) == bodies(found), f"seed {seed}"
        written += isinstance(encoded[0].source, Encoded) if encoded else 0
        one_by_one = source.single("default")
        if one_by_one is not None:
            assert [one for album in albums for one in one_by_one.read(album.pk)] == found
        registry.unregister_document(document)
    assert fast > 10, "hardly any was read as columns"
    assert (written > 10) is (connection.vendor == "postgresql")
