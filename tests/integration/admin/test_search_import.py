"""Imports that change indexed objects, with django-import-export."""

import json
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from elasticsearch import Elasticsearch
from import_export.tmp_storages import TempFolderStorage

from django_es_admin.models import OutboxEntry
from django_es_admin.outbox.drainers.worker import drain_due
from tests.servers import Answer, standing_between
from tests.testapp.depot import BulkNoteResource, DepotAdmin, LabelAdmin, NoteResource
from tests.testapp.models import Label, Note

from .searching import elasticsearch_at, index_notes, make_notes, no_elasticsearch, text_of

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("es"),
]
URLS = "tests.testapp.depot"

PLAIN, BULK = "0", "1"


def address(page: str) -> str:
    return reverse(f"admin:testapp_note_{page}", current_app="depot")


def sheet_of(rows: list[tuple[Any, str]]) -> str:
    lines = (f"{key},{title},plain,1\n" for key, title in rows)
    return "id,title,kind,stars\n" + "".join(lines)


def preview(client: Client, titles: list[str], resource: str, ids: list[Any] | None = None) -> Any:
    keys = ids or [uuid.uuid4() for _ in titles]
    text = sheet_of(list(zip(keys, titles, strict=True)))
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


def process(client: Client, rows: list[tuple[Any, str]], resource: str) -> Any:
    """Import keys and titles as the second step of an import does."""
    storage = TempFolderStorage(encoding="utf-8")
    storage.save(sheet_of(rows).encode())
    names = {"import_file_name": storage.name, "original_file_name": "a.csv"}
    data = {**names, "format": "0", "resource": resource}
    return client.post(address("process_import"), data, follow=True)


@contextmanager
def counted_bulks() -> Iterator[list[str]]:
    """Give the list of bulk requests that go to Elasticsearch."""
    seen: list[str] = []

    def note(method: str, path: str, body: bytes) -> Answer | None:
        if "_bulk" in path:
            seen.append(path)
        return None

    with standing_between(settings.ES_URL, note) as url, elasticsearch_at(url):
        yield seen


