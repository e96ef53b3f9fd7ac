"""The mixin beside a plain ModelAdmin: the same rows in the same order, or better ones."""

import re
from collections.abc import Sequence
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission, User
from django.db.models import QuerySet
from django.http import HttpRequest
from django.test import Client, override_settings
from django.urls import include, path, reverse

from django_es_admin.admin.mixins import search
from django_es_admin.indices.definition import definition_of, get_definition
from django_es_admin.models import OutboxEntry
from django_es_admin.search import fresh
from django_es_admin.search.page import PageHits
from tests.testapp.models import Label, Note, Reply, Shelf, StarredNote
from tests.testapp.site import (
    CarefulPaginator,
    NoteAdmin,
    StarredNoteAdmin,
    StarsFilter,
    add_star,
    office,
)

from .searching import index_notes, make_notes, open_list, text_of, titles

pytestmark = [
    pytest.mark.django_db(databases=["default", "other"]),
    pytest.mark.usefixtures("es"),
]
URLS = __name__

plain = admin.AdminSite(name="plain")


@admin.register(Note, site=plain)
class PlainNoteAdmin(admin.ModelAdmin):
    """What ``NoteAdmin`` is without the mixin."""

    actions = [add_star]
    date_hierarchy = NoteAdmin.date_hierarchy
    list_display = NoteAdmin.list_display
    list_editable = NoteAdmin.list_editable
    list_filter = ["kind", StarsFilter, "labels"]
    list_per_page = NoteAdmin.list_per_page
    search_fields = ["title", "body", "code", "shelf__name", "labels__word", "stars"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Note]:
        rows = super().get_queryset(request)
        user = request.user
        return rows if user.is_superuser else rows.filter(tenant=user.get_username())


@admin.register(StarredNote, site=plain)
class PlainStarredNoteAdmin(admin.ModelAdmin):
    """What ``StarredNoteAdmin`` is without the mixin."""

    list_per_page = StarredNoteAdmin.list_per_page
    paginator = CarefulPaginator
    search_fields = ["title"]
    show_full_result_count = False


@admin.register(Reply, site=plain)
class PlainReplyAdmin(admin.ModelAdmin):
    autocomplete_fields = ["note"]


urlpatterns = [path("", include("tests.testapp.site")), path("plain/", plain.urls)]

NOTES = "admin:testapp_note_changelist"
STARRED = "admin:testapp_starrednote_changelist"

# Words that the index and `icontains` find in the same rows; a column says in which order.
SEARCHES: list[dict[str, Any]] = [
    {},
    {"q": "lantern", "o": "1"},
    {"q": "lantern", "o": "-1"},
    {"q": "red lantern", "o": "2.-1"},
    {"q": "LANTERN", "o": "-3"},
    {"q": "attic", "o": "1"},
    {"q": "brass", "o": "1"},
    {"q": "ab-17", "o": "1"},
    {"q": "zeppelin", "o": "1"},
    {"q": "red", "o": "3"},
    {"q": "lantern", "o": "-3"},
    {"q": "attic", "o": "3.1"},
]
VIEWS: list[dict[str, Any]] = [
    {},
    {"kind__exact": "odd"},
    {"kind__exact": "odd", "starred": "no"},
    {"labels__id__exact": "1"},
    {"written__year": 2025},
    {"written__year": 2026, "written__month": 11},
    {"p": 2},
    {"all": ""},
    {"_facets": "True"},
    {"_popup": "1", "_to_field": "id"},
    {"kind__exact": "never"},
    {"p": 99},
    {"nonsense__exact": "1"},
]
CASES = [
    {**search, **view}
    for search in SEARCHES
    for view in VIEWS
    # Django counts the labels that the search found, and not those of the rows: see below.
    if (search.get("q"), "_facets" in view) != ("brass", True)
]


