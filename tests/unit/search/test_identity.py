"""Which field of a document holds the primary key."""

from typing import Any

import pytest
from shop.documents import ProductDocument

from django_es_admin.documents import Document, fields
from django_es_admin.documents.options import DjangoOptions
from django_es_admin.search.querysets.identity import key_field
from tests.testapp.documents import NoteDocument
from tests.testapp.models import Note


def made(**body: Any) -> type[Document]:
    """Return a document of notes with these fields, not registered."""
    document = type("Tried", (Document,), body)
    document.django = DjangoOptions(document, Note, "tried", "default")
    return document


def test_the_field_of_the_key() -> None:
    assert key_field(ProductDocument) == "id"
    assert key_field(NoteDocument) == "id"
    assert key_field(made(title=fields.TextField())) == ""
    assert key_field(made(title=fields.TextField(), id=fields.KeywordField())) == "id"
    assert key_field(made(number=fields.KeywordField(attr="pk"))) == "number"


@pytest.mark.parametrize(
    "body",
    [
        {"id": fields.TextField()},
        {"id": fields.KeywordField(attr="title")},
        {"id": fields.KeywordField(doc_values=False)},
        {"id": fields.KeywordField(ignore_above=5)},
        {"id": fields.KeywordField(normalizer="lowercase")},
        {"id": fields.ListField(fields.KeywordField())},
        {"id": fields.KeywordField(), "prepare_id": lambda self, instance: "x"},
        {"id": fields.KeywordField(), "prepare": lambda self, instance: {}},
    ],
    ids=lambda body: ",".join(body) + str(body["id"].to_dict()),
)
def test_a_field_that_may_hold_something_else(body: dict[str, Any]) -> None:
    assert key_field(made(**body)) == ""
