"""Reading a search takes a time that is in proportion to its length, whatever is in it."""

import itertools
import random
import time
from contextlib import suppress

import pytest

from django_es_admin.exceptions import SearchUnreadable
from django_es_admin.search.operators.reading import read_search
from django_es_admin.search.text.fields import SearchField
from django_es_admin.search.text.words import read_words

NAMES = {
    name: SearchField(name, type=kind)
    for name, kind in (("title", "text"), ("price", "float"), ("made", "date"), ("tag", "keyword"))
}
LENGTH = 12_000
SECONDS = 1.0
PIECES = [
    *"()[]{}\"'+-*?~^\\:<>=&|!/.,; \t\n\0",
    "a",
    "(a",
    '"a',
    '"a" ',
    "a:",
    "title:",
    "title:(",
    'title:"',
    "title:[",
    "price:[1 TO ",
    "price:[1 TO 2] ",
    "price:>",
    "price:>=  ",
    "made:2026-01-01 ",
    "made:{a TO b} ",
    "-(",
    "NOT ",
    "NOT NOT (",
    "a AND ",
    "a OR ",
    " AND ",
    " and ",
    "not ",
    "(a OR ",
    "(((a)))",
    "title:title:",
    "- ",
    "+ +",
    '\\"',
    "\\(",
    "a*",
    "**",
    "ab?*",
    "<=",
    "\ud800",
    "\u3000",
    "ß",
    "\U0001d4b3",
    "1e",
    "9" * 50,
    "[ " * 5,
    "[\t",
]


def seconds(text: str) -> float:
    began = time.process_time()
    with suppress(SearchUnreadable):
        read_search(text, NAMES)
    read_words(text)
    return time.process_time() - began


@pytest.mark.few(1)
@pytest.mark.parametrize("opening", ["", "title:a ", "a OR ", '"'])
def test_one_piece_again_and_again(opening: str) -> None:
    for piece in PIECES:
        text = (opening + piece * LENGTH)[:LENGTH]
        assert seconds(text) < SECONDS, (opening, piece)


@pytest.mark.slow
def test_two_pieces_in_turn_and_one_after_the_other() -> None:
    pairs = random.Random(17).sample(list(itertools.permutations(PIECES, 2)), 300)  # noqa: S311
    for first, second in pairs:
        half = LENGTH // 2
        for text in ((first + second) * LENGTH, (first * half)[:half] + second * half):
            taken = seconds(text[:LENGTH])
            assert taken < SECONDS, (first, second)


@pytest.mark.slow
def test_pieces_by_chance() -> None:
    dice = random.Random(17)  # noqa: S311 (nothing is secret)
    for _ in range(150):
        few = dice.sample(PIECES, dice.randint(2, 5))
        text = "".join(dice.choice(few) for _ in range(LENGTH))[:LENGTH]
        assert seconds(text) < SECONDS, few
