"""What can be done to an index in the admin: the plan, what carries it out, and what is refused."""

import re
from html import unescape
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django_tasks_db import DatabaseBackend
from elasticsearch import Elasticsearch
from pytest_django import Settings
from shop.models import Product

from django_es_admin.exceptions import OperationCancelled
from django_es_admin.indices.definition import IndexDefinition, get_definition
from django_es_admin.lifecycle.generations.create import create_generation
from django_es_admin.lifecycle.generations.table import mark_failed
from django_es_admin.lifecycle.rebuild import rebuild
from django_es_admin.lifecycle.rebuild_plan import plan_rebuild
from django_es_admin.models import Generation, Operation, OutboxEntry
from django_es_admin.operations import recording
from django_es_admin.operations.ending import cancel
from django_es_admin.operations.history import get_operation
from tests import servers

from .visitors import visitor

pytestmark = pytest.mark.django_db(transaction=True)

PRODUCTS = "default_3Aproducts"


def words(html: str) -> str:
    main = html[html.index("<main") : html.index("</main")]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", re.sub("</?bdi>", "", main))).split())


def address(action: str, key: str = PRODUCTS, query: str = "") -> str:
    return reverse(f"admin:elasticsearch_index_{action}", args=[key]) + query


def show(client: Client, action: str, query: str = "") -> tuple[str, str]:
    """Return the words of a plan's page, and its fingerprint."""
    response = client.get(address(action, query=query))
    assert response.status_code == 200
    text = response.content.decode()
    found = re.search(r'name="fingerprint" value="([0-9a-f]{16})"', text)
    return words(text), found[1] if found else ""


def carry_out(client: Client, action: str, query: str = "", **data: str) -> Operation:
    """Confirm a plan, and return the operation on whose page that ends."""
    _, mark = show(client, action, query)
    response = client.post(address(action, query=query), {"fingerprint": mark, **data})
    assert response.status_code == 302, words(response.content.decode())
    operation = Operation.objects.latest("pk")
    page = reverse("admin:elasticsearch_operation_change", args=[f"default_3A{operation.pk}"])
    assert response["Location"] == page
    assert client.get(page).status_code == 200
    return operation


def live(es: Elasticsearch) -> str:
    [name] = es.indices.get_alias(
        index=get_definition("products").alias, name=get_definition("products").alias
    )
    return str(name)


@pytest.fixture
def client() -> Client:
    return visitor(superuser=True)


def test_create(client: Client, es: Elasticsearch) -> None:
    text, _ = show(client, "create")
    assert "write every later change to it" in text
    assert "PUT /" in text
    operation = carry_out(client, "create")
    assert (operation.kind, operation.state, operation.who) == ("create", "done", "visitor-0")
    assert live(es) == operation.generation
    # It is there now, so that the plan refuses.
    text, mark = show(client, "create")
    assert "exists already" in text
    response = client.post(address("create"), {"fingerprint": mark})
    assert response.status_code == 409
    assert Operation.objects.count() == 1


def test_a_rebuild_is_done_by_the_worker(
    client: Client, rebuilt_products: list[Product], es: Elasticsearch
) -> None:
    old = live(es)
    text, _ = show(client, "rebuild")
    assert "load 3 rows, in about 1 s at the last rate" in text
    assert f"{old} → " in text
    operation = carry_out(client, "rebuild")
    assert (operation.state, operation.who) == ("queued", "visitor-0")
    page = reverse("admin:elasticsearch_operation_change", args=[f"default_3A{operation.pk}"])
    assert "It waits for a worker" in words(client.get(page).content.decode())
    assert live(es) == old
    # A second one is refused as long as this one waits.
    assert "A rebuild of products that visitor-0 requested" in show(client, "rebuild")[0]
    work()
    operation.refresh_from_db()
    assert (operation.state, operation.error) == ("done", "")
    assert live(es) == operation.generation != old
    text = words(client.get(page).content.decode())
    assert re.search(r"load the rows done 3 of 3 ", text)
    assert "What next: Roll back…" in text


