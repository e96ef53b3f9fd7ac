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
from shop.models import Category, Product

from django_es_admin.indices.definition import get_definition
from django_es_admin.lifecycle.generations.table import register
from django_es_admin.models import Operation

from .visitors import visitor

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("es")]


def words(html: str) -> str:
    main = html[html.index("<main") : html.index("</main")]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", re.sub("</?bdi>", "", main))).split())


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
    assert "Started by grace" in text
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
        "2026-11-21 11:00:00  started by grace",
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
    assert "Why Documents Object failed to parse <price> 1 7 too long 1 9" in text
    assert "The live generation is as it was." in text
    # What is kept for programs is not shown.
    assert "JSON" not in text
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
    assert "Documents that were refused" not in hidden
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
    for role in ("standby", "failed"):
        register(get_definition("products"), f"products-20260101000000-{role[:4]}", role)
    text = words(page(made))
    assert ("What next: " + " · ".join(following) in text) is bool(following)
    assert ("What next" in text) is bool(following)
    # Nothing is offered that one may not do.
    assert "What next" not in words(page(made, visitor("elasticsearch.view_index")))


def test_nothing_is_offered_that_has_nothing_to_do() -> None:
    made = operation(state=Operation.State.DONE, steps=[], ended_at=timezone.now())
    assert "What next" not in words(page(made))
    register(get_definition("products"), "products-20260101000000-aaaa", "standby")
    assert "What next: Roll back…" in words(page(made))
    assert "Prune…" not in words(page(made))


def step(name: str, seconds: float, *, ended: bool = True, **values: Any) -> dict[str, Any]:
    began = timezone.now() - timedelta(seconds=seconds)
    return {
        "step": name,
        "began": began.isoformat(),
        "ended": (began + timedelta(seconds=seconds)).isoformat() if ended else None,
        "done": 0,
        "total": None,
        **values,
    }


def test_the_steps_to_come_and_the_time_until_all_is_done() -> None:
    names = ("create", "load", "drain", "settle", "gate", "swap", "standby")
    operation(
        state=Operation.State.DONE,
        steps=[step(name, 10) for name in names],
        ended_at=timezone.now(),
    )
    html = page(operation())
    text = words(html)
    # 20 s for the rest of the load, and 10 s for each of the five steps that follow.
    assert re.search(r"about 1 min (8|9|10|11) s until everything is done", text)
    found = re.findall(r"(\w[\w ]+) not started ", text)
    assert len(found) == 5
    assert "swap the alias not started" in text
    assert "create the generation not started" not in text
    kept = page(operation(details={"swap": False}))
    assert "swap the alias" not in words(kept)
    # One that was killed does nothing any more.
    assert "not started" not in words(page(operation(leased_until=timezone.now())))
    queued = words(page(operation(state=Operation.State.QUEUED, steps=[], host="")))
    assert "create the generation not started" in queued


@pytest.mark.parametrize(
    ("kind", "details", "sentence"),
    [
        (
            "rebuild",
            {"documents": 1_200, "source": "products-old", "swap": True},
            "products-new is live with 1,200 documents, in place of products-old.",
        ),
        ("rebuild", {"documents": 1, "swap": False}, "products-new is complete with 1 document,"),
        ("swap", {}, "products-new is live."),
        ("rollback", {}, "products-new is live."),
        ("create", {}, "products-new is live, and empty."),
        ("prune", {"deleted": ["a", "b"]}, "2 generations were deleted: a, b."),
        ("prune", {"deleted": []}, "Nothing was deleted"),
        ("delete", {}, "products-new was deleted."),
        ("refresh", {}, "Documents that were written until then can be found."),
        (
            "drain",
            {"written": 7, "deleted": 2, "failed": 1},
            "Documents written: 7; deleted: 2; refused: 1.",
        ),
        (
            "drain",
            {"written": 7, "deleted": 2, "failed": 0, "waiting": 1_200},
            "Documents written: 7; deleted: 2; refused: 0. Waiting in the outbox: 1,200.",
        ),
        (
            "reindex",
            {"objects": 3, "written": 1, "waiting": 1, "refused": 1},
            "Objects: 3. Written: 1; waiting: 1; refused: 1.",
        ),
        (
            "reindex",
            {"differed": 4, "written": 3, "left": 1},
            "Documents that differed: 4. Corrected: 3; still different: 1.",
        ),
    ],
)
def test_how_it_ended_in_a_sentence(kind: str, details: dict[str, Any], sentence: str) -> None:
    made = operation(
        kind=kind,
        details=details,
        generation="products-new",
        state=Operation.State.DONE,
        steps=[],
        ended_at=timezone.now(),
    )
    text = words(page(made))
    assert sentence in text
    assert "JSON" not in text


