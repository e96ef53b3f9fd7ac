"""What a person typed, as words."""

from dataclasses import dataclass

MAX_WORDS = 50
MAX_CHARACTERS = 256


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


def read_words(term: str) -> Words:
    """Return the words of ``term``, whatever it holds.

    At most 50 words of 256 characters each: more of them narrow no search, but cost time.
    """
    # JSON has no lone surrogates, and databases refuse NUL.
    clean = term.encode("utf-8", "replace").decode().replace("\0", " ")
    once: dict[str, str] = {}
    for word in clean.split():
        once.setdefault(word[:MAX_CHARACTERS].casefold(), word)
    words = list(once.values())
    return Words(
        tuple(word[:MAX_CHARACTERS] for word in words[:MAX_WORDS]),
        truncated=len(words) > MAX_WORDS or any(len(word) > MAX_CHARACTERS for word in words),
    )
