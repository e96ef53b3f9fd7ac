"""The searched list around a form: raw ids that are looked up in it, and rows with inlines."""

import re
from html import unescape
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import path, reverse

from tests.testapp.models import Note, Reply
from tests.testapp.site import NoteAdmin

from .searching import (
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
URLS = __name__

desk = admin.AdminSite(name="office")


class ReplyInline(admin.TabularInline):
    model = Reply
    extra = 1


@admin.register(Note, site=desk)
class DeskAdmin(NoteAdmin):
    inlines = [ReplyInline]


@admin.register(Reply, site=desk)
class RawReplyAdmin(admin.ModelAdmin):
    list_display = ["note"]
    raw_id_fields = ["note"]


urlpatterns = [path("admin/", admin.site.urls), path("office/", desk.urls)]


@pytest.fixture
def lanterns() -> list[Note]:
    """Eight hits, the better ones of which have the word in the title."""
    make_notes("A sailing boat")
    inside = make_notes(*(f"Item {n}" for n in range(4)), body="With a lantern.")
    named = make_notes(*(f"Lantern {n}" for n in range(4)))
    index_notes()
    return [*named, *inside]


def at(name: str, *args: Any) -> str:
    return reverse(f"admin:testapp_{name}", args=args, current_app="office")


# --- raw ids ---


def looked_up(client: Client, **query: str) -> Any:
    """Follow the magnifying glass beside a raw id, and search there."""
    form = text_of(client.get(at("reply_add")))
    (link,) = re.findall(r'<a href="([^"]+)" class="related-lookup"', form)
    address, _, given = unescape(link).partition("?")
    data = dict(pair.split("=") for pair in given.split("&"))
    # The browser's part: RelatedObjectLookups.js adds it.
    response = client.get(address, {**data, "_popup": "1", **query})
    assert response.status_code == 200
    return response


def test_a_raw_id_is_looked_up_by_relevance_and_chosen(
    admin_client: Client, lanterns: list[Note]
) -> None:
    response = looked_up(admin_client, q="lantern")
    assert summary_of(response) == "8 hits for lantern, best first"
    assert [title[0] for title in titles(response)] == ["L"] * 4 + ["I"]
    keys = re.findall(r'data-popup-opener="([^"]+)"', text_of(response))
    assert keys == [str(row.pk) for row in response.context["cl"].result_list]
    admin_client.post(at("reply_add"), {"note": keys[0]})
    assert Reply.objects.get().note.title.startswith("Lantern")


def test_the_pages_and_columns_of_a_pop_up(admin_client: Client, lanterns: list[Note]) -> None:
    pages = [looked_up(admin_client, q="lantern", p=str(page)) for page in (1, 2)]
    found = [title for page in pages for title in titles(page)]
    assert [title[0] for title in found] == ["L"] * 4 + ["I"] * 4
    assert len(set(found)) == 8
    by_title = looked_up(admin_client, q="lantern", o="-0")
    assert titles(by_title) == sorted(found, reverse=True)[:5]
    assert "_popup=1" in text_of(pages[0])


def test_a_pop_up_without_elasticsearch(admin_client: Client, lanterns: list[Note]) -> None:
    with no_elasticsearch():
        response = looked_up(admin_client, q="lantern")
    assert UNRANKED in text_of(response)
    assert len(titles(response)) == 5


# --- inlines ---


def test_a_hit_with_inlines_is_changed_and_leads_back_to_the_hits(
    admin_client: Client, lanterns: list[Note]
) -> None:
    best = open_list(admin_client, "lantern").context["cl"].result_list[0]
    link = next(
        unescape(link)
        for link in re.findall(r'<a href="([^"]+)"', text_of(open_list(admin_client, "lantern")))
        if str(best.pk) in link
    )
    form = admin_client.get(link)
    assert 'name="reply_set-0-id"' in text_of(form)
    fields = form.context["adminform"].form.initial
    data = {name: value for name, value in fields.items() if value is not None} | {
        "title": "Lantern of old",
        "reply_set-TOTAL_FORMS": "1",
        "reply_set-INITIAL_FORMS": "0",
        "reply_set-0-note": str(best.pk),
    }
    saved = admin_client.post(link, data)
    assert saved.status_code == 302, saved.context["errors"]
    assert saved["Location"] == f"{at('note_changelist')}?q=lantern"
    assert Note.objects.get(pk=best.pk).title == "Lantern of old"


def test_rows_with_inlines_are_deleted_by_the_action_with_what_hangs_on_them(
    admin_client: Client, lanterns: list[Note]
) -> None:
    for note in lanterns:
        Reply.objects.create(note=note)
    data = {
        "action": "delete_selected",
        "post": "yes",
        "select_across": "1",
        "index": "0",
        "_selected_action": str(lanterns[0].pk),
    }
    admin_client.post(f"{at('note_changelist')}?q=lantern", data)
    assert [note.title for note in Note.objects.all()] == ["A sailing boat"]
    assert not Reply.objects.exists()
