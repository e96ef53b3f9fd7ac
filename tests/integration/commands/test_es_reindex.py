"""`es_reindex`: objects that are chosen are written again, and no others."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from elasticsearch import Elasticsearch

from django_es_admin.indices.definition import IndexDefinition, get_definition
from django_es_admin.lifecycle.rebuild import rebuild
from django_es_admin.lifecycle.rebuild_plan import plan_rebuild
from django_es_admin.models import Operation, OutboxEntry
from tests.guide.models import FlatProduct, Product, Tag
from tests.integration.commands.conftest import Run
from tests.integration.commands.products import INDEX, make_bad_product, make_products
from tests.live import make_live

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def products(definition: IndexDefinition) -> list[Product]:
    made = make_products(12)
    made[4].tags.add(*Tag.objects.bulk_create(Tag(name=f"t{number}") for number in range(3)))
    make_live(definition)
    # Past the signals: only what is reindexed gets the new name.
    Product.objects.update(name="new")
    return made


@pytest.fixture
def renewed(es: Elasticsearch, definition: IndexDefinition) -> Any:
    """The primary keys of the objects whose documents were written again."""

    def renewed() -> set[int]:
        es.indices.refresh(index=definition.alias)
        found = es.search(index=definition.alias, query={"match": {"name": "new"}}, size=100)
        return {int(hit["_id"]) for hit in found["hits"]["hits"]}

    return renewed


def test_keys(run: Run, products: list[Product], renewed: Any) -> None:
    chosen = [products[3].pk, products[7].pk]
    done = run("es_reindex", INDEX, "--pk", *map(str, chosen))
    assert done.code == 0
    assert "2 objects to write again." in done.out
    assert "2 written, 0 waiting, 0 refused." in done.out
    assert renewed() == set(chosen)
    assert Operation.objects.latest("pk").kind == "reindex"
    # As code calls it.
    assert run("es_reindex", INDEX, pk=[products[5].pk]).code == 0
    assert renewed() == {*chosen, products[5].pk}


def test_the_document_of_what_is_gone_is_deleted(
    run: Run, es: Elasticsearch, definition: IndexDefinition, products: list[Product]
) -> None:
    gone = products[0].pk
    Product.objects.filter(pk=gone)._raw_delete(using="default")
    assert run("es_reindex", INDEX, "--pk", str(gone)).code == 0
    assert not es.exists(index=definition.alias, id=str(gone))


@pytest.mark.few(4)
@pytest.mark.parametrize(
    ("filters", "numbers"),
    [
        (["price=3"], [3]),
        (["price__gte=10"], [10, 11]),
        (["price__gte=4", "price__lt=6"], [4, 5]),
        (["price__in=1,2"], [1, 2]),
        (["category__name=Shoes", "price=9"], [9]),
        (["category__isnull=true"], []),
        (["is_active=true", "price=1"], [1]),
        (["is_active=False"], []),
        (["name=a=b"], []),
        (["price__range=3,5"], [3, 4, 5]),
        (["pk=99999999999999999999"], []),
        (["pk__lt=99999999999999999999", "price=2"], [2]),
        (["name__regex=^n.w$", "price__lt=1"], [0]),
        (["tags__name__startswith=t"], [4]),
    ],
)
def test_filters(
    run: Run, products: list[Product], renewed: Any, filters: list[str], numbers: list[int]
) -> None:
    arguments = [part for one in filters for part in ("--filter", one)]
    done = run("es_reindex", INDEX, *arguments, "--json")
    assert done.code == 0
    assert (done.json["objects"], done.json["written"]) == (len(numbers), len(numbers))
    assert renewed() == {products[number].pk for number in numbers}


def test_all_in_portions(
    run: Run, products: list[Product], renewed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("django_es_admin.lifecycle.selection.PORTION", 5)
    done = run("es_reindex", INDEX, "--all", "--json")
    assert (done.json["objects"], done.json["written"]) == (12, 12)
    assert renewed() == {product.pk for product in products}


def test_what_was_changed_since(run: Run, es: Elasticsearch) -> None:
    texts = dict.fromkeys(("name", "description", "category", "brand"), "x")
    old, _new = (FlatProduct.objects.create(**texts, price=1, sku=sku) for sku in "ab")
    FlatProduct.objects.filter(pk=old.pk).update(updated_at=timezone.now() - timedelta(days=1))
    rebuild(plan_rebuild(get_definition("flat-products")))
    done = run("es_reindex", "flat-products", "--since", "1h", "--json")
    assert done.json["objects"] == 1
    assert run("es_reindex", "flat-products", "--since", "2d", "--json").json["objects"] == 2


def test_workers_write_it(run: Run, products: list[Product], settings: Any) -> None:
    settings.ES_ADMIN = {**settings.ES_ADMIN, "SYNC": "worker"}
    done = run("es_reindex", INDEX, "--all")
    assert "0 written, 12 waiting, 0 refused." in done.out
    assert OutboxEntry.objects.count() == 12


def test_what_is_refused(run: Run, es: Elasticsearch, definition: IndexDefinition) -> None:
    rebuild(plan_rebuild(definition))
    bad = make_bad_product()
    done = run("es_reindex", INDEX, "--pk", str(bad.pk))
    assert done.code == 2
    assert "1 document was refused" in done.message


def test_a_dry_run_changes_nothing(run: Run, products: list[Product]) -> None:
    done = run("es_reindex", INDEX, "--all", "--dry-run")
    assert "12 objects to write again." in done.out
    told = run("es_reindex", INDEX, "--all", "--dry-run", "--json").json
    assert (told["objects"], told["written"], told["waiting"], told["refused"]) == (12, 0, 0, 0)
    assert not Operation.objects.filter(kind="reindex").exists()


@pytest.mark.few(4)
@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--pk", "abc"], "'abc' is no primary key of guide.Product."),
        (["--filter", "colour=red"], "does not fit guide.Product: Cannot resolve keyword"),
        (["--filter", "price=cheap"], "does not fit guide.Product"),
        (["--filter", "is_active=maybe"], "neither true nor false"),
        (["--filter", "price__nearly=3"], "does not fit guide.Product"),
        (["--filter", "price__range=3"], "Give two values with a comma between them."),
        (["--filter", "price__range=1,2,3"], "Give two values with a comma between them."),
        (["--filter", "name__regex=("], "The filter name__regex=( does not fit guide.Product"),
        (["--filter", "price__in=1,x"], "does not fit guide.Product"),
        (["--filter", "category__isnull=perhaps"], "neither true nor false"),
        (["--filter", "pk="], "does not fit guide.Product"),
        (["--filter", "__=1"], "does not fit guide.Product"),
        (["--filter", "category__name__name=1"], "does not fit guide.Product"),
        (["--pk", ""], "'' is no primary key of guide.Product."),
        (["--pk", "1.5"], "'1.5' is no primary key of guide.Product."),
        (["--filter", "name=\udce4"], "does not fit guide.Product"),
        (["--pk", "\udce4"], "is no primary key of guide.Product."),
        (["--filter", "price"], "is no condition"),
        (["--filter", "=3"], "is no condition"),
        (["--since", "1h"], "does not say when an object was changed"),
    ],
)
def test_what_cannot_be_chosen(
    run: Run, products: list[Product], arguments: list[str], told: str
) -> None:
    done = run("es_reindex", INDEX, *arguments)
    assert done.code == 1
    assert told in done.message
    assert not OutboxEntry.objects.exists()


@pytest.mark.parametrize("one", ["category_id", "category_id__gt", "pk__in", "reviews__stars__in"])
def test_a_number_that_no_row_can_have(run: Run, products: list[Product], one: str) -> None:
    """Some databases find nothing, and some cannot be asked for it."""
    done = run("es_reindex", INDEX, "--filter", f"{one}=99999999999999999999")
    if done.code:
        assert f"The filter {one}=99999999999999999999 does not fit" in done.message
    else:
        assert "0 objects to write again." in done.out


@pytest.mark.parametrize("other", ["00{}", "+{}", " {} "])
def test_a_key_that_is_spelled_in_two_ways(
    run: Run,
    products: list[Product],
    renewed: Any,
    other: str,
) -> None:
    key = products[2].pk
    for keys in ((str(key), other.format(key)), (other.format(key), str(key))):
        done = run("es_reindex", INDEX, "--json", "--pk", *keys)
        assert (done.code, done.json["objects"], done.json["written"]) == (0, 1, 1)
        assert renewed() == {key}


def test_a_document_under_another_spelling(
    run: Run, es: Elasticsearch, definition: IndexDefinition, products: list[Product]
) -> None:
    """It is nobody's, and what removes it leaves the object's own document alone."""
    odd = [f"00{products[2].pk}", "99999999999999999999", f"+{products[3].pk}"]
    for name in odd:
        es.index(index=definition.alias, id=name, document={"name": "odd"}, refresh=True)
    found = run("es_verify", INDEX, "--ids", "--json").json["indices"][0]
    assert (found["ghosts"], found["missing"]) == (3, 0)
    found = run("es_verify", INDEX, "--repair", "--json").json["indices"][0]
    assert (found["ghosts"], found["missing"], found["repaired"]) == (3, 0, 3 + found["stale"])
    assert run("es_drain", "--once").code == 0
    es.indices.refresh(index=definition.alias)
    hits = es.search(index=definition.alias, size=100, source=False)["hits"]["hits"]
    assert {hit["_id"] for hit in hits} == {str(product.pk) for product in products}


def test_nothing_is_chosen(run_program: Run, es: Elasticsearch) -> None:
    assert run_program("es_reindex", INDEX).code == 1
    assert run_program("es_reindex", INDEX, "--all", "--pk", "1").code == 1


def test_a_key_that_no_row_can_have(
    run: Run, es: Elasticsearch, definition: IndexDefinition, products: list[Product]
) -> None:
    done = run("es_reindex", INDEX, "--pk", "99999999999999999999", str(products[1].pk), "--json")
    assert (done.code, done.json["written"], done.json["refused"]) == (0, 2, 0)
    assert not OutboxEntry.objects.filter(attempts__gt=0).exists()
