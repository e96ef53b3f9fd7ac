"""A server that is down, broken or not Elasticsearch: one line on the page, in time."""

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from elasticsearch import Elasticsearch
from pytest_django import Settings
from shop.models import Product

from django_es_admin import connections
from tests import servers
from tests.attempts import noted_attempts

from .visitors import anyone_who_may_look

pytestmark = pytest.mark.django_db

TIMEOUT = 0.5
# Beside the time-out: sessions, templates, and a machine that is busy with other things.
SPARE = 1.0
PAGES = ["change", "mapping", "documents", "analyze", "generations", "operations"]
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Elastic-Product: Elasticsearch\r\n"


@contextmanager
def dripping() -> Iterator[str]:
    """Run a server whose answer never ends: a byte each 50 ms, so that no read times out."""
    stop = threading.Event()

    def drip(peer: socket.socket) -> None:
        with peer, suppress(OSError):
            peer.sendall(OK + b"Content-Length: 1000000\r\n\r\n{")
            while not stop.wait(0.05):
                peer.sendall(b" ")

    def accept(listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                peer, _ = listener.accept()
                thread = threading.Thread(target=drip, args=(peer,))
                threads.append(thread)
                thread.start()

    threads: list[threading.Thread] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        accepting = threading.Thread(target=accept, args=(listener,))
        accepting.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            stop.set()
            listener.shutdown(socket.SHUT_RDWR)
            for thread in (accepting, *threads):
                thread.join()


def json_of_elasticsearch(body: str) -> AbstractContextManager[str]:
    return servers.answering(200, body, "application/json", elasticsearch=True)


BROKEN: dict[str, tuple[Any, str]] = {
    "refuses": (servers.refusing_port, "is unreachable"),
    "hangs": (servers.hanging, "did not answer in time"),
    "drips": (dripping, "did not answer in time"),
    "hangs up": (servers.closing, "is unreachable"),
    "noise": (lambda: servers.sending(b"\x00\xff\x00 220 mail.example ESMTP\r\n"), "."),
    "html": (servers.answering, "not Elasticsearch"),
    "proxy": (lambda: servers.answering(502), "answered 502"),
    "401": (lambda: servers.answering(401), "refused (401)"),
    "401 of Elasticsearch": (
        lambda: servers.answering(
            401, servers.UNAUTHORIZED_JSON, "application/json", elasticsearch=True
        ),
        "refused (401)",
    ),
    "429": (
        lambda: servers.answering(429, servers.BUSY_JSON, "application/json", elasticsearch=True),
        "overloaded (429)",
    ),
    "empty json": (lambda: json_of_elasticsearch("{}"), "not Elasticsearch"),
    "a list": (lambda: json_of_elasticsearch("[]"), "not Elasticsearch"),
    "half json": (lambda: json_of_elasticsearch('{"version": {"num'), "not Elasticsearch"),
    "null": (lambda: json_of_elasticsearch("null"), "not Elasticsearch"),
}


@pytest.fixture(params=BROKEN)
def broken(request: pytest.FixtureRequest, settings: Settings) -> Iterator[str]:
    """A server that does not answer as Elasticsearch would; gives what the page says of it."""
    server, sentence = BROKEN[request.param]
    with server() as url:
        # Only who never answers is waited for to the end; others may be late on a busy machine.
        waits = TIMEOUT if sentence == "did not answer in time" else 20 * TIMEOUT
        settings.ES_ADMIN = {"PAGE_TIMEOUT": waits}
        settings.ES_SERVERS = {"default": {"HOSTS": [url], "INDICES": ["products"]}}
        yield sentence


def get(url: str, client: Client | None = None) -> str:
    client = client or anyone_who_may_look()
    response = client.get(url)
    assert response.status_code == 200
    return unescape(response.content.decode())


def dashboard() -> str:
    return reverse("admin:app_list", args=["elasticsearch"])


def test_the_dashboard_says_in_one_line_what_is_wrong(broken: str, settings: Settings) -> None:
    with noted_attempts() as attempts:
        text = get(dashboard())
    assert attempts.longest < settings.ES_ADMIN["PAGE_TIMEOUT"] + SPARE
    [error] = re.findall(r'class="esa-error">(.*?)</td>', text, re.DOTALL)
    assert error.startswith("The connection 'default' ")
    assert broken in error
    assert "\n" not in error
    assert "Traceback" not in text
    # The index is shown, and that nothing is known of it.
    assert re.search(r"products</a>.*?unknown", text, re.DOTALL)
    assert "is missing" not in text


@pytest.mark.few(7)
def test_each_page_of_an_index_says_in_one_line_what_is_wrong(
    broken: str, settings: Settings
) -> None:
    client = anyone_who_may_look()
    for name in PAGES:
        url = reverse(f"admin:elasticsearch_index_{name}", args=["default_3Aproducts"])
        with noted_attempts() as attempts:
            text = get(url, client)
        assert attempts.longest < settings.ES_ADMIN["PAGE_TIMEOUT"] + SPARE
        [error] = re.findall(r'<li class="error">(.*?)</li>', text, re.DOTALL)
        assert error.startswith("The connection 'default' ")
        assert broken in error


def test_a_live_connection_answers_beside_a_dead_one(
    es: Elasticsearch, products: list[Product], settings: Settings
) -> None:
    [node] = es.transport.node_pool.all()
    prefix = connections["default"].index_prefix
    with servers.hanging() as dead:
        settings.ES_ADMIN = {"PAGE_TIMEOUT": 2}
        settings.ES_SERVERS = {
            "dead": {"HOSTS": [dead]},
            "default": {
                "HOSTS": [node.base_url],
                "INDICES": ["products"],
                "INDEX_PREFIX": prefix,
            },
        }
        with noted_attempts() as attempts:
            text = get(dashboard())
    assert attempts.longest < 2 + SPARE
    assert "The connection 'dead' did not answer in time" in text
    assert es.info()["version"]["number"] in text
    assert re.search(r">products</a>.*?green", text, re.DOTALL)


def test_many_dead_connections_are_asked_at_once(settings: Settings) -> None:
    with servers.hanging() as dead:
        settings.ES_ADMIN = {"PAGE_TIMEOUT": TIMEOUT}
        settings.ES_SERVERS = {
            name: {"HOSTS": [dead]} for name in ["default", *map(str, range(20))]
        }
        with noted_attempts() as attempts:
            text = get(dashboard())
    assert text.count("did not answer in time") == 21
    assert attempts.most_at_once > 1
    assert attempts.longest < TIMEOUT + SPARE


def test_a_connection_with_wrong_parameters_blocks_no_other(
    es: Elasticsearch, settings: Settings
) -> None:
    [node] = es.transport.node_pool.all()
    settings.ES_SERVERS = {
        "default": {"HOSTS": [node.base_url], "INDEX_PREFIX": connections["default"].index_prefix},
        "wrong": {"HOSTS": ["http://u:hunter2@localhost:9200"], "PARAMS": {"no_such_option": 1}},
    }
    text = get(dashboard())
    assert es.info()["version"]["number"] in text
    assert "ES_SERVERS['wrong'] does not fit the Elasticsearch client" in text
    assert "hunter2" not in text


@pytest.mark.parametrize(
    ("servers_setting", "sentence"),
    [
        ({"default": {"HOTS": []}}, "ES_SERVERS['default'] has an unknown key 'HOTS'."),
        ([], "ES_SERVERS is not a dict."),
        ({"other": {}}, "ES_SERVERS has no connection named 'default'."),
        ({"default": {"ENGINE": "no.such.Engine"}}, "'no.such.Engine' cannot be imported"),
    ],
)
def test_settings_that_are_wrong(
    settings: Settings, servers_setting: object, sentence: str
) -> None:
    settings.ES_SERVERS = servers_setting
    client = anyone_who_may_look()
    urls = [dashboard()]
    urls += [
        reverse(f"admin:elasticsearch_index_{name}", args=["default_3Aproducts"]) for name in PAGES
    ]
    for url in urls:
        text = get(url, client)
        assert sentence in text
        assert "Traceback" not in text
    for model, key in (("index", "default_3Aproducts"), ("connection", "default")):
        get(reverse(f"admin:elasticsearch_{model}_history", args=[key]), client)


SECRETS = ["hunter2", "ada-the-user", "k3y-of-the-cluster", "sesame", "/secret-path"]


def test_secrets_are_never_shown(settings: Settings) -> None:
    with servers.answering(401) as url:
        host = url.replace("http://", "http://ada-the-user:hunter2@") + "/secret-path?key=sesame"
        settings.ES_SERVERS = {
            "default": {"HOSTS": [host], "INDICES": ["products"]},
            "keyed": {"HOSTS": [url], "PARAMS": {"api_key": "k3y-of-the-cluster"}},
            "basic": {"HOSTS": [url], "PARAMS": {"basic_auth": ("ada-the-user", "hunter2")}},
            "wrong": {"HOSTS": [host], "PARAMS": {"api_key": "k3y-of-the-cluster", "oops": 1}},
            "mapped": {"HOSTS": [{"host": "127.0.0.1", "http_auth": "ada-the-user:hunter2"}]},
        }
        client = anyone_who_may_look()
        texts = [get(dashboard(), client)]
        for name in PAGES:
            address = reverse(f"admin:elasticsearch_index_{name}", args=["default_3Aproducts"])
            texts.append(get(address, client))
    port = url.rpartition(":")[2]
    assert f"http://127.0.0.1:{port}<" in texts[0]
    for text in texts:
        assert [secret for secret in SECRETS if secret in text] == []
