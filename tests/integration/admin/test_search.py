"""The search box: what is found, in which order, and all else that a change list does."""

import re

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client, override_settings
from django.urls import reverse

from tests.testapp.models import Label, Note, Shelf
from tests.testapp.site import NoteAdmin

from .searching import (
    ACTION,
    address,
    counted_searches,
    index_notes,
    make_notes,
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
def lanterns() -> list[Note]:
    """Twelve notes about lanterns, in the title or only in the text, and one about none."""
    make_notes("A sailing boat")
    inside = make_notes(*(f"Item {n:02}" for n in range(6)), body="With a lantern.", kind="odd")
    named = make_notes(*(f"Lantern {n:02}" for n in range(6)), stars=3)
    index_notes()
    return [*inside, *named]


# --- what is found, and in which order ---


def test_the_best_hits_come_first_not_the_first_titles(
    admin_client: Client, lanterns: list[Note]
) -> None:
    found = titles(open_list(admin_client, "lantern"))
    assert len(found) == 5
    assert all(title.startswith("Lantern") for title in found)


def test_pages_go_on_where_the_one_before_ended(admin_client: Client, lanterns: list[Note]) -> None:
    pages = [titles(open_list(admin_client, "lantern", p=page)) for page in (1, 2, 3)]
    assert [len(page) for page in pages] == [5, 5, 2]
    every = [title for page in pages for title in page]
    assert [title[0] for title in every] == ["L"] * 6 + ["I"] * 6
    assert len(set(every)) == 12


def test_show_all_is_ranked(admin_client: Client, lanterns: list[Note]) -> None:
    assert [title[0] for title in titles(open_list(admin_client, "lantern", all=""))] == (
        ["L"] * 6 + ["I"] * 6
    )


def test_equals_are_the_newest_key_first_each_time(admin_client: Client) -> None:
    notes = make_notes("Twin", "Twin", "Twin")
    index_notes()
    expected = sorted((note.pk for note in notes), reverse=True)
    for _ in range(3):
        rows = open_list(admin_client, "twin").context["cl"].result_list
        assert [row.pk for row in rows] == expected


def test_a_clicked_column_sorts_and_the_way_back_is_offered(
    admin_client: Client, lanterns: list[Note]
) -> None:
    response = open_list(admin_client, "lantern", o="1")
    assert titles(response) == [f"Item {n:02}" for n in range(5)]
    assert titles(open_list(admin_client, "lantern", o="-1"))[0] == "Lantern 05"
    assert summary_of(response) == "12 hits for lantern · Best first"
    assert "sorted ascending" in text_of(response)


def test_no_column_looks_sorted_while_the_best_come_first(
    admin_client: Client, lanterns: list[Note]
) -> None:
    response = open_list(admin_client, "lantern")
    assert summary_of(response) == "12 hits for lantern, best first"
    assert "sorted ascending" not in text_of(response)
    assert "sorted ascending" in text_of(open_list(admin_client))


def test_exact_hits_come_before_typos(admin_client: Client) -> None:
    # The near one has the word in the best field, the exact one in the least of them.
    make_notes("Latern latern")
    make_notes("Far down", body="x " * 200 + "lantern")
    index_notes()
    assert titles(open_list(admin_client, "lantern")) == ["Far down", "Latern latern"]


def test_typos_are_forgiven_but_not_in_the_first_letter_or_in_numbers(
    admin_client: Client,
) -> None:
    make_notes("Lantern", "Model 2024")
    index_notes()
    assert titles(open_list(admin_client, "lanturn")) == ["Lantern"]
    assert titles(open_list(admin_client, "santern")) == []
    assert titles(open_list(admin_client, "2024")) == ["Model 2024"]
    assert titles(open_list(admin_client, "2025")) == []


def test_all_words_have_to_match_in_whichever_fields(admin_client: Client) -> None:
    attic = Shelf.objects.create(name="Attic")
    (note,) = make_notes("Red lantern", body="It shines", code="AB 12/x", shelf=attic)
    note.labels.add(Label.objects.create(word="glass"))
    note.labels.add(Label.objects.create(word="antique"))
    make_notes("Red lantern", body="It is broken")
    index_notes()
    for words in ("red shines", "attic lantern glass", "antique glass shines red attic"):
        assert summary_of(open_list(admin_client, words)).startswith("1 hit for")
    assert titles(open_list(admin_client, "red shines broken")) == []
    assert titles(open_list(admin_client, "ab 12/X")) == ["Red lantern"]


def test_a_row_that_is_gone_from_the_database_is_not_counted(
    admin_client: Client, lanterns: list[Note]
) -> None:
    Note.objects.filter(title="Lantern 03").delete()
    assert summary_of(open_list(admin_client, "lantern")).startswith("11 hits for lantern")


@pytest.mark.few(6)
@pytest.mark.parametrize(
    ("term", "hits"),
    [
        ('"', 0),
        ('"lantern', 12),
        ("((((", 0),
        ("AND OR NOT", 0),
        ("title:lantern AND -body:[1 TO *} ~2 ^3 \\", 0),
        ("'; DROP TABLE testapp_note; --", 0),
        ("<script>alert(1)</script>", 0),
        ("lantern & ... !!!", 12),
        ("!!! ??? ...", 0),
        ("🏮 \u202e lantern", 0),
        ("x" * 10_000, 0),
        ("x" * 60_000, 0),
        ("lantern " * 2_000, 12),
        (" ".join(f"word{n}" for n in range(2_000)), 0),
        ("*", 0),
        ("%", 0),
        ("{{ 7|add:7 }}", 0),
        ("\ud800lantern", 12),
    ],
    ids=lambda value: str(value)[:12].encode("ascii", "replace").decode(),
)
def test_whatever_is_typed_is_words(
    admin_client: Client, lanterns: list[Note], term: str, hits: int
) -> None:
    answer = admin_client.get(address(), {"q": term.encode("utf-8", "surrogatepass")})
    assert answer.status_code == 200
    assert answer.context["cl"].result_count == hits
    page = text_of(answer)
    assert "answered by the database" not in page
    assert "<script>alert(1)" not in page


def test_nul_is_refused_as_django_does(admin_client: Client, lanterns: list[Note]) -> None:
    response = admin_client.get(address(), {"q": "lantern\0"})
    assert "Null characters are not allowed." in text_of(response)


def test_a_search_that_was_shortened_says_so(admin_client: Client, lanterns: list[Note]) -> None:
    long = " ".join(["lantern"] + [f"word{n}" for n in range(60)])
    assert "it uses at most 50 words" in summary_of(open_list(admin_client, long))
    assert "it uses at most 50 words" not in summary_of(open_list(admin_client, "lantern"))


def test_nothing_found_says_what_to_try(admin_client: Client, lanterns: list[Note]) -> None:
    assert summary_of(open_list(admin_client, "zeppelin")) == (
        "No hits for zeppelin. Check the spelling, or use fewer words."
    )
    filtered = open_list(admin_client, "sailing", kind__exact="odd")
    assert summary_of(filtered).endswith("Filters are on: clear all filters.")


def test_more_hits_than_the_limit_are_named(admin_client: Client, lanterns: list[Note]) -> None:
    with override_settings(ES_ADMIN={"SEARCH_MAX_RESULTS": 7, "SEARCH_TIMEOUT": 10}):
        response = open_list(admin_client, "lantern")
    assert summary_of(response) == (
        "7 hits for lantern, best first "
        "These are from the best 7 of 12 hits: add a word to see the others."
    )


@pytest.mark.parametrize("facets", [{}, {"_facets": "True"}])
def test_the_limit_is_one_of_the_rows_that_may_be_seen(
    admin_client: Client,
    lanterns: list[Note],
    monkeypatch: pytest.MonkeyPatch,
    facets: dict[str, str],
) -> None:
    """Six named ones are better hits than those that this admin shows."""
    monkeypatch.setattr(
        NoteAdmin, "get_queryset", lambda self, request: Note.objects.filter(stars__lt=3)
    )
    few = {"SEARCH_MAX_RESULTS": 4, "SEARCH_TIMEOUT": 10}
    with override_settings(ES_ADMIN=few):
        index_notes()
        with counted_searches() as searches:
            response = open_list(admin_client, "lantern", all="", **facets)
    assert [title[0] for title in titles(response)] == ["I"] * 4
    assert summary_of(response).startswith("4 hits for lantern, best first These are from the best")
    assert len([body for body in searches if '"highlight"' not in body]) == 2
    if facets:
        assert "Odd (4)" in text_of(response)


def test_filters_come_before_the_limit(admin_client: Client, lanterns: list[Note]) -> None:
    with override_settings(ES_ADMIN={"SEARCH_MAX_RESULTS": 5, "SEARCH_TIMEOUT": 10}):
        index_notes()
        response = open_list(admin_client, "lantern", starred="no")
        assert summary_of(response).endswith("best 5 of 6 hits: add a word to see the others.")
        assert [title[0] for title in titles(response)] == ["I"] * 5
        # The document does not hold what this one asks for.
        left = open_list(admin_client, "lantern", kind__exact="odd")
        assert titles(left) == []
        assert summary_of(left) == (
            "None of the best 5 hits for lantern is in this list: add a word to find others. "
            "Filters are on: clear all filters."
        )
        assert "Keiner der besten 5 Treffer für lantern" in summary_of(
            admin_client.get(
                address(),
                {"q": "lantern", "kind__exact": "odd"},
                headers={"Accept-Language": "de"},
            )
        )


# --- the rest of the change list ---


def test_no_words_no_search(admin_client: Client, lanterns: list[Note]) -> None:
    with counted_searches() as searches:
        response = open_list(admin_client)
        blank = admin_client.get(address(), {"q": "   "})
    assert searches == []
    assert response.context["cl"].result_count == blank.context["cl"].result_count == 13
    assert "search-summary" not in text_of(response) + text_of(blank)


def test_one_search_however_many_facets(admin_client: Client, lanterns: list[Note]) -> None:
    with counted_searches() as searches:
        response = open_list(admin_client, "lantern", _facets="True", kind__exact="odd", p=2)
    # The second marks what was searched for in the rows of this page.
    assert ['"highlight"' in body for body in searches] == [False, True]
    assert response.context["cl"].result_count == 6


def test_facets_count_the_hits(admin_client: Client, lanterns: list[Note]) -> None:
    page = text_of(open_list(admin_client, "lantern", _facets="True"))
    assert re.findall(r"(Plain|Odd|Starred) \((\d+)\)", page) == [
        ("Plain", "6"),
        ("Odd", "6"),
        ("Starred", "6"),
        ("Plain", "6"),
    ]


def test_filters_narrow_and_keep_the_order(admin_client: Client, lanterns: list[Note]) -> None:
    label = Label.objects.create(word="bright")
    for note in lanterns[4:8]:
        note.labels.add(label)
    response = open_list(admin_client, "lantern", labels__id__exact=label.pk)
    assert [title[0] for title in titles(response)] == ["L", "L", "I", "I"]
    assert summary_of(response).startswith("4 hits")


def test_the_date_hierarchy_knows_the_hits_only(admin_client: Client, lanterns: list[Note]) -> None:
    Note.objects.filter(title="A sailing boat").update(written="1999-01-01")
    Note.objects.filter(title="Item 00").update(written="2025-05-05")
    response = open_list(admin_client, "lantern")
    assert "written__year=2025" in text_of(response)
    assert "1999" not in text_of(response)
    assert titles(open_list(admin_client, "lantern", written__year=2025)) == ["Item 00"]


def test_a_proxy_with_a_manager_and_a_paginator_of_its_own(admin_client: Client) -> None:
    make_notes(*(f"Lantern {n}" for n in range(3)), stars=0)
    make_notes(*(f"Lantern {n}" for n in range(11)), stars=9)
    index_notes()
    first, last = (open_list(admin_client, "lantern", STARRED, p=page) for page in (1, 2))
    assert first.context["cl"].result_count == 11
    # The paginator puts the orphan on the last page.
    assert [len(titles(page)) for page in (first, last)] == [5, 6]
    assert first.context["cl"].full_result_count is None


def test_pop_ups_are_searched(admin_client: Client, lanterns: list[Note]) -> None:
    response = open_list(admin_client, "lantern", _popup="1", _to_field="id")
    assert titles(response)[0].startswith("Lantern")
    assert 'data-popup-opener="' in text_of(response)


def test_autocomplete_is_ranked_and_takes_half_a_word(
    admin_client: Client, lanterns: list[Note]
) -> None:
    def answer(term: str) -> list[str]:
        response = admin_client.get(
            reverse("admin:autocomplete", current_app="office"),
            {"term": term, "app_label": "testapp", "model_name": "reply", "field_name": "note"},
        )
        return [result["text"] for result in response.json()["results"]]

    assert [text[0] for text in answer("lant")] == ["L"] * 6 + ["I"] * 6
    assert answer("sailing bo") == ["A sailing boat"]
    assert len(answer("")) == 13


def test_autocomplete_is_ranked_on_each_of_its_pages(admin_client: Client) -> None:
    make_notes(*(f"Item {n}" for n in range(25)), body="With a lantern.")
    make_notes(*(f"Lantern {n}" for n in range(110)))
    index_notes()
    address = reverse("admin:autocomplete", current_app="office")
    query = {"term": "lant", "app_label": "testapp", "model_name": "reply", "field_name": "note"}
    found: list[str] = []
    for page in range(1, 8):
        answer = admin_client.get(address, {**query, "page": str(page)}).json()
        found += [result["text"] for result in answer["results"]]
    assert [text[0] for text in found] == ["L"] * 110 + ["I"] * 25
    assert len(set(found)) == 135
    for page in ("0", "-3", "x", "9" * 5_000):
        assert admin_client.get(address, {**query, "page": page}).status_code == 404


def test_half_a_word_is_rather_a_beginning_than_a_typo(admin_client: Client) -> None:
    make_notes(*(f"Boat {n}" for n in range(30)))
    make_notes("Libe", body="In the library.")
    make_notes("The library of the town")
    index_notes()
    response = admin_client.get(
        reverse("admin:autocomplete", current_app="office"),
        {"term": "libr", "app_label": "testapp", "model_name": "reply", "field_name": "note"},
    )
    assert [result["text"] for result in response.json()["results"]] == [
        "The library of the town",
        "Libe",
    ]


def test_the_help_says_what_is_searched(admin_client: Client, lanterns: list[Note]) -> None:
    response = open_list(admin_client)
    assert "Searches headline, body, code, shelf, labels and stars." in text_of(response)


# --- what others may not see ---


@pytest.fixture
def tenants(client: Client) -> Client:
    """Notes of two tenants; the client is of the second."""
    make_notes(*(f"Lantern {n}" for n in range(6)), tenant="theirs", kind="odd")
    make_notes("Our lantern", "Our other lantern", tenant="clerk")
    index_notes()
    clerk = User.objects.create_user("clerk", is_staff=True, is_superuser=False)
    clerk.user_permissions.set(
        [*_rights("testapp", "note"), *_rights("testapp", "reply")],
    )
    client.force_login(clerk)
    return client


def _rights(app: str, model: str) -> list[int]:
    return list(
        Permission.objects.filter(
            content_type__app_label=app, content_type__model=model
        ).values_list("pk", flat=True)
    )


def test_rows_of_others_are_neither_shown_nor_counted(tenants: Client) -> None:
    response = open_list(tenants, "lantern", _facets="True")
    assert sorted(titles(response)) == ["Our lantern", "Our other lantern"]
    assert summary_of(response) == "2 hits for lantern, best first"
    page = text_of(response)
    assert "theirs" not in page
    assert re.findall(r"(Plain|Odd) \((\d+)\)", page)[:2] == [("Plain", "2"), ("Odd", "0")]


def test_how_many_hits_others_have_is_not_told(tenants: Client) -> None:
    with override_settings(ES_ADMIN={"SEARCH_MAX_RESULTS": 7, "SEARCH_TIMEOUT": 10}):
        told = summary_of(open_list(tenants, "lantern"))
    assert "from the best 7 hits: add a word" in told
    assert "8" not in told


def test_autocomplete_gives_no_rows_of_others(tenants: Client) -> None:
    response = tenants.get(
        reverse("admin:autocomplete", current_app="office"),
        {"term": "lantern", "app_label": "testapp", "model_name": "reply", "field_name": "note"},
    )
    assert sorted(r["text"] for r in response.json()["results"]) == [
        "Our lantern",
        "Our other lantern",
    ]


def test_an_action_on_all_hits_leaves_the_rows_of_others(tenants: Client) -> None:
    keys = [str(key) for key in Note.objects.values_list("pk", flat=True)]
    data = {**ACTION, "select_across": "1", "_selected_action": keys}
    tenants.post(f"{address()}?q=lantern", data)
    assert set(Note.objects.filter(stars=100).values_list("tenant", flat=True)) == {"clerk"}
