"""Each operation as somebody does it in a browser, on the real server."""

import os
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from elasticsearch import Elasticsearch
from playwright.sync_api import Page, expect
from pytest_django import Settings
from shop.models import Category, Product

from django_es_admin.indices.definition import get_definition
from django_es_admin.lifecycle.rebuild import rebuild
from django_es_admin.lifecycle.rebuild_plan import plan_rebuild
from django_es_admin.models import Generation, Operation, OutboxEntry
from tests import forks, servers

from .conftest import OpenPage

ROOT = Path(__file__).parents[2]
DASHBOARD = "/admin/elasticsearch/"
INDEX = f"{DASHBOARD}index/default_3Aproducts/"
LIST = "/admin/shop/product/"
SECONDS = 60_000
"""Milliseconds, in truth: what a busy machine may take."""

WRITER = """
import itertools, random, time
import django
django.setup()
from shop.models import Product
keys = list(Product.objects.values_list("pk", flat=True))
for number in itertools.count():
    product = Product.objects.get(pk=random.choice(keys))
    product.name = f"Written {number}"
    product.save()
    time.sleep(0.03)
"""

Programs = Callable[..., forks.Program]


def live(es: Elasticsearch) -> str:
    [name] = es.indices.get_alias(
        index=get_definition("products").alias, name=get_definition("products").alias
    )
    return str(name)


def tool(page: Page, name: str) -> None:
    """Press a button at the top of the page; it may say how much it does behind its name."""
    named = re.compile(rf"^{re.escape(name)}( \(.*\))?$")
    page.locator(".object-tools").get_by_role("link", name=named).click()


def expect_done(page: Page, title: str) -> None:
    expect(page).to_have_url(re.compile(r"/operation/default_3A\d+/change/$"))
    expect(page.locator("h1").last).to_contain_text(title)
    expect(page.locator(".esa-lead").first).to_contain_text("done", timeout=SECONDS)
    expect(page.get_by_role("row", name="Started by")).to_contain_text("ada")


@pytest.fixture
def programs(
    transactional_db: None, es: Elasticsearch, tmp_path: Path, settings: Settings
) -> Iterator[Programs]:
    """Start programs of the project beside the site: the same database, the same indices."""
    [node] = es.transport.node_pool.all()
    (tmp_path / "beside.py").write_text(
        "from config.settings import *\n"
        f"ES_SERVERS['default']['INDEX_PREFIX'] = {settings.INDEX_PREFIX!r}\n"
        # So small that a rebuild can be watched.
        "ES_ADMIN = {'BULK_MAX_DOCUMENTS': 3}\n"
    )
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "beside",
        "DATABASE_URL": f"sqlite:///{connection.settings_dict['NAME']}",
        "PYTHONPATH": os.pathsep.join(map(str, (ROOT, ROOT / "example_project", tmp_path))),
    }
    numbers = count()
    with ExitStack() as stack:

        def start(*words: str, url: str = node.base_url) -> forks.Program:
            said = stack.enter_context((tmp_path / f"said-{next(numbers)}").open("wb"))
            program = forks.Program(
                [*words],
                environment=environment | {"ES_URL": url},
                folder=ROOT,
                out=said.fileno(),
                errors=said.fileno(),
            )
            stack.callback(program.kill)
            return program

        yield start


WORKER = ("-m", "django", "db_worker", "--batch", "--no-startup-delay", "-v0")


@contextmanager
def worker(programs: Programs) -> Iterator[None]:
    """Run the worker of the background tasks until nothing is left to do, after the block."""
    yield
    assert programs(*WORKER).wait(SECONDS / 1000) == 0


@contextmanager
def slow_server(es: Elasticsearch) -> Iterator[tuple[str, threading.Event]]:
    """Give the URL of a server that takes its time for each bulk request, until the event is set.

    However fast a machine is, a rebuild has not ended before somebody has seen it.
    """
    [node] = es.transport.node_pool.all()
    seen = threading.Event()

    def wait(method: str, path: str, body: bytes) -> None:
        if "/_bulk" in path:
            seen.wait(0.3)

    with servers.standing_between(node.base_url, wait) as url:
        try:
            yield url, seen
        finally:
            seen.set()


def test_create(transactional_db: None, es: Elasticsearch, open_page: OpenPage) -> None:
    page = open_page(f"{INDEX}change/")
    tool(page, "Create…")
    expect(page.get_by_text("give it the alias")).to_be_visible()
    page.get_by_text("Requests that this sends").click()
    expect(page.get_by_text(f"PUT /{get_definition('products').alias}-…")).to_be_visible()
    page.get_by_role("button", name="Create the index").click()
    expect_done(page, "Creation of products")
    assert es.count(index=get_definition("products").alias)["count"] == 0
    page.get_by_role("link", name="Rebuild…").click()
    expect(page.get_by_role("button", name="Start the rebuild")).to_be_visible()


