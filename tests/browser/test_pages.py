"""The pages as a browser shows them."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from importlib.resources import files
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.utils import quote
from django.urls import resolve
from django.utils import timezone
from elasticsearch import Elasticsearch
from playwright.sync_api import Browser, Page, Request, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer
from shop.models import Product

from django_es_admin.admin.pages.overview.dashboard import PER_PAGE
from django_es_admin.documents import registry
from django_es_admin.indices.definition import get_definition
from django_es_admin.lifecycle.rebuild import rebuild
from django_es_admin.lifecycle.rebuild_plan import plan_rebuild
from django_es_admin.models import (
    Difference,
    Generation,
    Judgement,
    Operation,
    OutboxEntry,
    Promotion,
    Synonym,
)

from .conftest import POLICY_HEADER, OpenPage

DASHBOARD = "/admin/elasticsearch/"
INDEX = "/admin/elasticsearch/index/default_3Aproducts/"
TABS = [
    "change",
    "mapping",
    "terms",
    "documents",
    "analyze",
    "generations",
    "operations",
    "shards",
    "policies",
    "console",
]
PAGES = [
    DASHBOARD,
    f"{DASHBOARD}?unmanaged=1&hidden=1&o=-documents",
    *(f"{INDEX}{tab}/" for tab in TABS),
    f"{INDEX}documents/?q=shoe",
    f"{INDEX}terms/?field=brand",
    f"{INDEX}terms/?field=name",
    f"{INDEX}documents/compare/?key=1",
    f"{INDEX}documents/why/?key=1&q=trail+lamp",
    f"{INDEX}documents/judge/?q=trail",
    f"{INDEX}analyze/?text=Trail+shoes",
    f"{INDEX}rebuild/?judge=1",
    *(
        f"{INDEX}{action}/"
        for action in (
            "create",
            "rebuild",
            "swap",
            "rollback",
            "refresh",
            "drain",
            "complete",
            "verify",
            "prune",
            "synonyms",
        )
    ),
    f"{INDEX}delete_generation/?generation={{failed}}",
    f"{INDEX}history/",
    f"{DASHBOARD}index/several/create/",
    f"{DASHBOARD}index/several/rebuild/",
    f"{DASHBOARD}connection/default/space/",
    f"{DASHBOARD}connection/default/history/",
    f"{DASHBOARD}operation/",
    f"{DASHBOARD}operation/default_3A{{running}}/change/",
    f"{DASHBOARD}operation/default_3A{{ended}}/change/",
    f"{DASHBOARD}operation/default_3A{{ended}}/history/",
    f"{DASHBOARD}outboxentry/",
    f"{DASHBOARD}loggedsearch/",
    f"{DASHBOARD}promotion/",
    f"{DASHBOARD}promotion/add/",
    f"{INDEX}generations/preview/",
    f"{INDEX}preview_swap/",
    f"{INDEX}tuning/?search=ProductSearchService&fields=brand&operator=or&fuzziness=0&analyzer=stop",
    f"{DASHBOARD}synonym/",
    f"{DASHBOARD}synonym/add/",
    f"{DASHBOARD}judgement/",
    f"{DASHBOARD}judgement/add/",
    *(
        f"{DASHBOARD}{model}/{{{model}}}/{page}/"
        for model in ("judgement", "promotion", "synonym")
        for page in ("change", "delete", "history")
    ),
    "/admin/shop/product/?q=trail",
    "/admin/shop/product/{product}/change/",
]
# Those that lead elsewhere, that nobody may open, and that take a form of another page.
NO_PAGES = {
    "elasticsearch_index_changelist",
    "elasticsearch_connection_changelist",
    "elasticsearch_connection_change",
    "elasticsearch_operation_cancel",
    "elasticsearch_operation_reindex",
    *(
        f"elasticsearch_{model}_{page}"
        for model in ("index", "connection", "operation", "outboxentry", "loggedsearch")
        for page in ("add", "delete")
    ),
    *(
        f"elasticsearch_{model}_{page}"
        for model in ("outboxentry", "loggedsearch")
        for page in ("change", "history")
    ),
    # These are django-import-export's.
    *(
        f"elasticsearch_{model}_{page}"
        for model in ("judgement", "promotion", "synonym")
        for page in ("export", "import", "process_import")
    ),
}

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
WATCH = """
    window.violations = [];
    document.addEventListener("securitypolicyviolation",
        event => window.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
"""
# What stands in it is ours; the rest of a page is of the admin.
AXE = """
    async () => (
        await axe.run("#content", {resultTypes: ["violations"], preload: false})
    ).violations.flatMap(
        found => found.nodes.map(node => `${found.id}: ${node.html.slice(0, 200)}`))
"""
# Pixels from side to side.
SMALL = 390
# Text whose contrast with what is behind it is below 4.5 (WCAG 2 AA for small text): all of it,
# whether details are open or not.
FAINT = """
() => {
    const closed = [...document.querySelectorAll("details:not([open])")];
    closed.forEach(details => details.open = true);
    const parse = colour => colour.match(/[\\d.]+/g).map(Number);
    const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
        .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
        .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
    const behind = element => {
        for (; element; element = element.parentElement) {
            const colour = parse(getComputedStyle(element).backgroundColor);
            if (colour.length === 3 || colour[3] > 0) return colour;
        }
        return [255, 255, 255];
    };
    const walker = document.createTreeWalker(
        document.querySelector("#content"), NodeFilter.SHOW_TEXT);
    const faint = new Set();
    while (walker.nextNode()) {
        const element = walker.currentNode.parentElement;
        if (!walker.currentNode.textContent.trim() || !element.checkVisibility()) continue;
        const [a, b] = [parse(getComputedStyle(element).color), behind(element)].map(light);
        const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        if (contrast < 4.5) faint.add(`${contrast.toFixed(2)} ${element.outerHTML.slice(0, 99)}`);
    }
    closed.forEach(details => details.open = false);
    return [...faint];
}
"""


def every_page() -> list[str]:
    """Return the addresses of all pages, with the keys of what the scene has made."""
    keys = {
        "failed": Generation.objects.get(role="failed").name,
        "running": Operation.objects.get(state="running").pk,
        "ended": Operation.objects.get(kind="verify", state="done").pk,
        "judgement": Judgement.objects.get().pk,
        "promotion": Promotion.objects.get().pk,
        "synonym": Synonym.objects.get().pk,
        "product": Product.objects.order_by("pk")[0].pk,
    }
    return [path.format(**keys) for path in PAGES]


def test_no_page_is_left_out() -> None:
    def names(patterns: Any) -> Iterator[str]:
        for each in patterns:
            if hasattr(each, "url_patterns"):
                yield from names(each.url_patterns)
            elif each.name and each.name.startswith("elasticsearch_"):
                yield each.name

    paths = {re.sub(r"\?.*", "", path.replace("{", "").replace("}", "")) for path in PAGES}
    opened = {resolve(path).url_name for path in paths}
    assert set(names(admin.site.urls[0])) - opened == NO_PAGES


def make_trouble(es: Elasticsearch, prefix: str, product: Product) -> None:
    """Make an operation that goes on, one that found differences, and a build that failed."""
    now = timezone.now()
    failed = f"{prefix}products-20261121072512-3f9a"
    es.indices.create(index=failed, settings={"number_of_replicas": 0})
    Generation.objects.create(
        connection="default",
        alias=f"{prefix}products",
        name=failed,
        role="failed",
        digest="none",
        error="mapper [name] of different type",
    )
    common = {"connection": "default", "index": "products", "who": "grace", "host": "elsewhere"}
    step = {"step": "verify", "began": now.isoformat(), "ended": None, "done": 5, "total": 20}
    Operation.objects.create(
        **common,
        kind="verify",
        state="running",
        leased_until=now + timedelta(hours=1),
        begun_at=now,
        steps=[step | {"moved": (now - timedelta(minutes=2)).isoformat()}],
    )
    ended = Operation.objects.create(
        **common,
        kind="verify",
        state="done",
        begun_at=now,
        ended_at=now,
        steps=[step | {"ended": now.isoformat()}],
        details={
            "objects": 20,
            "missing": 1,
            "stale": 0,
            "ghosts": 0,
            "refused": 0,
            "waiting": 0,
            "kept": 1,
            "whole": True,
            "ids": False,
            "note": "for the new analyzer",
            "failures": [[str(product.pk), "mapper [name] of different type"]],
        },
    )
    Difference.objects.create(operation=ended, key=str(product.pk), kind="missing")
    OutboxEntry.objects.create(
        connection="default",
        index="products",
        key=str(product.pk),
        attempts=2,
        error="mapper [name] of different type",
        parked_at=now,
    )
    named = {"index": "products", "words": "trail", "key": str(product.pk)}
    Judgement.objects.create(**named, search="ProductSearchService", grade=3)
    Promotion.objects.create(**named)
    Synonym.objects.create(name="shop", rule="shoe, boot")


@pytest.fixture
def scene(products: list[Product], es: Elasticsearch, settings: Settings) -> None:
    """Something of everything: drift, trouble, an odd index, a script, a dead connection."""
    rebuild(plan_rebuild(get_definition("products")))
    alias = get_definition("products").alias
    prefix = settings.INDEX_PREFIX
    es.indices.put_mapping(index=alias, properties={"colour": {"type": "keyword"}})
    es.delete(index=alias, id=str(products[0].pk), refresh=True)
    es.index(
        index=f"{prefix}logs",
        id="<script>alert(1)</script>",
        document={"line": "<script>alert(1)</script><img src=x onerror=alert(1)>"},
        refresh=True,
    )
    es.indices.create(index=f"{prefix}hidden", settings={"hidden": True})
    make_trouble(es, prefix, products[0])
    settings.ES_ADMIN = {"PAGE_TIMEOUT": 5}
    settings.ES_SERVERS = {
        **settings.ES_SERVERS,
        "staging": {
            "HOSTS": ["http://127.0.0.1:9"],
            "LABEL": "Staging, shared",
            "COLOR": "yellow",
            "READONLY": True,
        },
    }


def watch(page: Page) -> None:
    """Put the pages that are opened under the strict policy, and note what Chromium blocks."""
    page.set_extra_http_headers({POLICY_HEADER: POLICY})
    page.add_init_script(WATCH)


def visit_strictly(page: Page, path: str) -> list[str]:
    """Open a page under the strict policy and return what Chromium blocked."""
    watch(page)
    page.goto(path)
    violations: list[str] = page.evaluate("window.violations")
    return violations


def test_the_policy_of_that_test_is_enforced(
    browser: Browser, live_server: LiveServer, cookie: dict[str, str]
) -> None:
    page = browser.new_page(base_url=live_server.url)
    page.context.add_cookies([cookie])
    assert visit_strictly(page, DASHBOARD) == []
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<i style=\"top: 0\"></i>')")
    page.wait_for_function("window.violations.length > 0")
    assert page.evaluate("window.violations") == ["style-src-attr inline"]
    page.context.close()


# What is there already, and tables that have to be scrolled to see all of them.
SEEN = """
    () => ({
        sheets: document.styleSheets.length,
        blocked: window.violations,
        cut: [...document.querySelectorAll("#content [role=region], #content .results")]
            .filter(element => element.scrollWidth > element.clientWidth + 1)
            .map(element => `${element.outerHTML.slice(0, 99)}: ${element.scrollWidth} in `
                + element.clientWidth),
    })
"""
# Of a page as the server sent it: what only a script shows, buttons for a script apart, and what
# only a script sends.
NEEDS_A_SCRIPT = """
    html => {
        const page = new DOMParser().parseFromString(html, "text/html");
        const fills = form => form.querySelector("input:not([type=hidden]), select, textarea");
        const sends = form => form.querySelector("[type=submit], button:not([type])");
        const needs = [
            ...page.querySelectorAll("#content [hidden]:not(button[type=button])"),
            ...[...page.querySelectorAll("#content form")].filter(f => fills(f) && !sends(f)),
        ];
        return needs.map(element => element.outerHTML.slice(0, 900));
    }
"""
# The box of its lists has an icon for a label, and that of its choices none.
OF_THE_ADMIN = ("searchbar_helptext", "select2-search__field")


# The width of all one can scroll to: what Playwright makes a picture of the full page of.
WIDTHS = """
    () => {
        const parts = [document.documentElement, document.body];
        const sizes = part => [part.scrollWidth, part.offsetWidth, part.clientWidth];
        return [document.documentElement.scrollWidth, Math.max(...parts.flatMap(sizes))];
    }
"""
BOXES = """
    regions => regions.map(region => {
        const box = region.getClientRects().length ? region.getBoundingClientRect() : null;
        return [box && box.left, box && box.right, region.outerHTML.slice(0, 99)];
    })
"""


def too_wide(page: Page) -> list[str]:
    """Return what is wider than a small screen; the page is put onto one."""
    page.set_viewport_size({"width": SMALL, "height": 800})
    found = []
    widths = page.evaluate(WIDTHS)
    if widths != [SMALL, SMALL]:
        found.append(f"the page: {widths}")
    for left, right, region in page.get_by_role("region").evaluate_all(BOXES):
        if left is None or left < 0 or right > SMALL:
            found.append(f"{region}: {left} to {right}")
    return found


WIDE = {
    "a block": "width: 500px",
    "beside the right edge": "position: absolute; left: 380px; width: 100px",
    "beside the left edge": "position: absolute; left: -50px; width: 100px",
    "moved": "width: 100px; transform: translateX(350px)",
    "cut off by its parent": "width: 100%; overflow: hidden",
}


@pytest.mark.parametrize("direction", ["ltr", "rtl"])
def test_what_is_too_wide_is_found(browser: Browser, direction: str) -> None:
    """What these tests measure is what a picture of the full page measures."""
    page = browser.new_page()
    found = {}
    for name, style in WIDE.items():
        page.set_content(
            f"<!doctype html><html dir={direction}><body style='margin: 0'>"
            f"<section aria-label=x>x</section><div style='{style}'>x</div>"
        )
        told = too_wide(page)
        # Bytes 16 to 20 of a PNG are its width.
        width = int.from_bytes(page.screenshot(full_page=True)[16:20])
        assert told == ([f"the page: {[width, width]}"] if width != SMALL else [])
        found[name] = width
    page.set_content("<section aria-label=x style='width: 500px; margin: 0'>x</section>")
    assert [one[:8] for one in too_wide(page)] == ["the page", "<section"]
    page.context.close()
    assert found["a block"] == 500
    assert found["cut off by its parent"] == SMALL
    outside = {"ltr": "beside the right edge", "rtl": "beside the left edge"}
    assert {name for name, width in found.items() if "beside" in name and width > SMALL} == {
        outside[direction]
    }


@pytest.mark.usefixtures("scene")
@pytest.mark.parametrize(
    ("theme", "locale", "first"),
    [
        ("light", "en", 0),
        ("dark", "he", 1),
        pytest.param("light", "en", 1, marks=pytest.mark.slow),
        pytest.param("dark", "he", 0, marks=pytest.mark.slow),
    ],
)
def test_each_page_can_be_read_by_all(
    open_page: OpenPage, settings: Settings, theme: str, locale: str, first: int
) -> None:
    """One visit to every second page, as that is what takes long; all that can be wrong with any.

    A strict policy blocks nothing of it, and the admin's own scripts and styles load; nothing waits
    for a script to be shown or sent, so that it can be used without; text has
    contrast, in opened details too; axe finds nothing; on a small screen nothing is wider than it,
    from left to right and from right to left.
    """
    program = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
    logs = f"/admin/elasticsearch/index/{quote(f'default:{settings.INDEX_PREFIX}logs')}/documents/"
    page = open_page(DASHBOARD, color_scheme=theme, locale=locale)
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == {"light": "rgb(255, 255, 255)", "dark": "rgb(18, 18, 18)"}[theme]
    watch(page)
    page.add_init_script(program)
    found: dict[str, dict[str, list[str]]] = {}
    for path in [*every_page(), logs][first::2]:
        page.set_viewport_size({"width": 1280, "height": 720})
        answer = page.goto(path)
        assert answer
        needs = page.evaluate(NEEDS_A_SCRIPT, answer.text())
        expect(page.locator("h1").last).to_be_visible()
        seen = page.evaluate(SEEN)
        assert seen["sheets"] >= 3
        of_axe = page.evaluate(AXE)
        kinds = {
            "blocked": seen["blocked"],
            "without a script": needs,
            "cut off": seen["cut"],
            "axe": [one for one in of_axe if not any(map(one.count, OF_THE_ADMIN))],
            "faint": page.evaluate(FAINT),
            "wider than the screen": too_wide(page),
        }
        if any(kinds.values()):
            found[path] = {kind: each for kind, each in kinds.items() if each}
    assert found == {}, json.dumps(found, indent=1)


@pytest.mark.usefixtures("scene")
def test_a_small_screen_has_cards(open_page: OpenPage) -> None:
    # Where its documents are counted.
    page = open_page(f"{INDEX}change/", viewport={"width": SMALL, "height": 800})
    page.goto(DASHBOARD)
    for name in ("Indices", "Connections"):
        region = page.get_by_role("region", name=name)
        assert region.evaluate("element => element.scrollWidth <= element.clientWidth")
    # What is wrong with an index stands right below its name, before all figures.
    card = page.locator("#indices tbody", has_text="1 document is missing")
    name, problem, health = (
        card.locator(part).first.bounding_box()
        for part in ("th", ".esa-problem td", "td[data-label=Health]")
    )
    assert name
    assert problem
    assert health
    assert name["y"] < problem["y"] < health["y"]


@pytest.mark.usefixtures("scene")
def test_all_works_without_javascript(open_page: OpenPage, settings: Settings) -> None:
    page = open_page(DASHBOARD, java_script_enabled=False)
    indices = page.locator("#indices")
    expect(indices.get_by_role("link", name="products", exact=True)).to_be_visible()
    expect(indices.get_by_text(f"{settings.INDEX_PREFIX}logs")).to_have_count(0)

    page.get_by_label("unmanaged").check()
    page.get_by_placeholder("Name, alias or model").fill("logs")
    page.get_by_role("button", name="Filter").click()
    assert "q=logs" in page.url
    assert "unmanaged=1" in page.url
    expect(indices.get_by_role("link", name=f"{settings.INDEX_PREFIX}logs")).to_be_visible()
    expect(indices.get_by_role("link", name="products", exact=True)).to_have_count(0)

    page.get_by_role("link", name=re.compile(r"\d+ total")).click()
    page.locator("#indices").get_by_role("link", name="products", exact=True).click()
    tabs = page.get_by_role("navigation", name="Pages of this index")
    for name in ("Mapping", "Operations", "Generations", "Documents"):
        tabs.get_by_role("link", name=name).click()
        expect(tabs.get_by_role("link", name=name)).to_have_attribute("aria-current", "page")
        expect(page.locator("main table, main p.quiet").first).to_be_visible()
    page.locator(".object-tools").get_by_role("link", name="Refresh…").click()
    page.get_by_role("button", name="Refresh the index").click()
    expect(page.locator(".esa-lead").first).to_contain_text("done")
    page.go_back()
    page.go_back()
    whole = page.locator("details pre").first
    expect(whole).to_be_hidden()
    page.get_by_text("Whole document").first.click()
    expect(whole).to_be_visible()
    expect(whole).to_contain_text('"sku": "A-')


def test_from_the_front_page_to_a_product_and_its_document(
    products: list[Product], open_page: OpenPage
) -> None:
    page = open_page("/admin/")
    page.get_by_role("main").get_by_role("link", name="Indices").click()
    assert page.url.endswith("/admin/elasticsearch/#indices")
    page.locator("#indices").get_by_role("link", name="products", exact=True).click()
    page.get_by_role("link", name="Documents").click()
    # Whichever comes first.
    link = page.get_by_role("link", name=re.compile(r"^\d+$")).first
    [product] = [product for product in products if str(product.pk) == link.inner_text()]
    link.click()
    expect(page.get_by_label("Sku:")).to_have_value(product.sku)
    page.go_back()
    page.get_by_role("navigation", name="Breadcrumbs").get_by_role("link", name="products").click()
    expect(page.get_by_role("rowheader", name="Live generation")).to_be_visible()
    page.get_by_role("link", name="History").click()
    expect(page.get_by_text("have a change history")).to_be_visible()


@pytest.mark.usefixtures("scene")
def test_scripts_in_documents_do_not_run(open_page: OpenPage, settings: Settings) -> None:
    key = quote(f"default:{settings.INDEX_PREFIX}logs")
    page = open_page(f"/admin/elasticsearch/index/{key}/documents/")
    expect(page.get_by_role("cell", name="<script>alert(1)</script><img")).to_be_visible()
    # open_page fails the test if a dialog was shown.


def test_three_hundred_indices_fit_and_can_be_filtered(
    es: Elasticsearch, open_page: OpenPage, settings: Settings
) -> None:
    names = [f"index-{number:03}" for number in range(300)]
    server: dict[str, Any] = settings.ES_SERVERS["default"]
    settings.ES_SERVERS = {"default": {**server, "INDICES": names}}
    settings.ES_INDICES = {name: {} for name in names}
    page = open_page(DASHBOARD)
    rows = page.locator("#indices tbody")
    expect(rows).to_have_count(PER_PAGE)
    page.get_by_role("navigation", name="Pages of indices").get_by_role("link", name="7").click()
    expect(rows).to_have_count((300 + len(registry.get_documents())) % PER_PAGE)
    # Not where the focus is: the address of a page leads it to the table, once that is loaded.
    box = page.get_by_placeholder("Name, alias or model")
    box.fill("index-29")
    box.press("Enter")
    expect(rows).to_have_count(10)


def test_a_row_that_moves_keeps_focus_and_its_link(
    products: list[Product], es: Elasticsearch, open_page: OpenPage, settings: Settings
) -> None:
    """What is under a finger, or has the focus, stays the same index, wherever it moves."""
    prefix = settings.INDEX_PREFIX
    for name, documents in (("few", 1), ("some", 3)):
        for number in range(documents):
            es.index(index=prefix + name, document={"n": number}, refresh=True)
    page = open_page(f"{DASHBOARD}?unmanaged=1&o=-documents")
    page.clock.install()
    page.reload()
    seconds = int(page.locator("[data-refresh]").get_attribute("data-refresh") or 0)
    names = page.locator("#indices tbody", has_text=re.compile("few|some"))
    expect(names).to_have_text([re.compile("some"), re.compile("few")])
    page.locator("#indices").get_by_role("link", name=f"{prefix}few").focus()
    page.evaluate("window.row = document.activeElement.closest('tbody')")
    for number in range(5):
        es.index(index=f"{prefix}few", document={"n": number}, refresh=True)
    es.index(index=f"{prefix}new", document={"n": 1}, refresh=True)
    page.clock.run_for(seconds * 1000)
    expect(names).to_have_text([re.compile("few"), re.compile("some")])
    assert page.evaluate("document.activeElement.closest('tbody') === window.row")
    expect(page.locator("#indices").get_by_role("link", name=f"{prefix}few")).to_be_focused()
    expect(page.get_by_role("link", name=f"{prefix}new")).to_be_visible()
    # What is gone goes, and nothing else.
    es.indices.delete(index=f"{prefix}some")
    page.clock.run_for(seconds * 1000)
    expect(names).to_have_text([re.compile("few")])
    expect(page.locator("#indices").get_by_role("link", name=f"{prefix}few")).to_be_focused()


def test_figures_are_refreshed_and_focus_and_scroll_stay(
    products: list[Product], es: Elasticsearch, open_page: OpenPage, settings: Settings
) -> None:
    page = open_page(f"{DASHBOARD}?unmanaged=1", viewport={"width": 650, "height": 400})
    # From here on the page's clock is the test's.
    page.clock.install()
    page.reload()
    seconds = int(page.locator("[data-refresh]").get_attribute("data-refresh") or 0)
    asked: list[str] = []

    def go_on(times: int = 1) -> None:
        asked.clear()
        page.clock.run_for(times * seconds * 1000)

    line = page.locator("#indices tbody", has_text="shop.Product").first
    expect(line).to_contain_text("20")
    link = page.locator("#indices").get_by_role("link", name="products", exact=True)
    link.focus()
    region = page.get_by_role("region", name="Indices")
    region.evaluate("element => element.scrollLeft = 120")
    page.evaluate("window.scrollTo(0, 150)")
    before = page.evaluate("[window.scrollX, window.scrollY]")
    es.index(index=f"{settings.INDEX_PREFIX}appeared", document={"n": 1}, refresh=True)
    es.delete(index=get_definition("products").alias, id=str(products[0].pk), refresh=True)
    page.on("request", lambda request: asked.append(request.url))
    go_on()
    expect(line).to_contain_text("19")
    expect(page.get_by_role("link", name=f"{settings.INDEX_PREFIX}appeared")).to_be_visible()
    expect(link).to_be_focused()
    assert region.evaluate("element => element.scrollLeft") == 120
    assert page.evaluate("[window.scrollX, window.scrollY]") == before
    # Who reads can stop it.
    page.get_by_role("button", name="Pause refreshing").click()
    es.delete(index=get_definition("products").alias, id=str(products[1].pk), refresh=True)
    go_on(times=3)
    assert asked == []
    expect(line).to_contain_text("19")
    page.get_by_role("button", name="Resume refreshing").click()
    go_on()
    expect(line).to_contain_text("18")
    assert asked == [page.url]


def test_refreshing_rests_while_nobody_is_there(
    products: list[Product], es: Elasticsearch, open_page: OpenPage
) -> None:
    page = open_page(DASHBOARD)
    page.clock.install()
    page.reload()
    seconds = int(page.locator("[data-refresh]").get_attribute("data-refresh") or 0)
    asked: list[str | None] = []

    def note(request: Request) -> None:
        # Chromium may still fetch what belongs to the page: a font, an icon.
        if request.resource_type in ("fetch", "xhr"):
            asked.append(request.headers.get("x-elasticsearch-refresh"))

    page.on("request", note)

    def go_on(times: int = 1) -> None:
        asked.clear()
        page.clock.run_for(times * seconds * 1000)

    line = page.locator("#indices tbody", has_text="shop.Product").first
    expect(line).to_contain_text("20")
    es.delete(index=get_definition("products").alias, id=str(products[0].pk), refresh=True)
    go_on()
    expect(line).to_contain_text("19")
    # The server can tell what no person asked for.
    assert asked == ["1"]
    page.clock.fast_forward(11 * 60 * 1000)
    button = page.get_by_role("button", name="Resume refreshing")
    expect(button).to_be_visible()
    es.delete(index=get_definition("products").alias, id=str(products[1].pk), refresh=True)
    go_on(times=3)
    assert asked == []
    expect(line).to_contain_text("19")
    # A hand on the page.
    page.mouse.move(40, 60)
    expect(page.get_by_role("button", name="Pause refreshing")).to_be_visible()
    go_on()
    expect(line).to_contain_text("18")
    # Nor is the button one click behind.
    page.clock.fast_forward(11 * 60 * 1000)
    expect(button).to_be_visible()
    button.press("Enter")
    expect(page.get_by_role("button", name="Pause refreshing")).to_be_visible()


def test_right_to_left(products: list[Product], open_page: OpenPage) -> None:
    """Names, numbers and texts that are not translated run in their own direction."""
    # The list of operations has one.
    rebuild(plan_rebuild(get_definition("products")))
    page = open_page(DASHBOARD, locale="he", viewport={"width": 390, "height": 800})
    assert page.locator("html").get_attribute("dir") == "rtl"
    own = "element => getComputedStyle(element).unicodeBidi"
    for path, places in (
        (DASHBOARD, ("#indices time", "#indices a", ".esa-label", ".esa-work p")),
        (f"{DASHBOARD}operation/", ("#result_list time", "#result_list a", ".esa-label", ".help")),
        (f"{INDEX}rebuild/", (".esa-plan li", ".esa-label")),
    ):
        page.goto(path)
        for place in places:
            assert page.locator(place).first.evaluate(own) == "plaintext", (path, place)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
