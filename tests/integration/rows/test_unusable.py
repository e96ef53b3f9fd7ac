"""A ``get_queryset()`` that gives no queryset breaks nothing but its own index."""

import logging
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import Client
from elasticsearch import Elasticsearch

from django_es_admin.checks import check_documents
from django_es_admin.documents import fields
from django_es_admin.exceptions import ProjectCodeFailed, QuerysetUnusable
from django_es_admin.indices.definition import IndexDefinition
from django_es_admin.models import OutboxEntry
from django_es_admin.outbox.drainers.worker import drain_due
from django_es_admin.status.compared_object import compare_object
from tests.rows.models import Album, Genre

from .conftest import Declared, Index

pytestmark = pytest.mark.django_db(transaction=True)

QUERYSETS: dict[str, Callable[[], Any]] = {
    "list": lambda: list(Album.objects.all()),
    "raw": lambda: Album.objects.raw("SELECT * FROM rows_album"),
    "union": lambda: Album.objects.filter(kind="y").union(Album.objects.filter(kind="n")),
    "None": lambda: None,
    "slice": lambda: Album.objects.all()[:10],
    "values": lambda: Album.objects.values("pk", "title"),
    "other model": Genre.objects.all,
    "generator": lambda: (album for album in Album.objects.all()),
    "error": lambda: Album.objects.filter(nothing=1),
}


@pytest.mark.few(3)
@pytest.mark.parametrize("name", QUERYSETS)
def test_saves_go_on(
    index: Index,
    definition: Callable[[], IndexDefinition],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    name: str,
) -> None:
    good = Album.objects
    read = index(Album, title=fields.KeywordField(), get_queryset=lambda self: good.all())
    document = definition().document
    assert document is not None
    monkeypatch.setattr(document, "get_queryset", lambda self: QUERYSETS[name]())
    for computed in ("reads", "source"):
        document.django.__dict__.pop(computed, None)
    assert "elasticsearch.E018" in [message.id for message in check_documents()]
    with caplog.at_level(logging.WARNING), transaction.atomic():
        album = Album.objects.create(title="a")
        album.save(update_fields=["kind"])
        other = Album.objects.create(title="b")
    other.delete()
    assert Album.objects.get() == album
    # It is told, and the rows wait.
    assert "get_queryset()" in caplog.text
    assert OutboxEntry.objects.count() == 4
    [stopped] = drain_due().result.stopped
    assert isinstance(stopped.error, ProjectCodeFailed)
    assert isinstance(stopped.error, QuerysetUnusable) == (name != "error")
    with pytest.raises(CommandError, match=r"get_queryset\(\)"):
        call_command("es_rebuild", "rows", "--no-input", verbosity=0)
    assert "get_queryset()" in compare_object(definition(), str(album.pk)).error
    call_command("es_status", verbosity=0)
    # Once it is mended, nothing is missing.
    monkeypatch.setattr(document, "get_queryset", lambda self: good.all())
    drain_due()
    assert read() == {str(album.pk): {"title": "a"}}


@pytest.mark.parametrize("name", ["list", "None", "error"])
def test_pages_open(declared: Declared, es: Elasticsearch, admin_client: Client, name: str) -> None:
    declared.document(
        Album, title=fields.KeywordField(), get_queryset=lambda self: QUERYSETS[name]()
    )
    assert admin_client.get("/admin/elasticsearch/").status_code == 200
    page = admin_client.get("/admin/elasticsearch/index/default/rows/")
    assert page.status_code in (200, 302)


def test_a_manager_is_as_good_as_its_queryset(index: Index) -> None:
    read = index(Album, title=fields.KeywordField(), get_queryset=lambda self: Album.objects)
    album = Album.objects.create(title="a")
    assert read() == {str(album.pk): {"title": "a"}}
