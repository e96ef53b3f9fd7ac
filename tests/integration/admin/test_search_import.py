"""Sheets that change what is indexed, with django-import-export."""

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from elasticsearch import Elasticsearch

from django_es_admin.models import OutboxEntry
from tests.servers import Answer, standing_between
from tests.testapp.models import Note

from .searching import elasticsearch_at, index_notes, make_notes, text_of

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("es"),
    pytest.mark.urls("tests.testapp.depot"),
]

ROWS = 2_500
PLAIN, BULK = "0", "1"


def address(page: str) -> str:
    return reverse(f"admin:testapp_note_{page}", current_app="depot")


def preview(client: Client, titles: list[str], resource: str, ids: list[Any] | None = None) -> Any:
    keys = ids or [uuid.uuid4() for _ in titles]
    text = "id,title,kind,stars\n" + "".join(
        f"{key},{title},plain,1\n" for key, title in zip(keys, titles, strict=True)
    )
    sheet = SimpleUploadedFile("a.csv", text.encode())
    data = {"format": "0", "resource": resource, "import_file": sheet}
    return client.post(address("import"), data)


def confirm(client: Client, shown: Any) -> Any:
    data = shown.context["confirm_form"].initial
    return client.post(address("process_import"), data, follow=True)


def indexed(es: Elasticsearch, prefix: str) -> list[str]:
    es.indices.refresh(index=f"{prefix}testapp-notes")
    hits = es.search(index=f"{prefix}testapp-notes", size=10_000)["hits"]["hits"]
    return sorted(hit["_source"]["title"] for hit in hits)


@pytest.mark.parametrize("resource", [PLAIN, BULK])
def test_an_import_becomes_bulk_requests(
    admin_client: Client, es: Elasticsearch, prefix: str, resource: str
) -> None:
    (old,) = make_notes("Before")
    index_notes()
    titles = ["After", *(f"Note {n:04}" for n in range(ROWS - 1))]
    shown = preview(
        admin_client, titles, resource, [old.pk, *(uuid.uuid4() for _ in range(ROWS - 1))]
    )
    # The dry run touched nothing: no row, no outbox, no document.
    assert Note.objects.get().title == "Before"
    assert OutboxEntry.objects.count() == 0
    assert indexed(es, prefix) == ["Before"]
    bulks: list[str] = []

    def note(method: str, path: str, body: bytes) -> Answer | None:
        if "_bulk" in path:
            bulks.append(path)
        return None

    with standing_between(settings.ES_URL, note) as url, elasticsearch_at(url):
        page = text_of(confirm(admin_client, shown))
    assert f"{ROWS - 1} new, 1 updated" in page
    assert "not in the index" not in page
    assert indexed(es, prefix) == sorted(titles)
    assert OutboxEntry.objects.count() == 0
    assert len(bulks) <= 5


def test_what_is_written_in_bulk_is_noted_in_bulk(admin_client: Client) -> None:
    (old,) = make_notes("Before")
    index_notes()
    titles = [f"Note {n:04}" for n in range(600)]
    shown = preview(admin_client, titles, BULK, [old.pk, *(uuid.uuid4() for _ in titles[1:])])
    with CaptureQueriesContext(connection) as queries:
        confirm(admin_client, shown)
    table = OutboxEntry._meta.db_table
    inserts = [query for query in queries if query["sql"].startswith(f'INSERT INTO "{table}"')]
    # SQLite takes some 100 rows in a statement.
    assert 1 <= len(inserts) <= 20
    assert Note.objects.count() == 600


@contextmanager
def refusing_documents() -> Iterator[None]:
    """An Elasticsearch that refuses each document, and no request."""

    def answer(method: str, path: str, body: bytes) -> Answer | None:
        if "_bulk" not in path:
            return None
        error = {"type": "mapper_parsing_exception", "reason": "Too odd."}
        items = [
            {"index": {**json.loads(line)["index"], "status": 400, "error": error}}
            for line in body.splitlines()
            if line.startswith(b'{"index"')
        ]
        told = json.dumps({"took": 1, "errors": True, "items": items})
        return Answer(200, told, "application/json", elasticsearch=True)

    with standing_between(settings.ES_URL, answer) as url, elasticsearch_at(url):
        yield


@pytest.mark.parametrize("resource", [PLAIN, BULK])
def test_what_elasticsearch_refuses_is_listed(
    admin_client: Client, es: Elasticsearch, prefix: str, resource: str
) -> None:
    make_notes("Before")
    index_notes()
    with refusing_documents():
        page = text_of(confirm(admin_client, preview(admin_client, ["One", "Two"], resource)))
    assert "2 imported objects are not in the index:" in page
    assert page.count("Too odd.") == 2
    assert Note.objects.count() == 3


def test_what_others_left_waiting_is_not_written_in_the_request(
    admin_client: Client, es: Elasticsearch, prefix: str
) -> None:
    (old,) = make_notes("Before")
    index_notes()
    OutboxEntry.objects.all().delete()
    Note.objects.filter(pk=old.pk).update(title="Changed by others")
    OutboxEntry.objects.create(connection="default", index="testapp-notes", key=str(old.pk))
    confirm(admin_client, preview(admin_client, ["One", "Two"], BULK))
    assert indexed(es, prefix) == ["Before", "One", "Two"]
    assert OutboxEntry.objects.count() == 1


def test_workers_write_what_is_theirs(admin_client: Client, es: Elasticsearch, prefix: str) -> None:
    make_notes("Before")
    index_notes()
    with override_settings(ES_ADMIN={**settings.ES_ADMIN, "SYNC": "worker"}):
        confirm(admin_client, preview(admin_client, ["One", "Two"], BULK))
    assert OutboxEntry.objects.count() == 2
    assert indexed(es, prefix) == ["Before"]
