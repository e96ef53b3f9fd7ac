"""Who may open which page, on the stock site and on a second one."""

from collections.abc import Callable, Iterator

import pytest
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from elasticsearch import Elasticsearch

from .visitors import visitor

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("es"),
]
URLS = "tests.integration.admin.sites"

INDEX = "default_3Aproducts"
DASHBOARD = "admin:app_list"
INDICES = "admin:elasticsearch_index_changelist"
CONNECTIONS = "admin:elasticsearch_connection_changelist"
INDEX_PAGES = [
    "change",
    "mapping",
    "documents",
    "analyze",
    "generations",
    "operations",
    "history",
]
CONNECTION_PAGES = ["change", "history"]
SITES = ["admin", "back-office"]

LOGIN, GONE, FORBIDDEN, SEEN = 302, 404, 403, 200


def addresses() -> Iterator[tuple[str, tuple[str, ...], str]]:
    """Yield the name and arguments of each address, and the right that opens it."""
    yield DASHBOARD, ("elasticsearch",), "any"
    yield INDICES, (), "index"
    yield CONNECTIONS, (), "connection"
    for page in INDEX_PAGES:
        right = "documents" if page == "documents" else "index"
        yield f"admin:elasticsearch_index_{page}", (INDEX,), right
    for page in CONNECTION_PAGES:
        yield f"admin:elasticsearch_connection_{page}", ("default",), "connection"
    for model, key in (("index", INDEX), ("connection", "default")):
        yield f"admin:elasticsearch_{model}_add", (), "none"
        yield f"admin:elasticsearch_{model}_delete", (key,), "none"


VISITORS: dict[str, Callable[[], Client]] = {
    "anonymous": Client,
    "customer": lambda: visitor(staff=False),
    "staff": visitor,
    "clerk of the shop": lambda: visitor("shop.view_product"),
    "rebuilds only": lambda: visitor("elasticsearch.rebuild_index"),
    "views indices": lambda: visitor("elasticsearch.view_index"),
    "views indices and products": lambda: visitor("elasticsearch.view_index", "shop.view_product"),
    "views connections": lambda: visitor("elasticsearch.view_connection"),
    "superuser": lambda: visitor(superuser=True),
}
OPENS = {
    "views indices": {"any", "index"},
    "views indices and products": {"any", "index", "documents"},
    "views connections": {"any", "connection"},
    "superuser": {"any", "index", "documents", "connection"},
}


def expected(who: str, right: str, name: str) -> int:
    if who in ("anonymous", "customer"):
        return LOGIN
    if right in OPENS.get(who, set()):
        # The addresses that lead to the dashboard redirect; the pages answer themselves.
        leads_on = name in (INDICES, CONNECTIONS) or name.endswith("connection_change")
        return 302 if leads_on else SEEN
    return GONE if name == DASHBOARD else FORBIDDEN


@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize("who", VISITORS)
def test_each_address_opens_to_those_who_have_the_right(who: str, site: str) -> None:
    client = VISITORS[who]()
    got, wanted = {}, {}
    for name, args, right in addresses():
        url = reverse(name, args=args, current_app=site)
        got[url] = client.get(url).status_code
        wanted[url] = expected(who, right, name)
    assert got == wanted


@pytest.mark.parametrize("site", SITES)
def test_who_is_not_signed_in_is_sent_to_that_sites_login(site: str) -> None:
    url = reverse("admin:elasticsearch_index_mapping", args=[INDEX], current_app=site)
    response = Client().get(url)
    assert response["Location"] == f"{reverse('admin:login', current_app=site)}?next={url}"


@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize(("name", "anchor"), [(INDICES, "#indices"), (CONNECTIONS, "#connections")])
def test_the_stock_lists_lead_to_that_sites_dashboard(site: str, name: str, anchor: str) -> None:
    response = visitor(superuser=True).get(reverse(name, current_app=site))
    dashboard = reverse(DASHBOARD, args=["elasticsearch"], current_app=site)
    assert response["Location"] == dashboard + anchor


@pytest.mark.parametrize("site", SITES)
def test_links_stay_on_the_site(site: str) -> None:
    client = visitor(superuser=True)
    other = "/office/" if site == "admin" else "/admin/"
    pages = [reverse(DASHBOARD, args=["elasticsearch"], current_app=site)]
    pages += [
        reverse(f"admin:elasticsearch_index_{page}", args=[INDEX], current_app=site)
        for page in INDEX_PAGES
    ]
    for url in pages:
        text = client.get(url).content.decode()
        assert f'href="{other}' not in text
        assert f'href="{reverse("admin:index", current_app=site)}"' in text


