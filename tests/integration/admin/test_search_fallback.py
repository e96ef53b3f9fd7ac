"""The search box while Elasticsearch is down, slow, wrong or without the index."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.test import Client, RequestFactory, override_settings
from django.urls import reverse

from django_es_admin.admin.mixins import fallback
from tests.attempts import noted_attempts
from tests.servers import (
    BUSY_JSON,
    UNAUTHORIZED_JSON,
    Answer,
    answering,
    closing,
    hanging,
    refusing_port,
    standing_between,
)
from tests.testapp.models import Label, Note, Shelf
from tests.testapp.site import NoteAdmin, office

from .searching import (
    ACTION,
    REFUSED,
    UNRANKED,
    address,
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

STARS = 100


def saying(status: int, body: str) -> Callable[[], AbstractContextManager[str]]:
    """Return what makes an Elasticsearch that gives this answer."""
    return partial(answering, status, body, "application/json", elasticsearch=True)


@pytest.fixture
def lanterns() -> list[Note]:
    """Seven notes that the index finds, and four more that only the database does."""
    notes = make_notes(*(f"Lantern {n}" for n in range(7)))
    index_notes()
    make_notes(*(f"Magiclanterns {n}" for n in range(4)))
    return notes


def run(client: Client, *, across: bool, q: str = "lantern", **more: Any) -> Any:
    """Send the action, for the first row or for all of them; follow to the page after it."""
    keys = [str(Note.objects.filter(title__contains="antern").order_by("title")[0].pk)]
    data = {**ACTION, "select_across": str(int(across)), "_selected_action": keys, **more}
    return client.post(f"{address()}?q={q}", data, follow=True)


def starred() -> int:
    return Note.objects.filter(stars=STARS).count()


# --- the warning, and who answers ---


def test_the_database_answers_and_the_page_says_so(
    admin_client: Client, lanterns: list[Note]
) -> None:
    with no_elasticsearch():
        response = open_list(admin_client, "lantern")
    page = text_of(response)
    assert f"{UNRANKED} The search server cannot be reached." in page
    assert page.count(UNRANKED) == 1
    assert summary_of(response) == "11 hits for lantern"
    # Sorted as ever, and the header says so.
    assert titles(response) == [f"Lantern {n}" for n in range(5)]
    assert "sorted ascending" in page
    assert UNRANKED not in text_of(open_list(admin_client, "lantern"))


def test_without_words_nobody_misses_elasticsearch(
    admin_client: Client, lanterns: list[Note]
) -> None:
    with no_elasticsearch():
        assert UNRANKED not in text_of(open_list(admin_client))


@pytest.mark.few(4)
@pytest.mark.parametrize(
    ("server", "reason"),
    [
        (hanging, "The search server takes too long to answer."),
        (closing, "The search server cannot be reached."),
        (answering, "Something that is not the search server answers at its address."),
        (
            saying(200, "[1, 2]"),
            "Something that is not the search server answers at its address.",
        ),
        (saying(401, UNAUTHORIZED_JSON), "The search server refuses the credentials of this site."),
        (saying(429, BUSY_JSON), "The search server is overloaded."),
        (saying(400, '{"error": {"reason": "No."}}'), "The search server refused this search."),
    ],
    ids=["hangs", "hangs up", "html", "list", "401", "429", "400"],
)
def test_the_reason_is_told_in_plain_words(
    admin_client: Client,
    lanterns: list[Note],
    server: Callable[[], AbstractContextManager[str]],
    reason: str,
) -> None:
    with server() as url, elasticsearch_at(url, timeout=0.5):
        response = open_list(admin_client, "lantern")
    assert f"{UNRANKED} {reason}" in text_of(response)
    assert len(titles(response)) == 5


def test_a_missing_index_is_told(admin_client: Client) -> None:
    make_notes("Lantern")
    response = open_list(admin_client, "lantern")
    assert f"{UNRANKED} There is no search index yet." in text_of(response)
    assert titles(response) == ["Lantern"]


def test_a_slow_server_costs_one_time_out_however_many_facets(
    admin_client: Client, lanterns: list[Note]
) -> None:
    with hanging() as url, elasticsearch_at(url, timeout=0.5), noted_attempts() as attempts:
        open_list(admin_client, "lantern", _facets="True", kind__exact="plain")
    assert [attempt.seconds <= 0.5 for attempt in attempts.all] == [True]


def test_a_slow_server_is_not_asked_again_whatever_the_parameters_say(
    admin_client: Client, lanterns: list[Note]
) -> None:
    again = {"retry_on_timeout": True, "max_retries": 3}
    with (
        hanging() as url,
        elasticsearch_at(url, timeout=0.5, **again),
        noted_attempts() as attempts,
    ):
        response = open_list(admin_client, "lantern")
    assert [attempt.seconds <= 0.5 for attempt in attempts.all] == [True]
    assert UNRANKED in text_of(response)


def test_another_node_answers_for_one_that_is_down(
    admin_client: Client, lanterns: list[Note]
) -> None:
    with refusing_port() as dead:
        server = {**settings.ES_SERVERS["default"], "HOSTS": [dead, settings.ES_URL]}
        with override_settings(ES_SERVERS={"default": server}):
            for _ in range(3):
                assert UNRANKED not in text_of(open_list(admin_client, "lantern"))


def test_marks_wait_no_longer_than_the_search_left_them(
    admin_client: Client, lanterns: list[Note]
) -> None:
    shown = threading.Event()

    def slow(method: str, path: str, body: bytes) -> Answer | None:
        if "_search" in path:
            shown.wait(30 if b'"highlight"' in body else 0.5)
        return None

    with (
        standing_between(settings.ES_URL, slow) as url,
        elasticsearch_at(url, timeout=2),
        noted_attempts() as attempts,
    ):
        response = open_list(admin_client, "lantern")
        assert not shown.is_set()
        shown.set()
    assert len(titles(response)) == 5
    assert "<mark>" not in text_of(response)
    assert len(attempts.all) == 2
    # The marks get what the search has left: 1.5 s, and not 2 once more.
    assert attempts.longest < 2.25


def test_autocomplete_is_answered_without_a_word(
    admin_client: Client, lanterns: list[Note]
) -> None:
    query = {"app_label": "testapp", "model_name": "reply", "field_name": "note"}
    with no_elasticsearch():
        response = admin_client.get(
            reverse("admin:autocomplete", current_app="office"), {"term": "magic\0", **query}
        )
        assert [r["text"][:5] for r in response.json()["results"]] == ["Magic"] * 4
        # No message was left behind for the next page.
        assert UNRANKED not in text_of(open_list(admin_client))


# --- where the database searches ---


def test_columns_and_relations_stand_in_for_the_fields(admin_client: Client) -> None:
    attic = Shelf.objects.create(name="Attic")
    red, _ = make_notes("Red", "Blue", shelf=attic, code="AB-1")
    red.labels.add(Label.objects.create(word="glass"), Label.objects.create(word="glassy"))
    with no_elasticsearch():
        assert titles(open_list(admin_client, "attic glass")) == ["Red"]
        assert titles(open_list(admin_client, "ab-1")) == ["Blue", "Red"]
        assert titles(open_list(admin_client, "'; DROP TABLE testapp_note")) == []


@pytest.mark.parametrize(
    ("term", "count", "shortened"),
    [
        (" ".join(["lantern"] + [f"word{n}" for n in range(2_000)]), 0, True),
        ("lantern " * 2_000, 1, False),
        # The first fifty are searched for, and are there.
        (" ".join([*(f"l{n}" for n in range(50)), *(f"m{n}" for n in range(60))]), 1, True),
        ("x" * 60_000, 0, True),
        (" " * 2_000 + "lantern", 1, False),
    ],
    ids=["many", "one", "first", "long", "spaces"],
)
def test_the_database_takes_as_many_words_as_elasticsearch(
    admin_client: Client, term: str, count: int, shortened: bool
) -> None:
    make_notes("Lantern", body=" ".join(f"l{n}" for n in range(50)))
    with no_elasticsearch():
        response = open_list(admin_client, term)
    assert response.context["cl"].result_count == count
    assert ("it uses at most 50 words" in summary_of(response)) == shortened


def test_two_words_in_quotes_stay_together_in_the_database(admin_client: Client) -> None:
    make_notes("Red lantern", "Lantern, red")
    with no_elasticsearch():
        assert titles(open_list(admin_client, '"red lantern" "red"')) == ["Red lantern"]


def admin_with(**options: Any) -> NoteAdmin:
    return type("OtherAdmin", (NoteAdmin,), options)(Note, office)


def request_of_superuser() -> Any:
    request = RequestFactory().get("/", {"q": "x"})
    request.user = AnonymousUser()
    request.user.is_superuser = True
    return request


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({"search_fields": ["body"]}, ["Second"]),
        ({"search_fields": ["body"], "fallback_search_fields": ["^title"]}, ["Lantern"]),
        # Nothing in the database can be searched for these: no row is better than every row.
        ({"search_fields": ["shout", "whispered"]}, []),
        ({"search_fields": ["body"], "fallback_search_fields": []}, []),
    ],
)
def test_the_fields_of_the_database(options: dict[str, Any], found: list[str]) -> None:
    make_notes("Lantern")
    make_notes("Second", body="A lantern.")
    model_admin = admin_with(**options)
    with no_elasticsearch():
        rows, _ = model_admin.get_search_results(
            request_of_superuser(), Note.objects.all(), "lantern"
        )
        assert [row.title for row in rows] == found
    # The admin, which threads share, is as it was.
    assert model_admin.get_search_fields(request_of_superuser()) == options["search_fields"]


def test_one_that_overrides_get_search_fields_falls_back(admin_client: Client) -> None:
    make_notes("Lantern")
    model_admin = admin_with(get_search_fields=lambda self, request: ["title^3"])
    with no_elasticsearch():
        rows, _ = model_admin.get_search_results(
            request_of_superuser(), Note.objects.all(), "lantern"
        )
        assert [row.title for row in rows] == ["Lantern"]


# --- actions on all rows ---


def test_an_action_on_all_hits_acts_on_all_hits(admin_client: Client, lanterns: list[Note]) -> None:
    open_list(admin_client, "lantern")
    assert REFUSED not in text_of(run(admin_client, across=True))
    assert set(Note.objects.filter(stars=STARS)) == set(lanterns)


def test_refused_if_elasticsearch_dies_before_the_action(
    admin_client: Client, lanterns: list[Note]
) -> None:
    open_list(admin_client, "lantern")
    with no_elasticsearch():
        assert REFUSED in text_of(run(admin_client, across=True))
    assert starred() == 0


def test_refused_if_the_rows_were_those_of_the_database(
    admin_client: Client, lanterns: list[Note]
) -> None:
    with no_elasticsearch():
        open_list(admin_client, "lantern")
    assert REFUSED in text_of(run(admin_client, across=True))
    assert starred() == 0


def test_refused_while_elasticsearch_stays_away(admin_client: Client, lanterns: list[Note]) -> None:
    with no_elasticsearch():
        open_list(admin_client, "lantern")
        assert REFUSED in text_of(run(admin_client, across=True))
    assert starred() == 0


def test_refused_if_the_page_itself_says_so(admin_client: Client, lanterns: list[Note]) -> None:
    with no_elasticsearch():
        page = text_of(open_list(admin_client, "lantern"))
    assert f'name="{fallback.FIELD}"' in page
    # Another tab got a good answer meanwhile.
    assert f'name="{fallback.FIELD}"' not in text_of(open_list(admin_client, "lantern"))
    response = run(admin_client, across=True, **{fallback.FIELD: "True"})
    assert REFUSED in text_of(response)
    assert starred() == 0


def test_allowed_again_after_a_new_answer(admin_client: Client, lanterns: list[Note]) -> None:
    with no_elasticsearch():
        open_list(admin_client, "lantern")
        open_list(admin_client, "boat")
    open_list(admin_client, "lantern")
    assert REFUSED not in text_of(run(admin_client, across=True))
    assert starred() == 7


def test_the_session_remembers_a_few_searches_only(admin_client: Client) -> None:
    with no_elasticsearch():
        for n in range(25):
            open_list(admin_client, f"boat{n}")
    (kept,) = (v for k, v in admin_client.session.items() if "elasticsearch" in k)
    assert len(kept) == 20


def test_all_rows_without_a_search_are_nobodys_concern(
    admin_client: Client, lanterns: list[Note]
) -> None:
    with no_elasticsearch():
        run(admin_client, across=True, q="")
    assert starred() == 11


def test_ticked_rows_are_acted_on_whoever_answers(
    admin_client: Client, lanterns: list[Note]
) -> None:
    open_list(admin_client, "lantern")
    keys = [str(note.pk) for note in lanterns[:3]]
    with no_elasticsearch():
        page = run(admin_client, across=False, q="lnatern", _selected_action=keys)
    assert REFUSED not in text_of(page)
    assert set(Note.objects.filter(stars=STARS)) == set(lanterns[:3])


def test_what_was_confirmed_is_deleted_and_nothing_else(
    admin_client: Client, lanterns: list[Note]
) -> None:
    """All hits are chosen, confirmed on a page, and Elasticsearch dies before the answer."""
    open_list(admin_client, "lantern")
    confirmation = run(admin_client, across=True, action="delete_selected")
    confirmed = [str(row.pk) for row in confirmation.context["queryset"]]
    assert len(confirmed) == 7
    with no_elasticsearch():
        data = {"action": "delete_selected", "post": "yes", "_selected_action": confirmed}
        admin_client.post(f"{address()}?q=lantern", data)
    assert sorted(Note.objects.values_list("title", flat=True)) == [
        f"Magiclanterns {n}" for n in range(4)
    ]


def test_a_confirmation_that_repeats_the_choice_of_all_is_refused(
    admin_client: Client, lanterns: list[Note]
) -> None:
    open_list(admin_client, "lantern")
    with no_elasticsearch():
        response = run(admin_client, across=True, action="delete_selected", post="yes")
    assert REFUSED in text_of(response)
    assert Note.objects.count() == 11


# --- editing in the list ---


def edits(response: Any, **values: str) -> dict[str, str]:
    """Return the form of the list as a browser sends it, every row with these values."""
    rows = response.context["cl"].result_list
    data = {"form-TOTAL_FORMS": str(len(rows)), "form-INITIAL_FORMS": str(len(rows)), "_save": "1"}
    for place, row in enumerate(rows):
        data |= {f"form-{place}-id": str(row.pk), f"form-{place}-stars": str(place)}
        data |= {f"form-{place}-{name}": value for name, value in values.items()}
    return data


def test_edits_are_saved_to_their_rows_whoever_answers(
    admin_client: Client, lanterns: list[Note]
) -> None:
    response = open_list(admin_client, "lantern")
    expected = {row.pk: place for place, row in enumerate(response.context["cl"].result_list)}
    with no_elasticsearch():
        saved = admin_client.post(f"{address()}?q=lantern", edits(response))
    assert saved.status_code == 302
    assert {n.pk: n.stars for n in Note.objects.filter(pk__in=expected)} == expected


def test_forms_that_come_back_stand_in_their_own_rows(
    admin_client: Client, lanterns: list[Note]
) -> None:
    # A word that only Elasticsearch finds: to the database no row is a hit.
    response = open_list(admin_client, "lantrn")
    shown = [row.pk for row in response.context["cl"].result_list]
    assert len(shown) == 5
    with no_elasticsearch():
        page = admin_client.post(f"{address()}?q=lantrn", edits(response, stars="many"))
    assert page.status_code == 200
    changelist = page.context["cl"]
    assert [row.pk for row in changelist.result_list] == shown
    assert [form.instance.pk for form in changelist.formset.forms] == shown
    assert UNRANKED in text_of(page)
    assert Note.objects.filter(stars__gt=0).count() == 0


def test_keys_that_are_none_come_back_as_an_error_not_a_crash(
    admin_client: Client, lanterns: list[Note]
) -> None:
    data = edits(open_list(admin_client, "lantern"), id="not-a-uuid")
    page = admin_client.post(f"{address()}?q=lantern", data)
    assert page.status_code == 200
    assert Note.objects.filter(stars__gt=0).count() == 0
