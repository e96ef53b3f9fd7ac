"""Every address of the pages by every method, for every kind of user, on both sites."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from elasticsearch import Elasticsearch
from shop.models import Product

from django_es_admin.admin.pages.operations.actions import ACTIONS
from django_es_admin.indices.definition import get_definition
from django_es_admin.lifecycle.rebuild import plan_rebuild, rebuild
from django_es_admin.models import Generation, Operation

from .visitors import visitor

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.urls("tests.integration.admin.sites"),
]

INDEX = "default_3Aproducts"
VERBS = ["create_index", "rebuild_index", "swap_alias", "reindex_objects", "delete_index"]
LOGIN, FORBIDDEN, NOT_ALLOWED = 302, 403, 405
NOBODY = "nobody has it"


@dataclass(frozen=True)
class Address:
    """One address.

    Args:
        get: the right that GET takes beside ``view_index``; "" for none, None where no GET is.
        post: likewise for POST, with nothing confirmed.
        documents: whether it takes the right to view the model, too.
        connection: whether it takes the right to view connections, too.
        seen: what GET answers to those who have the rights.
        done: what POST answers to them.
    """

    name: str
    args: tuple[str, ...] = (INDEX,)
    query: str = ""
    get: str | None = ""
    post: str | None = None
    documents: bool = False
    connection: bool = False
    seen: int = 200
    done: int = NOT_ALLOWED


def addresses(operation: str) -> Iterator[Address]:
    for tab in ("change", "mapping", "analyze", "generations", "shards", "policies", "operations"):
        yield Address(f"elasticsearch_index_{tab}")
    yield Address("elasticsearch_index_documents", documents=True)
    yield Address("elasticsearch_index_terms", query="?field=brand", documents=True)
    yield Address("elasticsearch_index_console", get="search_index", documents=True)
    yield Address(
        "elasticsearch_index_compare",
        query="?key=1",
        post="reindex_objects",
        documents=True,
        done=302,
    )
    yield Address("elasticsearch_index_history", post="", done=200)
    yield Address("elasticsearch_index_changelist", (), post="", seen=302, done=302)
    yield Address(
        "elasticsearch_connection_space",
        ("default",),
        connection=True,
        post="delete_index",
        done=409,
    )
    for model in ("index", "operation", "outboxentry", "connection"):
        args = {"operation": (operation,), "connection": ("default",)}.get(model, (INDEX,))
        yield Address(f"elasticsearch_{model}_add", (), get=NOBODY, post=NOBODY)
        yield Address(f"elasticsearch_{model}_delete", args, get=NOBODY, post=NOBODY)
    yield Address("elasticsearch_outboxentry_change", ("1",), get=NOBODY, post=NOBODY)
    yield Address("elasticsearch_operation_history", (operation,), post="", done=200)
    yield Address("elasticsearch_operation_changelist", (), post="", done=200)
    yield Address("elasticsearch_operation_change", (operation,))
    yield Address("elasticsearch_outboxentry_changelist", (), post="", done=200)
    yield Address("elasticsearch_operation_cancel", (operation,), get=None, post="rebuild_index")
    # A rebuild lists nothing that differs.
    yield Address(
        "elasticsearch_operation_reindex",
        (operation,),
        get=None,
        post="reindex_objects",
        done=404,
    )
    for action in ACTIONS:
        # A generation that is not there: 404 for those alone who may know.
        seen = 404 if action.name == "delete_generation" else 200
        done = 404 if action.name == "delete_generation" else 409
        yield Address(action.url_name, get=action.right, post=action.right, seen=seen, done=done)


VISITORS: dict[str, tuple[Callable[[], Client], set[str]]] = {
    "anonymous": (Client, set()),
    "customer": (lambda: visitor(staff=False), set()),
    "staff": (visitor, set()),
    **{
        f"only {verb}": (lambda verb=verb: visitor(f"elasticsearch.{verb}"), {verb})
        for verb in VERBS
    },
    "view_index": (lambda: visitor("elasticsearch.view_index"), {"view"}),
    **{
        f"view and {verb}": (
            lambda verb=verb: visitor("elasticsearch.view_index", f"elasticsearch.{verb}"),
            {"view", verb},
        )
        for verb in VERBS
    },
    "view, products, reindex": (
        lambda: visitor(
            "elasticsearch.view_index", "elasticsearch.reindex_objects", "shop.view_product"
        ),
        {"view", "documents", "reindex_objects"},
    ),
    "view, search": (
        lambda: visitor("elasticsearch.view_index", "elasticsearch.search_index"),
        {"view", "search_index"},
    ),
    "view, products, search": (
        lambda: visitor(
            "elasticsearch.view_index", "elasticsearch.search_index", "shop.view_product"
        ),
        {"view", "documents", "search_index"},
    ),
    "view, connections": (
        lambda: visitor("elasticsearch.view_index", "elasticsearch.view_connection"),
        {"view", "connections"},
    ),
    "superuser": (
        lambda: visitor(superuser=True),
        {"view", "documents", "connections", "search_index", *VERBS},
    ),
}


def expected(address: Address, method: str, who: str, rights: set[str]) -> int:
    if who in ("anonymous", "customer"):
        return LOGIN
    right = address.get if method == "get" else address.post
    needed = {"view", *({"documents"} if address.documents else ())}
    needed |= {"connections"} if address.connection else set()
    if method == "get" and address.get is None:
        needed |= {address.post or ""}
    elif right:
        needed |= {right}
    if not needed <= rights:
        return FORBIDDEN
    if right is None:
        return NOT_ALLOWED
    return address.seen if method == "get" else address.done


@pytest.mark.parametrize("site", ["admin", "back-office"])
@pytest.mark.parametrize("who", VISITORS)
def test_the_matrix(products: list[Product], who: str, site: str) -> None:
    make, rights = VISITORS[who]
    client = make()
    running = Operation.objects.create(
        connection="default",
        index="products",
        kind=Operation.Kind.REBUILD,
        host="elsewhere",
        leased_until=timezone.now() + timedelta(minutes=1),
    )
    before = Operation.objects.count()
    got, wanted = {}, {}
    for address in addresses(f"default_3A{running.pk}"):
        if address.name == "elasticsearch_operation_cancel" and "rebuild_index" in rights:
            continue
        url = reverse(f"admin:{address.name}", args=address.args, current_app=site) + address.query
        for method in ("get", "post"):
            if address.documents and method == "post" and address.post is None:
                continue
            key = f"{method} {url}"
            got[key] = getattr(client, method)(url).status_code
            wanted[key] = expected(address, method, who, rights)
    assert got == wanted
    # None of these posts carried a fingerprint, so that none of them did anything; "Reindex this"
    # needs none.
    assert Operation.objects.exclude(kind=Operation.Kind.REINDEX).count() == before
    running.refresh_from_db()
    assert not running.cancel_requested


@pytest.mark.parametrize("site", ["admin", "back-office"])
def test_buttons_are_for_those_who_have_the_right(
    products: list[Product], es: Elasticsearch, site: str
) -> None:
    page = reverse("admin:elasticsearch_index_change", args=[INDEX], current_app=site)
    # A way back, something to prune, and a document that is missing.
    for _ in range(2):
        rebuild(plan_rebuild(get_definition("products")))
    Generation.objects.filter(role="retired").update(retired_at="2020-01-01T00:00:00Z")
    es.delete(index=get_definition("products").alias, id=str(products[0].pk), refresh=True)
    for action in ACTIONS:
        if action.name in ("create", "delete_generation", "complete"):
            continue
        url = reverse(f"admin:{action.url_name}", args=[INDEX], current_app=site)
        without = visitor("elasticsearch.view_index").get(page).content.decode()
        assert f'href="{url}"' not in without
        allowed = visitor("elasticsearch.view_index", f"elasticsearch.{action.right}")
        assert f'href="{url}"' in allowed.get(page).content.decode()


def test_who_may_rebuild_may_cancel(products: list[Product]) -> None:
    running = Operation.objects.create(
        connection="default",
        index="products",
        kind=Operation.Kind.REBUILD,
        host="elsewhere",
        leased_until=timezone.now() + timedelta(minutes=1),
    )
    url = reverse("admin:elasticsearch_operation_cancel", args=[f"default_3A{running.pk}"])
    client = visitor("elasticsearch.view_index", "elasticsearch.rebuild_index")
    assert client.post(url).status_code == 302
    running.refresh_from_db()
    assert running.cancel_requested