@pytest.mark.parametrize(
    ("kind", "details", "state"),
    [
        ("drain", {"written": 7, "deleted": 0, "failed": 1}, "refused"),
        ("drain", {"written": 7, "deleted": 0, "failed": 0, "parked": 1}, "refused"),
        ("drain", {"written": 7, "deleted": 0, "failed": 0, "waiting": 3}, "waiting"),
        ("drain", {"written": 7, "deleted": 0, "failed": 0, "waiting": 0, "parked": 0}, ""),
        ("reindex", {"objects": 3, "written": 1, "waiting": 1, "refused": 1}, "refused"),
        ("reindex", {"objects": 3, "written": 2, "waiting": 1, "refused": 0}, "waiting"),
        ("reindex", {"differed": 4, "written": 3, "left": 1}, "refused"),
        ("reindex", {"objects": 3, "written": 3, "waiting": 0, "refused": 0}, ""),
        ("prune", {"deleted": ["a"]}, ""),
    ],
)
def test_what_is_left_is_a_link(kind: str, details: dict[str, Any], state: str) -> None:
    done = {"state": Operation.State.DONE, "steps": [], "ended_at": timezone.now()}
    html = page(operation(kind=kind, details=details, **done))
    found = re.findall(r'<a href="([^"]*outboxentry/\?of=[^"]*)">See the outbox</a>', html)
    url = reverse("admin:elasticsearch_outboxentry_changelist")
    expected = [f"{url}?of=default%3Aproducts&amp;state={state}"] if state else []
    assert found == expected
    gone = operation(kind=kind, details=details, index="gone", **done)
    assert "See the outbox" not in page(gone)


def test_reasons_are_grouped_and_keys_are_links() -> None:
    shoes = Category.objects.create(name="Shoes", slug="shoes")
    one = Product.objects.create(sku="A", name="A", price=1, category=shoes)
    failures = [
        [str(one.pk), "failed to parse field [price] in document with id '1': 'x'"],
        ["999", "failed to parse field [price] in document with id '999': 'y'"],
        ["7", "too long"],
    ]
    made = operation(
        state=Operation.State.FAILED, details={"failures": failures}, ended_at=timezone.now()
    )
    html = page(made)
    assert f"failed to parse field [price] in document with id '1': 'x' 2 {one.pk} , 999" in words(
        html
    )
    assert "too long 1 7" in words(html)
    assert f'href="{reverse("admin:shop_product_change", args=[one.pk])}"' in html


def test_the_page_of_the_index_shows_what_goes_on_and_cancels_it() -> None:
    made = operation()
    url = reverse("admin:elasticsearch_index_change", args=["default_3Aproducts"])
    client = visitor(superuser=True)
    html = client.get(url).content.decode()
    assert re.search(
        r"running : rebuild of products grace 500 of 1,000 · 2\d each second", words(html)
    )
    cancel = reverse("admin:elasticsearch_operation_cancel", args=[f"default_3A{made.pk}"])
    assert f'action="{cancel}"' in html
    assert "js/refresh.js" in html
    assert 'data-refresh="5"' in html
    assert f'action="{cancel}"' not in visitor("elasticsearch.view_index").get(url).content.decode()
    operation(state=Operation.State.QUEUED, kind="drain")
    assert "queued : drain of products" in words(client.get(url).content.decode())
    # What a rebuild does already is not begun a second time.
    assert (
        f'href="{reverse("admin:elasticsearch_index_rebuild", args=["default_3Aproducts"])}"'
        not in html
    )


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
    html = client.get(f"{url}?q=user-2").content.decode()
    rows = html[html.index('<table id="result_list"') :].partition("</table>")[0]
    assert "user-2" in rows
    assert "user-3" not in rows
