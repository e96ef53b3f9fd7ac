"""The query for plain words."""

import json
from typing import Any

import pytest

from django_es_admin.search.text.fields import SearchField
from django_es_admin.search.text.query import Matching, build_query, has_jokers
from django_es_admin.search.text.values import equal
from django_es_admin.search.text.words import read_words

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


@pytest.mark.parametrize("word", ["p?thon", "?ython", "p??thon", "*ython", "lib-?.so", "pyth?n?"])
def test_what_may_be_meant_as_a_pattern_is_never_fuzzy(word: str) -> None:
    made = query(TITLE, CODE, term=f"{word} lamp")
    fuzzy = {match["query"] for match in parts(made, "multi_match") if "fuzziness" in match}
    assert fuzzy == {"lamp"}


@pytest.mark.parametrize("word", ["python?", "python??", "what?!", "example.org/page?number=a"])
def test_a_question_is_no_pattern(word: str) -> None:
    assert not has_jokers(word)


@pytest.mark.parametrize("sign", "-\u2013\u2212")
def test_a_number_has_any_dash_before_it(sign: str) -> None:
    made = query(STARS, TITLE, term=f"{sign}5")
    found = {tuple(m["fields"]): m["query"] for m in parts(made, "multi_match")}
    assert found == {("stars",): "-5", ("title^3",): f"{sign}5"}


def test_numbers_and_dates_are_lenient_and_never_fuzzy() -> None:
    matches = [m for m in parts(query(STARS), "multi_match") if m["fields"] == ["stars"]]
    assert matches
    assert all(match["lenient"] and "fuzziness" not in match for match in matches)


def test_dates_and_yes_or_no_are_read_as_after_the_name_of_their_field() -> None:
    day = SearchField("day", 2, "date", is_zoned=False)
    sold = SearchField("sold", 1, "boolean")
    [named] = parts(equal(day, "2024-02", 0), "range")
    assert named in parts(query(day, sold, term="2024-02"), "range")
    assert {"sold": True} in parts(query(day, sold, term="Yes"), "term")
    assert not parts(query(day, sold, term="lamp"), "term")
    assert {} in parts(query(day, sold, term="lamp"), "match_none")


@pytest.mark.parametrize("word", ["pyth*", "PYTH*", "py*n", "pyth?n", "lib-x*", "a1b*c*d*"])
def test_patterns_are_what_words_look_like_and_never_fuzzy(word: str) -> None:
    made = query(TITLE, CODE, term=f"{word} lamp")
    assert not [m for m in parts(made, "multi_match") if m["query"] == word]
    fuzzy = {m["query"] for m in parts(made, "multi_match") if "fuzziness" in m}
    assert fuzzy == {"lamp"}
    for found in (*parts(made, "wildcard"), *parts(made, "prefix")):
        (options,) = found.values()
        assert options["case_insensitive"]


@pytest.mark.parametrize("word", ["*", "p*", "*thon", "a*b*", "py****", "python?", "x?y", "a.b*"])
def test_what_is_no_pattern_is_a_word(word: str) -> None:
    made = query(TITLE, CODE, term=word)
    assert not parts(made, "wildcard")
    assert [m for m in parts(made, "multi_match") if m["query"] == word]
    assert "*" not in word or not [m for m in parts(made, "multi_match") if "fuzziness" in m]


@pytest.mark.parametrize("word", ["a_b_" * 64, "ab" * 100, "a-b-c-d-e-f-g-h-i-j-k-l"])
def test_typos_are_looked_for_in_few_and_short_words(word: str) -> None:
    assert not [m for m in parts(query(TITLE, term=word), "multi_match") if "fuzziness" in m]


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


@pytest.mark.parametrize(
    "term",
    [
        *(letters * 64 for letters in ("a_b_", "a-b-", "a.b.", "ü_ö_", "1_2_", "日本", "a\u0301")),
        " ".join(letter * 40 for letter in "abcdefghij"),
        " ".join(letter * 8 for letter in "abcdefghij"),
        " ".join(f"{letter}_b_c" * 7 for letter in "abcdefghij"),
        "lanterns of brass",
        "x" * 40,
    ],
)
def test_near_words_cost_no_more_than_a_sentence_whatever_is_typed(term: str) -> None:
    for operator in ("and", "or"):
        made = query(TITLE, CODE, WORD, term=term, operator=operator)
        fuzzy = [match["query"] for match in parts(made, "multi_match") if "fuzziness" in match]
        # Each word once, and once more in each nested object.
        assert len(fuzzy) == 2 * len(set(fuzzy)) <= 2 * 10
        assert sum(map(len, fuzzy)) <= 2 * 120


def test_the_longest_search_stays_small() -> None:
    term = " ".join(f"word{n}" for n in range(5_000))
    assert len(json.dumps(query(TITLE, CODE, STARS, WORD, term=term))) < 200_000
