"""Every address of the pages by every method, for every kind of user, on both sites."""

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin import AdminSite
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from elasticsearch import Elasticsearch
from shop.models import Product

from django_es_admin.admin.pages.operations.actions import ACTIONS
from django_es_admin.indices.definition import get_definition
from django_es_admin.lifecycle.rebuild import rebuild
from django_es_admin.lifecycle.rebuild_plan import plan_rebuild
from django_es_admin.models import (
    Generation,
    Judgement,
    Operation,
    OutboxEntry,
    Promotion,
    Synonym,
)

from .sites import back_office
from .visitors import visitor

pytestmark = [
    pytest.mark.django_db,
]
URLS = "tests.integration.admin.sites"

INDEX = "default_3Aproducts"
VERBS = ["create_index", "rebuild_index", "swap_alias", "reindex_objects", "delete_index"]
LOGIN, FORBIDDEN, NOT_ALLOWED = 302, 403, 405
NOBODY = "nobody has it"
GET_OF_NOBODY = "405 whoever asks"


@dataclass(frozen=True)
class Address:
    """One address.

    Args:
        get: the right that GET takes beside those of `needs`; "" for none, None where no GET is.
        post: likewise for POST, with nothing confirmed.
        needs: what either takes.
        seen: what GET answers to those who have the rights.
        done: what POST answers to them.
        posts: rights that POST takes, too.
    """

    name: str
    args: tuple[str, ...] = (INDEX,)
    query: str = ""
    get: str | None = ""
    post: str | None = None
    needs: frozenset[str] = frozenset({"view"})
    seen: int = 200
    done: int = NOT_ALLOWED
    posts: frozenset[str] = frozenset()

    def asks_for(self, rights: set[str]) -> bool:
        """Return whether one of the rights is any of those that it takes."""
        return not rights.isdisjoint({self.get, self.post, *self.needs, *self.posts})

    def expected(self, method: str, rights: set[str]) -> int:
        """Return what it answers to a user of the staff with these rights."""
        right = self.get if method == "get" else self.post
        if right == GET_OF_NOBODY:
            return NOT_ALLOWED
        needed = set(self.needs)
        if method == "get" and self.get is None:
            needed |= {self.post or ""}
        elif right:
            needed |= {right}
        if method == "post":
            needed |= self.posts
        if not needed <= rights:
            return FORBIDDEN
        if right is None:
            return NOT_ALLOWED
        return self.seen if method == "get" else self.done


DOCUMENTS = frozenset({"view", "documents"})


def rows_of(model: str, pk: str) -> Iterator[Address]:
    """Yield each address of a model whose rows people write, and files bring."""
    importing = frozenset({f"add_{model}", f"change_{model}"})
    for page, needs in (
        ("changelist", frozenset({f"view_{model}"})),
        ("export", frozenset({f"view_{model}"})),
        ("add", frozenset({f"add_{model}"})),
        ("import", importing),
    ):
        yield Address(f"elasticsearch_{model}_{page}", (), needs=needs, post="", done=200)
    # Without a file that was shown before, there is nothing to confirm.
    yield Address(
        f"elasticsearch_{model}_process_import",
        (),
        needs=importing,
        get=GET_OF_NOBODY,
        post="",
        done=200,
    )
    for page, post in (("change", f"change_{model}"), ("history", "")):
        yield Address(
            f"elasticsearch_{model}_{page}",
            (pk,),
            needs=frozenset({f"view_{model}"}),
            post=post,
            done=200,
        )
    yield Address(
        f"elasticsearch_{model}_delete",
        (pk,),
        needs=frozenset({f"delete_{model}"}),
        post="",
        done=200,
    )