def some_cases(every: int) -> list[dict[str, Any]]:
    """Return every so manieth case: each search and each view, in other pairs or in all."""
    assert len(CASES) >= 40
    some = CASES[::every]
    for part in (SEARCHES, VIEWS):
        assert all(any(one.items() <= case.items() for case in some) for one in part)
    return some


@pytest.fixture
def notes() -> list[Note]:
    """Thirty notes of two tenants, with shelves, labels, kinds, stars and dates that differ."""
    attic = Shelf.objects.create(name="Attic")
    words = [Label.objects.create(word=word) for word in ("brass", "glass", "brass ring")]
    made = []
    for number in range(30):
        colour = ("red", "blue")[number % 2]
        (note,) = make_notes(
            f"{colour} {('lantern', 'candle', 'boat')[number % 3]} {30 - number:02}",
            body="Near the lantern" if number % 7 == 0 else "",
            code=f"ab-{number}",
            kind=("plain", "odd")[number % 4 == 0],
            stars=number % 10,
            shelf=attic if number % 5 == 0 else None,
            written=f"{2025 + number % 2}-{11 + number % 2}-0{1 + number % 3}",
            tenant=("clerk", "theirs")[number % 3 == 2],
        )
        note.labels.set(words[: number % 4])
        made.append(note)
    index_notes()
    # Nothing of it is on its way any more.
    OutboxEntry.objects.all().delete()
    return made


MODES = {"database": False, "automatic": None}
"""Who filters, ranks and counts the notes, where it comes to the same -> the option."""