def test_a_rebuild_is_watched_to_its_end_while_another_process_writes(
    products: list[Product],
    es: Elasticsearch,
    open_page: OpenPage,
    programs: Programs,
) -> None:
    old, category = live(es), Category.objects.get()
    Product._base_manager.bulk_create(
        Product(sku=f"B-{number}", name=f"Boot {number}", price="1", category=category)
        for number in range(1_200)
    )
    page = open_page(f"{INDEX}change/")
    tool(page, "Rebuild…")
    expect(page.get_by_text("load 1,220 rows")).to_be_visible()
    page.get_by_role("button", name="Start the rebuild").click()
    expect(page.get_by_text("It waits for a worker")).to_be_visible()
    page.evaluate("window.never_reloaded = true")

    writer = programs("-c", WRITER)
    while not Product.objects.filter(name__startswith="Written").exists():
        page.wait_for_timeout(50)
    with slow_server(es) as (url, seen):
        background = programs(*WORKER, url=url)
        bar = page.locator("#operation progress")
        expect(bar).to_be_visible(timeout=SECONDS)
        expect(page.locator(".esa-lead").first).to_contain_text(
            re.compile(r"of \d,\d{3} · .* left")
        )
        # A colleague sees the same, and where from: the dashboard.
        colleague = open_page(DASHBOARD)
        expect(colleague.locator("#work")).to_contain_text("rebuild of products")
        # The bar moves.
        first = bar.evaluate("bar => bar.value")
        page.wait_for_function(
            "first => document.querySelector('#operation progress')?.value > first",
            arg=first,
            timeout=SECONDS,
        )
        assert Operation.objects.latest("pk").state == Operation.State.RUNNING
        seen.set()
        while Operation.objects.latest("pk").state == Operation.State.RUNNING:
            page.wait_for_timeout(100)
        writer.kill()
        expect_done(page, "Rebuild of products")
        assert background.wait(SECONDS / 1000) == 0
    assert page.evaluate("window.never_reloaded")
    assert live(es) != old
    for step in ("load the rows", "swap the alias"):
        expect(page.get_by_role("row", name=step)).to_contain_text("done")
    expect(page.get_by_role("link", name="Roll back…")).to_be_visible()
    expect(page.get_by_role("button", name="Cancel the operation")).to_have_count(0)

    # What was written meanwhile is there, or still in the outbox.
    call_command("es_drain", once=True, verbosity=0)
    alias = get_definition("products").alias
    es.indices.refresh(index=alias)
    hits = es.search(index=alias, size=10_000, source=["name"])["hits"]["hits"]
    rows = {str(key): name for key, name in Product.objects.values_list("pk", "name")}
    assert {hit["_id"]: hit["_source"]["name"] for hit in hits} == rows
    assert any(name.startswith("Written") for name in rows.values())


def test_a_page_is_refreshed_whatever_parts_come_and_go(
    transactional_db: None, open_page: OpenPage
) -> None:
    """The hint of a queue goes, steps come, a failure comes: each changes what stands on it."""
    operation = Operation.objects.create(
        connection="default", index="products", kind="rebuild", state="queued", who="ada"
    )
    page = open_page(f"{DASHBOARD}operation/default_3A{operation.pk}/change/")
    page.clock.install()
    page.reload()
    expect(page.get_by_text("It waits for a worker")).to_be_visible()
    page.get_by_text("Log", exact=True).click()

    def show(**fields: Any) -> None:
        Operation.objects.filter(pk=operation.pk).update(**fields)
        page.clock.run_for(2_100)

    now = timezone.now()
    step = {"step": "load", "began": now.isoformat(), "ended": None, "done": 5, "total": 10}
    lease = now + timedelta(hours=1)
    show(state="running", leased_until=lease, host="here", pid=1)
    expect(page.get_by_text("here, process 1")).to_be_visible()
    show(steps=[step], leased_until=lease)
    expect(page.locator("#operation progress")).to_be_visible()
    show(steps=[step | {"done": 7}])
    expect(page.get_by_role("cell", name="7 of 10")).to_be_visible()
    show(cancel_requested=True, details={"failures": [["7", "it is poison"]]})
    expect(page.get_by_role("cell", name="it is poison")).to_be_visible()
    show(state="failed", error="It came to nothing.", ended_at=now)
    expect(page.locator(".messagelist")).to_have_text("It came to nothing.")
    assert page.locator("details[data-key=log]").get_attribute("open") is not None
    # Nothing more is asked of what has ended.
    show(error="It is not asked for this.")
    expect(page.locator(".messagelist")).to_have_text("It came to nothing.")


