"""Parse a text into the tree of its operators, or find the reason why it has none."""

import unicodedata
from typing import Literal

from django.utils.translation import gettext as _

from ...exceptions import SearchUnreadable
from ..text.fields import SearchField
from ..text.values import between, equal, is_compared, is_valued
from ..text.words import MAX_CHARACTERS, MAX_PARTS, MAX_WORDS, count_parts
from .marks import (
    AFTER_PHRASE,
    COMPARISON,
    DIGIT,
    EMPTY,
    ESCAPED,
    KEYWORDS,
    NAMED,
    NO_FIELD,
    PROSE,
    QUOTES,
    RANGE,
    SIDES,
    SIGNED_NUMBER,
    SIGNS,
)
from .pasted import PastedError, Why, is_paragraph, is_shouted, look_for_odd
from .tree import Between, Filled, Joined, Named, Names, Node, Not, Phrase, Word

# Nobody types more levels than this.
MAX_DEPTH = 30
MAX_LENGTH = MAX_WORDS * MAX_CHARACTERS


def parse(text: str, names: Names) -> Node | None:
    """Return the tree of a text; None if it has only words."""
    known = {folded(name): field for name, field in names.items()}
    named = any(folded(found[1]) in known for found in NAMED.finditer(text))
    if not named and is_shouted(text):
        raise PastedError("shouted")
    reader = _Reader(text, {**known, **names}, is_clear=named)
    tree = reader.read()
    if not reader.has_operators:
        return None
    if reader.is_unpaired:
        raise PastedError("bracket", "(")
    words = text.split()
    if len(words) > MAX_WORDS or count_parts(text) > 2 * MAX_PARTS or len(text) > MAX_LENGTH:
        if not named and is_paragraph(text):
            raise PastedError("long")
        raise SearchUnreadable(
            _("A search with operators takes %(words)s words.") % {"words": MAX_WORDS}, len(text)
        )
    return tree


def folded(name: str) -> str:
    """Return a field name for comparison: in lower case, with dots for Django's "__"."""
    return unicodedata.normalize("NFKC", name).casefold().replace("__", ".")


