"""Operators in the search box: what they find, messages about mistakes, and the help."""

# ruff: noqa: RUF001 (people type and paste these)

import re
from html import unescape
from typing import Any

import pytest
from django.db.models import Manager
from django.http import QueryDict
from django.test import Client
from django.urls import reverse

from tests.testapp.models import Label, Note, Shelf, StarredManager
from tests.testapp.site import StarredNoteAdmin

from .searching import (
    REFUSED,
    UNRANKED,
    index_notes,
    make_notes,
    no_elasticsearch,
    open_list,
    summary_of,
    text_of,
    titles,
)

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("es"),
]
URLS = "tests.testapp.site"

STARRED = "admin:testapp_starrednote_changelist"


@pytest.fixture
def lamps() -> None:
    attic = Shelf.objects.create(name="Attic room")
    make_notes("Red lamp", stars=5, written="2026-10-31", code="AB 1")
    make_notes("Lamp, red", stars=10, written="2026-11-01", shelf=attic)
    (blue,) = make_notes("Blue lamp", stars=20, written="2026-11-30")
    make_notes("Led light", stars=30, written="2025-01-01")
    blue.labels.add(Label.objects.create(word="sea glass"))
    index_notes()


def found(client: Client, term: str) -> list[str]:
    response = open_list(client, term, STARRED)
    assert "not understood" not in text_of(response)
    return sorted(titles(response))


FOUND = [
    ('"red lamp"', ["Red lamp"]),
    ("lamp -red", ["Blue lamp"]),
    ("-lamp", ["Led light"]),
    # What must not be is taken at its word: "led" is not "red".
    ("light -red", ["Led light"]),
    ("blue OR light", ["Blue lamp", "Led light"]),
    ("lamp AND (red OR blue) AND NOT stars:5", ["Blue lamp", "Lamp, red"]),
    ("stars:>10", ["Blue lamp", "Led light"]),
    ("stars:[10 TO 20]", ["Blue lamp", "Lamp, red"]),
    ("lamp stars:<=5", ["Red lamp"]),
    ("written:2026-11", ["Blue lamp", "Lamp, red"]),
    ("written:>2026-11-01", ["Blue lamp"]),
    ("written:2026 -blue", ["Lamp, red", "Red lamp"]),
    ('labels.word:"sea glass"', ["Blue lamp"]),
    ("shelf.name:attic", ["Lamp, red"]),
    ('code:"ab 1"', ["Red lamp"]),
    ("title:(red lamp)", ["Lamp, red", "Red lamp"]),
]


@pytest.mark.few(8)
@pytest.mark.usefixtures("lamps")
def test_what_operators_find(admin_client: Client) -> None:
    assert {term: found(admin_client, term) for term, _ in FOUND} == dict(FOUND)


READINGS = [
    ("stars:-5", "stars is -5"),
    ("stars:(-5)", "stars is -5"),
    ("stars:>=-2", "stars is at least -2"),
    ("stars:>+4", "stars is more than +4"),
    ("-stars:5", "stars is not 5"),
    ("lamp -red", "lamp and not red"),
    ("red OR blue", "red or blue"),
    # What a dash takes away is never found, whatever else is.
    ("-code:x OR lamp", "lamp and code is not x"),
    ("-code:x OR lamp OR light", "(lamp or light) and code is not x"),
    ("NOT code:x OR lamp", "code is not x or lamp"),
    ("lamp AND (red OR blue) AND NOT stars:5", "lamp and (red or blue) and stars is not 5"),
    ('labels.word:"sea glass"', "labels has “sea glass”"),
    ("code:*", "code has a value"),
    ("stars:[10 TO 20]", "stars is at least 10 and at most 20"),
    ("code:-ab", "code is not ab"),
    ('NOT ("red lamp" stars:<5)', "not (“red lamp” and stars is less than 5)"),
]


@pytest.mark.few(4)
@pytest.mark.usefixtures("lamps")
def test_the_line_names_what_an_action_on_all_would_touch(
    admin_client: Client,
) -> None:
    make_notes("Cellar", stars=-5, code="x")
    index_notes()
    for term, reading in READINGS:
        told = summary_of(open_list(admin_client, term, STARRED))
        assert f"for: {reading}" in told, term


