"""From plain words to a query.

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

# As a project may make one, too.
AnyQuery = Mapping[str, Any] | dsl.Query

# A word may begin wrongly, but seldom does, and each first letter less is a lot of terms less.
PREFIX_LENGTH = 1
# Who gives more words than this has pasted them, and pasted text has no typos to forgive.
MAX_FUZZY_WORDS = 10
# Nobody mistypes a word so long; to find what is near it takes as long as it is, in each field.
MAX_FUZZY_CHARACTERS = 40
MAX_FUZZY_CHARACTERS_IN_ALL = 120
# Two letters at least, as one is the beginning of too much; few jokers, as each costs time.
_PATTERN = re.compile(r"[^\W_]{2}[\w.-]{0,61}(?:[*?][\w.-]{0,40}){1,3}")
# Before a letter, and not of an address, as in "example.org/page?number=1".
_JOKER = re.compile(r"\?[.-]*\w")
_NO_ADDRESS = re.compile(r"[\w.?-]+")
# What an analysis may make words of, by itself.
_PARTS = re.compile(r"[^\W_]+")
# How much hits in the other fields count beside the best one.
TIE_BREAKER = 0.3
# Above what the scores of one word add up to, so that exact hits come before those with typos.
EXACT_SCORE = 100.0
# The weight of typos in a word that is still being typed.
UNLIKELY = 0.01


@dataclass(frozen=True)
class Matching:
    """How words are looked for.

    Args:
        operator: ``"and"``: every word has to match in some field; ``"or"``: one is enough.
        fuzziness: how many letters may differ, in Elasticsearch's terms (``"AUTO"``, ``1``); 0 for
            none. A word with a digit has to match exactly: another number is no typo.
        prefix: take the last word for the beginning of one, as while someone is typing.
    """

    operator: str = "and"
    fuzziness: str | int = "AUTO"
    prefix: bool = False


@dataclass(frozen=True)
class _Word:
    """One word, and how to look for it; ``skip``: match all where analysis leaves nothing."""

    text: str
    fuzziness: str | int = 0
    prefix: bool = False
    skip: bool = False

    @property
    def pattern(self) -> str:
        """What it has to look like, if it has a ``*`` or ``?``; "" if it is just a word."""
        return self.text if is_pattern(self.text) else ""


def build_query(
    fields: Sequence[SearchField], words: Words, matching: Matching, *, is_beside: bool = False
) -> Query:
    """Return the query for ``words`` in ``fields``; it matches nothing where there are no words.

    The words may match in different fields. What is equal to a keyword ranks first, then what has
    all words exactly (the better, if in one field), then what has them with typos.

    Args:
        is_beside: whether something else is searched for, too, so that it excludes nothing if
            analysis leaves nothing of a single word.
    """
    searched = [field for field in fields if field.is_searchable]
    if not words or not searched:
        return {"match_none": {}}
    found = _found(searched, words, matching, is_beside=is_beside)
    keywords = _equal_keywords(searched, words)
    if len(words.words) > 1 and keywords:
        # No single word is equal to a keyword of several words.
        found = {"bool": {"should": [found, *keywords], "minimum_should_match": 1}}
        keywords = []
    return {"bool": {"must": found, "should": [*_bonus(searched, words, matching), *keywords]}}


def build_exact(fields: Sequence[SearchField], word: str) -> Query:
    """Return the query for one word as it was typed, in any of the fields."""
    return _in_any([field for field in fields if field.is_searchable], _Word(word))


def build_value(field: SearchField, text: str) -> Query:
    """Return the query for a text as the value of a field that is neither text nor keyword.

    Where the field can hold no such value, it matches nothing.
    """
    return inside(field, _match([replace(field, nested=())], _Word(text), type="phrase"))


def build_marking(field: SearchField, words: Words, matching: Matching) -> Query:
    """Return the query for what is to be marked in ``field``: any of the words, and nothing else.

    A highlighter rebuilds every part of a query that can match several words for each hit: where
    typos are forgiven, ``build_query()`` takes it ten times as long as this.
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
            # A word that analysis drops ("the", "&") must not exclude the others ...
            "must": [_in_any(fields, replace(word, skip=True)) for word in typed],
            # ... but where it drops all of them, nothing was searched for, and nothing is found.
            "filter": {"bool": {"should": list(_searched_for(fields, typed))}},
        }
    }


