"""The page of an operation, and the list of them."""

import os
import re
import socket
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from django_es_admin.models import Operation

from .visitors import visitor

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("es")]


def words(html: str) -> str:
    main = html[html.index("<main") : html.index("</main")]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", main)).split())


def operation(**values: Any) -> Operation:
    began = (timezone.now() - timedelta(seconds=20)).isoformat()
    step = {"step": "load", "began": began, "ended": None, "done": 500, "total": 1_000}
    made: Operation = Operation.objects.create(
        **{
            "connection": "default",
            "index": "products",
            "kind": Operation.Kind.REBUILD,
            "who": "grace",
            "host": "elsewhere",
            "pid": 7,
            "steps": [step],
            "leased_until": timezone.now() + timedelta(minutes=1),
            **values,
        }
    )
    return made


def page(made: Operation, client: Client | None = None) -> str:
    url = reverse("admin:elasticsearch_operation_change", args=[f"default_3A{made.pk}"])
    response = (client or visitor(superuser=True)).get(url)
    assert response.status_code == 200
    return response.content.decode()


def test_one_that_runs() -> None:
    html = page(operation())
    text = words(html)
    assert re.search(
        r"running · load the rows 500 of 1,000 · 2\d each second · [12]\d s left", text
    )
    assert '<progress max="1000" value="500" aria-label="load the rows">' in html
    assert "Begun by grace" in text
    assert "Runs on elsewhere, process 7" in text
    assert "Cancel the operation" in html
    assert "What next" not in text
    # It is looked at again every two seconds, until it ends.
    assert 'data-refresh="2"' in html


def test_it_is_being_cancelled() -> None:
    html = page(operation(cancel_requested=True))
    assert "it is being cancelled" in words(html)
    assert re.search(r'value="Cancel the operation" disabled title="It is being cancelled', html)


def test_one_whose_process_was_killed() -> None:
    html = page(operation(leased_until=timezone.now()))
    assert "Its process was killed" in words(html)
    assert "What next: Try again: Rebuild…" in words(html)
    assert "Cancel the operation" not in html
    assert 'data-refresh=""' in html
    # Of this machine one can tell before the lease ends.
    gone = operation(host=socket.gethostname(), pid=2**22 + 1)
    assert "Its process was killed" in words(page(gone))
    there = operation(host=socket.gethostname(), pid=os.getpid())
    assert "Its process was killed" not in words(page(there))


def test_its_log() -> None:
    steps = [
        {
            "step": "load",
            "began": "2026-11-21T10:00:01+00:00",
            "ended": "2026-11-21T10:00:07+00:00",
            "done": 1_200,
            "total": 1_200,
        },
        {"step": "swap", "began": "2026-11-21T10:00:08+00:00", "ended": None},
    ]
    made = operation(state=Operation.State.FAILED, error="<gone>", steps=steps)
    moment = datetime(2026, 11, 21, 10, tzinfo=UTC)
    Operation.objects.filter(pk=made.pk).update(
        created_at=moment, ended_at=moment + timedelta(seconds=9)
    )
    with timezone.override("Europe/Berlin"):
        [log] = re.findall(r"Log</summary><pre>(.*?)</pre>", page(made), re.DOTALL)
    assert unescape(log).split("\n") == [
        "2026-11-21 11:00:00  begun by grace",
        "2026-11-21 11:00:01  load the rows",
        "2026-11-21 11:00:07  1,200 of 1,200 done",
        "2026-11-21 11:00:08  swap the alias",
        "2026-11-21 11:00:09  failed: <gone>",
    ]


def test_one_that_failed() -> None:
    made = operation(
        state=Operation.State.FAILED,
        error="2 documents were refused: <products>",
        details={"failures": [["7", "failed to parse <price>"], ["9", "too long"]], "rows": 3},
        ended_at=timezone.now(),
    )
    text = words(page(made))
    assert "2 documents were refused: <products>" in text
    assert "Documents that were refused Object Why 7 failed to parse <price> 9 too long" in text
    assert '"rows": 3' in text
    assert "What next: Try again: Rebuild…" in text
    assert "failed to parse <price>" not in page(made)


def test_values_of_refused_documents_are_shown_to_those_who_may_view_their_objects() -> None:
    made = operation(
        state=Operation.State.FAILED,
        details={"failures": [["7", "failed to parse 'secret'"]], "rows": 3},
        ended_at=timezone.now(),
    )
    hidden = page(made, visitor("elasticsearch.view_index"))
    assert "secret" not in hidden
    assert "&quot;rows&quot;: 3" in hidden
    assert "secret" in page(made, visitor("elasticsearch.view_index", "shop.view_product"))


@pytest.mark.parametrize(
    ("kind", "following"),
    [
        ("create", ["Rebuild…"]),
        ("rebuild", ["Roll back…", "Prune…"]),
        ("swap", ["Roll back…", "Prune…"]),
        ("rollback", ["Roll back…", "Rebuild…"]),
        ("drain", ["Refresh…"]),
        ("refresh", []),
        ("reindex", []),
        ("prune", []),
        ("delete", []),
    ],
)
def test_what_suggests_itself_after_one_that_is_done(kind: str, following: list[str]) -> None:
    made = operation(kind=kind, state=Operation.State.DONE, steps=[], ended_at=timezone.now())
    text = words(page(made))
    assert ("What next: " + " · ".join(following) in text) is bool(following)
    assert ("What next" in text) is bool(following)
    # Nothing is offered that one may not do.
    assert "What next" not in words(page(made, visitor("elasticsearch.view_index")))


@pytest.mark.parametrize("key", ["default:0", "default:x", "none:1", "1", "default:" + "9" * 30])
def test_one_that_is_not_there(key: str) -> None:
    url = reverse("admin:elasticsearch_operation_change", args=[key.replace(":", "_3A")])
    assert visitor(superuser=True).get(url).status_code == 404


def test_the_list() -> None:
    for number, kind in enumerate(Operation.Kind):
        operation(kind=kind, who=f"user-{number}", state=Operation.State.DONE)
    client = visitor("elasticsearch.view_index")
    url = reverse("admin:elasticsearch_operation_changelist")
    html = client.get(url).content.decode()
    for title in ("creation of products", "rebuild of products", "deletion in products"):
        assert title in html
    newest = Operation.objects.latest("pk").pk
    assert reverse("admin:elasticsearch_operation_change", args=[f"default_3A{newest}"]) in html
    assert "<h1>Operations</h1>" in html
    found = words(client.get(f"{url}?kind__exact=drain").content.decode())
    assert "drain of products" in found
    assert "rebuild of products" not in found
    assert "user-2" in words(client.get(f"{url}?q=user-2").content.decode())
    assert "user-3" not in words(client.get(f"{url}?q=user-2").content.decode())
