"""Whether anything is lost, and when it is caught up: on the dashboard, an index and in JSON."""

from datetime import timedelta

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings
from shop.models import Product

from django_es_admin.models import OutboxEntry, Worker
from django_es_admin.status.status import get_status
from tests import servers

from .test_pages_dashboard import dashboard, words
from .visitors import visitor

pytestmark = pytest.mark.django_db

INDEX = "default_3Aproducts"


def wait(count: int, minutes: float = 0) -> None:
    rows = OutboxEntry.objects.bulk_create(
        OutboxEntry(connection="default", index="products", model="shop.product", key=str(key))
        for key in range(count)
    )
    OutboxEntry.objects.filter(pk__in=[row.pk for row in rows]).update(
        created_at=timezone.now() - timedelta(minutes=minutes)
    )


def work(minutes: float = 0, rate: float | None = None) -> None:
    seen = timezone.now() - timedelta(minutes=minutes)
    Worker.objects.create(kind="drain", host="here", pid=1, seen_at=seen, rate=rate)


def overview() -> str:
    url = reverse("admin:elasticsearch_index_change", args=[INDEX])
    return words(visitor(superuser=True).get(url).content.decode())


def everywhere(settings: Settings) -> list[str]:
    return [words(dashboard(visitor(superuser=True))), overview()]


def test_how_long_it_takes(products: list[Product], settings: Settings) -> None:
    wait(1_204)
    work(rate=10.0)
    for said in everywhere(settings):
        assert "Nothing is lost: 1,204 changes wait since" in said
        assert "; about 2 min 0 s." in said
        assert "1 worker, seen" in said
        assert "No worker" not in said


def test_during_an_outage(products: list[Product], settings: Settings) -> None:
    wait(3)
    with servers.refusing_port() as url:
        settings.ES_SERVERS = {"default": {"HOSTS": [url], "LABEL": "Production"}}
        for said in everywhere(settings):
            assert "3 changes wait since" in said
            assert "; everything is written once Production answers." in said
        work(rate=1.0)
        for said in everywhere(settings):
            assert "; about 3 s once Production answers." in said


@pytest.mark.parametrize(("minutes", "text"), [(9, ""), (11, "for 11 minutes")])
def test_a_worker_that_went_away(
    products: list[Product], settings: Settings, minutes: float, text: str
) -> None:
    wait(2, minutes=30)
    work(minutes=minutes)
    for said in everywhere(settings):
        assert ("No worker was seen" in said) == bool(text)
        assert text in said
        assert ("nothing is written, because no worker" in said) == bool(text)
    backlog = get_status().backlog
    commands = [str(problem) for problem in backlog.problems]
    assert all("run manage.py es_drain --forever." in command for command in commands)
    assert len(commands) == (1 if text else 0)


def test_nobody_is_missed_where_saves_write_and_nothing_is_late(
    products: list[Product], settings: Settings
) -> None:
    wait(2)
    work(minutes=600)
    assert get_status().backlog.problems == ()
    settings.ES_ADMIN = {**settings.ES_ADMIN, "SYNC": "worker"}
    [problem] = get_status().backlog.problems
    assert problem.kind == "worker-absent"
    Worker.objects.all().delete()
    [problem] = get_status().backlog.problems
    assert problem.kind == "worker-never"
    assert get_status().needs_attention


def test_a_silent_database_is_not_said_to_hold_nothing(
    products: list[Product], settings: Settings
) -> None:
    table = OutboxEntry._meta.db_table
    clients = visitor(superuser=True)
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} RENAME TO away")
    try:
        url = reverse("admin:elasticsearch_index_change", args=[INDEX])
        pages = [words(dashboard(clients)), words(clients.get(url).content.decode())]
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE away RENAME TO {table}")
    for said in pages:
        assert "The changes that wait are unknown: the database default does not answer." in said
        assert "0 changes wait" not in said
        assert "No worker" not in said
