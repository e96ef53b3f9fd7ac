"""A test that fails."""

from collections.abc import Callable

from library.models import Author, Book


def test_that_fails(db: None, assert_hits: Callable[..., None]) -> None:
    Book.objects.create(title="Solaris", author=Author.objects.create(name="Stanislaw"))
    assert_hits("solaris", ["no-such"])
