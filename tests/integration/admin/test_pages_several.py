"""Many indices with the same trouble: one line, one page with the plan of each, one button."""

import re
from collections.abc import Iterator

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from elasticsearch import Elasticsearch
from pytest_django import Settings

from django_es_admin.admin.pages.operations import several
from django_es_admin.indices.definition import get_definition
from django_es_admin.models import Operation

from .test_pages_dashboard import dashboard, table, words
from .visitors import visitor

pytestmark = pytest.mark.django_db

NAMES = [f"lost-{number}" for number in range(6)]
CREATE = reverse("admin:elasticsearch_index_several", args=["create"])
REBUILD = reverse("admin:elasticsearch_index_several", args=["rebuild"])


@pytest.fixture(autouse=True)
def _declared(es: Elasticsearch, prefix: str, settings: Settings) -> None:
    settings.ES_INDICES = {name: {} for name in NAMES}
    server = {**settings.ES_SERVERS["default"], "INDICES": NAMES, "LABEL": "Shop <1>"}
    settings.ES_SERVERS = {**settings.ES_SERVERS, "default": server}


@pytest.fixture
def tasks(settings: Settings) -> Iterator[None]:
    settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
    return


def form(html: str) -> dict[str, list[str] | str]:
    """Return what the form sends as it was opened."""
    marks = re.findall(r'name="(plan:[^"]+)" value="(\w*)"', html)
    chosen = re.findall(r'name="of" value="([^"]+)"[^>]* checked', html)
    return {**dict(marks), "of": chosen}


def lost(html: str) -> list[str]:
    return re.findall(r'name="of" value="default:(lost-\d)"', html)


def test_one_line_in_place_of_many(es: Elasticsearch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(several, "MANY", 6)
    html = dashboard(visitor(superuser=True), q="lost")
    assert "Create all 6…" in html
    assert f'href="{CREATE}?why=missing"' in html
    assert 'href="?health=missing#indices"' in html
    # Each row says it once, without a second one below it; its own button stays.
    rows = table(html, "indices")
    assert "The index is missing" not in " ".join(rows)
    assert sum("missing" in row and "Create…" in row for row in rows) == 6
    monkeypatch.setattr(several, "MANY", 7)
    rows = table(dashboard(visitor(superuser=True), q="lost"), "indices")
    assert rows.count("The index is missing. Create…") == 6


def test_few_are_told_each_by_itself(es: Elasticsearch, settings: Settings) -> None:
    few = NAMES[: several.FEWEST - 1]
    settings.ES_INDICES = {name: {} for name in few}
    server = {**settings.ES_SERVERS["default"], "INDICES": few}
    settings.ES_SERVERS = {"default": server}
    html = dashboard(visitor(superuser=True))
    assert f"{CREATE}?" not in html
    assert words(html).count("The index is missing") >= len(few)


def test_all_of_them_in_one_post(es: Elasticsearch, prefix: str) -> None:
    client = visitor(superuser=True)
    html = client.get(CREATE, {"why": "missing"}).content.decode()
    assert lost(html) == NAMES
    assert "Shop &lt;1&gt;" in html
    assert not Operation.objects.exists()
    sent = form(html)
    # One is left out by hand, and another one has been made by a colleague meanwhile.
    sent["of"] = [value for value in sent["of"] if not value.endswith("-0")]
    client.post(reverse("admin:elasticsearch_index_create", args=["default_3Alost-1"]))
    es.indices.create(index=f"{prefix}lost-1-20261121072512-3f9a", aliases={f"{prefix}lost-1": {}})
    answer = client.post(CREATE, {**sent, "note": "all of them"}, follow=True)
    said = words(answer.content.decode())
    assert "Create: 4 operations started." in said
    assert "1 index was left out" in said
    done = Operation.objects.order_by("index").values_list("index", "kind", "state")
    assert list(done) == [(f"lost-{number}", "create", "done") for number in range(2, 6)]
    assert {row.details["note"] for row in Operation.objects.all()} == {"all of them"}
    assert LogEntry.objects.filter(change_message__contains="Began: create").count() == 4
    assert not es.indices.exists(index=get_definition("lost-0").alias)


def test_nothing_chosen_or_another_plan(es: Elasticsearch) -> None:
    client = visitor(superuser=True)
    sent = form(client.get(CREATE).content.decode())
    answer = client.post(CREATE, {**sent, "of": []})
    assert answer.status_code == 409
    assert "choose at least one index" in answer.content.decode()
    forged = {**sent, "plan:default:lost-0": "0", "of": ["default:lost-0", "default:lost-1"]}
    said = words(client.post(CREATE, forged, follow=True).content.decode())
    assert "Index lost-0: The plan has changed" in said
    assert [row.index for row in Operation.objects.all()] == ["lost-1"]
    unknown = {**sent, "of": ["default:nothing", "default:products; DROP", ""]}
    assert "0 operations started" in client.post(CREATE, unknown, follow=True).content.decode()


def test_an_operation_for_each_in_the_background(es: Elasticsearch, tasks: None) -> None:
    client = visitor(superuser=True)
    html = client.get(REBUILD, {"why": "missing"}).content.decode()
    sent = form(html)
    assert len(sent["of"]) >= several.FEWEST
    assert "default:products" in sent["of"]
    said = words(client.post(REBUILD, sent, follow=True).content.decode())
    assert f"Rebuild: {len(sent['of'])} operations started." in said
    states = Operation.objects.filter(kind="rebuild").values_list("state", flat=True)
    assert list(states) == ["queued"] * len(sent["of"])
    # What is on its way is not asked for again.
    assert "No index needs this now." in client.get(REBUILD).content.decode()


def test_without_a_worker_it_is_said_once(es: Elasticsearch, settings: Settings) -> None:
    settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}
    html = visitor(superuser=True).get(REBUILD).content.decode()
    assert len(re.findall(r'<li class="error"[ >]', html)) == 1
    assert "esa-error" not in html
    assert 'value="Start the rebuild" disabled' in html


