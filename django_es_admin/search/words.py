"""What a person typed, as words."""

from dataclasses import dataclass

MAX_WORDS = 50
MAX_CHARACTERS = 256

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

    At most 50 words of 256 characters each: more of them narrow no search, but cost time.
    """
    once: dict[str, str] = {}
    for word in cleaned(term).split():
        once.setdefault(word[:MAX_CHARACTERS].casefold(), word)
    words = list(once.values())
    return Words(
        tuple(word[:MAX_CHARACTERS] for word in words[:MAX_WORDS]),
        truncated=len(words) > MAX_WORDS or any(len(word) > MAX_CHARACTERS for word in words),
    )
