"""The page of those who come from modelsearch, followed from top to bottom."""

import json
from collections.abc import Callable

import pytest

from tests.pasted import Project

USE = """
import json
from datetime import date
from django_es_admin import connection
from library.models import Author, Book

author = Author.objects.create(name="Tolkien")
Book.objects.create(title="The Hobbit", author=author, published=date(1937, 9, 21))
Book.objects.create(title="A hobbit's cooking", author=author, published=date(2012, 1, 1))
connection.refresh(index=connection.prefixed("books"))

from library import examples
print(json.dumps({
    "best": [str(book) for book in examples.best_first],
    "keys": len(examples.keys),
    "facets": examples.service.search_with_facets("hobbit")["facets"]["authors"],
    "since": examples.service.search("hobbit", min_published="2000-01-01")["total"],
}))
"""


@pytest.mark.slow
@pytest.mark.in_ci
def test_each_block(follow: Callable[..., Project]) -> None:
    project = follow("from-modelsearch.md", app="library")
    answer = json.loads(project.script(USE))
    assert (answer["best"], answer["keys"]) == (["The Hobbit"], 2)
    assert answer["facets"] == [{"name": "Tolkien", "count": 2}]
    assert answer["since"] == 1
