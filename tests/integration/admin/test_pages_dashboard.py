"""What the dashboard says of connections and indices."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.admin import AdminSite
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from elasticsearch import Elasticsearch
from pytest_django import Settings
from shop.models import Category, Product

from django_es_admin import connections
from django_es_admin.admin.pages.overview.dashboard import PER_PAGE
from django_es_admin.admin.pages.parts.address import quoted_id
from django_es_admin.documents import registry
from django_es_admin.indices.definition import get_definition
from django_es_admin.lifecycle.rebuild import rebuild
from django_es_admin.lifecycle.rebuild_plan import plan_rebuild
from django_es_admin.models import Operation, OutboxEntry
from tests import servers

from .visitors import anyone_who_may_look, visitor

pytestmark = pytest.mark.django_db

NO_RIGHT = "(You do not have the right to do this.)"


def dashboard(client: Client | None = None, **query: str) -> str:
    client = client or anyone_who_may_look()
    response = client.get(reverse("admin:app_list", args=["elasticsearch"]), query)
    assert response.status_code == 200
    text: str = response.content.decode()
    return text


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", re.sub("</?bdi>", "", html)).split())


def table(text: str, name: str) -> list[str]:
    """Return the rows of one of the two tables as people read them, heads left out."""
    found = re.search(rf'id="{name}".*?</table>', text, re.DOTALL)
    assert found
    rows = re.findall(r"<tr\b.*?</tr>", found.group(), re.DOTALL)
    return [words(row) for row in rows[1:]]


def count_products() -> None:
    """Open the page of the index, which counts its rows."""
    url = reverse("admin:elasticsearch_index_change", args=["default_3Aproducts"])
    assert anyone_who_may_look().get(url).status_code == 200


def live_generation() -> str:
    client = connections["default"].client
    [name] = client.indices.get_alias(
        index=get_definition("products").alias, name=get_definition("products").alias
    )
    return name


def server(es: Elasticsearch, **options: Any) -> dict[str, Any]:
    [node] = es.transport.node_pool.all()
    prefix = connections["default"].index_prefix
    return {"HOSTS": [node.base_url], "INDEX_PREFIX": prefix, **options}


def test_a_connection_that_answers(es: Elasticsearch) -> None:
    [row] = table(dashboard(), "connections")
    info = es.info()
    [node] = es.transport.node_pool.all()
    assert row.startswith("Tests default ")
    assert f" {info['cluster_name']} " in row
    assert f" {info['version']['number']} " in row
    assert re.search(r" (\d+|< 1) ms ", row)
    assert row.endswith(node.base_url)
    assert re.search(r" (green|yellow|red) ", row)


def test_labels_colours_and_what_is_read_only(es: Elasticsearch, settings: Settings) -> None:
    settings.ES_SERVERS = {
        "default": server(es, LABEL="Production", COLOR="red"),
        "replica": server(es, READONLY=True),
    }
    text = dashboard()
    production, replica = table(text, "connections")
    assert production.startswith("Production default ")
    assert replica.startswith("replica read-only ")
    assert re.search(r'class="esa-label esa-red"[^>]*>Production<', text)
    assert re.search(r'class="esa-label esa-grey"[^>]*>replica<', text)


def test_a_healthy_index(rebuilt_products: list[Product]) -> None:
    count_products()
    text = dashboard()
    rows = [row for row in table(text, "indices") if row.startswith("products ")]
    generation = live_generation()
    assert len(rows) == 1
    assert re.fullmatch(
        rf"products shop\.Product …-{generation[-4:]} \d+ s ago "
        r"green 3 3 \d+ s ago same [\d.]+ k?B rebuild done \d+ s ago by \S+",
        rows[0],
    )
    assert f'title="{generation}"' in text
    assert reverse("admin:elasticsearch_index_change", args=["default_3Aproducts"]) in text


def test_a_missing_index_says_what_to_do(es: Elasticsearch) -> None:
    shoes = Category.objects.create(name="Shoes", slug="shoes")
    Product.objects.create(sku="A", name="Alone", price=1, category=shoes)
    count_products()
    rows = table(dashboard(), "indices")
    at = next(n for n, row in enumerate(rows) if row.startswith("products "))
    assert re.fullmatch(r"products shop\.Product — missing — 1 \d+ s ago — — —", rows[at])
    assert rows[at + 1] == f"The index is missing. Rebuild… {NO_RIGHT}"


def test_missing_documents_and_a_mapping_that_differs_say_what_to_do(
    products: list[Product], es: Elasticsearch
) -> None:
    alias = get_definition("products").alias
    es.delete(index=alias, id=str(products[0].pk), refresh=True)
    es.indices.put_mapping(index=alias, properties={"colour": {"type": "keyword"}})
    count_products()
    rows = table(dashboard(), "indices")
    at = next(n for n, row in enumerate(rows) if row.startswith("products "))
    assert re.search(r" green 2 3 \d+ s ago 1 difference ", rows[at])
    assert rows[at + 1] == f"1 document is missing. Reindex what differs… {NO_RIGHT}"
    assert rows[at + 2] == f"The mapping differs in 1 field. Rebuild… {NO_RIGHT}"
    rows = table(dashboard(visitor(superuser=True)), "indices")
    assert rows[at + 2] == "The mapping differs in 1 field. Rebuild…"


def test_further_aliases_and_a_closed_index(
    products: list[Product], es: Elasticsearch, prefix: str
) -> None:
    es.indices.put_alias(index=live_generation(), name=f"{prefix}wares")
    es.indices.close(index=live_generation())
    rows = table(dashboard(), "indices")
    at = next(n for n, row in enumerate(rows) if row.startswith("products "))
    assert rows[at].startswith(f"products alias {prefix}wares shop.Product ")
    assert re.search(r" closed — \S+( \d+ s ago)? same — ", rows[at])
    assert rows[at + 1] == "The index is closed: open it to make it searchable."


def test_an_older_generation_is_no_index_of_its_own(
    products: list[Product], es: Elasticsearch
) -> None:
    rebuild(plan_rebuild(get_definition("products")))
    names = [row.split()[0] for row in table(dashboard(unmanaged="1", hidden="1"), "indices")]
    assert names.count("products") == 1
    assert not [name for name in names if "products-2" in name]


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ({}, set()),
        ({"unmanaged": "1"}, {"open"}),
        ({"hidden": "1"}, {"hidden"}),
        ({"unmanaged": "1", "hidden": "1"}, {"open", "hidden"}),
        ({"unmanaged": "0", "hidden": "yes"}, set()),
    ],
)
def test_unmanaged_and_hidden_indices_are_shown_when_asked_for(
    es: Elasticsearch, prefix: str, query: dict[str, str], shown: set[str]
) -> None:
    es.indices.create(index=f"{prefix}open")
    es.indices.create(index=f"{prefix}hidden", settings={"hidden": True})
    rows = table(dashboard(**query), "indices")
    found = {row.split()[0].removeprefix(prefix) for row in rows if " unmanaged " in row}
    assert found == shown


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("products", True),
        ("PROD", True),
        ("  shop.product  ", True),
        ("wares", True),
        ("prod wares", True),
        ("prod nothing", False),
        ("<script>", False),
        ("%", False),
    ],
)
def test_the_filter_looks_into_names_aliases_and_models(
    products: list[Product], es: Elasticsearch, prefix: str, words: str, found: bool
) -> None:
    es.indices.put_alias(index=live_generation(), name=f"{prefix}wares")
    text = dashboard(q=words)
    rows = table(text, "indices")
    assert any(row.startswith("products ") for row in rows) is found
    if not found:
        assert rows == ["No index matches the filter."]
        assert "0 indices" in text
    total = len(registry.get_documents())
    assert f"{total} total</a>" in text


def test_the_filter_stays_in_the_form_and_is_escaped(es: Elasticsearch) -> None:
    text = dashboard(q='"><script>alert(1)</script>', unmanaged="1")
    assert "<script>alert" not in text
    assert 'value="&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"' in text
    assert re.search(r'name="unmanaged" value="1" checked', text)
    assert not re.search(r'name="hidden" value="1" checked', text)


def test_first_steps_where_nothing_is_declared(
    es: Elasticsearch,
    prefix: str,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings.ES_SERVERS = {"default": server(es)}
    settings.ES_INDICES = {}
    monkeypatch.setattr(registry, "_documents", [])
    text = dashboard()
    assert "ES_SERVERS = {" in text
    assert "@registry.register_document" in text
    assert 'id="indices"' not in text
    # The switches are there: the cluster may have indices of others.
    es.indices.create(index=f"{prefix}others")
    assert [row.split()[0] for row in table(dashboard(unmanaged="1"), "indices")] == [
        f"{prefix}others"
    ]


def test_the_first_steps_work(tmp_path: Any, es: Elasticsearch) -> None:
    """The two snippets, as they stand on the page, make an index that `check` accepts."""
    from django.template.loader import get_template  # noqa: PLC0415

    text = get_template("admin/elasticsearch/includes/first_steps.html").render()
    settings_snippet, document_snippet = re.findall(r"<pre[^>]*>(.*?)</pre>", text, re.DOTALL)
    names: dict[str, Any] = {}
    exec(settings_snippet.replace("&quot;", '"'), names)  # noqa: S102 (our own template)
    assert names["ES_SERVERS"]["default"]["INDICES"] == list(names["ES_INDICES"])
    code = document_snippet.replace("&quot;", '"').replace(
        "from .models import Article", "from shop.models import Product as Article"
    )
    before = registry.get_documents()
    try:
        exec(code.replace("title =", "name ="), names)  # noqa: S102
        [added] = set(registry.get_documents()) - set(before)
        assert added.django.index_name == next(iter(names["ES_INDICES"]))
        assert added.django.missing_fields == ()
    finally:
        for document in set(registry.get_documents()) - set(before):
            registry.unregister_document(document)


def test_numbers_are_grouped_and_dates_are_in_the_users_zone(
    es: Elasticsearch, settings: Settings
) -> None:
    settings.TIME_ZONE = "Asia/Tokyo"
    text = dashboard()
    [(stamp, title)] = re.findall(r'As of <time datetime="([^"]+)" title="([^"]+)"', text)
    moment = datetime.fromisoformat(stamp)
    assert stamp.endswith("+09:00")
    assert title.endswith(" JST")
    assert abs((datetime.now(UTC) - moment).total_seconds()) < 60


def test_the_number_of_queries_does_not_grow_with_indices(
    es: Elasticsearch, settings: Settings
) -> None:
    client = anyone_who_may_look()
    asked = []
    for count in (3, 300):
        names = [f"index-{number:03}" for number in range(count)]
        settings.ES_SERVERS = {"default": server(es, INDICES=names)}
        settings.ES_INDICES = {name: {} for name in names}
        with CaptureQueriesContext(connection) as queries:
            text = dashboard(client)
        asked.append(len(queries))
        assert "indices are missing." in words(text)
    assert asked[0] == asked[1]


def test_documents_are_counted_only_where_they_are_shown(
    products: list[Product], es: Elasticsearch, prefix: str, settings: Settings
) -> None:
    """A cluster may have thousands of indices of others."""
    es.index(index=f"{prefix}logs", document={"n": 1}, refresh=True)
    es.index(index=f"{prefix}more", document={"n": 1}, refresh=True)
    [node] = es.transport.node_pool.all()
    searched: list[str] = []

    def watch(method: str, path: str, sent: bytes) -> None:
        if "_msearch" in path:
            searched.extend(re.findall(r'"index":"([^"]+)"', sent.decode()))

    with servers.standing_between(node.base_url, watch) as url:
        settings.ES_SERVERS = {"default": {**settings.ES_SERVERS["default"], "HOSTS": [url]}}
        dashboard()
        assert searched == [live_generation()]
        searched.clear()
        assert f"{prefix}logs unmanaged" in words(dashboard(unmanaged="1"))
        assert set(searched) == {live_generation(), f"{prefix}logs", f"{prefix}more"}
        searched.clear()
        key = quoted_id("default", f"{prefix}logs")
        anyone_who_may_look().get(reverse("admin:elasticsearch_index_change", args=[key]))
        assert searched == [f"{prefix}logs"]


def test_changes_that_wait_or_were_given_up(products: list[Product]) -> None:
    assert "Outbox: 0 changes wait" in words(dashboard())
    for parked in (None, None, timezone.now()):
        OutboxEntry.objects.create(
            connection="default",
            index="products",
            model="shop.product",
            key="1",
            parked_at=parked,
        )
    client = visitor(superuser=True)
    text = dashboard(client)
    said = words(text)
    assert re.search(r"Outbox: Nothing is lost: 2 changes wait since \d\d:\d\d:\d\d", said)
    assert "1 parked" in said
    assert reverse("admin:elasticsearch_outboxentry_changelist") in text
    assert any("1 change is parked" in row for row in table(text, "indices"))


def test_rows_are_as_last_counted_and_drift_is_of_that_moment(
    products: list[Product], es: Elasticsearch
) -> None:
    alias = get_definition("products").alias
    count_products()
    products[0].tags.clear()
    Product.objects.filter(pk=products[0].pk).delete()
    # Nobody has counted since: three rows then and three documents now.
    [row] = [row for row in table(dashboard(), "indices") if row.startswith("products ")]
    assert re.search(r" green 3 3 \d+ s ago same ", row)
    count_products()
    rows = table(dashboard(), "indices")
    assert any("1 document has no row in the database" in row for row in rows)
    # With other documents, what was found then says nothing any more: the rows are old, and said
    # to be.
    es.delete(index=alias, id=str(products[1].pk), refresh=True)
    es.delete(index=alias, id=str(products[2].pk), refresh=True)
    text = dashboard()
    rows = table(text, "indices")
    assert not any("no row in the database" in row for row in rows)
    [row] = [row for row in rows if row.startswith("products ")]
    assert re.search(r" green 1 2 as of \d\d:\d\d:\d\d same ", row)
    assert re.search(r'<span class="quiet" title="Counted when [^"]+">2</span>', text)
    # Whoever opens its page counts them again.
    count_products()
    [row] = [row for row in table(dashboard(), "indices") if row.startswith("products ")]
    assert re.search(r" green 1 2 \d+ s ago ", row)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"health": "green"}, ["products"]),
        ({"health": "yellow"}, []),
        ({"health": "missing", "q": "notes"}, ["testapp-notes"]),
        ({"drift": "mapping"}, ["products"]),
        ({"drift": "none"}, []),
        ({"drift": "any", "q": "shop.product"}, ["products"]),
        ({"drift": "documents", "q": "shop.product"}, []),
    ],
)
def test_filters_for_health_and_drift(
    products: list[Product], es: Elasticsearch, query: dict[str, str], names: list[str]
) -> None:
    alias = get_definition("products").alias
    es.indices.put_mapping(index=alias, properties={"colour": {"type": "keyword"}})
    rows = table(dashboard(**query), "indices")
    known = {document.django.index_name for document in registry.get_documents()}
    assert [row.split()[0] for row in rows if row.split()[0] in known] == names


def test_columns_sort_both_ways_and_what_is_not_known_comes_last(
    products: list[Product], es: Elasticsearch, prefix: str
) -> None:
    for name, documents in (("few", 1), ("many", 5)):
        for number in range(documents):
            es.index(index=f"{prefix}{name}", id=str(number), document={"n": 1})
    es.indices.refresh(index=f"{prefix}*")

    def order(**query: str) -> list[str]:
        text = dashboard(unmanaged="1", **query)
        found = [row.split()[0].removeprefix(prefix) for row in table(text, "indices")]
        return [name for name in found if name in ("few", "many", "products", "testapp-notes")]

    assert order(o="documents") == ["few", "products", "many", "testapp-notes"]
    assert order(o="-documents") == ["many", "products", "few", "testapp-notes"]
    assert order(o="nonsense") == order()
    text = dashboard(unmanaged="1", o="-documents", q="m")
    assert 'aria-sort="descending"><a href="?q=m&amp;unmanaged=1&amp;o=documents#indices"' in text
    assert '<input type="hidden" name="o" value="-documents">' in text


def test_a_page_holds_fifty_indices(es: Elasticsearch, settings: Settings) -> None:
    names = [f"index-{number:03}" for number in range(120)]
    settings.ES_SERVERS = {"default": server(es, INDICES=names)}
    settings.ES_INDICES = {name: {} for name in names}
    text = dashboard(q="index", o="index")
    assert text.count(">index-") == PER_PAGE
    assert "?q=index&amp;o=index&amp;p=3#indices" in text
    last = dashboard(q="index", o="index", p="3")
    assert last.count(">index-") == 20
    assert ">index-119<" in last
    assert '<span class="this-page" aria-current="page">3</span>' in last
    # A page that is not there any more is the last one.
    assert ">index-119<" in dashboard(q="index", o="index", p="99")


def test_the_room_on_the_disks(es: Elasticsearch) -> None:
    [row] = table(dashboard(), "connections")
    assert re.search(
        r" [\d.,]+ [MGT]B of [\d.,]+ [GT]B \d+ %", row.replace("\N{NO-BREAK SPACE}", " ")
    )


def test_operations_that_run_and_the_last_one_of_an_index(products: list[Product]) -> None:
    began = (timezone.now() - timedelta(seconds=20)).isoformat()
    step = {"step": "load", "began": began, "ended": None, "done": 500, "total": 1000}
    operation = Operation.objects.create(
        connection="default",
        index="products",
        kind=Operation.Kind.REBUILD,
        who="ada",
        host="elsewhere",
        pid=7,
        leased_until=timezone.now() + timedelta(minutes=1),
        steps=[step],
    )
    text = dashboard()
    assert re.search(
        r"running : rebuild of products Tests 500 of 1,000 · 2\d each second · [12]\d s left",
        words(text),
    )
    assert '<progress max="1000" value="500"' in text
    [row] = [row for row in table(text, "indices") if row.startswith("products ")]
    assert re.search(r"rebuild running \d+ s ago by ada$", row)
    assert (
        reverse("admin:elasticsearch_operation_change", args=[f"default_3A{operation.pk}"]) in text
    )
    # Its process died: it does not run, whatever its row says.
    Operation.objects.update(leased_until=timezone.now())
    text = dashboard()
    assert "running :" not in words(text)
    assert any(re.search("rebuild interrupted ", row) for row in table(text, "indices"))


def test_each_table_has_a_caption_and_each_head_a_scope(products: list[Product]) -> None:
    text = dashboard(visitor(superuser=True))
    main = text[text.index("<main") : text.index("</main")]
    tables = re.findall(r"<table.*?</table>", main, re.DOTALL)
    assert len(tables) == 2
    for each in tables:
        assert "<caption" in each
        assert re.findall(r"<th\b(?![^>]*scope=)", each) == []
    # A state is never an icon alone: each icon is followed by its word.
    for icon in re.findall(r'<img src="[^"]*icon-[^"]*" alt=""[^>]*>([^<]*)<', main):
        assert icon.strip()


def test_another_site_of_the_same_name_does_no_harm(es: Elasticsearch) -> None:
    others = [AdminSite() for _ in range(20)]
    assert {other.name for other in others} == {"admin"}
    url = reverse("admin:app_list", args=["elasticsearch"])
    assert visitor(superuser=True).get(url).status_code == 200
