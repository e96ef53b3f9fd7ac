"""What a result page shows beside its rows: marks, other spellings, rows that are missing."""

import re
from typing import Any

import pytest
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import Permission, User
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.test import Client, override_settings
from django.utils.functional import cached_property
from django.utils.html import escape

from django_es_admin.admin.mixins import search
from django_es_admin.models import OutboxEntry
from django_es_admin.search import fresh
from django_es_admin.search.suggest import Spelling
from tests.servers import Answer, standing_between
from tests.testapp.models import Label, Note
from tests.testapp.site import NoteAdmin

from .searching import (
    UNRANKED,
    counted_searches,
    elasticsearch_at,
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


def marks(response: Any) -> list[str]:
    return re.findall(r"<mark>(.*?)</mark>", text_of(response))


# --- highlights ---


def test_what_was_searched_for_is_marked_in_the_chosen_columns(admin_client: Client) -> None:
    make_notes("A red lantern", "Lanterns, red", body="red")
    index_notes()
    response = open_list(admin_client, "red lantern")
    assert '<th class="field-title">' in text_of(response)
    assert sorted(marks(response)) == ["Lanterns", "lantern", "red", "red"]
    assert "A <mark>red</mark> <mark>lantern</mark></a>" in text_of(response)


def test_marks_are_the_only_markup(admin_client: Client) -> None:
    title = "<script>alert('lantern')</script> & <mark>\"lantern\""
    make_notes(title)
    index_notes()
    response = open_list(admin_client, "lantern")
    page = text_of(response)
    assert "<script>alert" not in page
    shown = escape(title).replace("lantern", "<mark>lantern</mark>")
    assert shown in page


def test_a_row_that_the_index_does_not_know_yet_is_shown_as_it_is(admin_client: Client) -> None:
    make_notes("Old lantern", "Other lantern")
    index_notes()
    Note.objects.filter(title="Old lantern").update(title="New name")
    response = open_list(admin_client, "lantern")
    assert marks(response) == ["lantern"]
    assert "New name" in text_of(response)
    assert "Old" not in text_of(response)


def test_marked_columns_sort_and_link_as_before(admin_client: Client) -> None:
    make_notes("Lantern b", "Lantern a")
    index_notes()
    response = open_list(admin_client, "lantern", o="1")
    assert titles(response) == ["Lantern a", "Lantern b"]
    page = text_of(response)
    assert "sortable column-title sorted ascending" in page
    assert "<mark>Lantern</mark> a</a>" in page
    assert ">Headline</a>" in page


def test_a_page_without_hits_or_without_an_answer_has_no_marks(admin_client: Client) -> None:
    make_notes("Lantern")
    index_notes()
    with no_elasticsearch():
        assert marks(open_list(admin_client, "lantern")) == []
    assert marks(open_list(admin_client)) == []
    with counted_searches() as searches:
        assert marks(open_list(admin_client, "zeppelin")) == []
    assert len(searches) == 1


# --- did you mean ---


def test_another_spelling_is_a_link(admin_client: Client) -> None:
    make_notes("Lantern of brass", "Lantern of glass")
    index_notes()
    response = open_list(admin_client, "lantren of gless", kind__exact="plain", p="1")
    assert summary_of(response).endswith("Did you mean lantern of glass?")
    (link,) = re.findall(r'Did you mean <a href="(.*?)"', text_of(response))
    assert link == "?kind__exact=plain&amp;q=lantern+of+glass"


@pytest.mark.parametrize("term", ["lantern", "LANTERN", "xylophagous", "2025", "lan&", "the", '"'])
def test_what_is_there_needs_no_other_spelling(admin_client: Client, term: str) -> None:
    make_notes("Lantern 2024", body="lantarn", code="Lan")
    index_notes()
    assert "Did you mean" not in text_of(open_list(admin_client, term))


def test_words_of_rows_that_others_have_are_not_told(client: Client) -> None:
    make_notes("Secretproject", tenant="theirs")
    make_notes("Lantern", tenant="clerk")
    index_notes()
    clerk = User.objects.create_user("clerk", is_staff=True)
    client.force_login(clerk)
    clerk.user_permissions.set(Permission.objects.filter(content_type__model="note"))
    response = open_list(client, "secretprojekt")
    assert titles(response) == []
    assert "ecretproject" not in text_of(response).replace("secretprojekt", "")
    assert "Did you mean" not in text_of(response)


def test_a_live_index_without_the_field_is_no_refusal(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_notes("Lantern")
    index_notes()
    monkeypatch.setattr(Spelling, "_dictionaries", property(lambda self: ["not_there_yet"]))
    assert titles(open_list(admin_client, "lantern")) == ["Lantern"]


@pytest.fixture(params=[False, None], ids=["database", "automatic"])
def either_mode(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the database page, or Elasticsearch."""
    monkeypatch.setattr(NoteAdmin, "search_unrestricted", request.param)


@pytest.mark.usefixtures("either_mode")
def test_words_that_are_in_some_hit_need_no_other_spelling(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each in another one: no hit has all of them."""
    make_notes(*(f"Lantern {number}" for number in range(8)), "Lantarn", "Candle", "Candel")
    index_notes()
    OutboxEntry.objects.all().delete()
    monkeypatch.setattr(NoteAdmin, "search_operator", "or")
    for query in ({}, {"p": 2}, {"o": "1"}, {"o": "-3"}, {"kind__exact": "plain"}):
        for term in ("lantern candel", "lantarn candle"):
            assert "Did you mean" not in summary_of(open_list(admin_client, term, **query)), query
        said = summary_of(open_list(admin_client, "lantirn candel", **query))
        assert said.endswith("Did you mean lantern candel?"), query


@pytest.mark.few(4)
@pytest.mark.usefixtures("either_mode")
@pytest.mark.parametrize("boost", ["1", "0.01", "1.1", "5000"])
def test_the_weight_of_a_field_makes_no_typo_exact(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch, boost: str
) -> None:
    make_notes("Lantern")
    index_notes()
    OutboxEntry.objects.all().delete()
    monkeypatch.setattr(NoteAdmin, "search_fields", [f"title^{boost}", "body"])
    response = open_list(admin_client, "lantren")
    assert summary_of(response).endswith("Did you mean lantern?")
    assert marks(response) == ["Lantern"]
    with counted_searches() as searches:
        response = open_list(admin_client, "lantern")
    assert marks(response) == ["Lantern"]
    # What has the words needs no second look, and no typo is looked for to mark them.
    assert [body for body in searches if '"fuzziness"' in body] == searches[:1]
    assert not [body for body in searches if "as_typed" in body]


@pytest.mark.few(2)
@pytest.mark.usefixtures("either_mode")
@pytest.mark.parametrize("score", [0, 1, 1_000_000])
def test_the_scores_of_a_query_of_the_project_say_nothing_of_the_spelling(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch, score: int
) -> None:
    make_notes("Lantern", "Candle")
    index_notes()
    OutboxEntry.objects.all().delete()

    def everything(self: Any, request: HttpRequest, term: str) -> Any:
        return {"constant_score": {"filter": {"match_all": {}}, "boost": score}}

    monkeypatch.setattr(NoteAdmin, "get_search_query", everything)
    for query in ({}, {"o": "3"}):
        for term, meant in (("lantren", "lantern"), ("lantern candel", "lantern candle")):
            said = summary_of(open_list(admin_client, term, **query))
            assert said.endswith(f"Did you mean {meant}?"), query
        assert "Did you mean" not in summary_of(open_list(admin_client, "lantern", **query))


@pytest.mark.usefixtures("either_mode")
def test_a_page_does_without_another_spelling_if_the_look_for_it_fails(
    admin_client: Client,
) -> None:
    make_notes("Lantern")
    index_notes()
    OutboxEntry.objects.all().delete()

    def refuse(method: str, path: str, body: bytes) -> Answer | None:
        if b"as_typed" not in body:
            return None
        return Answer(503, "{}", "application/json", elasticsearch=True)

    with standing_between(settings.ES_URL, refuse) as url, elasticsearch_at(url):
        response = open_list(admin_client, "lantren")
    assert titles(response) == ["Lantern"]
    assert "Did you mean" not in text_of(response)
    assert UNRANKED not in text_of(response)


# --- where index and database differ ---


def test_hits_that_the_database_has_no_more_are_told(admin_client: Client) -> None:
    make_notes("Lantern a", "Lantern b", "Lantern c", kind="odd")
    index_notes()
    Note.objects.filter(title="Lantern b").delete()
    told = "1 hit is no longer in the database."
    assert summary_of(open_list(admin_client, "lantern")) == (
        f"2 hits for lantern, best first {told}"
    )
    assert told in summary_of(open_list(admin_client, "lantern", o="1"))
    # Under a filter nobody knows which of them it would have left.
    assert told not in summary_of(open_list(admin_client, "lantern", kind__exact="odd"))
    Note.objects.filter(title="Lantern a").delete()
    told = "2 hits are no longer in the database."
    assert told in summary_of(open_list(admin_client, "lantern"))


class PlainOnes(admin.SimpleListFilter):
    """Leaves out rows unless somebody asks for them."""

    title = "which"
    parameter_name = "which"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("all", "All")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Note]) -> QuerySet[Note]:
        return queryset if self.value() == "all" else queryset.filter(kind="plain")


def test_rows_that_a_filter_leaves_out_by_itself_are_not_gone(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(NoteAdmin, "list_filter", [PlainOnes])
    make_notes("Lantern a", "Lantern b", "Lantern c", kind="odd")
    make_notes("Lantern d")
    index_notes()
    Note.objects.filter(title="Lantern a").delete()
    told = "1 hit is no longer in the database."
    response = open_list(admin_client, "lantern")
    assert summary_of(response) == "1 hit for lantern"
    assert told in summary_of(open_list(admin_client, "lantern", which="all"))


def test_nothing_is_told_of_rows_that_the_project_takes_from_the_hits(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hide(self: Any, request: HttpRequest, rows: QuerySet[Note], term: str) -> Any:
        found, duplicates = super(NoteAdmin, self).get_search_results(request, rows, term)
        return found.exclude(tenant="theirs"), duplicates

    monkeypatch.setattr(NoteAdmin, "get_search_results", hide, raising=False)
    make_notes("Lantern a", "Lantern b")
    make_notes("Lantern c", "Lantern d", "Secretlantern", tenant="theirs")
    index_notes()
    assert summary_of(open_list(admin_client, "lantern")) == "2 hits for lantern, best first"
    assert "secretlantern" not in text_of(open_list(admin_client, "secretlantarn")).lower()
    with override_settings(ES_ADMIN={"SEARCH_MAX_RESULTS": 3, "SEARCH_TIMEOUT": 10}):
        told = summary_of(open_list(admin_client, "lantern"))
    assert "from the best 3 hits" in told
    assert "4" not in told


def test_a_filter_that_may_repeat_rows_hides_no_other_spelling(admin_client: Client) -> None:
    label = Label.objects.create(word="bright")
    for note in make_notes("Lantern of brass", "Lantern of glass"):
        note.labels.add(label)
    index_notes()
    response = open_list(admin_client, "lantren of gless", labels__id__exact=str(label.pk))
    assert summary_of(response).endswith("Did you mean lantern of glass?")


# --- honest figures ---


class FixedPaginator(Paginator):
    """Says how many rows there are without looking."""

    guess = 50

    @property
    def count(self) -> int:
        return self.guess


class CappingPaginator(Paginator):
    """Counts only so far."""

    guess = 50

    @property
    def count(self) -> int:
        return len(self.object_list[: self.guess])


class EstimatingPaginator(Paginator):
    """Takes the database's estimate for the whole table, as if nothing had been searched."""

    guess = 50

    @cached_property
    def count(self) -> int:
        return self.guess

    @cached_property
    def num_pages(self) -> int:
        return 3


PAGINATORS = [FixedPaginator, CappingPaginator, EstimatingPaginator]


@pytest.fixture(params=[False, None], ids=["database", "automatic"])
def option(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool | None:
    """Who counts: the database, or Elasticsearch wherever it is the same."""
    monkeypatch.setattr(NoteAdmin, "search_unrestricted", request.param)
    value: bool | None = request.param
    return value


@pytest.mark.few(8)
@pytest.mark.usefixtures("option")
@pytest.mark.parametrize("kind", PAGINATORS)
@pytest.mark.parametrize(
    "guess",
    # None, fewer than a page has, more than there are; then more of these.
    [0, 4, 50, *(pytest.param(guess, marks=pytest.mark.slow) for guess in (1, 100_000))],
)
def test_hits_are_counted_whatever_a_paginator_says(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch, kind: type[Any], guess: int
) -> None:
    monkeypatch.setattr(NoteAdmin, "paginator", kind)
    monkeypatch.setattr(kind, "guess", guess)
    make_notes(*(f"Lantern {n}" for n in range(7)))
    index_notes()
    OutboxEntry.objects.all().delete()
    # A text, which the database sorts, and a number.
    for sorting in ({}, {"o": "1"}, {"o": "-3"}, {"kind__exact": "plain"}):
        response = open_list(admin_client, "lantern", **sorting)
        told = summary_of(response)
        assert told.startswith("7 hits for lantern")
        assert "database" not in told
        assert not re.search(r"-\d", told)
        assert len(set(titles(response))) == len(titles(response)) >= min(guess, 5)
    response = open_list(admin_client, "zeppelin")
    assert summary_of(response).startswith("No hits for zeppelin")
    assert titles(response) == []
    with no_elasticsearch():
        assert summary_of(open_list(admin_client, "lantern")).startswith("7 hits for lantern")


@pytest.mark.few(4)
@pytest.mark.usefixtures("option")
@pytest.mark.parametrize("kind", [FixedPaginator, EstimatingPaginator])
@pytest.mark.parametrize("guess", [6.5, -1])
# Django's own page counts with the estimate, too.
@pytest.mark.filterwarnings("ignore:Plural value must be an integer")
def test_an_estimate_may_be_a_fraction_or_unknown(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch, kind: type[Any], guess: float
) -> None:
    monkeypatch.setattr(NoteAdmin, "paginator", kind)
    monkeypatch.setattr(kind, "guess", guess)
    make_notes(*(f"Lantern {n}" for n in range(7)))
    index_notes()
    OutboxEntry.objects.all().delete()
    for sorting in ({}, {"o": "1"}, {"o": "-3"}, {"all": ""}):
        response = open_list(admin_client, "lantern", **sorting)
        assert summary_of(response).startswith("7 hits for lantern")
        whole = guess < 0 or "all" in sorting
        assert len(set(titles(response))) == (7 if whole else 5)


class EstimatingRows(QuerySet[Note]):
    """Rows whose number is a guess."""

    def count(self) -> int:
        return 50


@pytest.mark.few(2)
@pytest.mark.usefixtures("option")
@pytest.mark.parametrize("checked", [0, 1_000])
def test_hits_are_counted_whatever_the_rows_say(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch, checked: int
) -> None:
    def rows(self: Any, request: HttpRequest) -> QuerySet[Note]:
        return EstimatingRows(Note).filter(tenant="ours")

    monkeypatch.setattr(NoteAdmin, "get_queryset", rows)
    monkeypatch.setattr(search, "MAX_CHECKED", checked)
    monkeypatch.setattr(fresh, "wrote_within", lambda database, seconds: False)
    make_notes(*(f"Lantern {n}" for n in range(7)))
    make_notes("Lantern x", tenant="theirs")
    index_notes()
    OutboxEntry.objects.all().delete()
    for sorting in ({}, {"o": "1"}, {"o": "-3"}, {"kind__exact": "plain"}, {"all": ""}):
        told = summary_of(open_list(admin_client, "lantern", **sorting))
        assert told.startswith("7 hits for lantern"), sorting


@pytest.mark.usefixtures("option")
def test_rows_that_a_join_repeats_are_counted_and_paged_once(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    labels = [Label.objects.create(word=word) for word in ("brass", "glass", "tin")]
    for note in make_notes(*(f"Lantern {n}" for n in range(7))):
        note.labels.set(labels)
    index_notes()

    def joined(self: Any, request: HttpRequest) -> QuerySet[Note]:
        return Note.objects.filter(labels__in=labels)

    monkeypatch.setattr(NoteAdmin, "get_queryset", joined)
    for sorting in ({}, {"o": "1"}, {"o": "-1"}):
        pages = [open_list(admin_client, "lantern", p=page, **sorting) for page in (1, 2)]
        found = [title for page in pages for title in titles(page)]
        assert len(found) == len(set(found)) == 7
        assert pages[0].context["cl"].result_count == 7
        assert summary_of(pages[0]).startswith("7 hits for lantern")
        assert len(titles(pages[0])) == 5
    assert titles(open_list(admin_client, "lantern", o="-1"))[0] == "Lantern 6"
    every = titles(open_list(admin_client, "lantern", all=""))
    assert len(every) == len(set(every)) == 7


@pytest.mark.parametrize("term", ["zeppelin", "lantern zeppelin"])
def test_a_hint_to_the_spelling_needs_a_search(admin_client: Client, term: str) -> None:
    make_notes("Lantern")
    index_notes()
    assert "Check the spelling" in summary_of(open_list(admin_client, term))