def test_a_rebuild_that_is_cancelled_before_it_begins(
    client: Client, products: list[Product], es: Elasticsearch
) -> None:
    old = live(es)
    operation = carry_out(client, "rebuild")
    cancel = reverse("admin:elasticsearch_operation_cancel", args=[f"default_3A{operation.pk}"])
    assert client.get(cancel).status_code == 405
    assert client.post(cancel).status_code == 302
    operation.refresh_from_db()
    assert operation.state == "cancelled"
    work()
    operation.refresh_from_db()
    assert operation.state == "cancelled"
    assert live(es) == old
    # Once it has ended there is nothing to cancel, and the log does not say so.
    entries = LogEntry.objects.filter(change_message="Cancelled: rebuild.")
    assert entries.count() == 1
    response = client.post(cancel, follow=True)
    assert "The operation has ended." in words(response.content.decode())
    assert entries.count() == 1


def test_a_rebuild_that_cannot_begin_says_why_on_its_record(
    client: Client, products: list[Product], es: Elasticsearch, settings: Settings
) -> None:
    operation = carry_out(client, "rebuild")
    server: dict[str, Any] = settings.ES_SERVERS["default"]
    settings.ES_SERVERS = {"default": {**server, "READONLY": True}}
    work()
    operation.refresh_from_db()
    assert operation.state == "failed"
    assert "READONLY" in operation.error


def test_without_a_worker_a_rebuild_is_refused_with_a_hint(
    client: Client, products: list[Product], settings: Settings
) -> None:
    settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}
    text, mark = show(client, "rebuild")
    assert "install django-tasks-db" in text
    before = Operation.objects.count()
    response = client.post(address("rebuild"), {"fingerprint": mark})
    assert response.status_code == 409
    assert "install django-tasks-db" in words(response.content.decode())
    assert Operation.objects.count() == before


def test_swap_and_roll_back(client: Client, products: list[Product], es: Elasticsearch) -> None:
    first = live(es)
    rebuild(plan_rebuild(get_definition("products")))
    second = live(es)
    text, _ = show(client, "rollback")
    assert f"{second} → {first}" in text
    assert '"must_exist": true' in text
    operation = carry_out(client, "rollback")
    assert (operation.kind, operation.state) == ("rollback", "done")
    assert live(es) == first
    operation = carry_out(client, "swap", f"?to={second}")
    assert (operation.kind, operation.state) == ("swap", "done")
    assert live(es) == second
    assert f"{second} is live already" in show(client, "swap", f"?to={second}")[0]


@pytest.fixture
def built(products: list[Product], es: Elasticsearch) -> str:
    """A generation that was loaded and waits for its swap, which compares it first."""
    rebuild(plan_rebuild(get_definition("products"), swap=False))
    return str(Generation.objects.get(role="building").name)


def work() -> None:
    call_command("db_worker", batch=True, startup_delay=False, interval=0, verbosity=0)


def test_a_swap_that_compares_first_is_done_by_the_worker(
    client: Client, built: str, es: Elasticsearch
) -> None:
    old = live(es)
    text, _ = show(client, "swap", f"?to={built}")
    assert f"drain into {built}, compare it with the database" in text
    operation = carry_out(client, "swap", f"?to={built}")
    assert (operation.kind, operation.state) == ("swap", "queued")
    assert live(es) == old
    work()
    operation.refresh_from_db()
    assert (operation.state, operation.error, operation.who) == ("done", "", "visitor-0")
    assert live(es) == built


def test_such_a_swap_is_not_done_if_the_alias_moved_meanwhile(
    client: Client, built: str, es: Elasticsearch
) -> None:
    operation = carry_out(client, "swap", f"?to={built}")
    alias, other = get_definition("products").alias, f"{built[:-4]}beef"
    es.indices.create(index=other)
    es.indices.update_aliases(
        actions=[
            {"remove": {"index": live(es), "alias": alias}},
            {"add": {"index": other, "alias": alias}},
        ]
    )
    work()
    operation.refresh_from_db()
    assert operation.state == "failed"
    assert f"to {other} before the swap began" in operation.error
    assert live(es) == other


def test_such_a_swap_is_refused_without_a_worker(
    client: Client, built: str, settings: Settings
) -> None:
    settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}
    assert "install django-tasks-db" in show(client, "swap", f"?to={built}")[0]


