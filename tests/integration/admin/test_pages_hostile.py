"""Names, addresses and documents that try to be more than text."""

import re
from html import unescape
from urllib.parse import quote as percent

import pytest
from django.contrib.admin.utils import quote
from django.test import Client
from django.urls import reverse
from django.utils.html import escape
from elasticsearch import Elasticsearch
from pytest_django import Settings

from django_es_admin.admin.pages.operations.actions import ACTIONS
from tests import servers

from .visitors import visitor

pytestmark = pytest.mark.django_db

PAGES = ["change", "mapping", "analyze", "generations", "documents", "history"]
SCRIPT = "<script>alert(1)</script>"

UNKNOWN = [
    "default:none",
    "none:products",
    "products",
    "",
    ":",
    "default:",
    ":products",
    "default:products:x",
    "default:*",
    "default:_all",
    "default:products,other",
    "default:../products",
    "../../../etc/passwd",
    "default:products/change",
    "default:products/../../_cluster/settings",
    SCRIPT,
    f"default:{SCRIPT}",
    "default:" + "x" * 4000,
    "default:日本語",
    "default:a\x00b",
    "default:a\nb",
    "default:%2e%2e",
    "default:products?pretty",
    "default:products#x",
    "default:' OR 1=1 --",
    "default:{{ request.user }}",
]

# Names that Elasticsearch takes, each trouble to somebody.
ODD_NAMES = [
    "ünïcode-日本語-😀",
    "dots.and.dots",
    "_3a-quoted-already",
    "a'b",
    "a&b=c;d@e!f$g(h)i",
    "%2e%2e%2f",
    "{{ user }}".replace(" ", ""),
    "-".join(["long"] * 40),
    "change",
    "tab\tin-it",
]


def page_of(key: str, name: str) -> str:
    return reverse(f"admin:elasticsearch_index_{name}", args=[quote(key) or "_"])


@pytest.mark.few(10)
@pytest.mark.parametrize("key", UNKNOWN)
def test_an_unknown_index_is_not_found(es: Elasticsearch, key: str) -> None:
    client = visitor(superuser=True)
    for name in PAGES:
        response = client.get(page_of(key, name))
        assert response.status_code == 404
        assert "<script>alert" not in response.content.decode()


@pytest.mark.parametrize(
    "path",
    [
        "<script>alert(1)</script>/mapping/",
        "default:products/mapping/",
        "default%3Aproducts/change/",
        "../../users/change/",
        "%2e%2e/%2e%2e/change/",
        "//evil.example/change/",
        "default_3Aproducts/nonsense/",
        "default_3Aproducts/mapping/documents/",
        "_zz/change/",
        "_/change/",
        percent("日本語") + "/documents/",
    ],
)
def test_addresses_made_up_by_hand_do_no_harm(es: Elasticsearch, path: str) -> None:
    base = reverse("admin:elasticsearch_index_changelist")
    response = visitor(superuser=True).get(base + path)
    assert response.status_code in (200, 302, 404)
    assert "<script>alert" not in response.content.decode()
    if response.status_code == 302:
        assert response["Location"].startswith("/admin/")


@pytest.mark.few(4)
@pytest.mark.parametrize("name", ODD_NAMES)
def test_an_index_with_an_odd_name_has_its_pages(es: Elasticsearch, prefix: str, name: str) -> None:
    full = prefix + name
    es.index(index=full, id="1", document={"n": 1}, refresh=True)
    client = visitor(superuser=True)
    text = client.get(
        reverse("admin:app_list", args=["elasticsearch"]), {"unmanaged": "1"}
    ).content.decode()
    links = dict(re.findall(r'<a href="([^"]+/change/)">([^<]+)</a>', text))
    [address] = [unescape(url) for url, shown in links.items() if unescape(shown) == full]
    for page in PAGES:
        url = re.sub(r"change/$", f"{page}/", address)
        assert url == page_of(f"default:{full}", page)
        response = client.get(url)
        assert response.status_code == 200
        shown = response.content.decode()
        assert full in unescape(shown)


