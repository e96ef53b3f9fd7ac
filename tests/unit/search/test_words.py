"""What was typed, as words."""

# ruff: noqa: RUF001 (people type and paste these)

import pytest

from django_es_admin.search.text.words import (
    MAX_CHARACTERS,
    MAX_PARTS,
    MAX_WORDS,
    count_parts,
    read_words,
)


@pytest.mark.parametrize(
    ("term", "words"),
    [
        ("red lamp", ("red", "lamp")),
        ("  red\tlamp\n\u3000red ", ("red", "lamp")),
        ("Red RED red", ("Red",)),
        ('"quoted" (x)', ('"quoted"', "(x)")),
        ("a\0b", ("a", "b")),
        ("\ud800", ("?",)),
        # Nobody sees what is copied along.
        ("\ufeffred \u200elamp\u200f", ("red", "lamp")),
        ("\u202bאדום\u202c \u2068x\u2069 \u200e", ("אדום", "x")),
        # A part of a word in some scripts, and of a picture.
        ("می\u200cروم 👩\u200d💻", ("می\u200cروم", "👩\u200d💻")),
        ("", ()),
        (" \t ", ()),
    ],
)
def test_each_word_once_in_its_order(term: str, words: tuple[str, ...]) -> None:
    assert read_words(term).words == words
    assert not read_words(term).truncated
    assert bool(read_words(term)) == bool(words)


def test_too_many_words_are_cut() -> None:
    words = read_words(" ".join(str(n) for n in range(MAX_WORDS + 1)))
    assert len(words.words) == MAX_WORDS
    assert words.truncated


@pytest.mark.parametrize(
    "term",
    [
        " ".join(f"w{n}-" + "-".join("abcdefgh" * 20) for n in range(50)),
        " ".join("漢字" * 60 + str(n) for n in range(50)),
        "a'b" * 300,
        "😀" * 200,
        " ".join(f"{n}.{n}.{n}" for n in range(50)),
    ],
)
def test_words_of_many_parts_are_cut(term: str) -> None:
    words = read_words(term)
    assert words.truncated
    assert 0 < count_parts(words.text) <= MAX_PARTS
    assert term.startswith(words.text)


@pytest.mark.parametrize("word", ["x" * 256, "snow-white-and-the-seven", "日本" * 50, "&" * 200])
def test_words_of_few_parts_are_whole(word: str) -> None:
    assert read_words(f"{word} end").words[0] == word


def test_too_long_words_are_cut() -> None:
    words = read_words("x" * (MAX_CHARACTERS + 1))
    assert words.words == ("x" * MAX_CHARACTERS,)
    assert words.truncated
    assert not read_words("x" * MAX_CHARACTERS).truncated