def test_those_without_the_right(es: Elasticsearch) -> None:
    looks = visitor("elasticsearch.view_index")
    html = dashboard(looks, q="lost")
    # The line is there, and says why there is no button.
    assert "6 indices are missing" in words(html)
    assert CREATE not in html
    assert "You do not have the right to do this." in html
    for client in (looks, visitor("elasticsearch.create_index")):
        assert client.get(CREATE).status_code == 403
        assert client.post(CREATE, {"of": ["default:lost-0"]}).status_code == 403
    assert Client().get(CREATE).status_code == 302
    assert visitor(superuser=True).get(CREATE.replace("create", "delete")).status_code == 404
    assert not Operation.objects.exists()


def test_a_connection_that_only_reads(es: Elasticsearch, settings: Settings) -> None:
    server = {**settings.ES_SERVERS["default"], "READONLY": True}
    settings.ES_SERVERS = {"default": server}
    client = visitor(superuser=True)
    html = dashboard(client, q="lost")
    assert "The connection is read-only." in html
    assert CREATE not in html
    assert lost(client.get(CREATE).content.decode()) == []
    client.post(CREATE, {"of": ["default:lost-0"], "plan:default:lost-0": "x"})
    assert not Operation.objects.exists()


def test_no_more_than_can_be_planned(es: Elasticsearch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(several, "MOST", 2)
    client = visitor(superuser=True)
    html = client.get(CREATE).content.decode()
    assert len(lost(html)) == 2
    assert "more indices need it, too" in html


def test_no_more_than_a_request_can_take(
    es: Elasticsearch, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = visitor(superuser=True)
    sent = form(client.get(CREATE).content.decode())
    monkeypatch.setattr(several, "SECONDS", -1.0)
    said = words(client.post(CREATE, sent, follow=True).content.decode())
    assert "0 operations started" in said
    assert "6 indices were left out" in said
    assert not Operation.objects.exists()