@pytest.mark.few(2)
@pytest.mark.parametrize("name", ["מוצרים", "منتجات-2026", "a'b", "a&b=c;d@e!f$g(h)i"])
def test_a_sentence_keeps_a_name_apart(
    es: Elasticsearch, prefix: str, settings: Settings, name: str
) -> None:
    settings.ES_INDICES = {name: {}}
    settings.ES_SERVERS = {"default": {**settings.ES_SERVERS["default"], "INDICES": [name]}}
    es.indices.create(index=prefix + name)
    key = f"default:{name}"
    whole = escape(prefix + name)
    client = visitor(superuser=True)
    sentence = f"<bdi>{whole}</bdi> is a physical index, not an alias"
    for url in (reverse("admin:app_list", args=["elasticsearch"]), page_of(key, "change")):
        assert sentence in client.get(url).content.decode()
    es.indices.delete(index=prefix + name)
    plan = client.get(page_of(key, "create")).content.decode()
    assert f"create <bdi>{whole}-…</bdi>, empty" in plan
    mark = re.search(r'name="fingerprint" value="(\w+)"', plan)
    assert mark
    done = client.post(page_of(key, "create"), {"fingerprint": mark[1]}, follow=True)
    text = done.content.decode()
    assert re.search(rf"<bdi>{re.escape(whole)}-[0-9a-f-]+</bdi> is live, and empty", text)
    assert f"<bdi>{escape(name)}</bdi>" in text[text.index("<h1") : text.index("</h1>")]
    assert "bdi" not in text[text.index("<title") : text.index("</title>")]
    refusals = {each.name: refused(client, key, each.name) for each in ACTIONS}
    assert {"create", "rollback", "drain", "complete", "verify", "synonyms"} <= {
        action for action, said in refusals.items() if said
    }
    for action, said in refusals.items():
        assert escape(name) not in re.sub(r"<bdi>.*?</bdi>|<a [^>]*>", "", said), action
        assert "manage.py" not in said, action
    # What mends it is a button, and no command.
    assert f"The index <bdi>{escape(name)}</bdi> exists already, as <bdi>" in refusals["create"]
    assert f'href="{escape(page_of(key, "rebuild"))}"' in refusals["create"]


def refused(client: Client, key: str, action: str) -> str:
    """Return the list of what speaks against an action."""
    response = client.get(page_of(key, action))
    found = re.search(r'<ul class="messagelist">.*?</ul>', response.content.decode(), re.DOTALL)
    return found.group() if found else ""


def test_documents_mappings_and_keys_are_only_text(es: Elasticsearch, prefix: str) -> None:
    index = f"{prefix}scripts"
    es.indices.create(
        index=index,
        mappings={
            "_meta": {"note": SCRIPT},
            "properties": {SCRIPT: {"type": "keyword", "meta": {"unit": SCRIPT}}},
        },
    )
    es.index(
        index=index,
        id=f'"{SCRIPT}',
        document={SCRIPT: SCRIPT, "b": {"</pre>": "</pre>" + SCRIPT}},
        refresh=True,
    )
    es.indices.put_alias(index=index, name=f"{prefix}'quoted&alias")
    client = visitor(superuser=True)
    for name in PAGES:
        text = client.get(page_of(f"default:{index}", name)).content.decode()
        assert SCRIPT not in text
        assert "</pre>&lt;" not in text
    text = client.get(page_of(f"default:{index}", "documents")).content.decode()
    assert text.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 3


def test_names_from_a_server_and_from_settings_are_only_text(settings: Settings) -> None:
    health = (
        '{"cluster_name": "<script>alert(1)</script>", "status": "<script>alert(1)</script>",'
        ' "number_of_nodes": 1, "version": {"number": "<script>alert(1)</script>"}}'
    )
    with servers.answering(200, health, "application/json", elasticsearch=True) as url:
        settings.ES_SERVERS = {
            "default": {"HOSTS": [url], "LABEL": SCRIPT, "INDICES": ["products"]},
            SCRIPT: {"HOSTS": ["http://127.0.0.1:9"]},
        }
        client = visitor(superuser=True)
        for page in (
            reverse("admin:app_list", args=["elasticsearch"]),
            page_of(f"{SCRIPT}:{SCRIPT}", "change"),
            page_of(f"{SCRIPT}:{SCRIPT}", "documents"),
            page_of("default:products", "change"),
        ):
            response = client.get(page)
            assert response.status_code == 200
            text = response.content.decode()
            assert "<script>alert" not in text
            assert "&lt;script&gt;alert(1)" in text


def test_an_alias_with_a_colon_keeps_its_indices(settings: Settings, es: Elasticsearch) -> None:
    server = settings.ES_SERVERS["default"]
    settings.ES_SERVERS = {"default": server, "eu:west": {**server, "INDICES": ["articles"]}}
    settings.ES_INDICES = {**settings.ES_INDICES, "articles": {}}
    client = visitor(superuser=True)
    assert client.get(page_of("eu:west:articles", "change")).status_code == 200
    assert client.get(page_of("default:articles", "change")).status_code == 404
    connection = reverse("admin:elasticsearch_connection_change", args=[quote("eu:west")])
    assert client.get(connection).status_code == 302
    unknown = reverse("admin:elasticsearch_connection_change", args=[quote(SCRIPT)])
    assert client.get(unknown).status_code == 404


def test_head_and_strange_methods(es: Elasticsearch) -> None:
    client: Client = visitor(superuser=True)
    url = page_of("default:products", "change")
    assert client.head(url).status_code == 200
    for method in ("post", "put", "patch", "delete"):
        assert getattr(client, method)(url).status_code == 405