@pytest.mark.slow
@pytest.mark.in_ci
def test_a_rebuild_whose_worker_is_killed_is_gone_on_with(
    products: list[Product],
    es: Elasticsearch,
    open_page: OpenPage,
    programs: Programs,
) -> None:
    category = Category.objects.get()
    Product._base_manager.bulk_create(
        Product(sku=f"B-{number}", name=f"Boot {number}", price="1", category=category)
        for number in range(300)
    )
    page = open_page(f"{INDEX}rebuild/")
    page.get_by_role("button", name="Start the rebuild").click()
    with slow_server(es) as (url, _):
        background = programs(*WORKER, url=url)
        expect(page.locator("#operation progress")).to_be_visible(timeout=SECONDS)
        background.kill()
    expect(page.get_by_text("Its process was killed")).to_be_visible(timeout=SECONDS)
    generation = Operation.objects.latest("pk").generation
    # Whoever opens it later sees the same.
    page.reload()
    expect(page.get_by_text("Its process was killed")).to_be_visible()
    page.get_by_role("link", name="Try again: Rebuild…").click()
    expect(page.get_by_text(f"resume {generation}")).to_be_visible()
    with worker(programs):
        page.get_by_role("button", name="Start the rebuild").click()
        expect(page.get_by_text("It waits for a worker")).to_be_visible()
    expect_done(page, "Rebuild of products")
    assert live(es) == generation
    assert es.count(index=generation)["count"] == 320


def test_a_rebuild_is_cancelled(
    products: list[Product],
    es: Elasticsearch,
    open_page: OpenPage,
    programs: Programs,
) -> None:
    old = live(es)
    page = open_page(f"{INDEX}rebuild/")
    with worker(programs):
        page.get_by_role("button", name="Start the rebuild").click()
        page.get_by_role("button", name="Cancel the operation").click()
        expect(page.locator(".esa-lead").first).to_contain_text("cancelled")
    assert live(es) == old
    page.get_by_role("link", name="Try again: Rebuild…").click()
    with worker(programs):
        page.get_by_role("button", name="Start the rebuild").click()
        expect(page.get_by_text("It waits for a worker")).to_be_visible()
    expect_done(page, "Rebuild of products")
    assert live(es) != old


def test_swap_and_roll_back(
    products: list[Product], es: Elasticsearch, open_page: OpenPage
) -> None:
    first = live(es)
    rebuild(plan_rebuild(get_definition("products")))
    second = live(es)
    page = open_page(f"{INDEX}change/")
    tool(page, "Roll back…")
    expect(page.get_by_text(f"{second} → {first}")).to_be_visible()
    page.get_by_role("button", name="Roll back").click()
    expect_done(page, "Rollback of products")
    assert live(es) == first
    page.goto(f"{INDEX}generations/")
    page.locator("tbody", has_text=second).get_by_role("link", name="Swap to it…").click()
    page.get_by_role("button", name="Swap the alias").click()
    expect_done(page, "Swap of the alias of products")
    assert live(es) == second


def test_refresh_and_drain(products: list[Product], es: Elasticsearch, open_page: OpenPage) -> None:
    alias = get_definition("products").alias
    [product] = Product.objects.filter(sku="A-3")
    Product._base_manager.filter(pk=product.pk).update(name="Renamed")
    OutboxEntry.objects.create(connection="default", index="products", key=str(product.pk))
    page = open_page(f"{INDEX}change/")
    tool(page, "Drain now…")
    expect(page.get_by_text("read the object of 1 change")).to_be_visible()
    page.get_by_role("button", name="Drain now").click()
    expect_done(page, "Drain of products")
    page.get_by_role("link", name="Refresh…").click()
    page.get_by_role("button", name="Refresh the index").click()
    expect_done(page, "Refresh of products")
    assert es.search(index=alias, q="name:Renamed")["hits"]["total"]["value"] == 1


