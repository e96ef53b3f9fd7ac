"""How a search is read: pasted text is words, whatever characters it has."""

# ruff: noqa: RUF001 (people type and paste these)

import csv
import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_es_admin.exceptions import SearchUnreadable
from django_es_admin.search.operators.reading import Reading, read_mistake, read_search
from django_es_admin.search.operators.tree import Between, Joined, Named, Not, Phrase, Word
from django_es_admin.search.text.fields import SearchField

NAMES = {
    "name": SearchField("name", 3, "text"),
    "brand": SearchField("brand", 1, "keyword"),
    "stock": SearchField("stock", 1, "integer"),
    "price": SearchField("price", 1, "float"),
    "day": SearchField("day", 1, "date"),
    "sold": SearchField("sold", 1, "boolean"),
    "description": SearchField("description", 1, "text"),
    "tags.name": SearchField("tags.name", 1, "text", ("tags",)),
    "category.name": SearchField("category.name", 1, "text"),
    "größe": SearchField("größe", 1, "integer"),
}
CATALOGUE = Path(__file__).parents[2] / "data" / "packages.csv.gz"


def read(term: str) -> Reading:
    return read_search(term, NAMES)


def is_words(term: str) -> bool:
    return read(term).tree is None


def test_every_name_of_the_catalogue_is_words() -> None:
    with gzip.open(CATALOGUE, "rt") as file:
        names = [row["name"] for row in csv.DictReader(file)]
    assert len(names) > 500
    assert [name for name in names if not is_words(name)] == []


@pytest.mark.parametrize(
    "term",
    [
        "https://example.org/a?b=1&c=(2)#d",
        "http://[::1]:8000/",
        "mailto:ada@example.org",
        "C:\\Program Files (x86)\\Python",
        "\\\\server\\share\\a-b",
        "/usr/share/dict",
        "~/.config/app",
        "../a/b",
        "--help",
        'ls -la | grep "x" > /dev/null',
        "Dune: Part Two",
        "Re: [list] your mail",
        "12:30",
        "Pride & Prejudice - a novel",
        '5" x 7" print',
        "12' board",
        "'assert' and 'error'",
        "rock 'n' roll",
        "O'Brien's",
        "C++",
        "notepad++ -",
        "- a list item",
        "[incr Tcl] OOP",
        "<b>bold</b>",
        "a -> b",
        "x < 5 > y",
        "~2 ^3",
        "f(x)",
        "std::vector<int>",
        "(un)known",
        "foo(bar) baz",
        ":-)",
        "8-)",
        "a ) b",
        "(open",
        "open [",
        '"open',
        'He said: "go home"',
        "“red lamp”",
        "«red»",
        "AND gate simulator",
        "lamp~2",
        "red lamp^2",
        "lamp >5",
        "()",
        '""',
        "( )",
        "",
        "  ",
        "(Python 3)",
        "bindings (Python 3) for (a)",
        "Price: on request",
        "Price: from 5 to 10",
        "In stock:",
        "In stock: ",
        "In stock:.",
        "Is it in stock:?",
        "(in stock:)",
        "The name:",
        "Name: (",
        "Name: )",
        "Name: AND",
        "Name: NOT",
        "Stock: >",
        "Stock: [",
        "Stock: [a]",
        "Stock: 1,000",
        "Stock: 5..10",
        "Stock: (5",
        "Price: 2,50",
        "Price: 5-10",
        "Day: 21.11.2026",
        "Day: yesterday",
        'Name: "unclosed',
        "Brand: C++ - a book",
        "Sold: everywhere",
        "16:9",
        "10:30-12:00",
        "ada@example.org",
        "NOT",
        "NOT NOT",
        "AND",
        "OR OR",
        "AND lamp",
        "lamp (red [blue) -led",
        "[[lamp]]",
        "((lamp))",
        "Name::Compare",
        "brand::Name::Über",
        "-Stock::Market lamp",
        "lamp(red -blue",
        'The 24-inch" monitor -curved',
        '"The 24" monitor"',
        "+49 170 1234567",
        "tel. +49(170)123",
        "Freezer -18 °C",
        "Freezer -18°C",
        "SALE -20%",
        "−20 % or –5",
        "-- lamp",
        "lamp --",
        "lamp &",
        "integers beyond (-20, 20)",
        "used by -nox, -x11 and -qt.",
        "a +3e, or not",
        "stock : -5",
        " : ",
        "name :red",
        'The "Common Gateway Interface" of ' + "many words " * 30,
        "This is NOT a driver " * 20,
        "WHETHER OR NOT",
        "BLACK OR WHITE",
        "DO NOT DISTURB, A SIGN",
        "SALT AND PEPPER",
        "СОЛЬ OR ПЕРЕЦ",
        "(" * 10_000,
        "“red lamp” - «rote Lampe»",
        "‘red’ lamp",
        "-“red lamp”",
        "–red lamp",
        "a — b",
        "😀 👩\u200d💻",
        ".NET",
        "C#",
    ],
)
def test_what_is_pasted_is_words(term: str) -> None:
    assert is_words(term)


