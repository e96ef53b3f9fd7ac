"""The outbox: what waits, what failed, and what can be done with it."""

import re
from dataclasses import replace
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.http import HttpRequest
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings
from shop.models import Category, Product

from django_es_admin.admin.pages import outbox
from django_es_admin.admin.pages.index import IndexAdmin
from django_es_admin.indices.definition import get_definition, get_definitions
from django_es_admin.models import Index, OutboxEntry

from .visitors import visitor

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("es")]

URL = "admin:elasticsearch_outboxentry_changelist"
RIGHTS = ("elasticsearch.view_index", "elasticsearch.reindex_objects", "shop.view_product")


def entry(key: str, **values: Any) -> OutboxEntry:
    made: OutboxEntry = OutboxEntry.objects.create(
        **{"connection": "default", "index": "products", "key": key, **values}
    )
    return made


@pytest.fixture
def rows() -> list[OutboxEntry]:
    """One row in each state."""
    now = timezone.now()
    return [
        entry("1"),
        entry("2", attempts=2, error="mapper <b>refused</b>", due_at=now + timedelta(minutes=5)),
        entry("3", attempts=9, error="too long", parked_at=now),
        entry("4", delete_sent=True, due_at=now + timedelta(minutes=1)),
        entry("5", kind=OutboxEntry.Kind.RELATED, model="shop.Category"),
    ]


def words(html: str) -> str:
    main = html[html.index("<main") : html.index("</main")]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", main)).split())


def show(client: Client, query: str = "") -> str:
    response = client.get(reverse(URL) + query)
    assert response.status_code == 200
    return response.content.decode()


def act(client: Client, action: str, rows: list[OutboxEntry], **data: Any) -> str:
    data |= {"action": action, "_selected_action": [row.pk for row in rows]}
    response = client.post(reverse(URL), data, follow=True)
    assert response.status_code == 200
    return words(response.content.decode())


def keys(html: str) -> list[str]:
    cells = re.findall(r"field-change[^>]*>(.*?)</t[hd]>", html)
    return [re.sub(r"<[^>]+>", "", cell) for cell in cells]


def test_the_rows_by_index_and_state(rows: list[OutboxEntry]) -> None:
    html = show(visitor(*RIGHTS))
    text = words(html)
    assert re.search(r"products Tests 3 \d+ s ago 1 1 1 ", text)
    assert "mapper <b>refused</b>" in text
    assert "<b>refused" not in html
    assert keys(html) == ["1", "2", "3", "4", "shop.Category 5"]
    for state, found in {
        "waiting": ["1", "2", "shop.Category 5"],
        "failed": ["2"],
        "parked": ["3"],
        "again": ["4"],
    }.items():
        assert keys(show(visitor(*RIGHTS), f"?state={state}")) == found
    assert keys(show(visitor(*RIGHTS), "?q=3")) == ["3"]
    assert keys(show(visitor(*RIGHTS), "?of=default:products&state=parked")) == ["3"]


def test_rows_of_models_that_one_may_not_view_are_not_shown(rows: list[OutboxEntry]) -> None:
    entry("6", index="gone")
    assert keys(show(visitor("elasticsearch.view_index"))) == []
    # Nobody can tell whose data a key is of an index that is not declared any more.
    assert "6" not in keys(show(visitor(*RIGHTS)))
    assert "6" in keys(show(visitor(superuser=True)))


def test_retry(rows: list[OutboxEntry]) -> None:
    text = act(visitor(*RIGHTS), "retry_selected", rows[1:4])
    assert "2 rows are tried again with the next drain." in text
    for row in rows[1:3]:
        row.refresh_from_db()
        assert (row.attempts, row.due_at, row.parked_at) == (0, None, None)
    rows[3].refresh_from_db()
    assert rows[3].due_at
    log = LogEntry.objects.latest("pk")
    assert (log.object_id, log.change_message) == (
        "default:products",
        "Retried rows of the outbox.",
    )


def test_rows_are_discarded_only_if_the_name_is_typed(rows: list[OutboxEntry]) -> None:
    client = visitor(*RIGHTS)
    text = act(client, "discard_selected", rows[:4])
    assert "3 rows of the outbox of products will be deleted." in text
    data = {"until": rows[3].pk, "index": "0"}
    for typed in ("", "Products", "articles"):
        text = act(client, "discard_selected", rows[:4], typed=typed, **data)
        assert "Nothing was discarded" in text
    assert OutboxEntry.objects.count() == 5
    text = act(client, "discard_selected", rows[:4], typed="products", **data)
    assert "3 rows were discarded." in text
    assert set(OutboxEntry.objects.values_list("key", flat=True)) == {"4", "5"}
    assert LogEntry.objects.latest("pk").change_message == "Discarded rows of the outbox."


@pytest.mark.parametrize("until", ["", "x", "-1", "9" * 30, "1\0"])
def test_an_end_of_the_plan_made_up_by_hand_discards_nothing(
    rows: list[OutboxEntry], until: str
) -> None:
    text = act(visitor(*RIGHTS), "discard_selected", rows[:1], typed="products", until=until)
    assert "0 rows were discarded." in text
    assert OutboxEntry.objects.count() == 5


