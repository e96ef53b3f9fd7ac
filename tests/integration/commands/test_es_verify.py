"""`es_verify`: it finds each difference and nothing else, and its repair is rows of the outbox."""

import json
from typing import Any

import pytest
from elasticsearch import Elasticsearch

from django_es_admin.exceptions import OperationCancelled
from django_es_admin.indices.definition import IndexDefinition
from django_es_admin.lifecycle.rebuild import plan_rebuild, rebuild
from django_es_admin.lifecycle.verify import verify as module
from django_es_admin.lifecycle.verify.verify import plan_verify, verify
from django_es_admin.models import Operation, OutboxEntry
from django_es_admin.operations.progress import Progress
from tests.guide.models import Product
from tests.integration.commands.conftest import Run
from tests.integration.commands.products import INDEX, make_products

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAUSE_SECONDS", 0.01)


@pytest.fixture
def products(definition: IndexDefinition) -> list[Product]:
    made = make_products(30)
    rebuild(plan_rebuild(definition))
    return made


def change(es: Elasticsearch, definition: IndexDefinition, product: Product, **values: Any) -> None:
    """Change a document behind the back of everybody."""
    es.update(index=definition.alias, id=str(product.pk), doc=values, refresh=True)


def test_equal(run: Run, products: list[Product]) -> None:
    done = run("es_verify", INDEX)
    assert done.code == 0
    assert "30 objects and 30 documents compared" in done.out
    assert "0 missing, 0 stale, 0 ghosts, 0 refused." in done.out
    assert not OutboxEntry.objects.exists()
    operation = Operation.objects.latest("pk")
    assert (operation.kind, operation.state) == ("verify", "done")


def test_each_kind_and_nothing_else(
    run: Run, es: Elasticsearch, definition: IndexDefinition, products: list[Product]
) -> None:
    missing, ghost, *stale = products[:8]
    es.delete(index=definition.alias, id=str(missing.pk), refresh=True)
    Product.objects.filter(pk=ghost.pk)._raw_delete(using="default")
    es.index(index=definition.alias, id="999999", document={"name": "nobody"}, refresh=True)
    for product, values in zip(
        stale,
        (
            {"name": "other"},
            {"price": 17.5},
            {"category": {"name": "Boots"}},
            {"tags": [{"name": "none"}]},
            {"surplus": True},
            {"description": None},
        ),
        strict=True,
    ):
        change(es, definition, product, **values)
    done = run("es_verify", INDEX, "--json")
    assert done.code == 2
    [told] = json.loads(done.out)["indices"]
    assert (told["missing"], told["stale"], told["ghosts"]) == (1, 6, 2)
    assert (told["refused"], told["waiting"], told["repaired"]) == (0, 0, 0)
    kinds = {example["key"]: example["kind"] for example in told["examples"]}
    assert kinds == {
        str(missing.pk): "missing",
        str(ghost.pk): "ghost",
        "999999": "ghost",
        **{str(product.pk): "stale" for product in stale},
    }
    # Keys alone tell nothing of what is in a document.
    [told] = json.loads(run("es_verify", INDEX, "--ids", "--json").out)["indices"]
    assert (told["missing"], told["stale"], told["ghosts"]) == (1, 0, 2)


def test_a_repair(
    run: Run, es: Elasticsearch, definition: IndexDefinition, products: list[Product]
) -> None:
    missing, ghost, stale, *_ = products
    es.delete(index=definition.alias, id=str(missing.pk), refresh=True)
    Product.objects.filter(pk=ghost.pk)._raw_delete(using="default")
    change(es, definition, stale, name="other")
    done = run("es_verify", INDEX, "--repair")
    assert done.code == 2
    assert "3 rows were added to the outbox." in done.out
    run("es_drain")
    es.indices.refresh(index=definition.alias)
    assert run("es_verify", INDEX).code == 0


def test_more_than_are_looked_at_again(  # noqa: PLR0917 (fixtures)
    run: Run,
    es: Elasticsearch,
    definition: IndexDefinition,
    products: list[Product],
    monkeypatch: pytest.MonkeyPatch,
    settings: Any,
) -> None:
    settings.ES_ADMIN = {**settings.ES_ADMIN, "BULK_MAX_DOCUMENTS": 4}
    monkeypatch.setattr(module, "MOST_LOOKED_AT_AGAIN", 5)
    es.delete_by_query(index=definition.alias, query={"match_all": {}}, refresh=True)
    [told] = json.loads(run("es_verify", INDEX, "--repair", "--json").out)["indices"]
    assert (told["missing"], told["repaired"], len(told["examples"])) == (30, 30, 20)
    run("es_drain")
    es.indices.refresh(index=definition.alias)
    assert run("es_verify", INDEX).code == 0


def test_what_waits_is_no_difference(
    run: Run, es: Elasticsearch, definition: IndexDefinition, products: list[Product], settings: Any
) -> None:
    settings.ES_ADMIN = {**settings.ES_ADMIN, "SYNC": "worker"}
    products[0].name = "changed"
    products[0].save()
    products[1].delete()
    done = run("es_verify", INDEX)
    assert done.code == 0
    assert "2 more wait in the outbox: run `manage.py es_drain`." in done.out


def test_what_is_written_meanwhile_is_no_difference(
    definition: IndexDefinition, products: list[Product], settings: Any
) -> None:
    settings.ES_ADMIN = {**settings.ES_ADMIN, "BULK_MAX_DOCUMENTS": 5}

    def write(progress: Progress) -> None:
        product = Product.objects.order_by("?")[0]
        product.name = f"written at {progress.step} {progress.done}"
        product.save()

    assert verify(plan_verify(definition), write).equal


def test_one_that_cannot_be_made_is_named_and_stops_no_other(
    run: Run, definition: IndexDefinition, products: list[Product], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert definition.document is not None
    bad = products[3]

    def fail(self: Any, instance: Product) -> str:
        if instance.pk == bad.pk:
            raise ValueError("no name")
        return instance.name

    monkeypatch.setattr(definition.document, "prepare_name", fail, raising=False)
    definition.document.django.__dict__.pop("source", None)
    try:
        done = run("es_verify", INDEX)
    finally:
        definition.document.django.__dict__.pop("source", None)
    assert done.code == 2
    assert "1 refused." in done.out
    assert f"object {bad.pk}: its document cannot be made" in done.out


def test_nothing_to_compare_with(run: Run, es: Elasticsearch, definition: IndexDefinition) -> None:
    done = run("es_verify", INDEX)
    assert done.code == 1
    assert "has no live generation, or several" in done.message


def test_a_person_may_cancel_it(definition: IndexDefinition, products: list[Product]) -> None:
    def cancel(progress: Progress) -> None:
        Operation.objects.filter(kind="verify").update(cancel_requested=True)

    with pytest.raises(OperationCancelled):
        verify(plan_verify(definition), cancel)
    assert Operation.objects.latest("pk").state == "cancelled"