def test_a_plan_that_changed_meanwhile_is_not_carried_out(
    client: Client, products: list[Product], es: Elasticsearch
) -> None:
    first = live(es)
    rebuild(plan_rebuild(get_definition("products")))
    _, mark = show(client, "swap", f"?to={first}")
    alias = get_definition("products").alias
    other = f"{alias}-20200101000000-beef"
    es.indices.create(index=other)
    es.indices.update_aliases(
        actions=[
            {"remove": {"index": live(es), "alias": alias}},
            {"add": {"index": other, "alias": alias}},
        ]
    )
    before = Operation.objects.count()
    response = client.post(address("swap", query=f"?to={first}"), {"fingerprint": mark})
    assert response.status_code == 409
    assert "plan has changed" in words(response.content.decode())
    assert client.post(address("swap", query=f"?to={first}")).status_code == 409
    assert live(es) == other
    assert Operation.objects.count() == before


def test_refresh(client: Client, products: list[Product], es: Elasticsearch) -> None:
    alias = get_definition("products").alias
    es.index(index=alias, id="x", document={"name": "new"})
    operation = carry_out(client, "refresh")
    assert operation.state == "done"
    assert es.count(index=alias)["count"] == 4


def test_drain_now(client: Client, products: list[Product], es: Elasticsearch) -> None:
    OutboxEntry.objects.create(connection="default", index="products", key=str(products[0].pk))
    Product._base_manager.filter(pk=products[0].pk).update(name="Renamed")
    text, _ = show(client, "drain")
    assert "1 change of the connection default" in text
    operation = carry_out(client, "drain")
    assert (operation.state, operation.details["written"]) == ("done", 1)
    found = es.get(index=get_definition("products").alias, id=str(products[0].pk))
    assert found["_source"]["name"] == "Renamed"
    assert not OutboxEntry.objects.exists()


def test_too_many_changes_for_a_request_are_drained_by_the_worker(
    client: Client, products: list[Product], settings: Settings
) -> None:
    settings.ES_ADMIN = {**settings.ES_ADMIN, "INLINE_MAX_OBJECTS": 2, "BULK_MAX_DOCUMENTS": 2}
    keys = [str(product.pk) for product in products]
    OutboxEntry.objects.bulk_create(
        OutboxEntry(connection="default", index="products", key=key) for key in keys
    )
    operation = carry_out(client, "drain")
    assert (operation.state, OutboxEntry.objects.count()) == ("queued", 3)
    work()
    operation.refresh_from_db()
    assert (operation.state, operation.error, operation.who) == ("done", "", "visitor-0")
    assert operation.details["written"] == 3
    assert [(step["done"], step["total"]) for step in operation.steps] == [(3, 3)]
    assert not OutboxEntry.objects.exists()


def test_too_many_changes_for_a_request_are_refused_without_a_worker(
    client: Client, products: list[Product], settings: Settings
) -> None:
    settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}
    settings.ES_ADMIN = {**settings.ES_ADMIN, "INLINE_MAX_OBJECTS": 2}
    OutboxEntry.objects.bulk_create(
        OutboxEntry(connection="default", index="products", key=str(n)) for n in range(3)
    )
    text, mark = show(client, "drain")
    assert "too much for one request. Run `manage.py es_drain`" in text
    before = Operation.objects.count(), LogEntry.objects.count()
    response = client.post(address("drain"), {"fingerprint": mark})
    assert response.status_code == 409
    # Nothing began, and nothing says so.
    assert (Operation.objects.count(), LogEntry.objects.count()) == before


def test_one_lands_on_ones_own_operation_and_not_on_a_colleagues(
    client: Client, products: list[Product], monkeypatch: pytest.MonkeyPatch
) -> None:
    forget = recording.forget_ended

    def begin_another(definition: IndexDefinition) -> None:
        forget(definition)
        Operation.objects.create(
            connection="default", index="products", kind="refresh", state="done", who="colleague"
        )

    monkeypatch.setattr(recording, "forget_ended", begin_another)
    _, mark = show(client, "refresh")
    response = client.post(address("refresh"), {"fingerprint": mark})
    own = Operation.objects.get(kind="refresh", who="visitor-0")
    assert Operation.objects.latest("pk").who == "colleague"
    page = reverse("admin:elasticsearch_operation_change", args=[f"default_3A{own.pk}"])
    assert response["Location"] == page


def test_an_operation_that_was_cancelled_while_it_was_planned_does_not_begin(
    client: Client, products: list[Product], es: Elasticsearch
) -> None:
    old = live(es)
    operation = carry_out(client, "rebuild")
    queued = Operation.objects.get(pk=operation.pk)
    plan = plan_rebuild(get_definition("products"), queued=queued)
    cancel(get_operation("default", str(operation.pk)))
    with pytest.raises(OperationCancelled):
        rebuild(plan, queued=queued)
    operation.refresh_from_db()
    assert operation.state == "cancelled"
    assert live(es) == old


