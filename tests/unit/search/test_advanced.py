"""The query for a search with operators, and where one is wrong."""

import json
from typing import Any

import pytest
from django.utils import timezone

from django_es_admin.exceptions import SearchUnreadable
from django_es_admin.search.operators.build import build_advanced, is_plain, read_names
from django_es_admin.search.text.fields import SearchField
from django_es_admin.search.text.query import Matching, build_query
from django_es_admin.search.text.words import read_words
from tests.testapp.documents import NoteDocument

TITLE = SearchField("title", 3, "text")
CODE = SearchField("code", 1, "keyword")
NAMES = {
    "title": TITLE,
    "stars": SearchField("stars", 1, "short"),
    "price": SearchField("price", 1, "float"),
    "sold": SearchField("sold", 1, "boolean"),
    "made": SearchField("made", 1, "date"),
    "labels.stars": SearchField("labels.stars", 1, "long", ("labels",)),
}


def query(term: str) -> Any:
    return build_advanced([TITLE, CODE], NAMES, term, Matching())


def plain(term: str, **matching: Any) -> Any:
    return build_query([TITLE, CODE], read_words(term), Matching(**matching))


@pytest.mark.parametrize("term", ["lamp", "red lamp", "a b c", "AC/DC", "it's", '12" tv', "ü-boot"])
def test_words_are_what_they_are_without_operators(term: str) -> None:
    assert is_plain(term, NAMES)
    assert query(term) in (plain(term), {"bool": {"must": [plain(term)]}})


@pytest.mark.parametrize("term", ['"a b"', "-a", "a OR b", "title:a", "a\\:b"])
def test_what_has_an_operator_is_not_plain(term: str) -> None:
    assert not is_plain(term, NAMES)


@pytest.mark.parametrize(
    ("term", "expected"),
    [
        ("price:>10", {"range": {"price": {"gt": "10"}}}),
        ("price:<=10.5", {"range": {"price": {"lte": "10.5"}}}),
        ("price:[-5 TO 10}", {"range": {"price": {"gte": "-5", "lt": "10"}}}),
        ("price:[5 TO *]", {"range": {"price": {"gte": "5"}}}),
        ("stars:-5", {"term": {"stars": "-5"}}),
        ("stars:(-5)", {"term": {"stars": "-5"}}),
        ("Stars:+5", {"term": {"stars": "5"}}),
        ("price:>=-2.50", {"range": {"price": {"gte": "-2.50"}}}),
        ("stars:>+4", {"range": {"stars": {"gt": "4"}}}),
        ("stars:> \N{MINUS SIGN}4", {"range": {"stars": {"gt": "-4"}}}),
        ("-stars:-5", {"bool": {"must_not": {"term": {"stars": "-5"}}}}),
        ("price:*", {"exists": {"field": "price"}}),
        ("price:10", {"term": {"price": "10"}}),
        ('price:"10"', {"term": {"price": "10"}}),
        ("sold:yes", {"term": {"sold": True}}),
        ("sold:FALSE", {"term": {"sold": False}}),
        (
            "labels.stars:>3",
            {
                "nested": {
                    "path": "labels",
                    "query": {"range": {"labels.stars": {"gt": "3"}}},
                    "score_mode": "max",
                }
            },
        ),
        ('title:"red lamp"', {"match_phrase": {"title": {"query": "red lamp", "boost": 3}}}),
        ("-lamp", {"bool": {"must_not": plain("lamp", fuzziness=0)}}),
        (
            "red -blue",
            {"bool": {"must": [plain("red")], "must_not": [plain("blue", fuzziness=0)]}},
        ),
        (
            "red OR blue",
            {"bool": {"should": [plain("red blue", operator="or")], "minimum_should_match": 1}},
        ),
        ("a\\:b", plain("a:b")),
    ],
)
def test_operators(term: str, expected: Any) -> None:
    assert query(term) == expected