@pytest.mark.parametrize("total", [1_200, pytest.param(20_000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("resource", [PLAIN, BULK])
def test_an_import_of_many_rows_becomes_bulk_requests(
    admin_client: Client, es: Elasticsearch, prefix: str, resource: str, total: int
) -> None:
    (old,) = make_notes("Before")
    index_notes()
    rows = [(uuid.uuid4(), f"Note {n:05}") for n in range(total - 1)]
    with counted_bulks() as bulks:
        page = text_of(process(admin_client, [(old.pk, "After"), *rows], resource))
    assert f"{total - 1} new, 1 updated" in page
    assert "imported object" not in page
    assert Note.objects.count() == total
    assert OutboxEntry.objects.count() == 0
    assert total / 1_000 <= len(bulks) <= total / 1_000 + 2
    es.indices.refresh(index=f"{prefix}testapp-notes")
    assert es.count(index=f"{prefix}testapp-notes")["count"] == total
    assert es.get(index=f"{prefix}testapp-notes", id=str(old.pk))["_source"]["title"] == "After"
    assert es.exists(index=f"{prefix}testapp-notes", id=str(rows[-1][0]))


@pytest.mark.parametrize("resource", [PLAIN, BULK])
def test_a_dry_run_touches_nothing(
    admin_client: Client, es: Elasticsearch, prefix: str, resource: str
) -> None:
    old, gone = make_notes("Before", "Still here")
    index_notes()
    with counted_bulks() as bulks:
        shown = preview(
            admin_client, ["After", "New", "GONE"], resource, [old.pk, uuid.uuid4(), gone.pk]
        )
    assert shown.context["result"].totals["delete"] == 1
    assert "confirm_form" in shown.context
    assert sorted(note.title for note in Note.objects.all()) == ["Before", "Still here"]
    assert OutboxEntry.objects.count() == 0
    assert bulks == []
    assert indexed(es, prefix) == ["Before", "Still here"]


@pytest.mark.parametrize("resource", [PLAIN, BULK])
def test_what_an_import_deletes_leaves_the_index(
    admin_client: Client, es: Elasticsearch, prefix: str, resource: str
) -> None:
    made = make_notes(*(f"Note {n}" for n in range(30)))
    index_notes()
    with counted_bulks() as bulks:
        page = process(admin_client, [(note.pk, "GONE") for note in made[1:]], resource)
    assert "29 deleted" in text_of(page)
    assert indexed(es, prefix) == ["Note 0"]
    assert len(bulks) == 1
    # They wait for their second delete alone, of which nobody is told.
    assert not OutboxEntry.objects.filter(delete_sent=False).exists()
    assert "wait to be written" not in text_of(page)


@pytest.mark.parametrize("resource", [PLAIN, BULK])
def test_without_a_transaction_around_it_an_import_is_still_written_at_once(
    admin_client: Client, es: Elasticsearch, prefix: str, resource: str
) -> None:
    make_notes("Before")
    index_notes()
    titles = [f"Note {n}" for n in range(30)]
    with override_settings(IMPORT_EXPORT_USE_TRANSACTIONS=False), counted_bulks() as bulks:
        process(admin_client, [(uuid.uuid4(), title) for title in titles], resource)
    assert len(bulks) == 1
    assert indexed(es, prefix) == sorted(["Before", *titles])
    assert OutboxEntry.objects.count() == 0
    # What comes after the import is written as ever.
    make_notes("After")
    assert "After" in indexed(es, prefix)


def test_what_was_imported_before_an_error_is_written(
    admin_client: Client, es: Elasticsearch, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_notes("Before")
    index_notes()

    def fail(self: BulkNoteResource, *args: Any, **kwargs: Any) -> None:
        raise LookupError("after the rows")

    monkeypatch.setattr(BulkNoteResource, "bulk_update", fail)
    with override_settings(IMPORT_EXPORT_USE_TRANSACTIONS=False), pytest.raises(LookupError):
        process(admin_client, [(uuid.uuid4(), "One")], BULK)
    assert indexed(es, prefix) == ["Before", "One"]


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
        actions = [
            json.loads(line)
            for line in body.splitlines()
            if line.startswith((b'{"index"', b'{"delete"'))
        ]
        items = [
            {verb: {**values, "status": 400, "error": error}}
            for action in actions
            for verb, values in action.items()
        ]
        told = json.dumps({"took": 1, "errors": True, "items": items})
        return Answer(200, told, "application/json", elasticsearch=True)

    with standing_between(settings.ES_URL, answer) as url, elasticsearch_at(url):
        yield


@pytest.fixture(params=[False, True], ids=["autocommit", "atomic_requests"])
def _transactions(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", request.param)


@pytest.mark.usefixtures("_transactions")
@pytest.mark.parametrize("resource", [PLAIN, BULK])
def test_what_elasticsearch_refuses_is_listed(admin_client: Client, resource: str) -> None:
    old, gone = make_notes("Before", "Gone")
    index_notes()
    rows = [(old.pk, "After"), (uuid.uuid4(), "New"), (gone.pk, "GONE")]
    with refusing_documents():
        page = text_of(process(admin_client, rows, resource))
    assert "The changes of 3 imported objects were refused by the index:" in page
    assert page.count("Too odd.") == 3
    assert all(str(key) in page for key, _ in rows)
    assert "to be written" not in page


@pytest.mark.usefixtures("_transactions")
@pytest.mark.parametrize("resource", [PLAIN, BULK])
def test_what_waits_for_elasticsearch_is_told(
    admin_client: Client, es: Elasticsearch, prefix: str, resource: str
) -> None:
    old, gone = make_notes("Before", "Gone")
    index_notes()
    rows = [(old.pk, "After"), (uuid.uuid4(), "New"), (gone.pk, "GONE")]
    with no_elasticsearch():
        page = text_of(process(admin_client, rows, resource))
    told = "The changes of 3 imported objects wait to be written to the index; nothing is lost."
    assert "1 new, 1 updated, 1 deleted" in page
    assert told in page
    assert "is unreachable: start Elasticsearch" in page.partition(told)[2].partition("</li>")[0]
    assert "refused by the index" not in page
    drain_due()
    assert indexed(es, prefix) == ["After", "New"]


def test_what_waits_of_related_objects_is_told(admin_client: Client) -> None:
    (note,) = make_notes("A note")
    label = Label.objects.create(word="old")
    note.labels.add(label)
    index_notes()
    with no_elasticsearch():
        page = text_of(import_labels(admin_client, f"{label.pk},new"))
    assert "The change of 1 imported object waits to be written to the index" in page
    assert Label.objects.get().word == "new"


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
        page = text_of(confirm(admin_client, preview(admin_client, ["One", "Two"], BULK)))
    assert OutboxEntry.objects.count() == 2
    assert indexed(es, prefix) == ["Before"]
    # They always do, so that there is nothing to say.
    assert "to be written" not in page


def upload_labels(client: Client, *rows: str) -> Any:
    sheet = SimpleUploadedFile("a.csv", "\n".join(["id,word", *rows]).encode())
    page = reverse("admin:testapp_label_import", current_app="depot")
    return client.post(page, {"format": "0", "resource": "0", "import_file": sheet})


def import_labels(client: Client, *rows: str) -> Any:
    data = upload_labels(client, *rows).context["confirm_form"].initial
    page = reverse("admin:testapp_label_process_import", current_app="depot")
    return client.post(page, data, follow=True)


def test_keys_that_the_database_makes_are_noted(admin_client: Client) -> None:
    with override_settings(ES_ADMIN={**settings.ES_ADMIN, "SYNC": "worker"}):
        import_labels(admin_client, ",red", ",green")
    keys = sorted(str(label.pk) for label in Label.objects.all())
    assert sorted(OutboxEntry.objects.values_list("key", flat=True)) == keys
    assert len(keys) == 2


def test_objects_whose_keys_stay_unknown_are_refused_with_a_reason(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As on MySQL: the preview says so, and an import that goes past it writes nothing.
    monkeypatch.setattr(type(connection.features), "can_return_rows_from_bulk_insert", False)
    shown = upload_labels(admin_client, ",red", ",green")
    assert "confirm_form" not in shown.context
    assert "Set the key yourself, for example a UUID" in text_of(shown)
    monkeypatch.setattr(LabelAdmin, "skip_import_confirm", True)
    shown = upload_labels(admin_client, ",red", ",green")
    assert "Set the key yourself, for example a UUID" in text_of(shown)
    assert not Label.objects.exists()
    assert not OutboxEntry.objects.exists()


# --- in portions ---


@pytest.mark.parametrize("resource", [PLAIN, BULK])
def test_a_sheet_in_portions_is_the_same_import(
    admin_client: Client,
    es: Elasticsearch,
    prefix: str,
    monkeypatch: pytest.MonkeyPatch,
    resource: str,
) -> None:
    monkeypatch.setattr(DepotAdmin, "import_portion", 3)
    old, gone = make_notes("Before", "Gone")
    index_notes()
    rows = [(old.pk, "After"), *((uuid.uuid4(), f"Note {n}") for n in range(9)), (gone.pk, "GONE")]
    shown = preview(
        admin_client, [title for _, title in rows], resource, ids=[key for key, _ in rows]
    )
    assert Note.objects.count() == 2
    assert len(shown.context["result"].rows) == 11
    page = text_of(confirm(admin_client, shown))
    assert "9 new, 1 updated, 1 deleted" in page
    assert indexed(es, prefix) == ["After", *(f"Note {n}" for n in range(9))]


def test_the_rows_of_a_later_portion_have_their_own_numbers(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DepotAdmin, "import_portion", 3)
    monkeypatch.setattr(NoteResource.Meta, "clean_model_instances", True, raising=False)
    titles = ["Note 0", "Note 1", "Note 2", "Note 3", "x" * 300, "Note 5", "y" * 300]
    result = preview(admin_client, titles, PLAIN).context["result"]
    assert [row.number for row in result.invalid_rows] == [5, 7]
    assert result.total_rows == 7


def test_somebody_signs_in_during_a_long_import(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DepotAdmin, "import_portion", 100)
    index_notes()
    User.objects.create_user("ada", password="secret")
    is_over = threading.Event()
    signed_in: list[bool] = []

    def sign_in() -> None:
        try:
            while not is_over.is_set():
                done = Client().login(username="ada", password="secret")
                # What is done after the end would have been done without portions, too.
                signed_in.append(done and not is_over.is_set())
        finally:
            connection.close()

    other = threading.Thread(target=sign_in)
    other.start()
    try:
        rows = [(uuid.uuid4(), f"Note {n}") for n in range(1_000)]
        process(admin_client, rows, PLAIN)
    finally:
        is_over.set()
        other.join()
    assert Note.objects.count() == 1_000
    assert sum(signed_in) >= 3
