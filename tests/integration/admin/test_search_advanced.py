"""Operators in the search box: what they find, what is told of mistakes, and the help."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests.testapp.models import Label, Note, Shelf

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
    pytest.mark.urls("tests.testapp.site"),
]

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


@pytest.mark.usefixtures("lamps")
@pytest.mark.parametrize(
    ("term", "expected"),
    [
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
    ],
)
def test_what_operators_find(admin_client: Client, term: str, expected: list[str]) -> None:
    assert found(admin_client, term) == expected


@pytest.mark.usefixtures("lamps")
def test_words_forgive_typos_as_ever(admin_client: Client) -> None:
    assert found(admin_client, "lanp blue") == ["Blue lamp"]
    assert "Did you mean" not in text_of(open_list(admin_client, "lamp -blue", STARRED))


@pytest.mark.usefixtures("lamps")
def test_a_mistake_is_pointed_at_and_nothing_is_found(admin_client: Client) -> None:
    response = open_list(admin_client, "lamp stars:>many <b>", STARRED)
    assert titles(response) == []
    assert summary_of(response) == (
        "This search was not understood: A number has to stand here. lamp stars:&gt;many &lt;b&gt;"
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
    admin_client.post(f"{address}?q=(", {**data, "_selected_action": keys})
    assert Note.objects.count() == 4


@pytest.mark.usefixtures("lamps")
def test_the_database_is_not_asked_for_operators(admin_client: Client) -> None:
    Note.objects.update(title="lamp -red")
    with no_elasticsearch():
        response = open_list(admin_client, "lamp -red", STARRED)
        assert titles(response) == []
        page = text_of(response)
        assert "A search with operators cannot be answered at the moment. The search ser" in page
        assert len(titles(open_list(admin_client, "lamp", STARRED))) == 4
        # A mistake needs no server to be told.
        assert "not understood" in summary_of(open_list(admin_client, "(", STARRED))
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
