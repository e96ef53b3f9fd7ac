"""What a person typed, as words."""

import re
from dataclasses import dataclass
from itertools import islice

MAX_WORDS = 50
MAX_CHARACTERS = 256
# Analysis makes several words of one with dashes or without spaces. Each is looked for in each
# field, several times, and Elasticsearch refuses a search with too many of them.
MAX_PARTS = 100

# Pictures, and letters of scripts that have no spaces: each is a word by itself.
_SINGLE = (
    "\u3040-\u309f\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U0001f000-\U0001faff\U00020000-\U0003ffff"
)
_PART = re.compile(rf"[{_SINGLE}]|[^\W_{_SINGLE}]+")

# What nobody sees: NUL, which databases refuse, marks of a direction of writing and of the order of
# bytes, as texts have them that were copied from a mail or a sheet.
_UNSEEN = dict.fromkeys(
    (0, 0x61C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xFEFF), " "
)


@dataclass(frozen=True)
class Words:
    """The words of a search, each once.

    Args:
        words: in the order in which they were typed.
        truncated: whether there were more, or longer ones, than a search takes.
    """

    words: tuple[str, ...]
    truncated: bool = False

    def __bool__(self) -> bool:
        return bool(self.words)

    @property
    def text(self) -> str:
        """All of them, a space between."""
        return " ".join(self.words)


def cleaned(term: str) -> str:
    """Return ``term``, as long as it is, without what nobody sees and what JSON cannot hold."""
    return term.encode("utf-8", "replace").decode().translate(_UNSEEN)


def read_words(term: str) -> Words:
    """Return the words of ``term``, whatever it holds.

    At most 50 words of 256 characters each, and of 100 parts in all: more of them narrow no search,
    but cost time.
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
    """Return about how many words analysis makes of a text."""
    return sum(1 for _ in _PART.finditer(text))


def _cut(word: str, parts: int) -> str:
    """Return the beginning of a word that has no more than so many parts."""
    ends = [found.end() for found in islice(_PART.finditer(word), parts + 1)]
    if len(ends) <= parts:
        return word
    return word[: ends[parts - 1]] if parts else ""
