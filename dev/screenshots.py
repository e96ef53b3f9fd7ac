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
PAGES = {
    "dashboard": "/admin/elasticsearch/",
    "index": "/admin/elasticsearch/index/default_3Aproducts/change/",
    "mapping": "/admin/elasticsearch/index/default_3Aproducts/mapping/",
}


def set_up(folder: Path) -> None:
    """Make Django use a database in ``folder``."""
    sys.path[:0] = [str(ROOT), str(ROOT / "dev"), str(ROOT / "example_project")]
    os.environ["SCREENSHOTS_DATABASE"] = str(folder / "shop.sqlite3")
    os.environ["DJANGO_SETTINGS_MODULE"] = "screenshots_settings"
    import django  # noqa: PLC0415 (needs the settings)

    django.setup()


@contextmanager
def staged() -> Iterator[None]:
    """Fill database and cluster with something of everything that a page can show."""
    from django.core.management import call_command  # noqa: PLC0415

    from django_es_admin import connections  # noqa: PLC0415
    from django_es_admin.indices.definition import get_definition  # noqa: PLC0415
    from django_es_admin.lifecycle.rebuild import plan_rebuild, rebuild  # noqa: PLC0415

    client = connections["default"].client
    if client.indices.get(index="shop-*", expand_wildcards="all").body:
        sys.exit("There are indices that begin with shop-: delete or rename them first.")
    call_command("migrate", verbosity=0)
    call_command("load_catalogue", stdout=sys.stderr)
    try:
        for _ in range(2):
            rebuild(plan_rebuild(get_definition("products")))
        _make_trouble(client)
        yield
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


@contextmanager
def serving() -> Iterator[str]:
    """Serve the project from a thread and give its address."""
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


def take(url: str, cookie: Any, folder: Path) -> None:
    """Photograph each page in both themes."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 (a tool of developers)

    program = shutil.which(os.environ.get("CHROMIUM", "chromium"))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=CHROMIUM_ARGUMENTS)
        for theme in ("light", "dark"):
            context = browser.new_context(
                viewport={"width": WIDTH, "height": HEIGHT}, color_scheme=theme
            )
            context.add_cookies([cookie])
            page = context.new_page()
            for name, path in PAGES.items():
                page.goto(url + path)
                page.screenshot(path=folder / f"{name}-{theme}.png", full_page=name != "mapping")
            context.close()
        browser.close()


def main() -> None:
    """Take them all."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "docs" / "screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        set_up(Path(temporary))
        with staged(), serving() as url:
            take(url, session_cookie(url), folder)
    for file in sorted(folder.glob("*.png")):
        print(f"{file.name}: {file.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
