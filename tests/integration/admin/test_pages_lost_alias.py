"""The alias was taken away by hand: nothing is lost, and one button gives it back."""

import re
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse
from elasticsearch import Elasticsearch
from shop.models import Product

from django_es_admin.exceptions import OperationRefused
from django_es_admin.indices.definition import IndexDefinition, get_definition
from django_es_admin.lifecycle.background import queue_rebuild
from django_es_admin.lifecycle.create import create_index, plan_create
from django_es_admin.lifecycle.delete import delete_index, plan_delete
from django_es_admin.lifecycle.prune import plan_prune
from django_es_admin.lifecycle.rebuild import rebuild
from django_es_admin.lifecycle.rebuild_plan import plan_rebuild
from django_es_admin.models import Generation, Operation, OutboxEntry
from django_es_admin.status.status import IndexStatus, get_status

from .test_pages_dashboard import dashboard, table
from .visitors import visitor

pytestmark = pytest.mark.django_db(transaction=True)

PRODUCTS = "default_3Aproducts"


@pytest.fixture
def client() -> Client:
    return visitor(superuser=True)


@pytest.fixture
def definition(products: list[Product]) -> IndexDefinition:
    """Of an index with a live generation and a standby."""
    definition = get_definition("products")
    rebuild(plan_rebuild(definition))
    return definition


def address(action: str) -> str:
    return reverse(f"admin:elasticsearch_index_{action}", args=[PRODUCTS])


def names() -> dict[str, str]:
    return {str(row.role): row.name for row in Generation.objects.all()}


def take_away(es: Elasticsearch, definition: IndexDefinition) -> None:
    es.indices.delete_alias(index=f"{definition.alias}-*", name=definition.alias)


def kinds() -> list[str]:
    return [problem.kind for problem in get_status(["products"]).indices[0].problems]


def press(client: Client, text: str, title: str) -> None:
    """Follow a link by what it says, and confirm the plan there."""
    [url] = {unescape(found) for found in re.findall(rf'href="([^"]+)"[^>]*>{title}', text)}
    plan = client.get(url)
    mark = re.search(r'name="fingerprint" value="(\w+)"', plan.content.decode())
    assert mark
    assert client.post(url, {"fingerprint": mark[1]}).status_code == 302


@pytest.mark.few(2)
@pytest.mark.parametrize("tab", ["policies", "shards", "analyze", "terms", "documents"])
def test_no_tab_takes_it_for_an_index_that_is_missing(
    client: Client, es: Elasticsearch, definition: IndexDefinition, tab: str
) -> None:
    take_away(es, definition)
    text = " ".join(re.sub(r"<[^>]+>", "", client.get(address(tab)).content.decode()).split())
    live = names()["live"]
    assert f"The documents are in {live}: restore the alias first." in text
    assert "never built" not in text
    assert "There is no" not in text


def test_it_is_given_back_with_one_button(
    client: Client, es: Elasticsearch, definition: IndexDefinition
) -> None:
    before = names()
    take_away(es, definition)
    text = dashboard(client)
    rows = table(text, "indices")
    at = next(n for n, row in enumerate(rows) if row.startswith("products "))
    assert " no alias " in rows[at]
    assert rows[at + 1] == (
        f"The alias is gone: {before['live']} (3 documents, up to date) was live. Swap alias…"
    )
    overview = client.get(address("change")).content.decode()
    assert "The alias is gone" in overview
    assert address("create") not in text + overview
    part = text[text.index("The alias is gone") :]
    press(client, part[: part.index("</tr>")], "Swap alias…")
    assert list(es.indices.get_alias(index=definition.alias, name=definition.alias)) == [
        before["live"]
    ]
    # The way back is what it was, and still gets each change.
    assert names() == before
    assert kinds() == []


def test_it_is_not_called_up_to_date_where_the_numbers_differ(
    client: Client, es: Elasticsearch, definition: IndexDefinition
) -> None:
    live = names()["live"]
    Product._base_manager.all()[:1].get().delete()
    OutboxEntry.objects.all().delete()
    for product in Product._base_manager.all():
        es.delete(index=live, id=str(product.pk), refresh=True)
    take_away(es, definition)
    [problem] = status().problems
    assert (problem.kind, problem.mends[0].verb) == ("alias-gone-differs", "swap")
    assert f"{live} (0 documents; the database has 2) was live" in problem.text


def test_a_creation_that_is_refused_leads_to_the_swap(
    client: Client, es: Elasticsearch, definition: IndexDefinition
) -> None:
    take_away(es, definition)
    text = client.get(address("create")).content.decode()
    [link] = re.findall(r'<a href="(\.\./swap/[^"]+)">Swap alias…', text)
    assert link == f"../swap/?to={names()['live']}"


def test_nothing_empty_takes_its_place(
    client: Client, es: Elasticsearch, definition: IndexDefinition
) -> None:
    before = names()
    take_away(es, definition)
    text = client.get(address("create")).content.decode()
    said = f"<bdi>{before['live']}</bdi>, with <bdi>3 documents</bdi>, gets each change"
    assert said in text
    with pytest.raises(OperationRefused, match="Restore its alias"):
        create_index(plan_create(definition))
    assert names() == before


def test_a_plan_made_before_it_was_taken_away_creates_nothing(
    es: Elasticsearch, rebuilt_products: list[Product]
) -> None:
    definition = get_definition("products")
    Generation.objects.update(role="failed")
    take_away(es, definition)
    plan = plan_create(definition)
    assert plan.refusals == ()
    Generation.objects.update(role="live")
    with pytest.raises(OperationRefused, match="Restore its alias"):
        create_index(plan)


