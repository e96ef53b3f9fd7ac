"""Debian's Chromium, driven by Playwright, before a real server of the example project."""

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.test import Client
from elasticsearch import Elasticsearch
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer
from shop.models import Category, Product

from django_es_admin.indices.definition import get_definition
from django_es_admin.models import OutboxEntry
from tests.live import make_live

ARGUMENTS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()

OpenPage = Callable[..., Page]

# Playwright's own patience ends after 5 s, which a busy machine may take for a page.
expect.set_options(timeout=30_000)


def errors(message: ConsoleMessage) -> list[str]:
    """Return what a message of the console complains of.

    A refusal (409) is an answer, and the icon that Chromium asks for by itself nobody has to have.
    """
    expected = "status of 409" in message.text or message.location["url"].endswith("/favicon.ico")
    return [message.text] if message.type == "error" and not expected else []


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for the tests of a module."""
    program = shutil.which(os.environ.get("CHROMIUM", "chromium-headless-shell"))
    assert program, "There is no Chromium: install it, or name it in CHROMIUM."
    with pytest.MonkeyPatch.context() as patch:
        # Playwright keeps an event loop in this thread, in which Django would refuse the database.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        with sync_playwright() as playwright:
            started = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
            yield started
            started.close()


POLICY_HEADER = "X-Test-Policy"


@pytest.fixture(scope="session")
def live_server(live_server: LiveServer) -> LiveServer:
    """The server, which gives its answer the policy that a request names.

    A route of Playwright would fetch each page once more, and turn Chromium's cache off.
    """
    httpd = live_server.thread.httpd
    application = httpd.get_app()

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        policy = environ.get(f"HTTP_{POLICY_HEADER.upper().replace('-', '_')}")

        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            if policy:
                headers = [one for one in headers if one[0].lower() != "content-security-policy"]
                headers.append(("Content-Security-Policy", policy))
            return start_response(status, headers, *more)

        return application(environ, start)

    httpd.set_app(answer)
    return live_server


@pytest.fixture
def cookie(live_server: LiveServer) -> dict[str, str]:
    """The session of a superuser."""
    client = Client()
    client.force_login(User.objects.create_superuser("ada"))
    name = django_settings.SESSION_COOKIE_NAME
    return {"name": name, "value": client.cookies[name].value, "url": live_server.url}


@pytest.fixture
def open_page(
    browser: Browser, live_server: LiveServer, cookie: dict[str, str]
) -> Iterator[OpenPage]:
    """Open an address of the project in a fresh window of that superuser.

    Arguments are the path, and options of Playwright's ``new_context``. A dialog, an error in the
    console or a resource that fails ends the test.
    """
    contexts = []
    problems: list[str] = []

    def open_it(path: str, **options: Any) -> Page:
        context = browser.new_context(base_url=live_server.url, **options)
        contexts.append(context)
        context.add_cookies([cookie])
        page = context.new_page()
        page.on("dialog", lambda dialog: problems.append(f"dialog: {dialog.message}"))
        page.on("pageerror", lambda error: problems.append(f"error: {error}"))
        page.on("console", lambda message: problems.extend(errors(message)))
        page.goto(path)
        return page

    yield open_it
    for context in contexts:
        context.close()
    assert problems == []


@pytest.fixture
def products(transactional_db: None, es: Elasticsearch) -> list[Product]:
    """A few products in the database and in a live index."""
    category = Category.objects.create(name="Shoes", slug="shoes")
    made = Product._base_manager.bulk_create(
        Product(
            sku=f"A-{number}",
            name=f"Trail shoe {number}",
            description="A shoe for stony paths, with a sole that lasts. " * 5,
            brand="Northpath",
            price="99.50",
            category=category,
        )
        for number in range(20)
    )
    make_live(get_definition("products"))
    OutboxEntry.objects.all().delete()
    return made
