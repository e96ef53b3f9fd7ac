"""Which columns stand in for the fields of a document."""

import pytest
from shop.documents import ProductDocument

from django_es_admin.documents import Document
from django_es_admin.search.text.fields import read_fields
from django_es_admin.search.text.lookups import database_lookups, find_lookup
from tests.testapp.documents import NoteDocument


@pytest.mark.parametrize(
    ("document", "path", "lookup"),
    [
        (ProductDocument, "name", "name"),
        (ProductDocument, "name.raw", "name"),
        (ProductDocument, "brand.text", "brand"),
        (ProductDocument, "category.name", "category__name"),
        (ProductDocument, "category.name.raw", "category__name"),
        (ProductDocument, "tags.name", "tags__name"),
        (ProductDocument, "category", ""),
        (ProductDocument, "nothing", ""),
        (ProductDocument, "category.nothing", ""),
        # The path is that of attr=, not the field's name.
        (NoteDocument, "shelf_name", "shelf__name"),
        (NoteDocument, "suggest", "title"),
        # A property and a method have no column.
        (NoteDocument, "shout", ""),
        (NoteDocument, "whispered", ""),
    ],
)
def test_the_lookup_of_a_field(document: type[Document], path: str, lookup: str) -> None:
    assert find_lookup(document, path) == lookup


def test_each_lookup_once() -> None:
    fields = read_fields(ProductDocument, ["name^3", "name.raw", "tags.name^2", "nothing"])
    assert database_lookups(ProductDocument, fields) == ("name", "tags__name")
