"""What an operator has to find out or mend on a bad evening, from the dashboard on, by clicking."""

import re
from datetime import timedelta

from django.utils import timezone
from elasticsearch import Elasticsearch
from playwright.sync_api import Page, expect
from pytest_django import Settings
from shop.models import Product

from django_es_admin.indices.definition import get_definition
from django_es_admin.lifecycle.rebuild import rebuild
from django_es_admin.lifecycle.rebuild_plan import plan_rebuild
from django_es_admin.models import Generation, Judgement, Operation, OutboxEntry, Worker
from django_es_admin.operations.acting import acting
from tests import servers

from .conftest import OpenPage
from .test_operations import (
    DASHBOARD,
    INDEX,
    Programs,
    expect_done,
    live,
    programs,
    tool,
    worker,
)

__all__ = ["programs"]


def problem(page: Page, text: str) -> None:
    expect(page.locator("#problems, .esa-problem").filter(has_text=text).first).to_be_visible()


def test_which_index_is_out_of_date_and_why(
    products: list[Product], es: Elasticsearch, open_page: OpenPage
) -> None:
    es.delete(index=get_definition("products").alias, id=str(products[0].pk), refresh=True)
    page = open_page(DASHBOARD)
    page.get_by_role("link", name="products", exact=True).click()
    problem(page, "1 document is missing")
    tool(page, "Compare now…")
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_role("row", name=products[0].name, exact=False).first).to_contain_text(
        "has no document"
    )
    page.get_by_role("button", name="Reindex these (1)").click()
    expect(page.get_by_text("1 object was written to the index.")).to_be_visible()
    assert es.exists(index=get_definition("products").alias, id=str(products[0].pk))


def test_a_mapping_change_is_seen(
    products: list[Product], es: Elasticsearch, open_page: OpenPage
) -> None:
    alias = get_definition("products").alias
    es.indices.put_mapping(index=alias, properties={"colour": {"type": "keyword"}})
    page = open_page(DASHBOARD)
    page.get_by_role("link", name=re.compile("1 difference")).click()
    expect(page.get_by_role("row", name=re.compile("^colour not declared"))).to_be_visible()
    tool(page, "Rebuild…")
    expect(page.get_by_role("button", name="Start the rebuild")).to_be_visible()


def test_a_mapping_change_is_brought_live_and_rolled_back(
    products: list[Product],
    es: Elasticsearch,
    open_page: OpenPage,
    programs: Programs,
) -> None:
    old = live(es)
    es.indices.put_mapping(index=old, properties={"colour": {"type": "keyword"}})
    page = open_page(DASHBOARD)
    page.get_by_role("link", name=re.compile("1 difference")).click()
    tool(page, "Rebuild…")
    with worker(programs):
        page.get_by_role("button", name="Start the rebuild").click()
        expect(page.get_by_text("It waits for a worker")).to_be_visible()
    expect_done(page, "Rebuild of products")
    new = live(es)
    assert new != old
    assert "colour" not in es.indices.get_mapping(index=new)[new]["mappings"]["properties"]
    # What went wrong with it is undone from where it was done.
    page.get_by_role("link", name="Roll back…").click()
    expect(page.get_by_text(f"{new} → {old}")).to_be_visible()
    page.get_by_role("button", name="Roll back").click()
    expect_done(page, "Rollback of products")
    assert live(es) == old


def test_one_product_is_missing_from_search(
    products: list[Product], es: Elasticsearch, open_page: OpenPage
) -> None:
    [product] = Product.objects.filter(sku="A-7")
    es.delete(index=get_definition("products").alias, id=str(product.pk), refresh=True)
    page = open_page(DASHBOARD)
    page.locator("#indices").get_by_role("link", name="shop.Product").click()
    page.get_by_role("link", name=product.name, exact=True).click()
    page.get_by_role("link", name="Why is this (not) found?").click()
    page.get_by_label("Words that are searched for").fill(product.name)
    page.get_by_role("button", name="Explain").click()
    expect(page.locator("#why-answer")).to_contain_text("the index has no document of it")
    page.get_by_role("link", name="open it").click()
    page.get_by_role("button", name="Reindex").click()
    expect(page.get_by_text("1 object was written to the index.")).to_be_visible()
    # Within a second it is searchable anyway.
    es.indices.refresh(index=get_definition("products").alias)
    page.get_by_role("link", name="Why is this (not) found?").click()
    page.get_by_label("Words that are searched for").fill(product.name)
    page.get_by_role("button", name="Explain").click()
    expect(page.locator("#why-answer")).to_have_text(re.compile("^Found"))


def test_what_a_field_holds_and_what_a_search_sends(
    products: list[Product], open_page: OpenPage
) -> None:
    page = open_page(DASHBOARD, java_script_enabled=False)
    page.locator("#indices").get_by_role("link", name="products", exact=True).click()
    tabs = page.get_by_role("navigation", name="Pages of this index")
    tabs.get_by_role("link", name="Mapping").click()
    page.get_by_role("link", name="terms brand", exact=True).click()
    expect(page.get_by_role("row", name="Northpath")).to_contain_text("20")
    page.get_by_label("Field").select_option("name")
    page.get_by_role("button", name="Count its terms").click()
    page.get_by_role("link", name="name.raw", exact=True).click()
    expect(page.get_by_role("row", name="Trail shoe 7")).to_contain_text("1")
    tabs.get_by_role("link", name="Console").click()
    page.get_by_label("Words, as a user types them:").fill("trail shoe")
    page.get_by_role("button", name="Show").click()
    page.get_by_text("The same request for a terminal the search box of the list").click()
    expect(page.locator("#sent-curl-1")).to_contain_text("curl -X POST")


