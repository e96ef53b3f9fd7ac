"""Tests with the fixtures of the plugin, as a project writes them."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from django_es_admin import connection
from django_es_admin.backends.abstracts import Base
from django_es_admin.exceptions import ForeignIndex
from library.models import Author, Book
from library.trace import trace


@pytest.fixture(autouse=True)
def _traced() -> Iterator[None]:
    trace()
    yield


@pytest.fixture
def book(db: None) -> Book:
    return Book.objects.create(title="Solaris", author=Author.objects.create(name="Stanislaw"))


def test_without_any_fixture_live_indices_are_out_of_reach(settings: Any) -> None:
    live = f"{settings.ES_SERVERS['default']['INDEX_PREFIX']}books"
    with pytest.raises(ForeignIndex):
        connection.search(index=live)


@pytest.mark.parametrize("turn", range(6))
def test_a_saved_book_is_found(book: Book, assert_hits: Callable[..., None], turn: int) -> None:
    assert_hits("solaris", [book])
    assert_hits({"match": {"author": "stanislaw"}}, [book.pk], index="books")
    with pytest.raises(AssertionError, match="unexpected"):
        assert_hits("solaris", [])


@pytest.mark.parametrize("turn", range(3))
def test_refresh(
    book: Book, es_connection: Base, es_refresh: Callable[[], None], turn: int
) -> None:
    assert es_connection.count()["count"] == 0
    es_refresh()
    assert es_connection.count()["count"] == 1


@pytest.mark.elasticsearch
def test_the_marker_gives_empty_indices() -> None:
    assert connection.count()["count"] == 0


@pytest.mark.django_db(transaction=True)
def test_committed(es_connection: Base) -> None:
    Book.objects.create(title="Eden", author=Author.objects.create(name="Stanislaw"))
    es_connection.refresh()
    assert es_connection.count()["count"] == 1


def test_callbacks(es_connection: Base, django_capture_on_commit_callbacks: Any) -> None:
    author = Author.objects.create(name="Stanislaw")
    with django_capture_on_commit_callbacks(execute=True):
        Book.objects.create(title="Fiasco", author=author)
    es_connection.refresh()
    assert es_connection.count()["count"] == 1