def test_a_word_that_analysis_drops_excludes_nothing_beside_something_else() -> None:
    def of(found: Any) -> list[str]:
        if isinstance(found, list):
            return [each for part in found for each in of(part)]
        if not isinstance(found, dict):
            return []
        own = [found["zero_terms_query"]] if "zero_terms_query" in found else []
        return own + [each for part in found.values() for each in of(part)]

    assert "all" in of(query("stars:5 &"))
    assert "all" in of(query('& "red lamp" -blue'))
    # By itself it finds nothing, and no more than nothing without what must not be.
    for term in ("& -red", "title:&", "stars:5 OR &"):
        assert "all" not in of(query(term)), term


def test_a_phrase_is_looked_for_in_texts_and_keywords() -> None:
    assert query('"red lamp"') == {
        "dis_max": {
            "queries": [
                {"match_phrase": {"title": {"query": "red lamp", "boost": 3}}},
                {"term": {"code": {"value": "red lamp", "case_insensitive": True, "boost": 1}}},
            ]
        }
    }


def test_a_date_is_all_of_its_day_or_month_where_the_reader_is() -> None:
    with timezone.override("Europe/Berlin"):
        found = query("made:2026-11")
        later = query("made:>2026-11-21")
    month, day = "2026-11-01T00:00:00||/M", "2026-11-21T00:00:00||/d"
    here = {"format": "strict_date_optional_time", "time_zone": "Europe/Berlin"}
    assert found == {"range": {"made": {"gte": month, "lte": month, **here}}}
    assert later["range"]["made"] == {"gt": day, **here}


def test_days_of_the_calendar_have_no_time_zone() -> None:
    names = read_names(NoteDocument, ["written"])
    with timezone.override("Europe/Berlin"):
        found = build_advanced([TITLE], names, "written:<2026", Matching())
    year = {"lt": "2026-01-01T00:00:00||/y", "format": "strict_date_optional_time"}
    assert found == {"range": {"written": year}}


@pytest.mark.parametrize(
    ("term", "place", "message"),
    [
        ("red AND", 7, "Something is missing at the end."),
        ("stars:5 AND", 11, "Something is missing at the end."),
        ("stars:(5 OR)", 12, "Something is missing at the end."),
        ("stars:5 NOT", 11, "Something is missing at the end."),
        ("price:", 6, "Something is missing at the end."),
        ("stars:5 (red", 12, "Something is missing at the end."),
        ("stars:5 OR OR red", 11, "This is not understood here."),
        ('stars:5 "red', 8, "This is not understood here."),
        ("title:>5", 6, "Only numbers and dates of a named field are compared, as in price:>10."),
        ("sold:-yes", 5, "“yes” or “no” belongs here."),
        ("made:-2024", 5, "A date belongs here: 2026, 2026-11 or 2026-11-21."),
        ("price:cheap", 6, "A number belongs here."),
        ("lamp price:>cheap", 12, "A number belongs here."),
        ("stars:40000", 6, "This number is too large."),
        ("sold:maybe", 5, "“yes” or “no” belongs here."),
        ("lamp price:>٣", 12, "A number belongs here."),
        ("stars:\uff11\uff12", 6, "A number belongs here."),
        ("made:٢٠٢٦-11", 5, "A date belongs here: 2026, 2026-11 or 2026-11-21."),
        ("made:>yesterday", 6, "A date belongs here: 2026, 2026-11 or 2026-11-21."),
        ("made:2026-13", 5, "A date belongs here: 2026, 2026-11 or 2026-11-21."),
        ("(" * 99 + "a" + ")" * 99, 30, "This is nested too deeply."),
        ("a " * 51 + "OR b", 106, "A search with operators takes 50 words."),
    ],
)
def test_the_place_of_a_mistake(term: str, place: int, message: str) -> None:
    with pytest.raises(SearchUnreadable) as caught:
        query(term)
    assert (str(caught.value), caught.value.place) == (message, place)
    assert not is_plain(term, NAMES)


@pytest.mark.parametrize(
    "term", ["-" * 5_000, "a:" * 5_000, "NOT " * 40, "\ud800 -b", '"\0" -b', "&& || !", "* -?"]
)
def test_nothing_else_can_go_wrong(term: str) -> None:
    places = []
    try:
        made = json.dumps(query(term))
    except SearchUnreadable as error:
        made, places = "", [error.place]
    assert made.isascii()
    assert all(0 <= place <= len(term) for place in places)
    assert bool(made) != bool(places)
