"""The system checks of an admin with the search."""

from typing import Any

import pytest
from django.contrib import admin
from django.core.management import call_command
from shop.documents import ProductDocument

from django_es_admin.admin import ElasticsearchSearchMixin
from django_es_admin.documents import Document, fields
from tests.testapp.documents import NoteDocument
from tests.testapp.models import Note, Reply, StarredNote
from tests.testapp.site import office


class Unregistered(Document):
    class Index:
        name = "unregistered"


def problems(model: Any = Note, **options: Any) -> list[tuple[str, str]]:
    """Return ids and messages for an admin with these options."""
    bases = (ElasticsearchSearchMixin, admin.ModelAdmin)
    made = type("TriedAdmin", bases, {"search_fields": ["title"], **options})
    found = made(model, office).check()
    assert all(problem.hint for problem in found if problem.id.startswith("elasticsearch."))
    return [(problem.id.removeprefix("elasticsearch."), problem.msg) for problem in found]


def test_nothing_is_wrong_with_those_of_the_tests_and_the_shop() -> None:
    assert problems() == problems(StarredNote, search_document=NoteDocument) == []
    call_command("check")


def test_fields_that_a_search_cannot_name() -> None:
    ((number, message),) = problems(advanced_search_fields=["stars", "nope"])
    assert number == "E026"
    assert "advanced_search_fields has 'nope', which NoteDocument does not have." in message
    ((number, message),) = problems(advanced_search_fields="stars")
    assert number == "E024"
    assert "advanced_search_fields is 'stars'" in message


def test_a_model_without_a_document() -> None:
    assert problems(Reply) == [
        ("E020", "TriedAdmin names no search_document, and testapp.Reply has none.")
    ]


def test_a_model_with_several_documents(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "django_es_admin.admin.mixins.options.registry.get_documents_for_model",
        lambda model: (NoteDocument, ProductDocument),
    )
    assert problems() == [
        (
            "E020",
            "TriedAdmin names no search_document, and testapp.Note has several: "
            "NoteDocument, ProductDocument.",
        )
    ]
    assert problems(search_document=NoteDocument) == []


def test_a_document_that_is_not_registered() -> None:
    ((number, message),) = problems(search_document=Unregistered)
    assert number == "E021"
    assert "Unregistered" in message


def test_a_document_of_another_model() -> None:
    assert problems(search_document=ProductDocument) == [
        (
            "E022",
            "TriedAdmin.search_document is ProductDocument, which belongs to the model "
            "shop.Product, not to testapp.Note.",
        )
    ]


def test_a_document_whose_hits_do_not_lead_to_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(NoteDocument.django.places, "own", True)
    [(number, message)] = problems()
    assert number == "E027"
    assert "has ids or a routing of its own" in message


def test_fields_that_cannot_be_searched() -> None:
    found = problems(search_fields=["title^3", "titel", "shelf", "body^much"])
    assert [number for number, _ in found] == ["E023"] * 3
    assert found[0][1] == "TriedAdmin.search_fields has 'titel', which NoteDocument does not have."


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("search_operator", "xor"),
        ("search_fuzziness", "much"),
        ("search_fuzziness", 3),
        ("fallback_search_fields", "title"),
        ("search_highlight", "title"),
    ],
)
def test_options_that_are_none(option: str, value: Any) -> None:
    ((number, message),) = problems(**{option: value})
    assert number == "E024"
    assert message == f"TriedAdmin.{option} is {value!r}."


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("search_operator", "or"),
        ("search_fuzziness", 0),
        ("search_fuzziness", "2"),
        ("search_fuzziness", "AUTO:4,8"),
        ("fallback_search_fields", ("^title",)),
        ("fallback_search_fields", []),
    ],
)
def test_options_that_are_some(option: str, value: Any) -> None:
    assert problems(**{option: value}) == []


def test_columns_that_cannot_be_marked() -> None:
    options = {"search_fields": ["title", "shelf.name", "stars"]}
    assert problems(**options, search_highlight=["title"]) == []
    found = problems(**options, search_highlight=["title", "body", "stars", "shelf", "nothing"])
    assert [number for number, _ in found] == ["E025"] * 4
    assert found[0][1] == (
        "TriedAdmin.search_highlight has 'body', which none of the search_fields is made from."
    )


def test_columns_that_show_labels_of_their_choices_cannot_be_marked() -> None:
    class Kinds(Document):
        kind = fields.KeywordField()

    Kinds.django = NoteDocument.django
    options = {"search_document": Kinds, "search_fields": ["kind"]}
    assert problems(**options, search_highlight=["kind"]) == [
        ("E025", "TriedAdmin.search_highlight has 'kind', whose cells show the labels of choices.")
    ]


def test_search_fields_of_the_wrong_type_are_left_to_django() -> None:
    assert [number for number, _ in problems(search_fields="title")] == ["admin.E126"]