def test_the_alias_was_deleted_by_hand(
    products: list[Product], es: Elasticsearch, open_page: OpenPage
) -> None:
    alias, name = get_definition("products").alias, live(es)
    es.indices.delete_alias(index=name, name=alias)
    page = open_page(DASHBOARD)
    problem(page, f"The alias is gone: {name}")
    page.get_by_role("link", name=re.compile("^Swap alias…")).first.click()
    page.get_by_role("button", name="Swap the alias").click()
    expect(page.locator(".esa-lead").first).to_contain_text("done")
    assert live(es) == name


def test_an_outage_of_an_hour(
    products: list[Product], settings: Settings, open_page: OpenPage
) -> None:
    an_hour = timezone.now() - timedelta(hours=1)
    Worker.objects.create(kind="drain", host="here", pid=1, rate=10)
    rows = [
        OutboxEntry(connection="default", index="products", key=str(one.pk), created_at=an_hour)
        for one in products
    ]
    OutboxEntry.objects.bulk_create(rows)
    with servers.refusing_port() as url:
        settings.ES_SERVERS = {
            "default": {**settings.ES_SERVERS["default"], "HOSTS": [url], "LABEL": "Production"}
        }
        page = open_page(DASHBOARD)
        line = page.locator("#work")
        expect(line).to_contain_text("Nothing is lost: 20 changes wait since")
        expect(line).to_contain_text("about 2 s once Production answers")
        page.get_by_role("link", name="see the outbox").click()
        expect(page.get_by_role("link", name=products[0].name)).to_be_visible()


def test_who_rebuilt_how_long_it_took_and_why(products: list[Product], open_page: OpenPage) -> None:
    with acting("grace", note="for the new analyzer"):
        rebuild(plan_rebuild(get_definition("products")))
    page = open_page(f"{DASHBOARD}operation/")
    page.locator("#changelist-filter").get_by_role("link", name="grace").click()
    row = page.locator("#result_list tbody tr")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("rebuild of products")
    expect(row).to_contain_text("for the new analyzer")
    expect(row.locator(".field-worked")).to_contain_text(re.compile(r"\d+ s"))
    expect(row.locator(".field-moved")).to_contain_text("→")


def test_the_disk_is_nearly_full(
    products: list[Product], es: Elasticsearch, open_page: OpenPage
) -> None:
    for _ in range(2):
        rebuild(plan_rebuild(get_definition("products")))
    retired = Generation.objects.filter(role="retired")
    retired.update(retired_at="2020-01-01T00:00:00Z")
    [name] = retired.values_list("name", flat=True)
    page = open_page(DASHBOARD)
    page.locator("#connections").get_by_role("link", name=re.compile("^space")).click()
    expect(page.get_by_role("row", name=re.compile(f"^{name}"))).to_contain_text("yes")
    page.get_by_label(re.compile("Type .* to confirm")).fill("default")
    page.get_by_role("button", name=re.compile("^Delete them")).click()
    expect(page.get_by_text(f"Deleted: {name}.")).to_be_visible()
    assert not es.indices.exists(index=name)


def test_a_rebuild_that_hangs(products: list[Product], open_page: OpenPage) -> None:
    now = timezone.now()
    step = {
        "step": "load",
        "began": (now - timedelta(minutes=5)).isoformat(),
        "moved": (now - timedelta(minutes=2)).isoformat(),
        "ended": None,
        "done": 5,
        "total": 20,
    }
    Operation.objects.create(
        connection="default",
        index="products",
        kind="rebuild",
        state="running",
        who="grace",
        host="elsewhere",
        leased_until=now + timedelta(hours=1),
        created_at=now - timedelta(minutes=5),
        begun_at=now - timedelta(minutes=5),
        steps=[step],
    )
    page = open_page(DASHBOARD)
    page.locator("#work").get_by_role("link", name="rebuild of products").click()
    expect(page.locator(".esa-lead").first).to_contain_text("no progress for 2 min")
    expect(page.get_by_role("row", name="Started by")).to_contain_text("grace")
    page.get_by_role("button", name="Cancel the operation").click()
    expect(page.locator(".esa-lead").first).to_contain_text("it is being cancelled")


def test_what_belongs_there_is_said_on_a_page_of_results(
    products: list[Product], open_page: OpenPage
) -> None:
    page = open_page(f"{INDEX}documents/judge/", java_script_enabled=False)
    page.get_by_label("Words that are searched for").fill("Trail  Shoe")
    page.get_by_label("Search", exact=True).select_option("ProductSearchService")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("for “trail shoe”")).to_be_visible()
    page.get_by_label("Grade of Trail shoe 7", exact=True).select_option("3")
    page.get_by_label("Grade of Trail shoe 5", exact=True).select_option("0")
    page.get_by_role("button", name="Save the grades").click()
    expect(page.get_by_text("2 judgements were changed.")).to_be_visible()
    expect(page.get_by_label("Grade of Trail shoe 7", exact=True)).to_have_value("3")
    expect(page.get_by_label("Search", exact=True)).to_have_value("ProductSearchService")
    found = Judgement.objects.order_by("grade").values_list("words", "grade")
    assert list(found) == [("trail shoe", 0), ("trail shoe", 3)]


def test_a_product_is_promoted_and_marked_in_the_shop(
    products: list[Product], open_page: OpenPage
) -> None:
    [product] = Product.objects.filter(sku="A-7")
    page = open_page(f"{DASHBOARD}promotion/add/", java_script_enabled=False)
    page.get_by_label("Index:").select_option("products")
    page.get_by_label("Words:").fill("Summer  Sale")
    page.get_by_label("Key:").fill(str(product.pk))
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("in force")).to_be_visible()
    page.goto("/?q=summer+sale")
    expect(page.locator(".products h2")).to_have_text([product.name])
    expect(page.locator(".products .promoted")).to_have_text("Promoted")