class _Reader:
    """Parses a text from beginning to end.

    Args:
        is_clear: whether the text names a field. Then other odd parts are a mistake, or belong to a
            word.
    """

    def __init__(self, text: str, names: Names, *, is_clear: bool) -> None:
        self.has_operators = False
        self.is_unpaired = False
        self._text = text
        self._names = names
        self._is_clear = is_clear
        self._at = 0
        self._depth = 0
        self._nots = 0
        self._unclosed: set[str] = set()

    def read(self) -> Node | None:
        """Return the tree; None if it is empty."""
        tree = self._side_by_side(None)
        if self._at < len(self._text):
            # A closing bracket without an opening one.
            self._odd("bracket", self._at)
        return tree

    # --- parts, and operators between them ---

    def _side_by_side(self, field: SearchField | None) -> Node | None:
        self._depth += 1
        self._bound_depth(self._depth - 1)
        place, parts = self._at, []
        while (part := self._joined(field, "OR")) is not None:
            parts.append(part)
        self._depth -= 1
        return _join("", parts, place)

    def _joined(self, field: SearchField | None, by: Literal["AND", "OR"]) -> Node | None:
        def inner() -> Node | None:
            return self._joined(field, "AND") if by == "OR" else self._part(field)

        place, first = self._at, inner()
        if first is None:
            return None
        parts = [first]
        while self._keyword() == by:
            self._skip(by)
            following = inner()
            parts.append(self._missing() if following is None else following)
        return _join(by, parts, place)

    def _keyword(self) -> str:
        """Return the ``AND``, ``OR`` or ``NOT`` at this place."""
        self._spaces()
        for word in KEYWORDS:
            end = self._at + len(word)
            if self._text.startswith(word, self._at) and self._is_end(end):
                return word
        return ""

    def _skip(self, word: str) -> None:
        self.has_operators = True
        self._at += len(word)

    def _part(self, field: SearchField | None) -> Node | None:
        word = self._keyword()
        if self._at >= len(self._text) or self._text[self._at] == ")":
            return None
        place = self._at
        if word == "NOT":
            self._skip(word)
            self._nots += 1
            self._bound_depth(self._nots)
            part = self._part(field)
            self._nots -= 1
            if part is None:
                return self._missing()
            return Not(part, place, sign=False)
        if word:
            # There is no part before it to join.
            return self._odd("capitals", place)
        character = self._text[place]
        if field is not None and is_compared(field) and self._text[place] in "<>[{":
            return self._between(field)
        if character in SIGNS and not self._is_number(field, place):
            return self._signed(field)
        if character == "(" and self._is_group(place):
            return self._group(field)
        return self._quoted(field) or self._word(field)

    def _signed(self, field: SearchField | None) -> Node:
        place = self._at
        following = self._text[place + 1 : place + 2]
        begins = following and (following in '_"(' or (field is not None and following in QUOTES))
        if not (following.isalnum() or begins):
            return self._odd("sign", place)
        sign = self._text[place]
        self._skip(sign)
        part = self._part(field)
        if part is None:
            return self._missing()
        if isinstance(part, Word) and part.text[-1:] in PROSE and not self._is_clear:
            raise PastedError("sign", sign)
        return Not(part, place, sign=True) if sign == "-" else part

    def _group(self, field: SearchField | None) -> Node:
        place = self._at
        self._at += 1
        part = self._side_by_side(field)
        if self._at >= len(self._text):
            if not self._is_clear:
                raise PastedError("bracket", "(")
            return self._missing()
        self._at += 1
        return Word("()", place) if part is None else part

    def _quoted(self, field: SearchField | None) -> Phrase | None:
        """Return the phrase that begins here; None if none does."""
        mark = self._text[self._at : self._at + 1]
        if mark == '"':
            return self._phrase()
        if field is None or mark not in QUOTES or mark in self._unclosed:
            return None
        place = self._at
        for end in range(place + 1, len(self._text)):
            if self._text[end] in QUOTES[mark] and self._is_phrase_end(end + 1):
                return self._close(place, end, self._text[place + 1 : end])
        # No later mark is closed either, so each kind is only checked once.
        self._unclosed.add(mark)
        return None

    def _phrase(self) -> Phrase | None:
        """Return the phrase that begins here; None if the quotation mark belongs to a word."""
        place = self._at
        end = place + 1
        while end < len(self._text) and self._text[end] != '"':
            end += 2 if self._text[end] == "\\" else 1
        if end >= len(self._text):
            if self._is_clear:
                raise SearchUnreadable(_("This is not understood here."), place)
            raise PastedError("quote", '"')
        text = self._text[place + 1 : end].replace('\\"', '"')
        return self._close(place, end, text) if self._is_phrase_end(end + 1) else None

    def _is_phrase_end(self, place: int) -> bool:
        return self._is_end(place) or self._text[place] in AFTER_PHRASE

    def _close(self, place: int, end: int, text: str) -> Phrase | None:
        """Continue after the mark that closes a phrase; None if the phrase is empty."""
        if not text.strip():
            return None
        self.has_operators = True
        self._at = end + 1
        while self._at < len(self._text) and self._text[self._at] in ".,;:!?":
            self._at += 1
        return Phrase(text, place)

    # --- words and fields ---

    def _word(self, field: SearchField | None) -> Node:
        place = self._at
        if not self._is_clear and field is None and self._text[place] in "/'":
            raise PastedError("start", self._text[place])
        text = self._scan(stop_at_colon=field is None)
        if self._text[self._at : self._at + 1] == ":" and field is None:
            found = self._names.get(text) or self._names.get(folded(text))
            if found is not None and text and not NO_FIELD.match(self._text, self._at):
                self._skip(":")
                return self._named(found, place)
            if not self._is_clear:
                is_unknown = text and found is None
                raise PastedError("name", text) if is_unknown else PastedError("sign", ":")
            text += self._scan(stop_at_colon=False)
        if not self._is_clear and field is None:
            look_for_odd(text)
            if text.count("(") > text.count(")"):
                self.is_unpaired = True
        return Word(_plain(text, field), place)

    def _scan(self, *, stop_at_colon: bool) -> str:
        """Return the text up to the end of a word, without escapes."""
        found: list[str] = []
        opened = 0
        while self._at < len(self._text):
            character = self._text[self._at]
            if character.isspace() or (character == ":" and stop_at_colon):
                break
            if character == "\\" and self._text[self._at + 1 : self._at + 2] in ESCAPED:
                if self._at + 1 < len(self._text):
                    self._skip("\\")
                    character = self._text[self._at]
            elif character == "(":
                opened += 1
            elif character == ")":
                if not opened and self._depth > 1:
                    break
                if not opened and not self._is_clear:
                    raise PastedError("bracket", ")")
                opened -= 1
            found.append(character)
            self._at += 1
        return "".join(found)

    def _named(self, field: SearchField, place: int) -> Node:
        empty = EMPTY.match(self._text, self._at)
        # A text with only a name and a colon lacks the value.
        is_mistake = (
            self._is_clear
            or empty is None
            or not (self._text[:place].strip() or self._text[empty.end() :].strip())
        )
        if not (is_mistake or self._is_end(self._at)):
            raise PastedError("value", self._text[place : self._at])
        self._spaces()
        try:
            if self._at >= len(self._text):
                return self._missing()
            part = self._value(field)
            if empty:
                _check(part, field)
        except SearchUnreadable:
            if is_mistake:
                raise
            # As in "Price: on request", or "In stock:".
            raise PastedError("value", self._text[place : self._at].strip()) from None
        return Named(field, part, place)

    def _value(self, field: SearchField) -> Node:
        place = self._at
        if self._text[place] in "<>[{":
            return self._between(field)
        if self._text[place] == "*" and self._is_end(place + 1):
            self._at += 1
            return Filled(place)
        part = self._part(field)
        return self._missing() if part is None else part

    def _between(self, field: SearchField) -> Between:
        place = self._at
        found = COMPARISON.match(self._text, place)
        if not found:
            return self._range()
        self._at = found.end()
        return Between(((SIDES[found[1]], self._bound(field)),), place)

    def _bound(self, field: SearchField) -> Word:
        place = self._at
        phrase = self._quoted(field)
        if phrase:
            return Word(phrase.text, place)
        return Word(_plain(self._scan(stop_at_colon=False), field), place)

    def _range(self) -> Between:
        place = self._at
        found = RANGE.match(self._text, place)
        if not found:
            raise SearchUnreadable(_("This is not understood here."), place)
        self._at = found.end()
        bounds = (
            ("gte" if found[1] == "[" else "gt", Word(found[2].strip('"'), found.start(2))),
            ("lte" if found[4] == "]" else "lt", Word(found[3].strip('"'), found.start(3))),
        )
        return Between(tuple((side, word) for side, word in bounds if word.text != "*"), place)

    # --- the current place ---

    def _spaces(self) -> None:
        while self._at < len(self._text) and self._text[self._at].isspace():
            self._at += 1

    def _is_end(self, place: int) -> bool:
        """Return whether a word ends before ``place``."""
        return place >= len(self._text) or self._text[place].isspace() or self._text[place] == ")"

    def _is_group(self, place: int) -> bool:
        """Return whether a bracket encloses parts, and is not in a word, as in "(un)known"."""
        opened = 0
        for end in range(place, len(self._text)):
            opened += {"(": 1, ")": -1}.get(self._text[end], 0)
            if not opened:
                return self._is_end(end + 1)
        return True

    def _is_number(self, field: SearchField | None, place: int) -> bool:
        """Return whether a sign belongs to a value, as after a field name.

        It always does if the field has values. Otherwise it does before a digit, because few people
        mean "everything except 5".
        """
        if field is None:
            return bool(SIGNED_NUMBER.match(self._text, place))
        return is_valued(field) or bool(DIGIT.match(self._text, place + 1))

    def _bound_depth(self, depth: int) -> None:
        if depth > MAX_DEPTH:
            if not self._is_clear and self._text.count("(") != self._text.count(")"):
                raise PastedError("bracket", "(")
            raise SearchUnreadable(_("This is nested too deeply."), self._at - 1)

    def _missing(self) -> Node:
        raise SearchUnreadable(_("Something is missing at the end."), len(self._text))

    def _odd(self, why: Why, place: int) -> Node:
        """Return a word for a sign that is no operator here, if the text has clear operators."""
        if not self._is_clear:
            raise PastedError(why, self._text[place : place + 1])
        if why != "sign":
            raise SearchUnreadable(_("This is not understood here."), place)
        return Word(self._scan(stop_at_colon=False), place)


def _plain(text: str, field: SearchField | None) -> str:
    """Return a word; if it is a value, without a punctuation mark at its end."""
    if field is None or not is_valued(field):
        return text
    return text.rstrip(",;.") or text


def _check(node: Node, field: SearchField) -> None:
    """Check that a field can have a value.

    Raises:
        SearchUnreadable: the field cannot have it.
    """
    if isinstance(node, Word | Phrase) and is_valued(field):
        equal(field, node.text, node.place)
    elif isinstance(node, Between) and is_compared(field):
        between(field, {side: (bound.text, bound.place) for side, bound in node.bounds})


def _join(by: Literal["AND", "OR", ""], parts: list[Node], place: int) -> Node | None:
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else Joined(by, tuple(parts), place)
