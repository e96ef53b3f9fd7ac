"""An object that a join of ``get_queryset()`` gives in several rows is one object everywhere."""

import json
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction
from django.db.models import Count, F
from elasticsearch import Elasticsearch

from django_es_admin.documents import fields
from django_es_admin.documents.reading.querysets import count_each_once
from django_es_admin.indices.definition import IndexDefinition
from django_es_admin.lifecycle.build.identities import compare_ids, still_differing
from django_es_admin.lifecycle.rebuild import rebuild
from django_es_admin.lifecycle.rebuild_plan import plan_rebuild
from django_es_admin.models import LoadRange, OutboxEntry
from django_es_admin.outbox.capture.changes import capture
from django_es_admin.outbox.drainers.worker import drain_due
from django_es_admin.status.counts import count_rows
from tests.rows.models import Album, Artist, Genre, Track

from .conftest import Declared, Index

pytestmark = pytest.mark.django_db(transaction=True)

JOINS = {
    "many-to-many": lambda self: Album.objects.filter(genres__rank__gte=0),
    "reverse": lambda self: Album.objects.filter(tracks__number__gt=0),
    "both": lambda self: Album.objects.filter(tracks__number__gt=0, genres__rank__gte=0),
    "behind another": lambda self: Album.objects.filter(artist__album__tracks__number__gt=0),
    "annotated": lambda self: Album.objects.annotate(number=F("tracks__number")),
    "extra": lambda self: Album.objects.extra(
        tables=["rows_track"], where=["rows_track.album_id = rows_album.id"]
    ),
    "ordered": lambda self: Album.objects.order_by("tracks__number").filter(genres__rank__gte=0),
    "distinct": lambda self: Album.objects.filter(tracks__number__gt=0).distinct(),
    "grouped": lambda self: Album.objects.annotate(Count("tracks")).filter(tracks__count=3),
}
FEW = ("both", "annotated", "grouped")


@pytest.fixture
def small_batches(settings: Any) -> None:
    settings.ES_ADMIN = {**settings.ES_ADMIN, "BULK_MAX_DOCUMENTS": 2}


@pytest.fixture
def albums() -> list[Album]:
    artist = Artist.objects.create(name="a")
    genres = Genre.objects.bulk_create(Genre(name=str(number)) for number in range(2))
    made = [Album.objects.create(title=str(number), artist=artist) for number in range(7)]
    for album in made:
        album.genres.set(genres)
        Track.objects.bulk_create(Track(album=album, title="t", number=n) for n in (1, 2, 3))
    return made


def status(name: str) -> dict[str, Any]:
    out = StringIO()
    call_command("es_status", "--json", stdout=out)
    found = json.loads(out.getvalue())
    [index] = [index for index in found["indices"] if index["index"] == name]
    return dict(index)


@pytest.mark.few(6)
@pytest.mark.parametrize(
    ("slow", "join"),
    [
        *((False, join) for join in JOINS),
        # Whether the objects are made or not, the rows are those of the same queryset.
        *((True, join) for join in FEW),
        *(pytest.param(True, join, marks=pytest.mark.slow) for join in JOINS if join not in FEW),
    ],
)
@pytest.mark.usefixtures("small_batches")
def test_it_is_counted_once(
    index: Index,
    albums: list[Album],
    definition: Callable[[], IndexDefinition],
    join: str,
    slow: bool,
) -> None:
    code = {"should_index_object": lambda self, album: True} if slow else {}
    read = index(Album, title=fields.KeywordField(), get_queryset=JOINS[join], **code)
    result = rebuild(plan_rebuild(definition()))
    assert plan_rebuild(definition()).rows == 7
    assert (result.load.rows, result.load.failed) == (7, 0)
    assert sum(one.rows for one in LoadRange.objects.filter(generation__role="live")) == 7
    assert result.gate is not None
    assert (result.gate.rows, result.gate.documents, result.gate.repaired) == (7, 7, 0)
    assert count_rows(definition(), 7).number == 7
    differing = compare_ids(definition(), result.generation, limit=9)
    assert (differing.rows, differing.documents, differing.keys) == (7, 7, frozenset())
    assert not still_differing(definition(), result.generation, set(read()))
    found = status("rows")
    assert (found["rows"], found["documents"]) == (7, 7)


def test_it_is_written_once(index: Index, albums: list[Album], by_worker: Any) -> None:
    read = index(Album, title=fields.KeywordField(), get_queryset=JOINS["both"])
    with transaction.atomic():
        Album.objects.update(title="new")
        assert capture(Album.objects.order_by("pk")) == 7
    assert drain_due().result.written == 7
    assert {source["title"] for source in read().values()} == {"new"}
    Track.objects.filter(album=albums[0]).delete()
    Album.objects.get(pk=albums[0].pk).save()
    result = drain_due().result
    assert (result.written, result.deleted) == (0, 1)
    assert set(read()) == {str(album.pk) for album in albums[1:]}


def test_more_rows_than_a_batch_has(
    declared: Declared, es: Elasticsearch, definition: Callable[[], IndexDefinition], settings: Any
) -> None:
    settings.ES_ADMIN = {**settings.ES_ADMIN, "BULK_MAX_DOCUMENTS": 3}
    for number in range(4):
        album = Album.objects.create(title=str(number))
        Track.objects.bulk_create(Track(album=album, title="t", number=n) for n in range(10))
    declared.document(Album, title=fields.KeywordField(), get_queryset=JOINS["reverse"])
    result = rebuild(plan_rebuild(definition()))
    assert result.load.rows == 4
    assert es.count(index=definition().alias)["count"] == 4
    assert not OutboxEntry.objects.exists()


@pytest.mark.parametrize("join", JOINS)
def test_the_number_is_that_of_the_keys(albums: list[Album], join: str) -> None:
    queryset = JOINS[join](None)
    assert count_each_once(queryset) == len({album.pk for album in queryset}) == 7
    assert count_each_once(queryset.filter(pk=albums[0].pk)) == 1
    assert count_each_once(queryset.none()) == 0