class Unreachable(DatabaseBackend):
    """A queue that is down."""

    def enqueue(self, *args: Any, **kwargs: Any) -> Any:
        """Fail."""
        raise ConnectionError("the queue is down")


def test_a_queue_that_is_down_is_told_on_the_operation(
    client: Client, products: list[Product], settings: Settings
) -> None:
    settings.TASKS = {"default": {"BACKEND": f"{__name__}.Unreachable"}}
    operation = carry_out(client, "rebuild")
    assert operation.state == "failed"
    given = "It could not be queued for the background tasks (ConnectionError: incident "
    assert operation.error.startswith(given)


def test_prune(client: Client, products: list[Product], es: Elasticsearch) -> None:
    for _ in range(2):
        rebuild(plan_rebuild(get_definition("products")))
    Generation.objects.filter(role="retired").update(retired_at="2020-01-01T00:00:00Z")
    [retired] = Generation.objects.filter(role="retired").values_list("name", flat=True)
    text, _ = show(client, "prune")
    assert re.search(
        rf"delete {retired} permanently: 3 documents, [\d.,]+ k?B, no longer sear", text
    )
    assert re.search(r"this frees [\d.,]+ k?B \(1 generation, 3 documents\)", text)
    _, mark = show(client, "prune")
    response = client.post(address("prune"), {"fingerprint": mark, "typed": "Products"})
    assert response.status_code == 409
    assert es.indices.exists(index=retired)
    overview = client.get(address("change")).content.decode()
    assert re.search(r">Prune… \([\d.,]+\xa0k?B\)<", overview)
    operation = carry_out(client, "prune", typed="products")
    assert (operation.state, operation.details["deleted"]) == ("done", [retired])
    assert not es.indices.exists(index=retired)
    # Nothing is left to do, so that nothing is offered.
    assert "Prune…" not in client.get(address("change")).content.decode()
    html = client.get(address("prune")).content.decode()
    assert "there is nothing to delete" in html
    assert 'type="submit" class="' not in html[html.index("<main") :]


def test_failed_builds_are_told_and_builds_that_stopped_are_offered(
    client: Client, products: list[Product], es: Elasticsearch
) -> None:
    definition = get_definition("products")
    failed, stopped = create_generation(definition), create_generation(definition)
    mark_failed(failed, "A node was full.")
    html = client.get(address("prune")).content.decode()
    assert re.search(
        rf"delete {failed.name} permanently: 0 documents, .*, a build that failed: A node was full",
        words(html),
    )
    assert f"keep {stopped.name}: a build that stopped before the swap" in words(html)
    assert 'href="?builds=1"' in html
    carry_out(client, "prune", "?builds=1", typed="products")
    assert not Generation.objects.filter(name__in=[failed.name, stopped.name]).exists()


def test_a_deletion_says_what_it_frees(
    client: Client, products: list[Product], es: Elasticsearch
) -> None:
    first = live(es)
    rebuild(plan_rebuild(get_definition("products")))
    text, _ = show(client, "delete_generation", f"?generation={first}")
    assert re.search(r"permanently: 3 documents. This frees [\d.,]+ k?B", text)


def test_a_generation_is_deleted_only_if_its_name_is_typed(
    client: Client, products: list[Product], es: Elasticsearch
) -> None:
    first = live(es)
    rebuild(plan_rebuild(get_definition("products")))
    query = f"?generation={first}"
    _, mark = show(client, "delete_generation", query)
    for typed in ("", first.upper(), "products"):
        response = client.post(
            address("delete_generation", query=query), {"fingerprint": mark, "typed": typed}
        )
        assert response.status_code == 409
        assert "Nothing was deleted" in words(response.content.decode())
    assert es.indices.exists(index=first)
    operation = carry_out(client, "delete_generation", query, typed=first)
    assert (operation.kind, operation.state) == ("delete", "done")
    assert not es.indices.exists(index=first)


@pytest.mark.parametrize("name", ["", "products", "none", "products-20200101000000-beef"])
def test_what_is_no_generation_is_not_deleted(
    client: Client, products: list[Product], name: str, prefix: str
) -> None:
    name = f"{prefix}{name}" if name.startswith("products") else name
    url = address("delete_generation", query=f"?generation={name}")
    assert client.get(url).status_code == 404
    assert client.post(url, {"typed": name}).status_code == 404


