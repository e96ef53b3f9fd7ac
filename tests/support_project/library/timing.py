"""How long it takes until the indices are empty again."""

import time
from collections.abc import Callable

import pytest

from django_es_admin.backends.abstracts import Base
from django_es_admin.test.indices import prepare_indices
from library.models import Author, Book


@pytest.mark.elasticsearch
def test_how_long_it_takes(es_connection: Base, es_refresh: Callable[[], None]) -> None:
    author = Author.objects.create(name="Stanislaw")
    taken = []
    made = set(es_connection.client.indices.get(index=f"{es_connection.index_prefix}*"))
    for _ in range(15):
        Book.objects.bulk_create(Book(title="Solaris", author=author) for _ in range(20))
        author.save()
        es_refresh()
        assert es_connection.count()["count"] > 0
        started = time.perf_counter()
        prepare_indices()
        taken.append((time.perf_counter() - started) * 1000)
        assert es_connection.count()["count"] == 0
    # Emptied, not made anew.
    assert set(es_connection.client.indices.get(index=f"{es_connection.index_prefix}*")) == made
    print("milliseconds:", *(f"{each:.1f}" for each in taken))