def addresses(
    operation: str, product: str, judgement: str, promotion: str, synonym: str
) -> Iterator[Address]:
    """Yield each address of the pages."""
    for tab in ("change", "mapping", "analyze", "generations", "shards", "policies", "operations"):
        yield Address(f"elasticsearch_index_{tab}")
    yield Address("elasticsearch_index_documents", needs=DOCUMENTS)
    yield Address("elasticsearch_index_terms", query="?field=brand", needs=DOCUMENTS)
    yield Address("elasticsearch_index_console", get="search_index", needs=DOCUMENTS)
    yield Address("elasticsearch_index_why", query=f"?key={product}&q=shoe", needs=DOCUMENTS)
    yield Address(
        "elasticsearch_index_judge",
        query="?q=shoe",
        needs=DOCUMENTS | {"view_judgement"},
        post="",
        posts=frozenset({"add_judgement", "change_judgement", "delete_judgement"}),
        done=302,
    )
    yield Address("elasticsearch_index_preview", needs=DOCUMENTS | {"view_loggedsearch"})
    yield Address("elasticsearch_index_tuning", needs=DOCUMENTS | {"view_loggedsearch"})
    yield Address(
        "elasticsearch_index_compare",
        query=f"?key={product}",
        post="reindex_objects",
        needs=DOCUMENTS,
        done=302,
    )
    yield Address("elasticsearch_index_history", post="", done=200)
    for verb in ("create", "rebuild"):
        # Nothing is chosen.
        right = f"{verb}_index"
        yield Address("elasticsearch_index_several", (verb,), get=right, post=right, done=409)
    yield Address("elasticsearch_index_changelist", (), post="", seen=302, done=302)
    connections = frozenset({"connections"})
    yield Address(
        "elasticsearch_connection_space",
        ("default",),
        needs=connections | {"view"},
        post="delete_index",
        done=409,
    )
    for page, args in (("changelist", ()), ("change", ("default",))):
        yield Address(
            f"elasticsearch_connection_{page}",
            args,
            needs=connections,
            post="",
            seen=302,
            done=302,
        )
    yield Address(
        "elasticsearch_connection_history", ("default",), needs=connections, post="", done=200
    )
    for model in ("index", "operation", "outboxentry", "connection", "loggedsearch"):
        args = {"operation": (operation,), "connection": ("default",)}.get(model, (INDEX,))
        yield Address(f"elasticsearch_{model}_add", (), get=NOBODY, post=NOBODY)
        yield Address(f"elasticsearch_{model}_delete", args, get=NOBODY, post=NOBODY)
    yield Address("elasticsearch_outboxentry_change", ("1",), get=NOBODY, post=NOBODY)
    yield Address("elasticsearch_outboxentry_history", ("1",), get=NOBODY, post=NOBODY)
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
    yield Address(
        "shop_product_reindex",
        (product,),
        get="reindex_objects",
        post="reindex_objects",
        needs=frozenset({"documents"}),
        seen=302,
        done=302,
    )
    yield Address(
        "elasticsearch_loggedsearch_changelist", (), needs=frozenset({"view_loggedsearch"})
    )
    for page in ("change", "history"):
        yield Address(f"elasticsearch_loggedsearch_{page}", ("1",), get=NOBODY, post=NOBODY)
    yield from rows_of("judgement", judgement)
    yield from rows_of("promotion", promotion)
    yield from rows_of("synonym", synonym)


PERMISSIONS = {
    "view": "elasticsearch.view_index",
    "documents": "shop.view_product",
    "connections": "elasticsearch.view_connection",
}
RIGHTS = (
    *VERBS,
    "search_index",
    "view_loggedsearch",
    "view_judgement",
    "add_judgement",
    "view_promotion",
    "add_promotion",
)
STAFF: dict[str, set[str]] = {
    "staff": set(),
    "view_index": {"view"},
    **{f"only {right}": {right} for right in RIGHTS},
    **{f"view and {right}": {"view", right} for right in RIGHTS},
    **{
        f"view, products and {right}": {"view", "documents", right}
        for right in ("reindex_objects", "search_index", "view_loggedsearch")
    },
    "products and reindex": {"documents", "reindex_objects"},
    "connections": {"connections"},
    "view, connections": {"view", "connections"},
    "judge": {"view_judgement", "add_judgement", "change_judgement", "delete_judgement"},
    "judge of results": {
        "view",
        "documents",
        "view_judgement",
        "add_judgement",
        "change_judgement",
        "delete_judgement",
    },
    "reader of grades": {"view", "documents", "view_judgement", "add_judgement"},
    "promoter": {"view_promotion", "add_promotion", "change_promotion", "delete_promotion"},
    "synonyms": {"view_synonym", "add_synonym", "change_synonym", "delete_synonym"},
    "only view_synonym": {"view_synonym"},
    "superuser": {
        *PERMISSIONS,
        *RIGHTS,
        "change_judgement",
        "delete_judgement",
        "change_promotion",
        "delete_promotion",
        "view_synonym",
        "add_synonym",
        "change_synonym",
        "delete_synonym",
    },
}
OUTSIDE: dict[str, Callable[[], Client]] = {
    "anonymous": Client,
    "customer": lambda: visitor(staff=False),
}
WITH_ONE_MORE = "view and ", "view, products and "
ON_BOTH = {*OUTSIDE, "staff", "view_index", "superuser"}
"""Who visits the second site in each run: its views are those of the first, where all go.

The others visit it among the slow tests.
"""