def test_the_live_generation_is_not_deleted(
    client: Client, products: list[Product], es: Elasticsearch
) -> None:
    query = f"?generation={live(es)}"
    text, mark = show(client, "delete_generation", query)
    assert "is the live generation" in text
    data = {"fingerprint": mark, "typed": live(es)}
    assert client.post(address("delete_generation", query=query), data).status_code == 409
    assert es.indices.exists(index=live(es))


def test_a_read_only_connection_greys_out_and_refuses(
    client: Client, products: list[Product], settings: Settings
) -> None:
    rebuild(plan_rebuild(get_definition("products")))
    server: dict[str, Any] = settings.ES_SERVERS["default"]
    settings.ES_SERVERS = {"default": {**server, "READONLY": True}}
    html = client.get(address("change")).content.decode()
    assert 'class="esa-off" title="The connection is read-only."' in html
    assert address("rebuild") not in html
    url = reverse("admin:app_list", args=["elasticsearch"])
    dashboard = client.get(url).content.decode()
    assert 'title="The connection is read-only.">Rebuild…' in dashboard
    html = client.get(address("generations")).content.decode()
    assert html.count('title="The connection is read-only.">Swap to it…') == 1
    assert html.count('title="The connection is read-only.">Delete…') == 1
    compare = f"{address('compare')}?key={products[0].pk}"
    assert 'value="Reindex this" disabled' in client.get(compare).content.decode()
    refused = client.post(compare, follow=True).content.decode()
    assert "The connection is read-only." in refused
    assert not OutboxEntry.objects.exists()
    last = Operation.objects.latest("pk")
    page = reverse("admin:elasticsearch_operation_change", args=[f"default_3A{last.pk}"])
    assert 'title="The connection is read-only.">Roll back…' in client.get(page).content.decode()
    before = Operation.objects.count()
    for action in ("create", "rebuild", "swap", "rollback", "refresh", "drain", "prune"):
        text, mark = show(client, action)
        assert "READONLY" in text or action == "rollback"
        assert client.post(address(action), {"fingerprint": mark}).status_code == 409
    assert Operation.objects.count() == before


def test_an_operation_that_fails_is_shown_with_its_error(
    client: Client, products: list[Product], es: Elasticsearch, settings: Settings
) -> None:
    [node] = es.transport.node_pool.all()

    def refuse(method: str, path: str, sent: bytes) -> servers.Answer | None:
        if "_refresh" not in path:
            return None
        return servers.Answer(429, servers.BUSY_JSON, "application/json", elasticsearch=True)

    with servers.standing_between(node.base_url, refuse) as url:
        settings.ES_SERVERS = {"default": {**settings.ES_SERVERS["default"], "HOSTS": [url]}}
        operation = carry_out(client, "refresh")
    assert operation.state == "failed"
    page = reverse("admin:elasticsearch_operation_change", args=[f"default_3A{operation.pk}"])
    text = words(client.get(page).content.decode())
    assert "overloaded (429)" in text
    assert "What next: Try again: Refresh…" in text


def test_the_log_says_who_began_what(client: Client, products: list[Product]) -> None:
    carry_out(client, "refresh")
    entry = LogEntry.objects.latest("pk")
    assert (entry.user.username, entry.object_id) == ("visitor-0", "default:products")
    assert entry.get_change_message() == "Began: refresh."
    history = client.get(reverse("admin:elasticsearch_index_history", args=[PRODUCTS]))
    assert "Began: refresh." in history.content.decode()


def test_an_unmanaged_or_unknown_index_has_no_operations(
    client: Client, es: Elasticsearch, prefix: str
) -> None:
    es.indices.create(index=f"{prefix}logs")
    for key in (f"default_3A{prefix}logs", "default_3Anone", "none_3Aproducts"):
        for action in ("create", "rebuild", "swap", "refresh", "prune"):
            assert client.get(address(action, key)).status_code == 404
            assert client.post(address(action, key)).status_code == 404


def test_no_token_no_operation(products: list[Product]) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = visitor(superuser=True).cookies
    _, mark = show(strict, "refresh")
    before = Operation.objects.count()
    assert strict.post(address("refresh"), {"fingerprint": mark}).status_code == 403
    assert Operation.objects.count() == before
