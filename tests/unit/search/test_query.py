"""The query for plain words."""

import json
from typing import Any

import pytest

from django_es_admin.search.fields import SearchField
from django_es_admin.search.query import Matching, build_query
from django_es_admin.search.words import read_words

TITLE = SearchField("title", 3, "text")
CODE = SearchField("code", 1, "keyword")
STARS = SearchField("stars", 1, "integer")
WORD = SearchField("labels.word", 2, "text", ("labels",))


def query(*fields: SearchField, term: str = "lamp", **matching: Any) -> Any:
    return build_query(fields, read_words(term), Matching(**matching))


def parts(found: Any, kind: str) -> list[Any]:
    """Return every query of a kind, wherever it stands."""
    if isinstance(found, dict):
        own = [found[kind]] if kind in found else []
        return own + [part for value in found.values() for part in parts(value, kind)]
    if isinstance(found, list):
        return [part for value in found for part in parts(value, kind)]
    return []


@pytest.mark.parametrize("term", ["", "  ", "\0"])
def test_no_words_match_nothing(term: str) -> None:
    assert query(TITLE, term=term) == {"match_none": {}}


def test_no_fields_match_nothing() -> None:
    assert query() == query(SearchField("suggest", 1, "completion")) == {"match_none": {}}


def test_nothing_typed_is_syntax() -> None:
    term = '"a" AND title:(b* OR c~2) {{d}} /e/'
    used = query(TITLE, CODE, STARS, WORD, term=term)
    assert not parts(used, "query_string")
    assert not parts(used, "simple_query_string")
    for word in term.split():
        assert any(match["query"] == word for match in parts(used, "multi_match"))


def test_numbers_and_dates_are_lenient_and_never_fuzzy() -> None:
    matches = [m for m in parts(query(STARS), "multi_match") if m["fields"] == ["stars"]]
    assert matches
    assert all(match["lenient"] and "fuzziness" not in match for match in matches)


def test_nested_fields_have_queries_of_their_own() -> None:
    deep = SearchField("a.b.c", 1, "text", ("a", "a.b"))
    paths = [nested["path"] for nested in parts(query(TITLE, WORD, deep), "nested")]
    assert {"labels", "a", "a.b"} == set(paths)
    outer = next(n for n in parts(query(deep), "nested") if n["path"] == "a")
    assert outer["query"]["nested"]["path"] == "a.b"


def test_words_without_digits_are_fuzzy() -> None:
    def fuzzy(term: str, **matching: Any) -> set[str]:
        found = parts(query(TITLE, term=term, **matching), "multi_match")
        return {match["query"] for match in found if "fuzziness" in match}

    assert fuzzy("lamp 2024 m4") == {"lamp"}
    assert fuzzy("lamp", fuzziness=0) == set()
    assert fuzzy(" ".join("abcdefghijk")) == set()
    assert len(fuzzy(" ".join("abcdefghij"))) == 10


def test_the_longest_search_stays_small() -> None:
    term = " ".join(f"word{n}" for n in range(5_000))
    assert len(json.dumps(query(TITLE, CODE, STARS, WORD, term=term))) < 200_000