def test_prune_and_delete(products: list[Product], es: Elasticsearch, open_page: OpenPage) -> None:
    for _ in range(2):
        rebuild(plan_rebuild(get_definition("products")))
    Generation.objects.filter(role="retired").update(retired_at="2020-01-01T00:00:00Z")
    [retired] = Generation.objects.filter(role="retired").values_list("name", flat=True)
    [standby] = Generation.objects.filter(role="standby").values_list("name", flat=True)
    page = open_page(f"{INDEX}change/")
    tool(page, "Prune…")
    expect(page.get_by_text(f"delete {retired} permanently")).to_be_visible()
    page.get_by_label(re.compile("Type .* to confirm")).fill("products")
    page.get_by_role("button", name="Prune").click()
    expect_done(page, "Pruning of products")
    assert not es.indices.exists(index=retired)

    page.goto(f"{INDEX}generations/")
    page.locator("tbody", has_text=standby).get_by_role("link", name="Delete…").click()
    field = page.get_by_label(re.compile("Type .* to confirm"))
    field.fill("products")
    page.get_by_role("button", name="Delete the generation").click()
    expect(page.get_by_text("Nothing was deleted")).to_be_visible()
    assert es.indices.exists(index=standby)
    field.fill(standby)
    page.get_by_role("button", name="Delete the generation").click()
    expect_done(page, "Deletion in products")
    assert not es.indices.exists(index=standby)


def test_an_object_is_compared_and_reindexed(
    products: list[Product], es: Elasticsearch, open_page: OpenPage
) -> None:
    [product] = Product.objects.filter(sku="A-7")
    Product._base_manager.filter(pk=product.pk).update(name="Renamed")
    page = open_page(f"{INDEX}documents/?q=sku:A-7")
    page.get_by_role("link", name="Compare with the database").click()
    row = page.locator("tr", has=page.get_by_role("rowheader", name=re.compile("^name")))
    expect(row.get_by_role("cell")).to_have_text(["Trail shoe 7", "Renamed"])
    page.get_by_role("button", name="Reindex this").click()
    expect(page.get_by_text("1 object was written to the index.")).to_be_visible()
    expect(page.locator(".esa-lead").first).to_contain_text("up to date")

    Product._base_manager.filter(pk=product.pk).update(name="Renamed again")
    page.goto(f"{LIST}{product.pk}/change/")
    panel = page.get_by_role("group", name="In Elasticsearch: products")
    expect(panel).to_contain_text("differs")
    page.get_by_role("button", name="Reindex").click()
    expect(panel).to_contain_text("up to date")


def test_reindex_from_the_list(
    products: list[Product], es: Elasticsearch, open_page: OpenPage
) -> None:
    alias = get_definition("products").alias

    def renamed() -> int:
        es.indices.refresh(index=alias)
        return int(es.count(index=alias, q="brand.text:Renamed")["count"])

    Product._base_manager.update(brand="Renamed")
    page = open_page(LIST)
    for place in (1, 2):
        page.locator("input.action-select").nth(place).check()
    page.get_by_label("Action:").select_option("reindex_selected")
    page.get_by_role("button", name="Run").or_(page.get_by_role("button", name="Go")).click()
    expect(page.get_by_text("2 objects were written to the index.")).to_be_visible()
    assert renamed() == 2
    page.get_by_role("button", name="Reindex all…").click()
    expect(page.get_by_text("add 20 objects to the outbox")).to_be_visible()
    page.get_by_role("button", name="Reindex").click()
    expect(page.get_by_text("20 objects were written to the index.")).to_be_visible()
    assert renamed() == 20
    page.get_by_role("link", name="Rebuild index products…").click()
    expect(page.get_by_role("button", name="Start the rebuild")).to_be_visible()


def test_the_outbox(products: list[Product], es: Elasticsearch, open_page: OpenPage) -> None:
    OutboxEntry.objects.bulk_create(
        OutboxEntry(
            connection="default",
            index="products",
            key=str(product.pk),
            attempts=9,
            error="mapper_parsing_exception",
            parked_at="2026-11-21T10:00:00Z",
        )
        for product in products[:3]
    )
    page = open_page(f"{DASHBOARD}outboxentry/")
    expect(page.get_by_text("mapper_parsing_exception").first).to_be_visible()

    def do(action: str) -> None:
        page.locator("input.action-select").first.check()
        page.get_by_label("Action:").select_option(action)
        page.get_by_role("button", name="Run").or_(page.get_by_role("button", name="Go")).click()

    do("retry_selected")
    expect(page.get_by_text("1 row is tried again with the next drain.")).to_be_visible()
    assert OutboxEntry.objects.filter(parked_at=None).count() == 1
    do("discard_selected")
    field = page.get_by_label(re.compile("Type .* to confirm"))
    field.fill("articles")
    page.get_by_role("button", name="Discard").click()
    expect(page.get_by_text("Nothing was discarded")).to_be_visible()
    field.fill("products")
    page.get_by_role("button", name="Discard").click()
    expect(page.get_by_text("1 row was discarded.")).to_be_visible()
    assert OutboxEntry.objects.count() == 2
