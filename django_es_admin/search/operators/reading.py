"""How a search is read: as words, or as words with operators.

Pasted text can also have colons, dashes, brackets and quotes. If something in it is clearly not an
operator, the whole text is read as words. A named field that is followed by a value is clearly an
operator.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

from ...exceptions import SearchUnreadable
from ..text.words import cleaned
from .marks import KEYWORDS
from .parse import folded, parse
from .pasted import PastedError, Why
from .tree import Between, Filled, Joined, Named, Names, Node, Not, Phrase, Word

_WORD = re.compile(r"[^\W_][\w.'\u2019-]*")
# As in "price > 10".
_COMPARED = re.compile(r"(?<=[^\s<>:])\s*([<>]=?)\s*(?=[\d.+-])")
_SMALL = re.compile(r"(?:^|(?<=[\s(]))(?:and|or|not)(?=\s|$)")


@dataclass(frozen=True)
class Reading:
    """A search as it was understood.

    Args:
        tree: its operators; None if it is read as words.
        why: why a text that seems to have operators was read as words; ``"small"`` if capitals
            would make operators of some words; ``"mistake"`` if it was not understood; ""
            otherwise.
        what: the part of the text that was the reason.
        other: what to type for the other reading of the text; "" if there is none.
    """

    tree: Node | None
    why: Why | Literal["small", "mistake", ""] = ""
    what: str = ""
    other: str = ""


def read_search(term: str, names: Names) -> Reading:
    """Return how ``term`` is read.

    Args:
        names: name -> the field with this name, which may be typed in any case.

    Raises:
        SearchUnreadable: the search has operators, but cannot be understood. The error says where,
            and why.
    """
    text = cleaned(term)
    try:
        tree = parse(text, names)
    except PastedError as pasted:
        other = _as_operators(text, names, pasted)
        return Reading(None, pasted.why, pasted.what, other)
    capitals = _in_capitals(text, tree)
    if capitals != text and _operators(capitals, names):
        return Reading(tree, "small", other=capitals)
    if tree is None:
        return Reading(None)
    words = " ".join(_words_of(tree))
    return Reading(tree, other=words if _words(words, names) else _bare(words, names))


def read_mistake(term: str, names: Names) -> Reading:
    """Return the words of a search that was not understood."""
    return Reading(None, "mistake", other=_bare(cleaned(term), names))


def _bare(text: str, names: Names) -> str:
    """Return the words of a text without anything that may be an operator; "" if there are none."""
    words = " ".join(word for word in _WORD.findall(text) if word not in KEYWORDS)
    return words if _words(words, names) else ""


def texts_in(node: Node) -> Iterator[Word | Phrase]:
    """Yield the words and phrases of a tree, without bounds."""
    match node:
        case Word() | Phrase():
            yield node
        case Not() | Named():
            yield from texts_in(node.part)
        case Joined():
            for part in node.parts:
                yield from texts_in(part)


def _in_capitals(text: str, tree: Node | None) -> str:
    """Return a text with its words ``and``, ``or`` and ``not`` in capitals."""
    if tree is None:
        return _SMALL.sub(lambda found: found[0].upper(), text)
    small = (part for part in texts_in(tree) if isinstance(part, Word))
    for word in (part for part in small if _SMALL.fullmatch(part.text)):
        end = word.place + len(word.text)
        text = text[: word.place] + word.text.upper() + text[end:]
    return text


def _words(text: str, names: Names) -> bool:
    """Return whether a text has only words, and at least one."""
    try:
        return bool(text.strip()) and parse(text, names) is None
    except (SearchUnreadable, PastedError):
        return False


def _operators(text: str, names: Names) -> bool:
    """Return whether a text has operators that are understood."""
    try:
        return parse(text, names) is not None
    except (SearchUnreadable, PastedError):
        return False


def _as_operators(text: str, names: Names, pasted: "PastedError") -> str:
    """Return what a text that was read as words may have meant."""
    meant = {
        "name": _with_another_name(text, names, pasted.what),
        "sign": _COMPARED.sub(r":\1", text)
        if pasted.what in ("<", ">")
        else re.sub(r"\s+:\s*|(?:^|(?<=\s))([+-])\s+(?=\w)", _closed_up, text),
        "bracket": f"{text})",
        "quote": f'{text}"',
        "shouted": " ".join(word if word in KEYWORDS else word.lower() for word in text.split()),
    }.get(pasted.why, "")
    if meant and _operators(meant, names):
        return meant
    phrase = '"' + " ".join(text.replace('"', " ").split()) + '"'
    return phrase if len(phrase.split()) > 1 and _operators(phrase, names) else ""


def _closed_up(found: re.Match[str]) -> str:
    return found[1] or ":"


def _with_another_name(text: str, names: Names, name: str) -> str:
    near = get_close_matches(folded(name), [folded(each) for each in names], n=1)
    return text.replace(f"{name}:", f"{near[0]}:") if near else ""


def _words_of(node: Node) -> list[str]:
    match node:
        case Word() | Phrase():
            return node.text.split()
        case Not() | Named():
            return _words_of(node.part)
        case Between():
            return [bound.text for _, bound in node.bounds]
        case Joined():
            return [word for part in node.parts for word in _words_of(part)]
        case Filled():
            return []