@pytest.mark.usefixtures("lamps")
def test_the_line_names_words_of_which_one_is_enough(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(StarredNoteAdmin, "search_operator", "or")
    told = summary_of(open_list(admin_client, "blue light -red", STARRED))
    assert told.startswith("2 hits for: (blue or light) and not red")
    assert found(admin_client, "blue light -red") == ["Blue lamp", "Led light"]


@pytest.mark.usefixtures("lamps")
def test_a_sign_after_a_field_is_a_numbers(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(StarredManager, "get_queryset", Manager.get_queryset)
    make_notes("Cellar", stars=-5)
    make_notes("Deep cellar", stars=-30)
    index_notes()
    assert found(admin_client, "stars:-5, cellar") == ["Cellar"]
    for term in ("stars:-5", "stars:(-5)", "STARS:-5", "stars: -5", "stars:\N{MINUS SIGN}5"):
        assert found(admin_client, term) == ["Cellar"]
    assert found(admin_client, "stars:<-5") == ["Deep cellar"]
    assert found(admin_client, "stars:>=-5 -lamp -light") == ["Cellar"]
    assert found(admin_client, "stars:[-30 TO -5]") == ["Cellar", "Deep cellar"]
    assert found(admin_client, "stars:>+20") == ["Led light"]


PASTED = [
    "Lamp: red",
    "https://example.org/lamp?red=1",
    "red/lamp",
    "/red lamp",
    "C:\\red\\lamp",
    "'red' lamp",
    '"red lamp',
    "(red lamp",
    "red) lamp",
    "[red] lamp",
    "red - lamp",
    "red -- lamp",
    'lamp: "red"',
    "red ~ lamp^2",
    "<red> lamp",
    "red -> lamp",
    "lamp, red: a title (with more)",
    "red lamp stars:",
    "(red lamp, code:)",
    "A title:",
    "Stars: red lamp",
    "Stars: 5..10 lamp",
    "Written: some day",
    "lamp(red -blue",
    'red" lamp -blue',
    "red lamp -18 °C",
    "lamp -20%",
    "+5 lamp",
    "NOT",
    "**",
    "?ed lamp",
    "lam? red",
]


@pytest.mark.few(8)
@pytest.mark.usefixtures("lamps")
def test_what_is_pasted_finds_what_it_finds_without_operators(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_operators = {term: found(admin_client, term) for term in PASTED}
    monkeypatch.setattr(StarredNoteAdmin, "advanced_search_fields", [])
    assert with_operators == {term: found(admin_client, term) for term in PASTED}


READ_AS = [
    ("titel:red", "Read as words: there is no field “titel” to search.", "title:red"),
    ("lamp - red", "Read as words: “-” is not an operator here.", "lamp -red"),
    ('lamp "red', "Read as words: a quotation mark is not closed.", 'lamp "red"'),
    ("lamp (red", "Read as words: the bracket “(” does not belong to a group.", '"lamp (red"'),
    ("/red lamp", "Read as words: “/” is not an operator here.", '"/red lamp"'),
    ("'red lamp", "Read as words: “'” is not an operator here.", '"\'red lamp"'),
    ("red or blue", "Operators are written in capitals: red OR blue", "red OR blue"),
    ("lamp -red", "Or search for the words: lamp red", "lamp red"),
    ("stars > 10", "Or search with operators: stars:>10", "stars:>10"),
    ("lamp stars:", "“stars:” is not followed by a valid value.", '"lamp stars:"'),
]


@pytest.mark.usefixtures("lamps")
def test_the_line_says_how_it_was_read_and_links_to_the_other_reading(
    admin_client: Client,
) -> None:
    for term, told, link in READ_AS:
        response = open_list(admin_client, term, STARRED)
        assert told in unescape(summary_of(response)), term
        links = re.findall(r'<a href="(\?[^"]*)"', _line(response))
        assert QueryDict(unescape(links[-1]).lstrip("?"))["q"] == link, term


@pytest.mark.usefixtures("lamps")
@pytest.mark.parametrize(
    ("term", "words"),
    [("lamp AND", "lamp"), ("stars:red <b>", "stars red b"), ("[ stars:(", "stars")],
)
def test_below_a_mistake_is_a_link_to_its_words(
    admin_client: Client, term: str, words: str
) -> None:
    page = text_of(open_list(admin_client, term, STARRED))
    links = re.findall(r'Or search for the words: <a href="([^"]*)">([^<]*)</a>', page)
    assert [text for _, text in links] == [words]
    assert [QueryDict(unescape(link).lstrip("?"))["q"] for link, _ in links] == [
        text for _, text in links
    ]


def _line(response: Any) -> str:
    return text_of(response).partition('id="search-summary"')[2].partition("</p>")[0]


@pytest.mark.usefixtures("lamps")
@pytest.mark.parametrize("name", ["NAME", "Title", "tItLe"])
def test_the_names_of_fields_match_in_any_case(admin_client: Client, name: str) -> None:
    term = f"{name.replace('NAME', 'SHELF.NAME')}:room"
    assert found(admin_client, term) == (["Lamp, red"] if name == "NAME" else [])
    assert found(admin_client, f"{name.replace('NAME', 'TITLE')}:light") == ["Led light"]


@pytest.mark.usefixtures("lamps")
def test_patterns_find_what_looks_like_them_in_both_modes(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        assert found(admin_client, "la*") == ["Blue lamp", "Lamp, red", "Red lamp"]
        assert found(admin_client, "LA?P blue") == ["Blue lamp"]
        assert found(admin_client, "li*t") == ["Led light"]
        # No typo search on what is left of it.
        assert found(admin_client, "lanp*") == []
        assert found(admin_client, "l*") == []
        told = summary_of(open_list(admin_client, "*amp", STARRED))
        assert "* stands for other letters only after at least two letters of a word" in told
        monkeypatch.setattr(StarredNoteAdmin, "advanced_search_fields", [])


NO_PATTERNS = [
    ("title:la*", ""),
    ("stars:* la*", ""),
    ("lamp?", ""),
    ("title:(la?p OR li*t) -code:*", ""),
    ("title:l*", "* stands for other letters only after"),
    ("stars:5 l?mp", "? stands for another letter only after"),
    ("l?mp", "? stands for another letter only after"),
    ('"red la*"', "In quotation marks, * does not stand for other letters."),
]


@pytest.mark.usefixtures("lamps")
def test_the_line_says_where_there_is_no_pattern(
    admin_client: Client,
) -> None:
    for term, told in NO_PATTERNS:
        line = summary_of(open_list(admin_client, term, STARRED))
        assert told in line, term
        assert ("stand" in line) == bool(told), term


@pytest.mark.usefixtures("lamps")
def test_a_sign_alone_excludes_nothing_beside_operators(admin_client: Client) -> None:
    assert found(admin_client, "stars:5 &") == ["Red lamp"]
    assert found(admin_client, "& shelf.name:attic -blue") == ["Lamp, red"]
    assert found(admin_client, "stars:5, [1 lamp") == []
    assert found(admin_client, "& -red") == []


@pytest.mark.usefixtures("lamps")
def test_patterns_in_one_field(admin_client: Client) -> None:
    assert found(admin_client, "title:la* -blue") == ["Lamp, red", "Red lamp"]
    assert found(admin_client, "code:a*") == []  # One letter.
    assert found(admin_client, "code:AB* OR li*") == ["Led light", "Red lamp"]
    make_notes("Coded", code="ABC-1", stars=9)
    make_notes("The libwayland-*.so libraries", stars=9)
    index_notes()
    assert found(admin_client, "code:ab*") == ["Coded", "Red lamp"]
    assert found(admin_client, "code:a?c-1") == []
    assert found(admin_client, "code:ab?-1") == ["Coded"]
    assert found(admin_client, "the libwayland-*.so") == ["The libwayland-*.so libraries"]
    assert found(admin_client, "shelf.name:*") == ["Lamp, red"]
    assert found(admin_client, "lamp -shelf.name:*") == ["Blue lamp", "Red lamp"]


@pytest.mark.usefixtures("lamps")
def test_a_value_is_read_alike_with_its_field_and_without(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(StarredNoteAdmin, "search_fields", ["title", "written"])
    for value in ("2025", "2026-11", "2026-10-31", "2025-01-01"):
        assert found(admin_client, value) == found(admin_client, f"written:{value}") != []
    monkeypatch.setattr(StarredNoteAdmin, "advanced_search_fields", [])
    assert found(admin_client, "2026-11") == ["Blue lamp", "Lamp, red"]
    assert found(admin_client, "2026-11 red") == ["Lamp, red"]


@pytest.mark.usefixtures("lamps")
def test_words_forgive_typos_as_ever(admin_client: Client) -> None:
    assert found(admin_client, "lanp blue") == ["Blue lamp"]
    assert "Did you mean" not in text_of(open_list(admin_client, "lamp -blue", STARRED))


@pytest.mark.usefixtures("lamps")
def test_a_mistake_is_pointed_at_and_nothing_is_found(admin_client: Client) -> None:
    response = open_list(admin_client, "lamp stars:>many <b>", STARRED)
    assert titles(response) == []
    assert summary_of(response) == (
        "This search was not understood: A number belongs here. lamp stars:&gt;many &lt;b&gt;"
    )
    assert "lamp stars:&gt;<mark>many</mark> &lt;b&gt;</code>" in text_of(response)
    assert UNRANKED not in text_of(response)
    missing = open_list(admin_client, "lamp AND", STARRED)
    assert "lamp AND<mark>…</mark></code>" in text_of(missing)


@pytest.mark.usefixtures("lamps")
def test_what_was_refused_was_not_shortened(admin_client: Client) -> None:
    told = summary_of(open_list(admin_client, " ".join(f"-w{n}" for n in range(60)), STARRED))
    assert "A search with operators takes 50 words." in told
    assert "shortened" not in told


@pytest.mark.usefixtures("lamps")
def test_an_action_on_all_hits_of_a_mistake_touches_nothing(admin_client: Client) -> None:
    keys = [str(key) for key in Note.objects.values_list("pk", flat=True)]
    data = {"action": "delete_selected", "post": "yes", "select_across": "1", "index": "0"}
    address = reverse(STARRED, current_app="office")
    for term in ("stars:many", "stars:-many", "lamp AND", "stars:5 ("):
        admin_client.post(f"{address}?q={term}", {**data, "_selected_action": keys})
        assert Note.objects.count() == 4


@pytest.mark.usefixtures("lamps")
def test_the_database_is_not_asked_for_operators(admin_client: Client) -> None:
    Note.objects.update(title="lamp -red")
    with no_elasticsearch():
        response = open_list(admin_client, "lamp -red", STARRED)
        assert titles(response) == []
        page = text_of(response)
        assert "A search with operators cannot be answered at the moment. The search ser" in page
        assert summary_of(response).startswith("The search for lamp -red was not answered.")
        assert "No hits" not in page
        assert len(titles(open_list(admin_client, "lamp", STARRED))) == 4
        # A mistake needs no server to be told.
        told = summary_of(open_list(admin_client, "stars:many", STARRED))
        assert told.startswith("This search was not understood: A number belongs here.")
        assert "No hits" not in told
    address = reverse(STARRED, current_app="office")
    data: dict[str, Any] = {"action": "delete_selected", "select_across": "1", "index": "0"}
    with no_elasticsearch():
        posted = admin_client.post(f"{address}?q=-red", {**data, "_selected_action": ["x"]})
        assert REFUSED in text_of(
            admin_client.get(posted["Location"]) if posted.status_code == 302 else posted
        )


def test_the_help_lists_the_fields_before_and_after_a_search(admin_client: Client) -> None:
    make_notes("Lamp", stars=9)
    index_notes()
    for term in ("", "lamp", "("):
        page = text_of(open_list(admin_client, term, STARRED))
        assert page.count('popovertarget="search-operators"') == 1
        assert re.findall(r"<code>([\w.]+:.*?)</code></td><td>(.*?)</td>", page) == [
            ("title:word", "only in headline"),
            ("code:&quot;two words&quot;", "only in code"),
            ("stars:&gt;10", "only in stars"),
            ("written:&gt;2026-11", "only in written"),
            ("shelf.name:word", "only in shelf"),
            ("labels.word:word", "only in labels"),
        ]


def test_without_fields_to_name_there_is_no_help(admin_client: Client) -> None:
    make_notes("Lamp", stars=9)
    index_notes()
    assert "search-operators" not in text_of(open_list(admin_client))
    assert "search-operators" not in text_of(open_list(admin_client, "lamp"))


HOSTILE = [
    "stars:–5",
    "stars:1e400",
    "stars:[* TO –5]",
    "written:>-2024",
    "title:“red lamp”",
    "title:“red",
    "C++ C# .NET",
    "a:b:c",
    "10:30",
    "foo\\",
    '"""',
    "**",
    "? *?",
    "OR",
    "--",
    "\t+\t",
    "😀 👩\u200d💻",
    "\u202ered\u202c \u200elamp",
    "a" * 10_000,
    "(" * 10_000,
    "DO NOT DISTURB",
    "((red OR blue) AND (lamp",
    "title:\u200f-red",
    "%00 %ED%A0%80",
    # Of each word, analysis makes a hundred.
    " ".join(f"red{n}-" + "-".join("lampshade" * 14) for n in range(50)),
    " ".join(f"-red{n}." + ".".join("lampshade" * 14) for n in range(40)),
    " ".join("title:" + "-".join("lampshade" * 14) for n in range(40)),
    " ".join(f"赤いランプ{n}" * 20 for n in range(50)),
]


@pytest.mark.usefixtures("lamps")
def test_whatever_is_typed_is_answered_or_pointed_at(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = []
    for term in HOSTILE:
        response = open_list(admin_client, term, STARRED)
        shown = response.context["elasticsearch_search"]
        assert response.context["cl"].answer.hits is not None, term
        assert shown.count == len(titles(response)), term
        assert not shown.mistake or not shown.count, term
        if not shown.reading and not shown.mistake:
            words.append((term, titles(response)))
    assert len(words) > len(HOSTILE) / 2
    monkeypatch.setattr(StarredNoteAdmin, "advanced_search_fields", [])
    for term, found_with_operators in words:
        assert titles(open_list(admin_client, term, STARRED)) == found_with_operators, term