@pytest.mark.parametrize(
    "term",
    [
        '"red lamp"',
        'lamp "red shade"',
        "lamp -red",
        "-lamp",
        "+lamp red",
        "red OR blue",
        "red AND blue",
        "Red AND BLUE",
        # Names of articles, and not a title.
        "AB-17 OR AB-18",
        "RED -LAMP OR BLUE",
        "猫 OR 犬",
        "NOT red",
        "lamp NOT red",
        "(red OR blue) lamp",
        "name:red",
        "NAME:red",
        "Tags.Name:red",
        "lamp name: red",
        "stock:>5",
        "price:[1 TO 5]",
        "brand:c++",
        "brand:http://x/y?z=1",
        "stock:5 http://example.org",
        "stock:5 - lamp",
        "-stock:5",
        "a\\:b -c",
        'lamp -"red shade"',
        "lamp -(red OR blue)",
        "stock:5, -lamp, red",
        "lamp -5",
        '24" "gaming monitor"',
        "f(x) -y",
        "category__name:shoes",
        "CATEGORY.NAME:shoes",
        "GRÖSSE:5",
        "gro\u0308ße:5",
        "ｓｔｏｃｋ:5",
        "name:::1",
        "stock:(>-5 <5)",
        "price:([1 TO 2] OR >=10)",
    ],
)
def test_what_is_clearly_an_operator_is_one(term: str) -> None:
    assert not is_words(term)


@pytest.mark.parametrize(
    ("term", "value"),
    [
        ("stock:-5", "-5"),
        ("stock:(-5)", "-5"),
        ("stock: -5", "-5"),
        ("stock:+5", "+5"),
        ("STOCK:-5", "-5"),
        ("price:-2.50", "-2.50"),
        ("price:( -2.50 )", "-2.50"),
        ("price:-.5", "-.5"),
        # Of a text, too: nobody means all but 5.
        ("name:-5", "-5"),
        ("brand:(-5)", "-5"),
        ("tags.name:+5.5", "+5.5"),
        ("day:-2024", "-2024"),
        ("stock:–5", "–5"),
        ("stock:(—5)", "—5"),
        ("\u200estock:\u200f-5", "-5"),
        ("\ufeffstock:\u20665\u2069", "5"),
        # The sentence goes on, or ends.
        ("stock:5,", "5"),
        ("stock:(-5;)", "-5"),
        ("day:2026-11-21.", "2026-11-21"),
    ],
)
def test_a_sign_after_a_field_is_a_numbers(term: str, value: str) -> None:
    tree = read(term).tree
    assert isinstance(tree, Named)
    assert isinstance(tree.part, Word)
    assert tree.part.text == value


def test_a_sign_before_a_field_or_a_word_of_a_text_means_not() -> None:
    assert isinstance(read("-stock:5").tree, Not)
    tree = read("name:-red").tree
    assert isinstance(tree, Named)
    assert isinstance(tree.part, Not)


@pytest.mark.parametrize(
    ("term", "why", "what", "other"),
    [
        ("colour:red", "name", "colour", ""),
        ("colour:red lamp", "name", "colour", '"colour:red lamp"'),
        ("brnad:acme", "name", "brnad", "brand:acme"),
        ("lamp - red", "sign", "-", "lamp -red"),
        ("/usr/bin lamp", "start", "/", '"/usr/bin lamp"'),
        ("'red lamp", "start", "'", '"\'red lamp"'),
        ("lamp (red OR blue", "bracket", "(", "lamp (red OR blue)"),
        ('lamp "red shade', "quote", '"', 'lamp "red shade"'),
        ("lamp) red", "bracket", ")", '"lamp) red"'),
        ("[red lamp", "bracket", "[", '"[red lamp"'),
        ("Price: on request", "value", "Price: on", '"Price: on request"'),
        ("BLACK OR WHITE", "shouted", "", "black OR white"),
        ("DO NOT DISTURB", "shouted", "", "do NOT disturb"),
        ("((((lamp", "bracket", "(", ""),
        ("red or blue", "small", "", "red OR blue"),
        ("lamp not red", "small", "", "lamp NOT red"),
        ("lamp and red", "small", "", "lamp AND red"),
        ("red lamp", "", "", ""),
        ("android order nothing", "", "", ""),
        ("not red", "small", "", "NOT red"),
        ("red  or\tblue", "small", "", "red  OR\tblue"),
        ("(red or blue) and not lamp", "small", "", "(red OR blue) AND NOT lamp"),
        ("stock : -5", "sign", ":", "stock:-5"),
        ("In stock:", "value", "stock:", '"In stock:"'),
        ("stock: ?", "value", "stock: ?", '"stock: ?"'),
        ("in stock:?", "value", "stock:", '"in stock:?"'),
        ("price > 10", "sign", ">", "price:>10"),
        ("lamp price<=2.5", "sign", "<", "lamp price:<=2.5"),
        ("width > 10", "sign", ">", '"width > 10"'),
        ("NOT", "shouted", "", ""),
        ("Name::Compare lamp", "sign", ":", '"Name::Compare lamp"'),
        ("lamp and", "", "", ""),
        ("or", "", "", ""),
        ("Red And Blue", "", "", ""),
        ("sand or-not android", "", "", ""),
    ],
)
def test_the_other_reading_of_words(term: str, why: str, what: str, other: str) -> None:
    found = read(term)
    assert found.tree is None
    assert (found.why, found.what, found.other) == (why, what, other)