def _searched_for(fields: list[SearchField], typed: list[_Word]) -> Iterator[Query]:
    """Yield queries of which one matches each document, if analysis leaves something of a word.

    They match the documents with such a word, and those without: to look for typos a second time
    would cost as much as the first.
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
    """Whether a word of a search is one in which typos are forgiven."""
    return (
        len(word) <= MAX_FUZZY_CHARACTERS
        and not any(character.isdigit() for character in word)
        and not (has_jokers(word) or is_pattern(word))
        and len(_PARTS.findall(words.text)) <= MAX_FUZZY_WORDS
        and len(words.text) <= MAX_FUZZY_CHARACTERS_IN_ALL
    )


def _bonus(fields: list[SearchField], words: Words, matching: Matching) -> Iterator[Query]:
    """Yield what ranks hits that have the words as they were typed before the others."""
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
    """Return what is added to the score of a hit that has all words as they were typed.

    No other hit scores as much.
    """
    boosts = [field.boost for field in fields if field.is_searchable]
    return EXACT_SCORE * max(boosts, default=1) * len(words.words)


def _in_any(fields: Sequence[SearchField], word: _Word, depth: int = 0) -> Query:
    """Return the query for one word in any of the fields; nested ones in queries of their own."""
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
        # Half a word is near to a lot of other words: while it is typed they come last.
        boost = UNLIKELY if word.prefix else 1.0
        options = {"fuzziness": word.fuzziness, "prefix_length": PREFIX_LENGTH, "boost": boost}
        yield _match(fuzzy, word, operator="and", **options)
    if fuzzy and word.prefix:
        # What is the whole word, or the whole of a keyword, is more than what begins with it.
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
    """Yield the queries for a word as a value: it is read as it is after the field's name."""
    read = [field for field in fields if field.type in DATES or field.type == "boolean"]
    numbers = [field for field in fields if field.type in NUMBERS]
    others = [field for field in fields if field not in read and field not in numbers]
    if numbers:
        yield _match(numbers, replace(word, text=word.text.translate(DASHES)))
    if others:
        yield _match(others, word)
    for field in read:
        # A word is no date: such a field does not match.
        with suppress(SearchUnreadable):
            value = equal(replace(field, nested=()), word.text, 0)
            yield {"constant_score": {"filter": value, "boost": field.boost}}


def _like(fields: list[SearchField], pattern: str) -> Iterator[Query]:
    """Yield the queries for what looks like ``pattern``; texts do so word by word."""
    beginning = pattern.removesuffix("*")
    is_beginning = not set("*?") & set(beginning)
    by_word = [field for field in fields if field.is_text]
    if by_word and is_beginning:
        yield _match(by_word, _Word(beginning), type="bool_prefix", operator="and")
    is_word = pattern.replace("*", "").replace("?", "").isalnum()
    if by_word and not is_beginning and not is_word:
        # No word of a text is like it: analysis has taken it apart.
        yield _match(by_word, _Word(pattern), operator="and")
    for field in fields:
        if field.is_keyword and is_beginning:
            yield _term("prefix", field.path, beginning, field.boost)
        elif field.is_keyword or (field.is_text and is_word and not is_beginning):
            yield _term("wildcard", field.path, pattern, field.boost)


def has_jokers(word: str) -> bool:
    """Whether a word has a sign that stands for other letters, even if it is not read so here."""
    return "*" in word or bool(_NO_ADDRESS.fullmatch(word) and _JOKER.search(word))


def is_pattern(word: str) -> bool:
    """Whether a word says what others look like: ``pyth*``, ``pyth?n``; "Python?" is a question."""
    return "*" in word + word.rstrip("?").replace("?", "*") and bool(_PATTERN.fullmatch(word))


def _match(fields: list[SearchField], word: _Word, **options: Any) -> Query:
    return {
        "multi_match": {
            "query": word.text,
            "fields": [str(field) for field in fields],
            "tie_breaker": TIE_BREAKER,
            # A word is no date and no number: such a field does not match, instead of an error.
            "lenient": True,
            "zero_terms_query": "all" if word.skip else "none",
            **options,
        }
    }


def _term(kind: str, path: str, text: str, boost: float) -> Query:
    return {kind: {path: {"value": text, "case_insensitive": True, "boost": boost}}}