def test_the_dashboard_shows_no_more_than_one_may_see() -> None:
    url = reverse(DASHBOARD, args=["elasticsearch"])
    of_connections = visitor("elasticsearch.view_connection").get(url).content.decode()
    assert 'id="connections"' in of_connections
    assert 'id="indices"' not in of_connections
    assert "products" not in of_connections
    of_indices = visitor("elasticsearch.view_index").get(url).content.decode()
    assert 'id="connections"' not in of_indices
    assert 'id="indices"' in of_indices
    assert "127.0.0.1" not in of_indices


def test_models_are_linked_for_those_only_who_may_see_them() -> None:
    url = reverse(DASHBOARD, args=["elasticsearch"])
    products = reverse("admin:shop_product_changelist")
    without = visitor("elasticsearch.view_index").get(url).content.decode()
    assert "shop.Product" in without
    assert products not in without
    both = visitor("elasticsearch.view_index", "shop.view_product").get(url).content.decode()
    assert f'<a href="{products}">shop.Product</a>' in both


@pytest.mark.parametrize("site", SITES)
def test_the_sites_index_lists_both_models_and_no_way_to_add_any(site: str) -> None:
    text = visitor(superuser=True).get(reverse("admin:index", current_app=site)).content.decode()
    assert reverse(DASHBOARD, args=["elasticsearch"], current_app=site) in text
    assert f'<a href="{reverse(INDICES, current_app=site)}">Indices</a>' in text
    assert f'<a href="{reverse(CONNECTIONS, current_app=site)}">Connections</a>' in text
    assert reverse("admin:shop_product_add", current_app=site) in text
    assert reverse("admin:elasticsearch_index_add", current_app=site) not in text
    assert reverse("admin:elasticsearch_connection_add", current_app=site) not in text


@pytest.mark.parametrize("page", [page for page in INDEX_PAGES if page != "history"])
def test_nothing_can_be_posted(page: str) -> None:
    url = reverse(f"admin:elasticsearch_index_{page}", args=[INDEX])
    response = visitor(superuser=True).post(url, {"name": "x"})
    assert (response.status_code, response["Allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize("key", [INDEX, "default_3Anone", "none_3Aproducts"])
def test_without_the_right_one_cannot_tell_what_exists(key: str) -> None:
    client = visitor()
    for page in INDEX_PAGES:
        url = reverse(f"admin:elasticsearch_index_{page}", args=[key])
        assert client.get(url).status_code == FORBIDDEN


def test_the_rights_are_there_to_be_given() -> None:
    names = Permission.objects.filter(content_type__app_label="elasticsearch").values_list(
        "codename", flat=True
    )
    assert {"view_index", "view_connection"} <= set(names)


def test_dumpdata_passes_over_what_has_no_table(
    capsys: pytest.CaptureFixture[str], es: Elasticsearch
) -> None:
    call_command("dumpdata", "elasticsearch")
    # The tests of documents have a model whose table only they make.
    call_command("dumpdata", natural_foreign=True, exclude=["rows"])
    assert "elasticsearch.index" not in capsys.readouterr().out


def test_who_may_not_read_documents_sees_no_tab_of_them() -> None:
    url = reverse("admin:elasticsearch_index_change", args=[INDEX])
    assert "/documents/" not in visitor("elasticsearch.view_index").get(url).content.decode()
    both = visitor("elasticsearch.view_index", "shop.view_product")
    assert "/documents/" in both.get(url).content.decode()


def test_documents_of_nobody_knows_whom_are_for_superusers(es: Elasticsearch, prefix: str) -> None:
    """A generation opened by its own name is no way around the model's right."""
    es.index(index=f"{prefix}logs", document={"secret": 1}, refresh=True)
    url = reverse("admin:elasticsearch_index_documents", args=[f"default_3A{prefix}logs"])
    both = visitor("elasticsearch.view_index", "shop.view_product")
    assert both.get(url).status_code == FORBIDDEN
    assert visitor(superuser=True).get(url).status_code == SEEN


def test_tabs_are_for_those_who_may_open_them(es: Elasticsearch) -> None:
    """On each page of an index, those of an object and of a preview included."""
    call_command("es_rebuild", "products")
    pages = ["change", "generations", "why", "compare", "preview"]
    searches, products = "elasticsearch.view_loggedsearch", "shop.view_product"
    for rights, closed in (
        ({products, searches}, {"console"}),
        ({products, searches, "elasticsearch.search_index"}, set()),
        ({"elasticsearch.search_index"}, {"documents", "terms", "console"}),
    ):
        client = visitor("elasticsearch.view_index", *rights)
        for page in pages if products in rights else ["change", "generations", "why"]:
            url = reverse(f"admin:elasticsearch_index_{page}", args=[INDEX])
            html = client.get(url, {"key": "1"} if page == "compare" else {}).content.decode()
            for tab in ("documents", "terms", "console", "mapping"):
                address = reverse(f"admin:elasticsearch_index_{tab}", args=[INDEX])
                assert (f'href="{address}"' in html) == (tab not in closed), (page, tab)
