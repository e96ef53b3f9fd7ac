"""What somebody may have meant: words of the index in place of words that are in no hit."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .fields import SearchField
from .query import MAX_FUZZY_WORDS, PREFIX_LENGTH, build_exact, may_be_mistyped
from .words import Words

# Each is looked up in the dictionaries of as many fields as this.
MAX_FIELDS = 4


@dataclass(frozen=True)
class Spelling:
    """Words to look after, and where; part of a search, at the price of no request.

    Args:
        words: as they were typed.
        fields: where they are searched.
    """

    words: Words
    fields: tuple[SearchField, ...]

    def __bool__(self) -> bool:
        return bool(self._dictionaries) and 0 < len(self.words.words) <= MAX_FUZZY_WORDS

    @property
    def _dictionaries(self) -> list[str]:
        """Paths of the fields whose words are suggested, the most important first."""
        found = [field for field in self.fields if field.type == "text" and not field.nested]
        found.sort(key=lambda field: -field.boost)
        return [field.path for field in found[:MAX_FIELDS]]

    def arguments(self) -> dict[str, Any]:
        """Return the arguments of a search that ask for suggestions."""
        exact = {
            str(place): build_exact(self.fields, word)
            for place, word in enumerate(self.words.words)
        }
        return {
            "aggregations": {"as_typed": {"filters": {"filters": exact}}},
            "suggest": dict(self._suggesters()),
        }

    def _suggesters(self) -> Iterator[tuple[str, Any]]:
        for place, word in enumerate(self.words.words):
            if not may_be_mistyped(word, self.words):
                # Another number is no other spelling.
                continue
            for path in self._dictionaries:
                options = {"field": path, "size": 1, "prefix_length": PREFIX_LENGTH}
                yield f"{place}:{path}", {"text": word, "term": options}

    def read(self, answer: Mapping[str, Any]) -> str:
        """Return the words as they may have been meant, from the answer to a search; "" if so."""
        counts = answer["aggregations"]["as_typed"]["buckets"]
        found = answer.get("suggest", {})
        meant = [
            word
            if counts[str(place)]["doc_count"]
            else _best(word, [found.get(f"{place}:{path}", ()) for path in self._dictionaries])
            for place, word in enumerate(self.words.words)
        ]
        return "" if meant == list(self.words.words) else " ".join(meant)


def _best(word: str, answers: Sequence[Sequence[Mapping[str, Any]]]) -> str:
    """Return ``word`` as the dictionary with the nearest words has it."""
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
