"""Read the words that a person typed."""

import re
from dataclasses import dataclass
from itertools import islice

MAX_WORDS = 50
MAX_CHARACTERS = 256
# An analyzer splits a word with dashes, or a text without spaces, into several words. Each is
# searched in each field, several times, and Elasticsearch refuses a search with too many of them.
MAX_PARTS = 100

# Emoji, and letters of scripts without spaces: each is a word by itself.
_SINGLE = (
    "\u3040-\u309f\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U0001f000-\U0001faff\U00020000-\U0003ffff"
)
_PART = re.compile(rf"[{_SINGLE}]|[^\W_{_SINGLE}]+")

# Invisible characters: NUL, which databases refuse, and marks for the direction of text and the
# order of bytes, which are in texts copied from a mail or a spreadsheet.
_UNSEEN = dict.fromkeys(
    (0, 0x61C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xFEFF), " "
)


@dataclass(frozen=True)
class Words:
    """The words of a search, each once.

    Args:
        words: the words, in the order in which they were typed.
        truncated: whether there were more words, or longer ones, than a search allows.
    """

    words: tuple[str, ...]
    truncated: bool = False

    def __bool__(self) -> bool:
        return bool(self.words)

    @property
    def text(self) -> str:
        """All words, separated by spaces."""
        return " ".join(self.words)


def cleaned(term: str) -> str:
    """Return the whole ``term`` without invisible characters and those that JSON cannot have."""
    return term.encode("utf-8", "replace").decode().translate(_UNSEEN)


def read_words(term: str) -> Words:
    """Return the words of ``term``, whatever it contains.

    There are at most 50 words of 256 characters each, with 100 parts in total. More would not
    improve a search, but make it slow.
    """
    once: dict[str, str] = {}
    for word in cleaned(term).split():
        once.setdefault(word[:MAX_CHARACTERS].casefold(), word)
    words = list(once.values())
    kept: list[str] = []
    left = MAX_PARTS
    for word in words[:MAX_WORDS]:
        short = _cut(word[:MAX_CHARACTERS], left)
        if not short:
            break
        left -= count_parts(short)
        kept.append(short)
    return Words(tuple(kept), truncated=kept != words)


def count_parts(text: str) -> int:
    """Return about how many words an analyzer makes of a text."""
    return sum(1 for _ in _PART.finditer(text))


def _cut(word: str, parts: int) -> str:
    """Return the beginning of a word, with at most this many parts."""
    ends = [found.end() for found in islice(_PART.finditer(word), parts + 1)]
    if len(ends) <= parts:
        return word
    return word[: ends[parts - 1]] if parts else ""
