"""What a visitor may mean, and how much of a document is shown."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.http import QueryDict
from django.utils.timezone import make_naive

from django_es_admin.exceptions import SearchParameterInvalid
from django_es_admin.search.site.answer.pruning import prune
from django_es_admin.search.site.visitor.cursor import read_cursor, write_cursor
from django_es_admin.search.site.visitor.paging import sort_of
from django_es_admin.search.site.visitor.parameters import Parameter, read_parameters
from django_es_admin.search.site.visitor.values import read_bound, read_values
from django_es_admin.search.text.fields import SearchField

NUMBER = SearchField("price", 1, "float")
DAY = SearchField("made", 1, "date")
MOMENT = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("field", "given", "read"),
    [
        (NUMBER, "1.5", 1.5),
        (NUMBER, " 2 ", 2.0),
        (NUMBER, ".5e1", 5.0),
        (NUMBER, Decimal("99.99"), 99.99),
        (NUMBER, -3, -3),
        (DAY, "2026-11-21", "2026-11-21"),
        (DAY, date(2026, 11, 21), "2026-11-21"),
        (DAY, MOMENT, "2026-11-21T12:00:00+00:00"),
        (DAY, make_naive(MOMENT, UTC), "2026-11-21T12:00:00+00:00"),
        (DAY, "2026-11-21T12:00:00Z", "2026-11-21T12:00:00+00:00"),
    ],
)
def test_ends_of_ranges(field: SearchField, given: Any, read: Any) -> None:
    assert read_bound("x", given, field) == read


@pytest.mark.parametrize("given", ["", "x", "2026-13-01", "21.11.2026", 5, None, "9" * 50])
def test_what_is_no_date(given: Any) -> None:
    with pytest.raises(SearchParameterInvalid, match="must be a date"):
        read_bound("x", given, DAY)


@pytest.mark.parametrize(
    ("type_", "given", "read"),
    [
        ("keyword", "a", ["a"]),
        ("keyword", 5, ["5"]),
        ("", {"a"}, ["a"]),
        ("boolean", True, [True]),
        ("boolean", ["0", "TRUE"], [False, True]),
        ("long", ["-5", 7], [-5, 7]),
        ("float", ("1.5",), [1.5]),
        ("date", ["2026-11-21"], ["2026-11-21"]),
    ],
)
def test_values_of_fields(type_: str, given: Any, read: list[Any]) -> None:
    assert read_values("x", given, SearchField("x", 1, type_)) == read


def test_a_cursor_comes_back() -> None:
    values = [1.25, None, "ä", -5, 2**62]
    assert read_cursor("after", write_cursor("newest", values), "newest", 5) == values


def test_orders() -> None:
    assert sort_of("-price", "id") == [{"price": {"order": "desc"}}, {"id": {"order": "desc"}}]
    assert sort_of("_score", "") == [{"_score": {"order": "desc"}}]
    assert sort_of("id", "id") == [{"id": {"order": "asc"}}]


def test_parameters_of_a_url_and_of_a_mapping() -> None:
    known = [
        Parameter("q", "query", "text", ""),
        Parameter("brand", "brand", "text", "", several=True),
    ]
    read = {"query": "x", "brand": ["a", "b"]}
    assert read_parameters(QueryDict("q=x&brand=a&brand=b&brand=&z=1"), known) == read
    assert read_parameters({"q": "x", "brand": ("a", "b"), "z": 1}, known) == read
    assert read_parameters({}, known) == {}
    with pytest.raises(SearchParameterInvalid, match="more than once"):
        read_parameters(QueryDict("q=x&q=y"), known)


DOCUMENT = {
    "name": "Lamp",
    "cost": 3,
    "category": {"id": 1, "name": "Light", "secret": {"x": 1}},
    "tags": [{"id": 1, "name": "sale"}, {"id": 2}],
    "words": ["a", "b"],
    "empty": [],
}


@pytest.mark.parametrize(
    ("includes", "excludes", "shown"),
    [
        ((), (), DOCUMENT),
        (("name", "words"), (), {"name": "Lamp", "words": ["a", "b"]}),
        (("n*",), ("name",), {}),
        (("category",), ("*.secret",), {"category": {"id": 1, "name": "Light"}}),
        (("category.name",), (), {"category": {"name": "Light"}}),
        (("tags.name",), (), {"tags": [{"name": "sale"}, {}]}),
        (("category", "tags"), ("category.*", "tags"), {"category": {}}),
        (
            (),
            ("cost", "tags", "words", "empty", "category.secret.x"),
            {"name": "Lamp", "category": {"id": 1, "name": "Light", "secret": {}}},
        ),
    ],
)
def test_what_is_shown_of_a_document(
    includes: tuple[str, ...], excludes: tuple[str, ...], shown: Any
) -> None:
    assert prune(DOCUMENT, includes, excludes) == shown
