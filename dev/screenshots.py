#!/usr/bin/env python3
"""Take the screenshots of the documentation: .venv/bin/python dev/screenshots.py [FOLDER].

It needs an Elasticsearch (`make es`, or ES_URL) and Chromium (CHROMIUM). It makes indices that
begin with `shop-` and deletes them again; an index of that name that is there already is an error.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
WIDTH, HEIGHT = 1280, 800
CHROMIUM_ARGUMENTS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
INDEX = "/admin/elasticsearch/index/default_3Aproducts"
PAGES = {
    "dashboard": "/admin/elasticsearch/",
    "index": f"{INDEX}/change/",
    "mapping": f"{INDEX}/mapping/",
    "documents": f"{INDEX}/documents/?q=running+shoes",
    "compare": f"{INDEX}/documents/compare/?key={{changed}}",
    "analyze": f"{INDEX}/analyze/?text=Waterproof+running+shoes&field=name",
    "generations": f"{INDEX}/generations/",
    "history": f"{INDEX}/operations/",
    "plan": f"{INDEX}/rebuild/",
    "operations": "/admin/elasticsearch/operation/",
    "operation": "/admin/elasticsearch/operation/default_3A{running}/change/",
    "outbox": "/admin/elasticsearch/outboxentry/",
    "changelist": "/admin/shop/product/?q=runing+shoes",
    "object": "/admin/shop/product/{changed}/change/",
    "shop": "/?q=runing+shoes&category=Shoes&min_price=50",
}
# Similar pages need no second picture.
IN_BOTH_THEMES = {"dashboard", "index", "operation"}
# The lower part of these pages shows nothing new.
CUT = {"mapping", "documents", "changelist", "shop"}


def set_up(folder: Path) -> None:
    """Configure Django with a database in ``folder``."""
    sys.path[:0] = [str(ROOT), str(ROOT / "dev"), str(ROOT / "example_project")]
    os.environ["SCREENSHOTS_DATABASE"] = str(folder / "shop.sqlite3")
    os.environ["DJANGO_SETTINGS_MODULE"] = "screenshots_settings"
    import django  # noqa: PLC0415 (needs the settings)

    django.setup()


@contextmanager
def staged() -> Iterator[dict[str, str]]:
    """Fill the database and the cluster with examples of everything that a page can show.

    Provides the values for the URLs.
    """
    from django.core.management import call_command  # noqa: PLC0415

    from django_es_admin import connections  # noqa: PLC0415
    from django_es_admin.indices.definition import get_definition  # noqa: PLC0415
    from django_es_admin.lifecycle.rebuild import rebuild  # noqa: PLC0415
    from django_es_admin.lifecycle.rebuild_plan import plan_rebuild  # noqa: PLC0415
    from django_es_admin.lifecycle.refresh import plan_refresh, refresh  # noqa: PLC0415
    from django_es_admin.lifecycle.rollback import plan_rollback, roll_back  # noqa: PLC0415
    from django_es_admin.operations.acting import acting  # noqa: PLC0415

    client = connections["default"].client
    if client.indices.get(index="shop-*", expand_wildcards="all").body:
        sys.exit("There are indices that begin with shop-: delete or rename them first.")
    call_command("migrate", verbosity=0)
    call_command("load_catalogue", stdout=sys.stderr)
    products = get_definition("products")
    try:
        for who in ("ada", "grace"):
            with acting(who):
                rebuild(plan_rebuild(products))
        for _ in range(2):
            with acting("ada"):
                roll_back(plan_rollback(products))
        with acting("grace"):
            refresh(plan_refresh(products))
        _make_trouble(client)
        yield {"changed": _change_unnoticed(), "running": _begin_a_rebuild(products.alias)}
    finally:
        found = client.indices.get(index="shop-*", expand_wildcards="all")
        if found.body:
            client.indices.delete(index=sorted(found.body))


def _make_trouble(client: Any) -> None:
    client.indices.put_mapping(
        index="shop-products",
        properties={
            "colour": {"type": "keyword"},
            "description": {
                "type": "text",
                "fields": {"raw": {"type": "keyword", "ignore_above": 256}},
            },
        },
    )
    client.delete_by_query(
        index="shop-products", query={"range": {"price": {"lt": 10}}}, max_docs=3, refresh=True
    )


def _change_unnoticed() -> str:
    """Change a product without the index noticing; return its key."""
    from django.utils import timezone  # noqa: PLC0415
    from shop.models import Product  # noqa: PLC0415

    from django_es_admin.models import OutboxEntry  # noqa: PLC0415

    product = Product.objects.earliest("pk")
    Product.objects.filter(pk=product.pk).update(price="79.90", brand="Northpath")
    now = timezone.now()
    reason = "document_parsing_exception: failed to parse field [price] of type [scaled_float]"
    for number, values in enumerate(
        ({}, {}, {"attempts": 3, "error": reason}, {"attempts": 10, "error": reason})
    ):
        parked = {"parked_at": now} if values.get("attempts") == 10 else {}
        OutboxEntry.objects.create(
            connection="default",
            index="products",
            key=str(product.pk + 10 + number),
            **values,
            **parked,
        )
    return str(product.pk)


def _begin_a_rebuild(alias: str) -> str:
    """Record a rebuild that this process seems to do; return the key of the record."""
    import socket  # noqa: PLC0415
    from datetime import timedelta  # noqa: PLC0415

    from django.utils import timezone  # noqa: PLC0415

    from django_es_admin.models import Operation  # noqa: PLC0415

    now = timezone.now()
    steps = [
        {"step": "create", "began": now - timedelta(seconds=61), "ended": 60, "done": 0},
        {"step": "load", "began": now - timedelta(seconds=60), "ended": None, "done": 152_400},
    ]
    for step in steps:
        step["ended"] = step["ended"] and (now - timedelta(seconds=step["ended"])).isoformat()
        step |= {"began": step["began"].isoformat(), "total": 241_905 if step["done"] else None}
    operation = Operation.objects.create(
        connection="default",
        index="products",
        generation=f"{alias}-20261121093001-a71c",
        kind=Operation.Kind.REBUILD,
        state=Operation.State.RUNNING,
        who="grace",
        host=socket.gethostname(),
        pid=os.getpid(),
        leased_until=now + timedelta(hours=1),
        steps=steps,
    )
    Operation.objects.filter(pk=operation.pk).update(created_at=now - timedelta(seconds=61))
    return str(operation.pk)


@contextmanager
def serving() -> Iterator[str]:
    """Serve the project in a thread, and provide its URL."""
    from django.contrib.staticfiles.handlers import StaticFilesHandler  # noqa: PLC0415
    from django.test.testcases import LiveServerThread  # noqa: PLC0415

    thread = LiveServerThread("127.0.0.1", StaticFilesHandler)
    thread.daemon = True
    thread.start()
    thread.is_ready.wait()
    if thread.error:
        raise thread.error
    try:
        yield f"http://127.0.0.1:{thread.port}"
    finally:
        thread.terminate()


def session_cookie(url: str) -> Any:
    """Return the cookie of a superuser who is signed in."""
    from django.conf import settings  # noqa: PLC0415
    from django.contrib.auth.models import User  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415

    client = Client()
    client.force_login(User.objects.create_superuser("ada"))
    return {
        "name": settings.SESSION_COOKIE_NAME,
        "value": client.cookies[settings.SESSION_COOKIE_NAME].value,
        "url": url,
    }


def take(url: str, cookie: Any, folder: Path, known: dict[str, str]) -> None:
    """Take a screenshot of each page, for some pages in both themes."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 (a tool of developers)

    program = shutil.which(os.environ.get("CHROMIUM", "chromium-headless-shell"))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=CHROMIUM_ARGUMENTS)
        for theme in ("light", "dark"):
            context = browser.new_context(
                viewport={"width": WIDTH, "height": HEIGHT}, color_scheme=theme
            )
            context.add_cookies([cookie])
            page = context.new_page()
            for name, path in PAGES.items():
                if theme == "light" or name in IN_BOTH_THEMES:
                    page.goto(url + path.format(**known))
                    file = folder / f"{name}-{theme}.png"
                    page.screenshot(path=file, full_page=name not in CUT)
            context.close()
        browser.close()


def main() -> None:
    """Take all screenshots."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "docs" / "screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        set_up(Path(temporary))
        with staged() as known, serving() as url:
            take(url, session_cookie(url), folder, known)
    for file in sorted(folder.glob("*.png")):
        print(f"{file.name}: {file.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
