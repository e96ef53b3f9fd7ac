"""Two tenants in one index: none ever sees data of the other."""

import json
import re
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client, override_settings
from django.urls import include, path, reverse

from tests.testapp import depot, site
from tests.testapp.models import Label, Note

from .searching import counted_searches, index_notes, make_notes, text_of

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("es"),
]
URLS = __name__

urlpatterns = [path("", include(site)), path("depot/", depot.depot.urls)]

NOTES = "admin:testapp_note_changelist"
SECRET = "Theirsecret"
PAGES: list[dict[str, str]] = [
    {},
    {"_facets": "True"},
    {"kind__exact": "odd"},
    {"kind__exact": "odd", "_facets": "True"},
    {"written__year": "2026"},
    {"o": "1"},
    {"o": "-3", "p": "2"},
    {"p": "2"},
    {"all": ""},
    {"_popup": "1"},
    {"starred": "no"},
]
# Words of theirs, of both, misspelt ones, parts of theirs, and operators.
TERMS = ["lantern", "Theirsecret", "theirsecrat", "theirsec", "lantern theirsecret", "-lantern"]


@pytest.fixture
def clerk(client: Client) -> Client:
    """Notes of two tenants; the client is of the second, who has seven of them."""
    label = Label.objects.create(word="shared")
    for number in range(9):
        (note,) = make_notes(
            f"{SECRET} lantern {number}",
            body=f"lantern {SECRET}",
            code=SECRET,
            tenant="theirs",
            kind="odd",
            written="2019-01-01",
        )
        note.labels.add(label)
    make_notes(*(f"Our lantern {number}" for number in range(7)), body="lantern", tenant="clerk")
    index_notes()
    user = User.objects.create_user("clerk", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(content_type__model__in=["note", "reply"]))
    client.force_login(user)
    return client


def own() -> set[str]:
    return {str(key) for key in Note.objects.filter(tenant="clerk").values_list("pk", flat=True)}


def told(text: str, term: str) -> str:
    """Return a page without what was typed, which it repeats."""
    for echo in (term, term.replace(" ", "+"), term.replace(" ", "%2B")):
        text = re.sub(re.escape(echo), "", text, flags=re.IGNORECASE)
    return text.casefold()


def test_no_page_tells_of_the_other(clerk: Client) -> None:
    for term in TERMS:
        for query in PAGES:
            response = clerk.get(reverse(NOTES, current_app="office"), {"q": term, **query})
            page = told(text_of(response), term)
            assert "secret" not in page, (term, query)
            assert "2019" not in page, (term, query)
            if response.status_code == 200:
                changelist = response.context["cl"]
                assert {str(row.pk) for row in changelist.result_list} <= own()
                assert changelist.result_count in (0, 7), (term, query)
                assert changelist.full_result_count == 7
                counts = re.findall(r">\s*[^<>]+ \((\d+)\)", text_of(response))
                assert {int(count) for count in counts} <= {0, 7}


def test_no_other_row_is_searched_for_marks(clerk: Client) -> None:
    with counted_searches() as searches:
        clerk.get(reverse(NOTES, current_app="office"), {"q": "lantern"})
    (body,) = (json.loads(body) for body in searches if '"highlight"' in body)
    named = body["query"]["bool"]["filter"]["ids"]["values"]
    assert named
    assert set(named) <= own()


def test_no_answer_while_typing(clerk: Client) -> None:
    query = {"app_label": "testapp", "model_name": "reply", "field_name": "note"}
    address = reverse("admin:autocomplete", current_app="office")
    for term in ["", *TERMS]:
        for page in ("1", "2"):
            response = clerk.get(address, {"term": term, "page": page, **query})
            if response.status_code == 200:
                answer = response.json()
                assert {result["id"] for result in answer["results"]} <= own()
                assert not answer["pagination"]["more"]


def test_no_line_of_an_export(clerk: Client) -> None:
    address = reverse("admin:testapp_note_export", current_app="depot")
    every = [str(key) for key in Note.objects.values_list("pk", flat=True)]
    fields = {"format": "0", "resource": "0", "noteresource_id": "on", "noteresource_title": "on"}
    posts: list[dict[str, Any]] = [{}, {"export_items": every}, {"export_items": sorted(own())}]
    lines = 0
    for term in ["", "lantern", SECRET]:
        for more in posts:
            response = clerk.post(f"{address}?q={term}", {**fields, **more})
            content = response.getvalue() if response.streaming else response.content
            assert SECRET not in content.decode()
            lines += content.count(b"Our lantern")
    assert lines >= 14


def test_no_row_is_acted_on(clerk: Client) -> None:
    every = [str(key) for key in Note.objects.values_list("pk", flat=True)]
    for term in ["lantern", SECRET, ""]:
        for across in ("0", "1"):
            data = {"action": "add_star", "index": "0", "select_across": across}
            address = f"{reverse(NOTES, current_app='office')}?q={term}"
            clerk.post(address, {**data, "_selected_action": every})
    assert set(Note.objects.filter(stars=100).values_list("tenant", flat=True)) == {"clerk"}


@pytest.mark.parametrize("limit", [1, 3])
def test_no_page_tells_that_others_have_more_hits_than_are_looked_at(
    clerk: Client, limit: int
) -> None:
    with override_settings(ES_ADMIN={"SEARCH_MAX_RESULTS": limit, "SEARCH_TIMEOUT": 10}):
        for query in PAGES:
            asked = {"q": SECRET, **query}
            response = clerk.get(reverse(NOTES, current_app="office"), asked)
            if response.status_code == 200 and response.context["cl"].result_count == 0:
                nothing = text_of(
                    clerk.get(reverse(NOTES, current_app="office"), {**asked, "q": "qzqzqzq"})
                )
                assert "None of the best" not in text_of(response), query
                assert "None of the best" not in nothing