@pytest.mark.parametrize(
    ("term", "other"),
    [
        ("brand:acme or stock:5", "brand:acme OR stock:5"),
        ("brand:acme and not lamp", "brand:acme AND NOT lamp"),
        ("brand:(acme or hearth) -red", "brand:(acme OR hearth) -red"),
        ('"salt and pepper" or -red', '"salt and pepper" OR -red'),
    ],
)
def test_operators_in_lower_case_beside_others_offer_their_capitals(term: str, other: str) -> None:
    found = read(term)
    assert found.tree is not None
    assert (found.why, found.other) == ("small", other)
    assert read(other).why == ""


@pytest.mark.parametrize(
    ("term", "words"),
    [
        ("lamp AND", "lamp"),
        ("lamp stock:>many <b>", "lamp stock many b"),
        ("stock:nyse", "stock nyse"),
        ('stock:5 "open', "stock 5 open"),
        ("price:1,000", "price 1 000"),
        ("day:21.11.2026", "day 21.11.2026"),
        ("name:(", "name"),
        ("stock:", "stock"),
        ("stock:.", "stock"),
        (">=", ""),
        ("-stock:x OR name:", "stock x name"),
    ],
)
def test_what_is_not_understood_can_be_read_as_words(term: str, words: str) -> None:
    assert read_mistake(term, NAMES).other == words
    assert not words or is_words(words)


def test_a_range_takes_its_word_in_any_case() -> None:
    for word in ("TO", "to", "To"):
        tree = read(f"price:[1 {word} 5]").tree
        assert isinstance(tree, Named)
        assert isinstance(tree.part, Between)


def test_words_in_quotes_are_no_operators() -> None:
    assert read('"salt and pepper" lamp').other == "salt and pepper lamp"
    assert read('"salt or pepper" -not').why == ""


@pytest.mark.parametrize(
    ("term", "other"),
    [
        ("lamp -red", "lamp red"),
        ('"red lamp"', "red lamp"),
        ("brand:acme OR stock:>5", "acme 5"),
        ("lamp AND (red OR blue)", "lamp red blue"),
        ('name:"lamp -red"', "lamp red"),
        ("brand:http://a/b", "http a b"),
        ("-5", "5"),
        ("stock:*", ""),
    ],
)
def test_the_other_reading_of_operators_is_their_words(term: str, other: str) -> None:
    assert read(term).other == other


@pytest.mark.parametrize(
    "quoted",
    [
        "“{}”",
        "„{}“",
        "„{}”",
        "«{}»",
        "»{}«",
        "‘{}’",
        "‚{}‘",
        "'{}'",
        "‹{}›",
        "「{}」",
        "＂{}＂",
        "”{}”",
    ],
)
def test_after_a_name_the_quotation_marks_of_all_languages_are_some(quoted: str) -> None:
    tree = read("name:" + quoted.format("red lamp")).tree
    assert isinstance(tree, Named)
    assert isinstance(tree.part, Phrase)
    assert tree.part.text == "red lamp"
    assert isinstance(read("name:-" + quoted.format("red lamp")).tree, Named)
    read("stock:>" + quoted.format("5"))
    # Elsewhere they are pasted with their text.
    assert is_words(quoted.format("red lamp"))


@pytest.mark.parametrize("text", ["'n", "“n", "O'Brien", "’90s", "''", "n'", "“”"])
def test_a_single_quotation_mark_after_a_name_is_a_part_of_a_word(text: str) -> None:
    tree = read(f"name:{text} stock:5").tree
    assert isinstance(tree, Joined)
    assert isinstance(tree.parts[0], Named)
    assert isinstance(tree.parts[0].part, Word)
    assert tree.parts[0].part.text == text


SIGNS = ":/\\'\"[]()~^-+<>"


@given(
    st.lists(
        st.one_of(
            st.text(st.sampled_from(SIGNS + "abc 1"), max_size=12),
            st.sampled_from(["AND", "OR", "NOT", "name:", "stock:", "lamp", "price:>1"]),
        ),
        max_size=8,
    ).map(" ".join)
)
def test_nothing_is_an_error_but_what_points_at_a_place(term: str) -> None:
    found, places = Reading(None), []
    try:
        found = read(term)
    except SearchUnreadable as error:
        places.append(error.place)
    assert all(0 <= place <= len(term) for place in places)
    # Only what names a field, or has an operator in capitals, can be a mistake.
    assert not places or ":" in term or any(word in term for word in ("AND", "OR", "NOT"))
    if found.other:
        read(found.other)


@given(st.text(st.sampled_from("abcdef 12"), min_size=1), st.sampled_from("/'[{<~"))
def test_an_odd_beginning_makes_words_of_all(text: str, sign: str) -> None:
    assert is_words(f'{sign}{text} -red "a b" OR c')