@pytest.fixture(autouse=True)
def few_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no hit be checked by the database: all that clerks may see is few here."""
    monkeypatch.setattr(search, "MAX_CHECKED", 0)


@pytest.fixture(params=MODES)
def mode(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(NoteAdmin, "search_unrestricted", MODES[request.param])
    mode: str = request.param
    return mode


both_modes = pytest.mark.usefixtures("mode")


def shown(client: Client, site: str, name: str, query: dict[str, Any]) -> Any:
    """Return all that a change list shows; for another answer, where it leads."""
    return told(client.get(reverse(name, current_app=site), query), site)


def told(response: Any, site: str) -> Any:
    """Return all that a response shows, as ``shown()`` does."""
    if response.status_code != 200:
        return response.status_code, response.get("Location", "").replace(f"/{site}/", "/x/")
    changelist = response.context["cl"]
    # The line above the results has links of its own.
    page = re.sub(r'(?s)<p id="search-summary">.*?</p>', "", text_of(response))
    return {
        "rows": [row.pk for row in changelist.result_list],
        "count": changelist.result_count,
        "of all": changelist.full_result_count,
        "pages": (changelist.page_num, changelist.paginator.num_pages, changelist.multi_page),
        "show all": changelist.can_show_all,
        "sorted": changelist.get_ordering_field_columns(),
        "facets": re.findall(r">\s*([^<>]+ \(\d+\))", page),
        "dates": re.findall(r"\?[^\"]*written__[^\"]*", page),
    }


def is_paged(response: Any) -> bool:
    """Whether Elasticsearch has made the page."""
    answer = response.context["cl"].answer if response.status_code == 200 else None
    return answer is not None and isinstance(answer.hits, PageHits)


def count_paged(client: Client, cases: list[dict[str, Any]], expected: Sequence[Any]) -> int:
    """Compare each page with what is expected; return how many Elasticsearch has made."""
    paged = 0
    for case, stock in zip(cases, expected, strict=True):
        response = client.get(reverse(NOTES, current_app="office"), case)
        ours = told(response, "office")
        assert ours == stock, case
        paged += is_paged(response)
    return paged


@pytest.mark.parametrize(
    ("every", "tell", "pages"), [(3, 13, 4), pytest.param(1, 40, 12, marks=pytest.mark.slow)]
)
def test_the_same_rows_in_the_same_order(  # noqa: PLR0917 (fixtures)
    admin_client: Client,
    notes: list[Note],
    monkeypatch: pytest.MonkeyPatch,
    every: int,
    tell: int,
    pages: int,
) -> None:
    cases = some_cases(every)
    stock = [shown(admin_client, "plain", NOTES, case) for case in cases]
    # They tell something: no more than a few of them show nothing.
    assert sum(bool(found.get("rows")) for found in map(dict_of, stock)) > tell
    # A column of numbers, filters on what the document holds, dates; the others sort by a text.
    monkeypatch.setattr(NoteAdmin, "search_unrestricted", None)
    assert count_paged(admin_client, cases, stock) >= pages
    monkeypatch.setattr(NoteAdmin, "search_unrestricted", False)
    assert count_paged(admin_client, cases, stock) == 0


def dict_of(found: Any) -> dict[str, Any]:
    return found if isinstance(found, dict) else {}


@both_modes
def test_the_same_of_a_proxy_with_a_paginator_of_its_own(
    admin_client: Client, notes: list[Note]
) -> None:
    for case in [{}, {"p": 2}, {"p": 3}, {"q": "red", "o": "1"}, {"q": "red", "o": "-1", "p": 2}]:
        ours, stock = (shown(admin_client, site, STARRED, case) for site in ("office", "plain"))
        assert ours == stock, case


@pytest.fixture
def clerk(client: Client) -> Client:
    user = User.objects.create_user("clerk", is_staff=True)
    models = ("note", "reply")
    user.user_permissions.set(Permission.objects.filter(content_type__model__in=models))
    client.force_login(user)
    return client


@pytest.mark.parametrize(("every", "pages"), [(5, 2), pytest.param(2, 6, marks=pytest.mark.slow)])
def test_the_same_for_somebody_who_may_see_some_rows(
    clerk: Client, notes: list[Note], monkeypatch: pytest.MonkeyPatch, every: int, pages: int
) -> None:
    theirs = {note.pk for note in notes if note.tenant == "theirs"}
    assert theirs
    cases = some_cases(every)
    stock = [shown(clerk, "plain", NOTES, case) for case in cases]
    assert not any(theirs & set(dict_of(found).get("rows", ())) for found in stock)
    monkeypatch.setattr(NoteAdmin, "search_unrestricted", None)
    paged = count_paged(clerk, cases, stock)
    assert paged >= pages
    # An index that was not written of late is asked at once, and the database looks at few hits.
    monkeypatch.setattr(fresh, "wrote_within", lambda database, seconds: False)
    for few in (3, 1_000):
        monkeypatch.setattr(search, "MAX_CHECKED", few)
        assert count_paged(clerk, cases, stock) >= paged
    monkeypatch.setattr(NoteAdmin, "search_unrestricted", False)
    assert count_paged(clerk, cases, stock) == 0


def answers(client: Client, site: str, term: str) -> list[str]:
    query = {"term": term, "app_label": "testapp", "model_name": "reply", "field_name": "note"}
    response = client.get(reverse("admin:autocomplete", current_app=site), query)
    return [result["text"] for result in response.json()["results"]]


@both_modes
def test_the_same_answers_while_typing(clerk: Client, notes: list[Note]) -> None:
    for term in ("", "red", "lantern", "attic", "brass", "ab-17", "zeppelin"):
        ours, stock = (answers(clerk, site, term) for site in ("office", "plain"))
        assert sorted(ours) == sorted(stock), term
    assert answers(clerk, "office", "") == answers(clerk, "plain", "")


@both_modes
def test_an_action_on_all_that_match_is_on_the_same_rows(clerk: Client, notes: list[Note]) -> None:
    data = {"action": "add_star", "index": "0", "select_across": "1"}
    for query in (
        "",
        "?q=lantern",
        "?q=red+lantern&kind__exact=odd",
        "?q=attic&written__year=2025",
    ):
        starred = []
        for site in ("office", "plain"):
            Note.objects.update(stars=1)
            key = str(notes[0].pk)
            address = reverse(NOTES, current_app=site) + query
            clerk.post(address, {**data, "_selected_action": key})
            starred.append(set(Note.objects.filter(stars=100).values_list("pk", flat=True)))
        assert starred[0] == starred[1] != set(), query


# --- where relevance differs, on purpose ---


@pytest.mark.few(5)
@both_modes
@pytest.mark.parametrize(
    ("term", "ours", "stock"),
    [
        # The better hit comes first, not the first title.
        ("lantern", ["Lantern", "A lamp"], ["A lamp", "Lantern"]),
        # Words begin and end somewhere.
        ("lamp", ["A lamp"], ["A lamp", "Clampdown"]),
        # Typos are forgiven, and grammar words do not hinder.
        ("lantren", ["Lantern", "A lamp"], []),
        # A part of a word is none, except while it is typed.
        ("clamp", [], ["Clampdown"]),
        ("lamp a", ["A lamp"], ["A lamp", "Clampdown"]),
    ],
)
def test_other_rows_or_another_order(
    admin_client: Client, term: str, ours: list[str], stock: list[str]
) -> None:
    make_notes("A lamp", body="It looks like a lantern, but is none of those that there were.")
    make_notes("Clampdown", "Lantern")
    index_notes()
    assert titles(open_list(admin_client, term)) == ours
    found = admin_client.get(reverse(NOTES, current_app="plain"), {"q": term})
    assert titles(found) == stock


@both_modes
def test_an_empty_order_is_not_the_same_as_none(admin_client: Client, notes: list[Note]) -> None:
    ours, stock = (
        shown(admin_client, site, NOTES, {"q": "lantern", "all": ""})
        for site in ("office", "plain")
    )
    assert set(ours["rows"]) == set(stock["rows"])
    assert ours["rows"] != stock["rows"]
    assert (ours["sorted"], stock["sorted"]) == ({}, {1: "asc"})


@both_modes
def test_facets_count_the_labels_of_the_rows_not_those_that_were_searched_for(
    admin_client: Client, notes: list[Note]
) -> None:
    brass = Note.objects.filter(labels__word__contains="brass").distinct()
    both = brass.filter(pk__in=Note.objects.filter(labels__word="glass")).count()
    ours, stock = (
        shown(admin_client, site, NOTES, {"q": "brass", "_facets": "True"})["facets"]
        for site in ("office", "plain")
    )
    assert f"glass ({both})" in ours
    assert "glass (0)" in stock
    assert both > 0


# --- rows in another database ---


class NotesElsewhere:
    """Sends the notes to the database ``other``."""

    def db_for_read(self, model: Any, **hints: Any) -> str | None:
        return "other" if model._meta.app_label == "testapp" else None

    db_for_write = db_for_read


@pytest.fixture
def elsewhere() -> Any:
    definition_of.cache_clear()
    with override_settings(DATABASE_ROUTERS=[f"{__name__}.NotesElsewhere"]):
        yield
    definition_of.cache_clear()


@pytest.mark.usefixtures("elsewhere", "mode")
def test_rows_of_another_database(admin_client: Client) -> None:
    make_notes("red lantern", "blue lantern", "boat", stars=3)
    assert get_definition("testapp-notes").database == "other"
    index_notes()
    assert Note.objects.using("other").count() == 3
    assert Note.objects.using("default").count() == 0
    for case in [{}, {"q": "lantern", "o": "1"}, {"q": "lantern", "o": "-1", "starred": "yes"}]:
        ours, stock = (shown(admin_client, site, NOTES, case) for site in ("office", "plain"))
        assert ours == stock, case
        assert ours["rows"]
    data = {"action": "add_star", "index": "0", "select_across": "1", "_selected_action": "x"}
    admin_client.post(reverse(NOTES, current_app="office") + "?q=lantern", data)
    assert Note.objects.using("other").filter(stars=100).count() == 2


def test_the_two_sites_have_the_same_models() -> None:
    assert set(plain._registry) == set(office._registry)