@pytest.fixture
def _refusals_are_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Format no traceback of each refusal: there are thousands, and none is a surprise."""
    caplog.set_level(logging.ERROR, logger="django.request")


def client_of(who: str) -> Client:
    if who in OUTSIDE:
        return OUTSIDE[who]()
    if who == "superuser":
        return visitor(superuser=True)
    return visitor(*(PERMISSIONS.get(each, f"elasticsearch.{each}") for each in STAFF[who]))


def is_stock(name: str) -> bool:
    """Whether Django has this address without us, or another model has it."""
    own = name.startswith("elasticsearch_") or name.endswith("_reindex")
    return not own


def names(patterns: Iterable[Any]) -> Iterator[str]:
    for each in patterns:
        if hasattr(each, "url_patterns"):
            yield from names(each.url_patterns)
        elif each.name:
            yield each.name


@pytest.mark.parametrize("site", [admin.site, back_office], ids=["admin", "back-office"])
def test_no_address_is_left_out(site: AdminSite) -> None:
    known = {address.name for address in addresses("", "", "", "", "")}
    found = {name for name in names(site.urls[0]) if not is_stock(name)}
    # Models of other tests have pages on the stock site, with the same view.
    assert {name for name in found if name not in known and not name.endswith("_reindex")} == set()
    assert known <= found


def whole_state(es: Elasticsearch, prefix: str) -> dict[str, Any]:
    """Return all that any verb of the pages could change, but for objects that are reindexed."""
    es.indices.refresh(index=f"{prefix}*")
    found = es.search(index=f"{prefix}*", size=100)["hits"]["hits"]
    reindexed = Operation.objects.filter(kind=Operation.Kind.REINDEX)
    return {
        "operations": list(
            Operation.objects.exclude(pk__in=reindexed)
            .order_by("pk")
            .values("pk", "kind", "state", "cancel_requested", "generation", "ended_at")
        ),
        "outbox": list(OutboxEntry.objects.order_by("pk").values()),
        "indices": es.indices.get(index=f"{prefix}*", features="aliases,mappings").body,
        "documents": sorted((hit["_index"], hit["_id"], str(hit["_source"])) for hit in found),
        **{
            model.__name__: list(model._default_manager.order_by("pk").values())
            for model in (Generation, Judgement, Promotion, Synonym, Product)
        },
    }


def visits() -> Iterator[Any]:
    """Yield who visits which site, and whether all of it.

    Whoever may view indices and has one right more visits what takes that right. What takes none
    but the first is visited by those who have no other, and without the first by each right alone.
    """
    for who in (*OUTSIDE, *STAFF):
        for site in ("admin", "back-office"):
            slow = site != "admin" and who not in ON_BOTH
            if who.startswith(WITH_ONE_MORE):
                visit = who, site, "what it takes"
                yield pytest.param(
                    visit, id="-".join(visit), marks=pytest.mark.slow if slow else ()
                )
                slow = True
            visit = who, site, "all"
            yield pytest.param(visit, id="-".join(visit), marks=pytest.mark.slow if slow else ())


@pytest.mark.parametrize("visit", [*visits()])
@pytest.mark.usefixtures("_refusals_are_not_logged")
def test_the_matrix(
    products: list[Product], es: Elasticsearch, prefix: str, visit: tuple[str, str, str]
) -> None:
    who, site, extent = visit
    client = client_of(who)
    rights = STAFF.get(who, set())
    running = Operation.objects.create(
        connection="default",
        index="products",
        kind=Operation.Kind.REBUILD,
        host="elsewhere",
        leased_until=timezone.now() + timedelta(minutes=1),
    )
    judged = Judgement.objects.create(
        connection="default",
        index="products",
        search="ProductSearchService",
        words="shoe",
        key="1",
        grade=3,
    )
    promoted = Promotion.objects.create(index="products", words="shoe", key="1")
    rule = Synonym.objects.create(name="matrix", rule="lamp, lantern")
    before = whole_state(es, prefix)
    assert len(before["documents"]) == len(products)
    got, wanted = {}, {}
    for address in addresses(
        f"default_3A{running.pk}",
        str(products[0].pk),
        *(str(row.pk) for row in (judged, promoted, rule)),
    ):
        if address.name == "elasticsearch_operation_cancel" and "rebuild_index" in rights:
            continue
        if not (extent == "all" or address.asks_for(rights - {"view", "documents"})):
            continue
        url = reverse(f"admin:{address.name}", args=address.args, current_app=site) + address.query
        for method in ("get", "post"):
            if address.needs > {"view"} and method == "post" and address.post is None:
                continue
            key = f"{method} {url}"
            got[key] = getattr(client, method)(url).status_code
            wanted[key] = LOGIN if who in OUTSIDE else address.expected(method, rights)
    assert got == wanted
    # None of these posts carried a fingerprint, so that none of them did anything; "Reindex this"
    # needs none, and writes what is there already.
    after = whole_state(es, prefix)
    may_reindex = {"documents", "reindex_objects"} <= rights
    assert Operation.objects.filter(kind=Operation.Kind.REINDEX).exists() is may_reindex
    if may_reindex:
        assert after["outbox"] != before["outbox"]
        del before["outbox"], after["outbox"]
    assert after == before


@pytest.mark.parametrize("site", ["admin", "back-office"])
@pytest.mark.parametrize("who", [*OUTSIDE, *STAFF])
def test_who_sees_the_dashboard(es: Elasticsearch, who: str, site: str) -> None:
    client = client_of(who)
    url = reverse("admin:app_list", args=["elasticsearch"], current_app=site)
    opens = {"view", "connections", "view_loggedsearch"}
    opens |= {
        f"{right}_{model}"
        for right in ("view", "add")
        for model in ("judgement", "promotion", "synonym")
    }
    wanted = LOGIN if who in OUTSIDE else 200 if opens & STAFF[who] else 404
    assert client.get(url).status_code == wanted


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
        if action.name in ("create", "delete_generation", "complete", "synonyms", "preview_swap"):
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
