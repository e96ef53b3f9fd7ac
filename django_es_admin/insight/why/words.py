"""Compare the words of a search with a document: why a word does not match."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ...search.site.parts import SearchParts
from ...search.text.fields import SearchField
from ...search.text.query import Matching, build_marking, may_be_mistyped
from ...search.text.words import Words
from .analysed import LiveFields
from .near import allowed, is_forgiven, nearest
from .reason import MOST_TOKENS, FieldTold, Reason, WordTold

MOST_WORDS = 10
"""The maximum number of words of a search that are checked one by one."""
SHORTEST_PART = 3
"""The minimum length of a word that is reported as a part of another word."""
FARTHEST = 4
"""The maximum number of different letters for a word to be reported as similar."""

_WORDS = re.compile(r"\w+")


class SearchedWords:
    """The words of one search in the fields of one index.

    Args:
        live: the fields of the index.
        parts: the parts of the search.
    """

    def __init__(self, live: LiveFields, parts: SearchParts) -> None:
        self._live = live
        self._parts = parts
        self.fields = [field for field in parts.fields if field.is_searchable]
        self.words = parts.words.words[:MOST_WORDS]
        self._sought: dict[tuple[str, str], tuple[str, ...]] = {}

    def sought(self, path: str, word: str) -> tuple[str, ...]:
        """Return the tokens that are searched in a field for a word."""
        place = path, word
        if place not in self._sought:
            self._sought[place] = self._live.sought(path, word)
        return self._sought[place]

    def checks(self) -> dict[str, dict[str, Any]]:
        """Return name -> query, for each word in each field."""
        return {
            _name(number, field): build_marking(field, Words((word,)), self._matching(word))
            for number, word in enumerate(self.words)
            for field in self.fields
        }

    def _matching(self, word: str) -> Matching:
        own = self._parts.matching
        prefix = own.prefix and word == self._parts.words.words[-1]
        return Matching(own.operator, self.fuzziness(word), prefix)

    def fuzziness(self, word: str) -> str | int:
        """Return how many letters of a word may differ in this search."""
        return self._parts.matching.fuzziness if may_be_mistyped(word, self._parts.words) else 0

    def tell(self, matches: Mapping[str, bool], source: Mapping[str, Any] | None) -> list[WordTold]:
        """Return the result for each word in each field.

        Args:
            matches: name of each query of ``checks()`` -> whether it matches the document.
            source: the source of the document.
        """
        has = {field.path: self._has(field, source) for field in self.fields}
        return [self._told(number, matches, has) for number in range(len(self.words))]

    def _has(self, field: SearchField, source: Mapping[str, Any] | None) -> tuple[str, ...]:
        return self._live.made_of(field.path, self._live.values(source, field.path))

    def _told(
        self, number: int, matches: Mapping[str, bool], has: Mapping[str, tuple[str, ...]]
    ) -> WordTold:
        word = self.words[number]
        fields = tuple(
            FieldTold(
                path=field.path,
                matches=matches[_name(number, field)],
                sought=self.sought(field.path, word),
                has=has[field.path][:MOST_TOKENS],
                more=max(len(has[field.path]) - MOST_TOKENS, 0),
            )
            for field in self.fields
        )
        texts = [told for told in fields if self._live.is_text(told.path)]
        found = any(told.matches for told in fields)
        return WordTold(word, not found and any(not told.sought for told in texts), fields)

    def would_match(self, word: str, source: Mapping[str, Any] | None) -> bool:
        """Return whether a word would match another version of the document."""
        return any(self._would_match(word, field, source) for field in self.fields)

    def _would_match(self, word: str, field: SearchField, source: Mapping[str, Any] | None) -> bool:
        has = self._has(field, source)
        if not self._live.is_text(field.path):
            return word.casefold() in {value.casefold() for value in has}
        sought, fuzziness = self.sought(field.path, word), self.fuzziness(word)
        if self._matching(word).prefix and sought:
            return any(token.startswith(sought[-1]) for token in has)
        return bool(sought) and all(
            any(is_forgiven(token, other, fuzziness) for other in has) for token in sought
        )

    # --- why a word does not match ---

    def why_not(self, word: str, source: Mapping[str, Any]) -> tuple[Reason, dict[str, Any]]:
        """Return why no searched field of a document matches a word, with details."""
        reasons = (
            *self._in_searched(word, source),
            *self._in_others(word, source),
            *self._in_parts(word, source),
            *self._near(word, source),
        )
        reason, facts = next(iter(reasons), (Reason.WORD_ABSENT, {}))
        paths = [field.path for field in self.fields]
        return reason, {"word": word, "fields": paths, **facts}

    def _in_searched(
        self, word: str, source: Mapping[str, Any]
    ) -> Iterator[tuple[Reason, dict[str, Any]]]:
        """Yield reasons for a word that a searched field contains as it was typed."""
        whole: list[tuple[Reason, dict[str, Any]]] = []
        for field in self.fields:
            # Of several values in a list, only those that contain the word.
            found = self._live.values(source, field.path)
            values = [value for value in found if _have([value], word)]
            if not values:
                continue
            told: dict[str, Any] = {"field": field.path}
            if not self._live.is_indexed(field.path):
                yield Reason.FIELD_NOT_INDEXED, told
            elif self._live.is_text(field.path):
                yield self._analysed(field, word, values)
            elif not self._live.made_of(field.path, values):
                longest = self._live.flat[field.path].get("ignore_above")
                whole.insert(0, (Reason.TOO_LONG, {**told, "longest": longest}))
            else:
                whole.append((Reason.WHOLE_KEYWORD, {**told, "value": values[0]}))
        yield from whole

    def _analysed(
        self, field: SearchField, word: str, values: Sequence[str]
    ) -> tuple[Reason, dict[str, Any]]:
        sought = self.sought(field.path, word)
        has = self._live.made_of(field.path, [word])
        told = {"field": field.path, "sought": list(sought), "has": list(has)}
        return (Reason.ANALYSED_OTHERWISE if has else Reason.DROPPED), told

    def _in_others(
        self, word: str, source: Mapping[str, Any]
    ) -> Iterator[tuple[Reason, dict[str, Any]]]:
        searched = {field.path for field in self.fields}
        for path, own in self._live.flat.items():
            if path in searched or own["type"] in ("object", "nested", "completion"):
                continue
            if _have(self._live.values(source, path), word):
                yield Reason.FIELD_NOT_SEARCHED, {"field": path}

    def _in_parts(
        self, word: str, source: Mapping[str, Any]
    ) -> Iterator[tuple[Reason, dict[str, Any]]]:
        wanted = word.casefold()
        if len(wanted) < SHORTEST_PART:
            return
        for field in self.fields:
            for other in _words_of(self._live.values(source, field.path)):
                if wanted in other:
                    yield Reason.PART_OF_WORD, {"field": field.path, "other": other}

    def _near(
        self, word: str, source: Mapping[str, Any]
    ) -> Iterator[tuple[Reason, dict[str, Any]]]:
        best: tuple[int, str, str, str] | None = None
        for field in self.fields:
            for sought in self.sought(field.path, word):
                most = min(FARTHEST, max(len(sought) // 2, 1))
                found = nearest(sought, self._has(field, source), most)
                if found and (best is None or found[1] < best[0]):
                    best = found[1], found[0], field.path, sought
        if best is None:
            return
        far, other, path, sought = best
        limit = allowed(self.fuzziness(word), sought)
        told = {"field": path, "other": other, "distance": far, "allowed": limit}
        if not limit:
            if far <= 2:
                yield Reason.TYPO_NOT_FORGIVEN, told
        elif far > limit:
            yield Reason.TYPO_TOO_FAR, told
        else:
            yield Reason.TYPO_AT_BEGINNING, told


def _name(number: int, field: SearchField) -> str:
    # The name of an aggregation cannot contain every character.
    return f"word {number} in {field.path}"


def _words_of(values: Iterable[str]) -> Iterator[str]:
    for value in values:
        yield from _WORDS.findall(value.casefold())


def _have(values: Sequence[str], word: str) -> bool:
    """Return whether values contain a word as it was typed, ignoring case."""
    wanted = _WORDS.findall(word.casefold())
    if not wanted:
        return False
    return any(
        wanted == found[at : at + len(wanted)]
        for found in (_WORDS.findall(value.casefold()) for value in values)
        for at in range(len(found) - len(wanted) + 1)
    )
