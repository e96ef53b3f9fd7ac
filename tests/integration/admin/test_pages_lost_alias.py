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
from django_es_admin.lifecycle.rebuild import plan_rebuild, rebuild
from django_es_admin.models import Generation, Operation
from django_es_admin.status.status import get_status

from .test_pages_dashboard import dashboard, table
from .visitors import visitor

pytestmark = pytest.mark.django_db(transaction=True)

PRODUCTS = "default_3Aproducts"


@pytest.fixture
def client() -> Client:
    return visitor(superuser=True)


@pytest.fixture
def definition(rebuilt_products: list[Product]) -> IndexDefinition:
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


@pytest.mark.parametrize("tab", ["policies", "shards", "analyze", "terms", "documents"])
def test_no_tab_takes_it_for_an_index_that_is_missing(
    client: Client, es: Elasticsearch, definition: IndexDefinition, tab: str
) -> None:
    take_away(es, definition)
    text = " ".join(re.sub(r"<[^>]+>", "", client.get(address(tab)).content.decode()).split())
    live = names()["live"]
    assert f"Its documents are in {live}: give the alias back first." in text
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
    assert list(es.indices.get_alias(name=definition.alias)) == [before["live"]]
    # The way back is what it was, and still gets each change.
    assert names() == before
    assert kinds() == []


def test_nothing_empty_takes_its_place(
    client: Client, es: Elasticsearch, definition: IndexDefinition
) -> None:
    before = names()
    take_away(es, definition)
    text = client.get(address("create")).content.decode()
    assert f"{before['live']}, with 3 documents, gets each change" in unescape(text)
    with pytest.raises(OperationRefused, match="Give the alias back"):
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
    with pytest.raises(OperationRefused, match="Give the alias back"):
        create_index(plan)


def test_the_standby_takes_the_place_of_a_live_generation_that_was_deleted(
    client: Client, es: Elasticsearch, definition: IndexDefinition
) -> None:
    before = names()
    es.indices.delete(index=before["live"])
    text = dashboard(client)
    assert f"The live generation is gone: {before['standby']} (3 documents, kept up to" in text
    part = text[text.index("The live generation is gone") :]
    press(client, part[: part.index("</tr>")], "Swap alias…")
    assert list(es.indices.get_alias(name=definition.alias)) == [before["standby"]]
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
    assert "give it back first" in client.get(url).content.decode()
    assert f"generation={live}" not in client.get(address("generations")).content.decode()


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
