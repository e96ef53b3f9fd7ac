"""Notes to search, and an Elasticsearch that can be made unreachable."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.test import Client, override_settings
from django.urls import reverse

from django_es_admin.indices.definition import get_definition
from tests.live import make_live
from tests.servers import Answer, refusing_port, standing_between
from tests.testapp.models import Note

NOTES = "admin:testapp_note_changelist"
ACTION = {"action": "add_star", "index": "0"}
UNRANKED = "Search is answered by the database at the moment; results are unranked."
REFUSED = "Nothing was done"


def index_notes() -> None:
    """Make the index of the notes that are there."""
    make_live(get_definition("testapp-notes"))


def make_notes(*titles: str, **values: Any) -> list[Note]:
    return [Note.objects.create(title=title, **{"kind": "plain"} | values) for title in titles]


def address(name: str = NOTES) -> str:
    return reverse(name, current_app="office")


def open_list(client: Client, q: str = "", name: str = NOTES, **query: Any) -> HttpResponse:
    """Open a change list and search for ``q``."""
    response = client.get(address(name), {"q": q, **query} if q else query)
    assert response.status_code == 200
    return response


def titles(response: Any) -> list[str]:
    return [row.title for row in response.context["cl"].result_list]


def text_of(response: Any) -> str:
    text: str = response.content.decode()
    return text


def summary_of(response: Any) -> str:
    """Return the line above the results, without its markup."""
    text = text_of(response).partition('<p id="search-summary">')[2].partition("</p>")[0]
    while "<" in text:
        before, _, rest = text.partition("<")
        text = before + rest.partition(">")[2]
    return " ".join(text.split())


@contextmanager
def elasticsearch_at(url: str, timeout: float = 5, **params: Any) -> Iterator[None]:
    """Let the connection ``default`` lead to another server.

    Args:
        timeout: seconds that a search may take.
        params: arguments of its client.
    """
    server = {**settings.ES_SERVERS["default"], "HOSTS": [url], "PARAMS": params}
    options = {**settings.ES_ADMIN, "SEARCH_TIMEOUT": timeout}
    with override_settings(ES_SERVERS={"default": server}, ES_ADMIN=options):
        yield


@contextmanager
def no_elasticsearch() -> Iterator[None]:
    with refusing_port() as url, elasticsearch_at(url):
        yield


@contextmanager
def counted_searches() -> Iterator[list[str]]:
    """Give the list of searches that go to Elasticsearch, through a proxy before it."""
    seen: list[str] = []

    def note(method: str, path: str, body: bytes) -> Answer | None:
        if "_search" in path:
            seen.append(body.decode())
        return None

    with standing_between(settings.ES_URL, note) as url, elasticsearch_at(url):
        yield seen
