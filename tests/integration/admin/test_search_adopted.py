"""The change list of an index that something else created, with a small result window."""

from typing import Any

import pytest
from django.conf import settings
from django.test import Client, override_settings
from elasticsearch import Elasticsearch

from django_es_admin.indices.definition import get_definition
from django_es_admin.lifecycle.generations.adopt import adopt
from tests.servers import standing_between
from tests.testapp.models import Note

from .searching import (
    ACTION,
    address,
    elasticsearch_at,
    make_notes,
    open_list,
    summary_of,
    titles,
)

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("es"),
]
URLS = "tests.testapp.site"

WINDOW = 5


@pytest.fixture
def lanterns(es: Elasticsearch, prefix: str) -> list[Note]:
    """Twelve hits in an adopted index that gives five at once, and a note that is none."""
    definition = get_definition("testapp-notes")
    inside = make_notes(*(f"Item {n}" for n in range(6)), body="With a lantern.", kind="odd")
    named = make_notes(*(f"Lantern {n}" for n in range(6)))
    name = f"{prefix}notes-made-by-hand"
    es.indices.create(
        index=name,
        settings={"max_result_window": WINDOW, "number_of_replicas": 0},
        mappings=definition.mappings,
        aliases={definition.alias: {}},
    )
    for note in [*inside, *named, *make_notes("A boat")]:
        es.index(
            index=name,
            id=str(note.pk),
            document={"id": note.pk, "title": note.title, "body": note.body},
        )
    es.indices.refresh(index=name)
    assert adopt(definition) == (name,)
    return [*named, *inside]


def test_more_hits_than_the_window_are_read_by_a_point_in_time(
    admin_client: Client, lanterns: list[Note], prefix: str
) -> None:
    asked: list[str] = []

    def note(method: str, path: str, body: bytes) -> None:
        if b'"highlight"' not in body:
            asked.append(f"{method} {path.partition('?')[0].removeprefix('/' + prefix)}")
        if b'"search_after"' in body:
            asked.append("search_after")

    with standing_between(settings.ES_URL, note) as url, elasticsearch_at(url):
        response = open_list(admin_client, "lantern", _facets="True")
    assert summary_of(response) == "12 hits for lantern, best first"
    # After the one that the index refuses; once, however many facets.
    assert asked[-7:] == [
        "POST testapp-notes/_pit",
        "POST /_search",
        *["POST /_search", "search_after"] * 2,
        "DELETE /_pit",
    ]
    assert asked.count("POST testapp-notes/_pit") == 1


def test_pages_filters_and_actions_are_of_all_hits(
    admin_client: Client, lanterns: list[Note]
) -> None:
    pages = [titles(open_list(admin_client, "lantern", p=page)) for page in (1, 2, 3)]
    assert [len(page) for page in pages] == [5, 5, 2]
    every = [title for page in pages for title in page]
    assert [title[0] for title in every] == ["L"] * 6 + ["I"] * 6
    assert len(set(every)) == 12
    odd = open_list(admin_client, "lantern", kind__exact="odd")
    assert summary_of(odd).startswith("6 hits for lantern")
    data: dict[str, Any] = {**ACTION, "select_across": "1"}
    admin_client.post(f"{address()}?q=lantern", {**data, "_selected_action": str(lanterns[0].pk)})
    assert set(Note.objects.filter(stars=100)) == set(lanterns)


def test_the_limit_is_told(admin_client: Client, lanterns: list[Note]) -> None:
    with override_settings(ES_ADMIN={"SEARCH_MAX_RESULTS": 8, "SEARCH_TIMEOUT": 10}):
        response = open_list(admin_client, "lantern", p=2)
    assert "from the best 8 of 12 hits" in summary_of(response)
    assert [title[0] for title in titles(response)] == ["L", "I", "I"]
