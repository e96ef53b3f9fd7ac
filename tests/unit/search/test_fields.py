"""Fields in Elasticsearch's terms, and what a document's mapping says of them."""

import pytest

from django_es_admin.exceptions import SearchMisdeclared
from django_es_admin.search.text.fields import find_field_problem, parse_field, read_fields
from tests.testapp.documents import NoteDocument


@pytest.mark.parametrize(
    ("spec", "read"),
    [
        ("title", ("title", 1.0)),
        ("title^3", ("title", 3.0)),
        (" code.text^0.5 ", ("code.text", 0.5)),
    ],
)
def test_a_field_and_its_boost(spec: str, read: tuple[str, float]) -> None:
    assert parse_field(spec) == read


@pytest.mark.parametrize("spec", ["", "^3", "title^", "title^x", "title^0", "title^-1", "a^inf"])
def test_what_is_no_field_is_refused(spec: str) -> None:
    with pytest.raises(SearchMisdeclared, match="search_fields has"):
        parse_field(spec)
    assert find_field_problem(NoteDocument, spec)


def test_the_mapping_tells_types_and_nested_paths() -> None:
    specs = ["title^3", "code", "code.text", "stars", "shelf.name", "labels.word^2", "other"]
    read = read_fields(NoteDocument, specs)
    assert [(field.type, field.nested, str(field)) for field in read] == [
        ("text", (), "title^3"),
        ("keyword", (), "code"),
        ("text", (), "code.text"),
        ("integer", (), "stars"),
        ("text", (), "shelf.name"),
        ("text", ("labels",), "labels.word^2"),
        ("", (), "other"),
    ]


@pytest.mark.parametrize(
    ("spec", "problem"),
    [
        ("title^3", ""),
        ("labels.word", ""),
        ("shelf.*", ""),
        ("titel", "which NoteDocument does not have"),
        ("shelf__name", "which NoteDocument does not have"),
        ("shelf.nmae", "which NoteDocument does not have"),
        ("shelf", "which has the type object"),
        ("labels", "which has the type nested"),
        ("suggest", "which has the type completion"),
    ],
)
def test_what_cannot_be_searched_is_named(spec: str, problem: str) -> None:
    found = find_field_problem(NoteDocument, spec)
    assert problem in found
    assert bool(found) == bool(problem)