def test_the_standby_takes_the_place_of_a_live_generation_that_was_deleted(
    client: Client, es: Elasticsearch, definition: IndexDefinition
) -> None:
    before = names()
    es.indices.delete(index=before["live"])
    text = dashboard(client)
    said = f"The live generation is gone: <bdi>{before['standby']}</bdi> (3 documents, kept up to"
    assert said in text
    part = text[text.index("The live generation is gone") :]
    press(client, part[: part.index("</tr>")], "Swap alias…")
    assert list(es.indices.get_alias(index=definition.alias, name=definition.alias)) == [
        before["standby"]
    ]
    # What is gone is not kept as a way back, for whose writes rows would wait.
    assert names() == {"live": before["standby"], "retired": before["live"]}


def test_what_is_closed_is_to_be_opened_first(
    client: Client, es: Elasticsearch, rebuilt_products: list[Product]
) -> None:
    definition = get_definition("products")
    live = names()["live"]
    take_away(es, definition)
    es.indices.close(index=live)
    assert kinds() == ["former-closed"]
    assert plan_create(definition).refusals


def test_a_first_build_that_waits_is_no_missing_index(
    client: Client, es: Elasticsearch, products: list[Product]
) -> None:
    definition = get_definition("products")
    es.indices.delete(index=names()["live"])
    Generation.objects.all().delete()
    built = rebuild(plan_rebuild(definition, swap=False)).generation
    assert kinds() == ["build-only"]
    assert plan_create(definition).refusals
    text = dashboard(client)
    assert f"to={built}" in text


def test_what_it_belongs_to_is_not_deleted(
    client: Client, es: Elasticsearch, definition: IndexDefinition
) -> None:
    live = names()["live"]
    take_away(es, definition)
    url = f"{address('delete_generation')}?generation={live}"
    assert "restore the alias first" in client.get(url).content.decode()
    assert f"generation={live}" not in client.get(address("generations")).content.decode()


def test_nothing_that_could_take_its_place_is_deleted(
    client: Client, es: Elasticsearch, definition: IndexDefinition
) -> None:
    """Neither the standby nor what is retired or unregistered, which may be the last copy."""
    retired = rebuild(plan_rebuild(definition)) and names()["retired"]
    Generation.objects.update(retired_at=None)
    stray = f"{definition.alias}-20260101000000-0000"
    es.indices.create(index=stray, settings={"number_of_replicas": 0})
    text = client.get(address("generations")).content.decode()
    assert {f"generation={name}" in text for name in (names()["standby"], retired, stray)} == {True}
    assert [tool for tool in buttons(client) if tool.startswith("Prune…")]
    take_away(es, definition)
    text = client.get(address("generations")).content.decode()
    assert "Delete…" not in text
    assert not [tool for tool in buttons(client) if tool.startswith("Prune…")]
    [unknown] = [p for p in status().problems if p.kind == "unknown-generations"]
    assert unknown.mends == ()
    for name in (names()["standby"], retired, stray):
        page = client.get(f"{address('delete_generation')}?generation={name}").content.decode()
        assert f"<bdi>{name}</bdi> may be the last copy" in page
        with pytest.raises(OperationRefused, match="last copy"):
            delete_index(plan_delete(name))
    plan = plan_prune(definition, builds=True)
    assert (plan.doomed, plan.last) == ((), (retired,))
    assert "it may be the last copy" in client.get(address("prune")).content.decode()
    assert es.indices.exists(index=[names()["live"], names()["standby"], retired, stray])


def test_a_failed_build_is_no_copy(
    client: Client, es: Elasticsearch, definition: IndexDefinition
) -> None:
    standby = names()["standby"]
    Generation.objects.filter(name=standby).update(role="failed", error="Killed.")
    take_away(es, definition)
    assert f"generation={standby}" in client.get(address("generations")).content.decode()
    assert plan_prune(definition).doomed == (standby,)
    assert plan_delete(standby).refusals == ()


def test_a_closed_index_keeps_its_way_back(
    client: Client, es: Elasticsearch, definition: IndexDefinition
) -> None:
    es.indices.close(index=names()["live"])
    assert "Delete…" not in client.get(address("generations")).content.decode()
    assert "last copy" in plan_delete(names()["standby"]).refusals[0]


def status() -> IndexStatus:
    return get_status(["products"]).indices[0]


def buttons(client: Client) -> list[str]:
    html = client.get(address("change")).content.decode()
    tools = html[html.index('class="object-tools"') :]
    return re.findall(r"<a [^>]*>([^<]+)</a>", tools[: tools.index("</ul>")])


def test_a_missing_index_with_a_document_is_rebuilt(client: Client, es: Elasticsearch) -> None:
    text = dashboard(client)
    [row] = [row for row in table(text, "indices") if row.startswith("products ")]
    assert row.endswith("Rebuild… products")


def test_nothing_is_created_while_a_rebuild_waits(client: Client, es: Elasticsearch) -> None:
    definition = get_definition("products")
    queue_rebuild(plan_rebuild(definition))
    assert "waits for a worker" in plan_create(definition).refusals[0]
    # Nor by a plan from before that.
    Operation.objects.update(state="cancelled")
    plan = plan_create(definition)
    Operation.objects.update(state="queued")
    with pytest.raises(OperationRefused, match="waits for a worker"):
        create_index(plan)
