"""Make a query from plain words.

No word is ever an operator: the words go into `match` and `term` queries, which have no syntax.
Wildcards, as in `pyth*`, are not operators: they describe a word.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from elasticsearch import dsl

from ...exceptions import SearchUnreadable
from .fields import Query, SearchField, inside
from .values import DASHES, DATES, NUMBERS, equal
from .words import Words

# The kind of query that a project may make, too.
AnyQuery = Mapping[str, Any] | dsl.Query

# Typos in the first letters are rare, and excluding them makes a search much faster.
PREFIX_LENGTH = 1
# More words than this were pasted, and pasted text needs no tolerance for typos.
MAX_FUZZY_WORDS = 10
# Longer words are not typed by hand, and finding similar words takes longer the longer they are.
MAX_FUZZY_CHARACTERS = 40
MAX_FUZZY_CHARACTERS_IN_ALL = 120
# At least two letters, because one letter matches too much; few wildcards, because each is slow.
_PATTERN = re.compile(r"[^\W_]{2}[\w.-]{0,61}(?:[*?][\w.-]{0,40}){1,3}")
# Before a letter, and not in a URL such as "example.org/page?number=1".
_JOKER = re.compile(r"\?[.-]*\w")
_NO_ADDRESS = re.compile(r"[\w.?-]+")
# Characters that an analyzer may make words of.
_PARTS = re.compile(r"[^\W_]+")
# How much hits in the other fields count, compared to the best one.
TIE_BREAKER = 0.3
# Above any sum of scores of one word, so that exact hits come before hits with typos.
EXACT_SCORE = 100.0
# The weight of typos in a word that is still being typed.
UNLIKELY = 0.01


@dataclass(frozen=True)
class Matching:
    """How words are matched.

    Args:
        operator: ``"and"``: every word must match in some field; ``"or"``: one word is enough.
        fuzziness: how many letters may differ, in Elasticsearch's terms (``"AUTO"``, ``1``); 0 for
            none. A word with a digit must match exactly, because a different number is not a typo.
        prefix: whether the last word may be the beginning of a longer word, as during typing.
    """

    operator: str = "and"
    fuzziness: str | int = "AUTO"
    prefix: bool = False


@dataclass(frozen=True)
class _Word:
    """One word. With ``skip``, it matches everything if analysis leaves nothing of it."""

    text: str
    fuzziness: str | int = 0
    prefix: bool = False
    skip: bool = False

    @property
    def pattern(self) -> str:
        """The pattern of a word with ``*`` or ``?``; "" for any other word."""
        return self.text if is_pattern(self.text) else ""


def build_query(
    fields: Sequence[SearchField], words: Words, matching: Matching, *, is_beside: bool = False
) -> Query:
    """Return the query for ``words`` in ``fields``. Without words it matches nothing.

    The words may match in different fields. A document whose keyword is equal to the words ranks
    first, then documents with all words exactly (preferably in one field), then documents with
    typos.

    Args:
        is_beside: whether there are other conditions. Then the query matches everything if analysis
            leaves nothing of a single word.
    """
    searched = [field for field in fields if field.is_searchable]
    if not words or not searched:
        return {"match_none": {}}
    found = _found(searched, words, matching, is_beside=is_beside)
    keywords = _equal_keywords(searched, words)
    if len(words.words) > 1 and keywords:
        # A single word cannot be equal to a keyword of several words.
        found = {"bool": {"should": [found, *keywords], "minimum_should_match": 1}}
        keywords = []
    return {"bool": {"must": found, "should": [*_bonus(searched, words, matching), *keywords]}}


def build_exact(fields: Sequence[SearchField], word: str) -> Query:
    """Return the query for one word as it was typed, in any of the fields."""
    return _in_any([field for field in fields if field.is_searchable], _Word(word))


def build_value(field: SearchField, text: str) -> Query:
    """Return the query for a text as the value of a field that is neither text nor keyword.

    If the field cannot have such a value, the query matches nothing.
    """
    return inside(field, _match([replace(field, nested=())], _Word(text), type="phrase"))


def build_marking(field: SearchField, words: Words, matching: Matching) -> Query:
    """Return the query for what is marked in ``field``: any of the words, and nothing else.

    For each hit, a highlighter expands every part of a query that can match several words. With
    typos allowed, ``build_query()`` would take ten times as long.
    """
    typed = [_in_any([field], word) for word in _typed(words, matching)]
    return {"bool": {"should": [*typed, *_equal_keywords([field], words)]}}


def _found(
    fields: list[SearchField], words: Words, matching: Matching, *, is_beside: bool
) -> Query:
    """Return the query that decides whether a document is a hit."""
    typed = _typed(words, matching)
    if len(typed) == 1:
        return {"bool": {"should": [_in_any(fields, replace(typed[0], skip=is_beside))]}}
    if matching.operator == "or":
        return {"bool": {"should": [_in_any(fields, word) for word in typed]}}
    return {
        "bool": {
            # A word that the analyzer drops ("the", "&") must not exclude the other words ...
            "must": [_in_any(fields, replace(word, skip=True)) for word in typed],
            # ... but if the analyzer drops all words, nothing is searched for, and nothing is
            # found.
            "filter": {"bool": {"should": list(_searched_for(fields, typed))}},
        }
    }


def _searched_for(fields: list[SearchField], typed: list[_Word]) -> Iterator[Query]:
    """Yield queries of which one matches each document, if analysis leaves something of a word.

    They match the documents with such a word, and those without. Searching with typos a second time
    would take as long as the first time.
    """
    by_word = [field for field in fields if field.is_text and not field.nested]
    for word in typed:
        if word.fuzziness and by_word:
            yield _in_any(fields, replace(word, fuzziness=0))
            every = _match(by_word, replace(word, skip=True), operator="and")
            yield {"bool": {"must_not": every}}
        else:
            yield _in_any(fields, word)


def _typed(words: Words, matching: Matching) -> list[_Word]:
    typed = [_Word(word, _fuzziness(word, words, matching)) for word in words.words]
    if matching.prefix:
        typed[-1] = replace(typed[-1], prefix=True)
    return typed


def _fuzziness(word: str, words: Words, matching: Matching) -> str | int:
    return matching.fuzziness if may_be_mistyped(word, words) else 0


def may_be_mistyped(word: str, words: Words) -> bool:
    """Return whether typos are allowed in a word of a search."""
    return (
        len(word) <= MAX_FUZZY_CHARACTERS
        and not any(character.isdigit() for character in word)
        and not (has_jokers(word) or is_pattern(word))
        and len(_PARTS.findall(words.text)) <= MAX_FUZZY_WORDS
        and len(words.text) <= MAX_FUZZY_CHARACTERS_IN_ALL
    )


def _bonus(fields: list[SearchField], words: Words, matching: Matching) -> Iterator[Query]:
    """Yield queries that rank hits with the words exactly as typed before other hits."""
    several = len(words.words) > 1
    exact = [_Word(word, skip=several) for word in words.words]
    exact[-1] = replace(exact[-1], prefix=matching.prefix)
    yield {
        "constant_score": {
            "filter": {"bool": {"must": [_in_any(fields, word) for word in exact]}},
            "boost": exact_score(fields, words),
        }
    }
    by_word = [field for field in fields if field.is_text and not field.nested]
    if several and by_word:
        yield _match(by_word, _Word(words.text), operator="and")


def _equal_keywords(fields: list[SearchField], words: Words) -> list[Query]:
    boost = 2 * exact_score(fields, words)
    return [
        _term("term", field.path, words.text, boost)
        for field in fields
        if field.is_keyword and not field.nested
    ]


def exact_score(fields: Sequence[SearchField], words: Words) -> float:
    """Return the score that is added to a hit with all words exactly as typed.

    No other hit has such a score.
    """
    boosts = [field.boost for field in fields if field.is_searchable]
    return EXACT_SCORE * max(boosts, default=1) * len(words.words)


def _in_any(fields: Sequence[SearchField], word: _Word, depth: int = 0) -> Query:
    """Return the query for one word in any of the fields. Nested fields have separate queries."""
    groups: dict[str, list[SearchField]] = {}
    for field in fields:
        place = field.nested[depth] if len(field.nested) > depth else ""
        groups.setdefault(place, []).append(field)
    parts = list(_in_flat(groups.pop("", []), word))
    for path, nested in groups.items():
        inner = _in_any(nested, word, depth + 1)
        parts.append({"nested": {"path": path, "query": inner, "score_mode": "max"}})
    if not parts:
        return {"match_none": {}}
    if len(parts) == 1:
        return parts[0]
    return {"dis_max": {"queries": parts, "tie_breaker": TIE_BREAKER}}


def _in_flat(fields: list[SearchField], word: _Word) -> Iterator[Query]:
    if word.pattern:
        yield from _like(fields, word.pattern)
        return
    by_word = [field for field in fields if field.is_text]
    fuzzy = [field for field in fields if field.is_text or field.is_keyword]
    if fuzzy and word.fuzziness:
        # An incomplete word is similar to many other words, so during typing these come last.
        boost = UNLIKELY if word.prefix else 1.0
        options = {"fuzziness": word.fuzziness, "prefix_length": PREFIX_LENGTH, "boost": boost}
        yield _match(fuzzy, word, operator="and", **options)
    if fuzzy and word.prefix:
        # A whole word, or a whole keyword, ranks above one that only begins with it.
        yield _match(fuzzy, word, operator="and")
    elif by_word and not word.fuzziness:
        yield _match(by_word, word, operator="and")
    if by_word and word.prefix:
        yield _match(by_word, word, type="bool_prefix", operator="and")
    yield from _values([field for field in fields if field not in fuzzy], word)
    for field in fields:
        if field.is_keyword:
            yield _term("prefix" if word.prefix else "term", field.path, word.text, field.boost)


def _values(fields: list[SearchField], word: _Word) -> Iterator[Query]:
    """Yield the queries for a word as a value, which is read as after a field name."""
    read = [field for field in fields if field.type in DATES or field.type == "boolean"]
    numbers = [field for field in fields if field.type in NUMBERS]
    others = [field for field in fields if field not in read and field not in numbers]
    if numbers:
        yield _match(numbers, replace(word, text=word.text.translate(DASHES)))
    if others:
        yield _match(others, word)
    for field in read:
        # The word is not a date, so such a field does not match.
        with suppress(SearchUnreadable):
            value = equal(replace(field, nested=()), word.text, 0)
            yield {"constant_score": {"filter": value, "boost": field.boost}}


def _like(fields: list[SearchField], pattern: str) -> Iterator[Query]:
    """Yield the queries for words that match ``pattern``, for texts word by word."""
    beginning = pattern.removesuffix("*")
    is_beginning = not set("*?") & set(beginning)
    by_word = [field for field in fields if field.is_text]
    if by_word and is_beginning:
        yield _match(by_word, _Word(beginning), type="bool_prefix", operator="and")
    is_word = pattern.replace("*", "").replace("?", "").isalnum()
    if by_word and not is_beginning and not is_word:
        # No word of a text can match it, because the analyzer splits it.
        yield _match(by_word, _Word(pattern), operator="and")
    for field in fields:
        if field.is_keyword and is_beginning:
            yield _term("prefix", field.path, beginning, field.boost)
        elif field.is_keyword or (field.is_text and is_word and not is_beginning):
            yield _term("wildcard", field.path, pattern, field.boost)


def has_jokers(word: str) -> bool:
    """Return whether a word contains a wildcard, even if it is not used as one here."""
    return "*" in word or bool(_NO_ADDRESS.fullmatch(word) and _JOKER.search(word))


def is_pattern(word: str) -> bool:
    """Return whether a word is a pattern: ``pyth*``, ``pyth?n``. "Python?" is a question."""
    return "*" in word + word.rstrip("?").replace("?", "*") and bool(_PATTERN.fullmatch(word))


def _match(fields: list[SearchField], word: _Word, **options: Any) -> Query:
    return {
        "multi_match": {
            "query": word.text,
            "fields": [str(field) for field in fields],
            "tie_breaker": TIE_BREAKER,
            # The word is not a date or a number. Such a field does not match, and causes no error.
            "lenient": True,
            "zero_terms_query": "all" if word.skip else "none",
            **options,
        }
    }


def _term(kind: str, path: str, text: str, boost: float) -> Query:
    return {kind: {path: {"value": text, "case_insensitive": True, "boost": boost}}}
