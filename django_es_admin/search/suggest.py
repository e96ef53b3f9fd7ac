"""Suggest words of the index in place of words that no hit contains."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..backends.errors import translated, understood
from ..backends.searcher import searcher
from ..backends.transport.deadline import Deadline
from ..documents import Document
from ..exceptions import ElasticsearchAdminError
from .logged import reason_of
from .request import SearchRequest, made
from .text.fields import SearchField
from .text.query import MAX_FUZZY_WORDS, PREFIX_LENGTH, build_exact, may_be_mistyped
from .text.words import Words
from .window import preferred_copy

# Each word is looked up in the dictionaries of at most this many fields.
MAX_FIELDS = 4

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Spelling:
    """The words to check, and the fields: a part of a search.

    Args:
        words: the words as they were typed.
        fields: the searched fields.
    """

    words: Words
    fields: tuple[SearchField, ...]

    def __bool__(self) -> bool:
        return bool(self._dictionaries) and 0 < len(self.words.words) <= MAX_FUZZY_WORDS

    @property
    def _dictionaries(self) -> list[str]:
        """The paths of the fields whose words are suggested, the most important first."""
        found = [field for field in self.fields if field.type == "text" and not field.nested]
        found.sort(key=lambda field: -field.boost)
        return [field.path for field in found[:MAX_FIELDS]]

    def arguments(self) -> dict[str, Any]:
        """Return the arguments of a search that requests suggestions."""
        suggesters = dict(self._suggesters())
        return {"suggest": suggesters} if suggesters else {}

    def _suggesters(self) -> Iterator[tuple[str, Any]]:
        for place, word in enumerate(self.words.words):
            if not may_be_mistyped(word, self.words):
                # A different number is not another spelling.
                continue
            for path in self._dictionaries:
                options = {"field": path, "size": 1, "prefix_length": PREFIX_LENGTH}
                yield f"{place}:{path}", {"text": word, "term": options}

    def find(
        self,
        document: type[Document],
        query: Mapping[str, Any],
        answer: Mapping[str, Any],
        *,
        exact: float,
        deadline: Deadline,
    ) -> str:
        """Return the words in another spelling; "" if the typed words are better.

        This sends another request only if no hit is known to contain the words, and there are
        similar words.

        Args:
            query: the query of the search, including its filters.
            answer: the answer to the search with :meth:`arguments`.
            exact: the lowest score of a hit that contains the words.
            deadline: the time limit of the answer. Without an answer, there is no suggestion.
        """
        typed = list(self.words.words)
        with understood(document.django.connection):
            meant = self._near(answer)
            hits = answer["hits"]
            scores = [hits.get("max_score"), *(hit.get("_score") for hit in hits.get("hits", ()))]
            is_there = any((score or 0) >= exact for score in scores)
        if is_there or meant == typed:
            return ""
        try:
            counts = self._count(document, query, deadline)
        except ElasticsearchAdminError as error:
            logger.warning("A search is shown without other spellings: %s", reason_of(error))
            return ""
        meant = [word if counts[place] else meant[place] for place, word in enumerate(typed)]
        return "" if meant == typed else " ".join(meant)

    def _near(self, answer: Mapping[str, Any]) -> list[str]:
        """Return each word as a dictionary spells it, or unchanged."""
        found = answer.get("suggest", {})
        return [
            _best(word, [found.get(f"{place}:{path}", ()) for path in self._dictionaries])
            for place, word in enumerate(self.words.words)
        ]

    def _count(
        self, document: type[Document], query: Mapping[str, Any], deadline: Deadline
    ) -> list[int]:
        """Return how many hits contain each word as it was typed."""
        exact = {
            str(place): build_exact(self.fields, word)
            for place, word in enumerate(self.words.words)
        }
        connection = document.django.connection
        with translated(connection):
            seconds = deadline.remaining
            body = made(
                query=query,
                size=0,
                aggregations={"as_typed": {"filters": {"filters": exact}}},
                timeout=f"{max(int(seconds * 1000), 1)}ms",
            )
            params = {
                "allow_partial_search_results": False,
                "preference": preferred_copy(query),
            }
            request = SearchRequest(document.django.alias, body, params)
            answer = request.send(searcher(connection.client, seconds))
        with understood(connection):
            counts = answer["aggregations"]["as_typed"]["buckets"]
            return [counts[str(place)]["doc_count"] for place in range(len(exact))]


def _best(word: str, answers: Sequence[Sequence[Mapping[str, Any]]]) -> str:
    """Return ``word`` as the dictionary with the most similar words spells it."""
    best, nearest = word, (0.0, 0)
    for entries in answers:
        spelt, near = word, (0.0, 0)
        for entry in reversed(entries):
            for option in entry["options"][:1]:
                start, end = entry["offset"], entry["offset"] + entry["length"]
                spelt = f"{spelt[:start]}{option['text']}{spelt[end:]}"
                near = max(near, (float(option["score"]), int(option["freq"])))
        if near > nearest:
            best, nearest = spelt, near
    return best