def test_a_database_made_up_by_hand_shows_the_first(
    rows: list[OutboxEntry], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "django_es_admin.admin.pages.parts.databases.databases", lambda: ["default", "b"]
    )
    assert keys(show(visitor(*RIGHTS), "?database=nonsense"))[0] == "1"


def test_what_was_captured_after_the_plan_stays(rows: list[OutboxEntry]) -> None:
    client = visitor(*RIGHTS)
    later = entry("7")
    data = {"until": rows[4].pk, "typed": "products", "select_across": "1", "index": "0"}
    assert "4 rows were discarded." in act(client, "discard_selected", rows[:1], **data)
    assert OutboxEntry.objects.filter(pk=later.pk).exists()


@pytest.mark.parametrize(
    "values", [{"index": "articles"}, {"connection": "other"}], ids=["index", "connection"]
)
def test_rows_of_several_indices_are_not_discarded_at_once(
    rows: list[OutboxEntry], values: dict[str, str]
) -> None:
    client = visitor(superuser=True)
    chosen = [rows[0], entry("8", **values)]
    data = {"until": chosen[1].pk, "typed": "products", "index": "0"}
    assert "rows belong to several indices" in act(client, "discard_selected", chosen, **data)
    assert OutboxEntry.objects.count() == 6
    assert "nothing to discard" in act(client, "discard_selected", [rows[3]])


def test_without_the_right_nothing_can_be_done(
    rows: list[OutboxEntry], monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = visitor("elasticsearch.view_index", "shop.view_product")
    assert "retry_selected" not in show(looks)
    for action in ("retry_selected", "discard_selected"):
        act(looks, action, rows, typed="products", until=rows[4].pk)
    assert list(OutboxEntry.objects.order_by("pk").values_list("attempts", flat=True)) == [
        row.attempts for row in rows
    ]

    def may(pages: IndexAdmin, request: HttpRequest, index: Index | None = None) -> bool:
        return index is None or index.pk != "default:products"

    monkeypatch.setattr(IndexAdmin, "has_reindex_objects_permission", may)
    client = visitor(superuser=True)
    for action in ("retry_selected", "discard_selected"):
        data = {"action": action, "_selected_action": [rows[1].pk], "typed": "products"}
        assert client.post(reverse(URL), data).status_code == 403
    assert OutboxEntry.objects.filter(attempts=2).exists()


def test_the_list_of_a_project_with_very_many_indices(
    rows: list[OutboxEntry], monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite refuses a condition of a thousand parts."""
    shown = keys(show(visitor(superuser=True)))
    assert shown
    products = get_definition("products")
    many = [replace(products, name=f"products-{number}") for number in range(1_200)]
    monkeypatch.setattr(outbox, "get_definitions", lambda: [*get_definitions(), *many])
    assert keys(show(visitor(superuser=True))) == shown
    assert keys(show(visitor(*RIGHTS))) == shown


def test_nothing_waits(settings: Settings) -> None:
    text = words(show(visitor(*RIGHTS)))
    assert re.search(r"products Tests 0 — 0 0 0 ", text)
    assert "0 outbox entries" in text


def test_objects_by_name_with_a_link_and_a_reason(settings: Settings) -> None:
    shoes = Category.objects.create(name="Shoes", slug="shoes")
    product = Product.objects.create(sku="A", name="Trail <shoe>", price=1, category=shoes)
    OutboxEntry.objects.all().delete()
    entry(str(product.pk), error="mapper refused", attempts=2)
    entry("999999")
    entry("not a key")
    entry(str(shoes.pk), kind="related", model="shop.Category")
    client = visitor(*RIGHTS, "shop.view_category")
    html = show(client)
    url = reverse("admin:shop_product_change", args=[product.pk])
    assert f'<a href="{url}"><bdi>Trail &lt;shoe&gt;</bdi></a>' in html
    assert reverse("admin:shop_category_change", args=[shoes.pk]) in html
    text = words(html)
    assert "refused 2 attempts mapper refused" in text
    assert "It has not been tried yet." in text
    assert "999999" in keys(html)
    # Of a model that one may not see, nothing is named.
    assert "Shoes" not in " ".join(keys(show(visitor(*RIGHTS))))


def test_the_queries_of_the_list_do_not_grow_with_its_rows() -> None:
    shoes = Category.objects.create(name="Shoes", slug="shoes")
    client, counts = visitor(*RIGHTS), []
    for number in range(8):
        product = Product.objects.create(sku=str(number), name="A", price=1, category=shoes)
        OutboxEntry.objects.all().delete()
        entry(str(product.pk))
        if number in {1, 7}:
            for one in Product.objects.exclude(pk=product.pk):
                entry(str(one.pk))
            with CaptureQueriesContext(connection) as captured:
                show(client)
            counts.append(len(captured))
    assert counts[0] == counts[1]
