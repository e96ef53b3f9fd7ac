"""A document is read in the language, time zone and URLs of the settings, whoever reads it."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.core.management import call_command
from django.db import connections
from django.urls import get_script_prefix, get_urlconf, reverse, set_script_prefix, set_urlconf
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from django_es_admin.documents import fields
from django_es_admin.indices.definition import IndexDefinition
from django_es_admin.models import OutboxEntry
from django_es_admin.outbox.drainers.worker import drain_due
from django_es_admin.status.compared_object import compare_object
from tests.rows.models import Album, Poster, PosterText

from .conftest import Index, Read

pytestmark = pytest.mark.django_db(transaction=True)

RELEASED = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)


@pytest.fixture
def albums(index: Index) -> Read:
    """An index whose fields are made from what a request activates."""
    return index(
        Album,
        kind=fields.KeywordField(attr="get_kind_display"),
        release=fields.KeywordField(attr="release_text"),
        labels=fields.ObjectField(),
        url=fields.KeywordField(),
        lazy=fields.KeywordField(),
        prepare_url=lambda self, album: f"{reverse('admin:index')} by {get_urlconf()}",
        prepare_lazy=lambda self, album: [_("Yes"), (_("No"),)],
    )


EXPECTED = {
    "kind": "Yes",
    "release": "2026-03-01 23:30",
    "labels": {"kind": ["Yes", ["No"]], "language": "en"},
    "url": "/admin/ by None",
    "lazy": ["Yes", ["No"]],
}


@contextmanager
def somewhere_else() -> Iterator[None]:
    """Be a request of another language, time zone, prefix and set of URLs."""
    with ExitStack() as stack:
        stack.enter_context(translation.override("de"))
        stack.enter_context(timezone.override("Asia/Tokyo"))
        set_script_prefix("/mounted/")
        set_urlconf("tests.testapp.depot")
        try:
            yield
            # Nobody has noticed.
            assert translation.get_language() == "de"
            assert timezone.get_current_timezone_name() == "Asia/Tokyo"
            assert get_script_prefix() == "/mounted/"
            assert get_urlconf() == "tests.testapp.depot"
        finally:
            set_script_prefix("/")
            set_urlconf(None)


def by_a_save(album: Album) -> None:
    with somewhere_else():
        assert album.get_kind_display() == "Ja"
        album.save()


def by_an_async_save(album: Album) -> None:
    async def save() -> None:
        with translation.override("de"), timezone.override("Asia/Tokyo"):
            await album.asave()
        # Its thread has a connection of its own.
        await sync_to_async(connections.close_all)()

    asyncio.run(save())


def by_a_thread(album: Album) -> None:
    def save() -> None:
        with translation.override("de"):
            album.save()
        connections.close_all()

    thread = threading.Thread(target=save)
    thread.start()
    thread.join()


def by_a_command(album: Album) -> None:
    Album.objects.filter(pk=album.pk).update(title="new")
    with somewhere_else():
        call_command("es_rebuild", "rows", "--no-input", verbosity=0)


def by_a_worker_without_a_language(album: Album) -> None:
    OutboxEntry.objects.create(connection="default", index="rows", key=str(album.pk))
    with translation.override(None), timezone.override("Asia/Tokyo"):
        assert translation.get_language() is None
        assert drain_due().result.written == 1


@pytest.mark.parametrize(
    "write",
    [by_a_save, by_an_async_save, by_a_thread, by_a_command, by_a_worker_without_a_language],
)
def test_whoever_writes_it(albums: Read, write: Callable[[Album], None]) -> None:
    album = Album.objects.create(title="a", released=RELEASED)
    write(album)
    assert albums() == {str(album.pk): EXPECTED}


def test_whoever_compares_or_prepares(
    albums: Read, definition: Callable[[], IndexDefinition]
) -> None:
    album = Album.objects.create(title="a", released=RELEASED)
    with somewhere_else():
        found = compare_object(definition(), str(album.pk))
        prepared = definition().document().prepare(album)
    assert not found.differs, found
    assert prepared["kind"] == "Yes"
    assert prepared["release"] == EXPECTED["release"]


def test_texts_that_are_looked_up_by_language(index: Index) -> None:
    read = index(Poster, text=fields.TextField())
    poster = Poster(title="a")
    poster.texts = {"en": "cat", "de": "Katze"}
    with translation.override("de"):
        poster.save()
        assert poster.text == "Katze"
    assert read() == {str(poster.pk): {"text": "cat"}}


def test_a_document_may_choose_its_languages(index: Index) -> None:
    def german(self: Any, poster: Poster) -> str:
        with translation.override("de"):
            return poster.text

    read = index(
        Poster, text=fields.TextField(), text_de=fields.TextField(), prepare_text_de=german
    )
    poster = Poster(title="a")
    poster.texts = {"en": "cat", "de": "Katze"}
    poster.save()
    assert read() == {str(poster.pk): {"text": "cat", "text_de": "Katze"}}


def test_what_the_queryset_asks_of_the_clock(index: Index) -> None:
    # By day: 23:30 in UTC is the next day in Tokyo.
    read = index(
        Album,
        title=fields.KeywordField(),
        get_queryset=lambda self: Album.objects.filter(released__date="2026-03-01"),
    )
    with somewhere_else():
        album = Album.objects.create(title="a", released=RELEASED)
        Album.objects.create(title="b", released=RELEASED.replace(day=2))
    assert read() == {str(album.pk): {"title": "a"}}


def test_related_objects_that_are_found_by_language(index: Index) -> None:
    # get_instances_from_related() is code of the project, too.
    read = index(
        Poster,
        text=fields.TextField(),
        related_models=(PosterText,),
        get_instances_from_related=lambda self, text: (
            text.poster if text.language == translation.get_language() else None
        ),
    )
    poster = Poster(title="a")
    poster.texts = {"en": "cat", "de": "Katze"}
    poster.save()
    with translation.override("de"):
        poster.translations.get(language="en").delete()
        poster.translations.create(language="en", text="kitten")
    assert read() == {str(poster.pk): {"text": "kitten"}}


async def _read_as_it_is(document: Any, album: Album) -> Any:
    with translation.override("de"):
        try:
            return await sync_to_async(document().prepare)(album)
        finally:
            await sync_to_async(connections.close_all)()


def test_from_a_coroutine(albums: Read, definition: Callable[[], IndexDefinition]) -> None:
    album = Album.objects.create(title="a", released=RELEASED)
    prepared = asyncio.run(_read_as_it_is(definition().document, album))
    assert prepared["kind"] == "Yes"
