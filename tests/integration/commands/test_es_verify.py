"""`es_verify`: it finds each difference and nothing else, and its repair is rows of the outbox."""

import json
import random
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone
from elasticsearch import Elasticsearch

from django_es_admin.exceptions import OperationCancelled, ServerBusy
from django_es_admin.indices.definition import IndexDefinition, get_definition
from django_es_admin.indices.source.kept import Kept
from django_es_admin.lifecycle.background import do_queued, queue_verify
from django_es_admin.lifecycle.rebuild import rebuild
from django_es_admin.lifecycle.rebuild_plan import plan_rebuild
from django_es_admin.lifecycle.reindex import reindex_objects
from django_es_admin.lifecycle.verify import findings
from django_es_admin.lifecycle.verify import suspects as module
from django_es_admin.lifecycle.verify import verify as verify_module
from django_es_admin.lifecycle.verify.last import keys_that_differed, read_differences, read_last
from django_es_admin.lifecycle.verify.plan import plan_verify
from django_es_admin.lifecycle.verify.verify import verify
from django_es_admin.models import Difference, Operation, OutboxEntry
from django_es_admin.operations.progress import Progress
from tests.guide.models import Category, FlatProduct, Product, Tag
from tests.integration.commands.conftest import Run
from tests.integration.commands.products import INDEX, make_products
from tests.live import make_live

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAUSE_SECONDS", 0.01)


@pytest.fixture
def products(definition: IndexDefinition) -> list[Product]:
    made = make_products(30)
    make_live(definition)
    return made


def change(es: Elasticsearch, definition: IndexDefinition, product: Product, **values: Any) -> None:
    """Change a document behind the back of everybody."""
    es.update(index=definition.alias, id=str(product.pk), doc=values, refresh=True)


def test_equal(run: Run, products: list[Product]) -> None:
    done = run("es_verify", INDEX)
    assert done.code == 0
    assert "30 objects and 30 documents compared" in done.out
    assert "0 missing, 0 stale, 0 ghosts, 0 cannot be made." in done.out
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


ENDS = [("\r\n", "\n"), ("\n", "\r\n"), ("\r", "\n"), ("\r\n", "\r")]


def test_the_next_objects_are_read_while_elasticsearch_is_asked(
    run: Run,
    es: Elasticsearch,
    products: list[Product],
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """And an answer that fails is asked for again, whatever was read since."""
    settings.ES_ADMIN = {**settings.ES_ADMIN, "BULK_MAX_DOCUMENTS": 7}
    es.delete(index=get_definition(INDEX).alias, id=str(products[10].pk), refresh=True)
    read_objects, find_differences = verify_module.read_objects, module.find_differences
    read, fails = [threading.Event() for _ in range(6)], [ServerBusy("busy")]

    def reading(definition: IndexDefinition) -> Any:
        for event, batch in zip(read, read_objects(definition), strict=False):
            event.set()
            yield batch

    def finding(*args: Any) -> Any:
        [number] = {products.index(p) // 7 for p in products if str(p.pk) == args[3][0].text}
        if number < 4:
            assert read[number + 1].wait(10)
        if number == 2 and fails:
            raise fails.pop()
        return find_differences(*args)

    monkeypatch.setattr(verify_module, "read_objects", reading)
    monkeypatch.setattr(module, "find_differences", finding)
    done = run("es_verify", INDEX)
    assert not fails
    assert done.code == 2
    assert "30 objects and 29 documents compared" in done.out
    assert "1 missing, 0 stale, 0 ghosts, 0 cannot be made." in done.out


@pytest.mark.few(2)
@pytest.mark.parametrize(("here", "there"), ENDS)
def test_line_ends_alone_are_no_difference(
    run: Run, es: Elasticsearch, definition: IndexDefinition, here: str, there: str
) -> None:
    """Neither in a text, nor in an object, nor in a list of objects; any other character is."""

    def lines(end: str) -> str:
        return f"one{end}two{end}{end}three{end}"

    [product] = make_products(1, description=lines(here))
    Category.objects.update(name=lines(here))
    product.tags.add(Tag.objects.create(name=lines(here)))
    rebuild(plan_rebuild(definition))
    OutboxEntry.objects.all().delete()
    source = es.get(index=definition.alias, id=str(product.pk))["_source"]

    def changed(text: str, *names: str) -> dict[str, Any]:
        values = {
            "description": text,
            "category": {**source["category"], "name": text},
            "tags": [{**source["tags"][0], "name": text}],
        }
        return {name: values[name] for name in names or values}

    change(es, definition, product, **changed(lines(there)))
    done = run("es_verify", INDEX)
    assert (done.code, "0 missing, 0 stale" in done.out) == (0, True)
    for name in ("description", "category", "tags"):
        for more in (" ", there):
            values = changed(lines(there)) | changed(lines(there) + more, name)
            change(es, definition, product, **values)
            assert run("es_verify", INDEX).code == 2


@pytest.mark.parametrize(("here", "there"), ENDS)
@pytest.mark.parametrize("mappings", [{}, {"_source": {"excludes": ["secret"]}}])
@pytest.mark.parametrize("synthetic", [True, False])
def test_line_ends_however_the_source_is_kept(
    here: str, there: str, mappings: dict[str, Any], *, synthetic: bool
) -> None:
    properties = {"text": {"type": "keyword"}, "vector": {"type": "dense_vector"}}
    kept = Kept({**mappings, "properties": properties}, synthetic, 9_040_000)
    body = json.dumps({"text": [f"a{here}b", "c"], "deep": [{"in": [f"{here}"]}]}).encode()
    found = {"text": [f"a{there}b", "c"], "deep": [{"in": [f"{there}"]}]}
    assert kept.is_same(body, found)
    assert not kept.is_same(body, {**found, "text": [f"a{there}{there}b", "c"]})
    assert not kept.is_same(body, {**found, "text": ["a b", "c"]})


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
    assert "1 cannot be made." in done.out
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


def test_a_sample(run: Run, es: Elasticsearch, products: list[Product], settings: Any) -> None:
    settings.ES_ADMIN = {**settings.ES_ADMIN, "BULK_MAX_DOCUMENTS": 4}
    done = run("es_verify", INDEX, "--sample", "9", "--json")
    assert done.code == 0
    [told] = json.loads(done.out)["indices"]
    assert (told["objects"], told["documents"], told["sample"]) == (9, 9, 9)


def test_a_sample_that_is_larger_than_all(
    run: Run, es: Elasticsearch, definition: IndexDefinition, products: list[Product]
) -> None:
    es.delete(index=definition.alias, id=str(products[4].pk), refresh=True)
    change(es, definition, products[5], price=1_000_000)
    es.index(index=definition.alias, id="none", document={"name": "nobody"}, refresh=True)
    done = run("es_verify", INDEX, "--sample", "1000", "--json")
    assert done.code == 2
    [told] = json.loads(done.out)["indices"]
    assert (told["missing"], told["stale"], told["ghosts"]) == (1, 1, 1)
    assert (told["objects"], told["documents"]) == (30, 30)
    # Of keys alone, what is in a document does not count.
    [told] = json.loads(run("es_verify", INDEX, "--sample", "1000", "--ids", "--json").out)[
        "indices"
    ]
    assert (told["missing"], told["stale"], told["ghosts"]) == (1, 0, 1)


def test_a_sample_that_no_database_counts_to(run: Run, products: list[Product]) -> None:
    [told] = run("es_verify", INDEX, "--sample", f"{10**30}", "--json").json["indices"]
    assert (told["objects"], told["documents"]) == (30, 30)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"sample": 0}, "argument --sample: give a whole number above 0"),
        ({"sample": "many"}, "argument --sample: invalid count value: 'many'"),
        ({"rate": -1.5}, "argument --rate: give a number per second above 0"),
        ({"rate": float("nan")}, "argument --rate: give a number per second above 0"),
        ({"since": "yesterday"}, "argument --since: 'yesterday' is no moment"),
    ],
)
def test_what_code_cannot_ask_for(
    run: Run, products: list[Product], options: dict[str, Any], told: str
) -> None:
    """``call_command()`` gives its options to the command as they are."""
    done = run("es_verify", INDEX, **options)
    assert done.code == 1
    assert told in done.message
    assert not Operation.objects.filter(kind="verify").exists()


def test_what_code_asks_for(run: Run, es: Elasticsearch, products: list[Product]) -> None:
    done = run("es_verify", INDEX, sample="9", rate="1e6", as_json=True)
    assert done.json["indices"][0]["objects"] == 9
    flat = get_definition("flat-products")
    make_flat(1)
    rebuild(plan_rebuild(flat))
    for since in ("2h", timezone.now() - timedelta(hours=2)):
        done = run("es_verify", "flat-products", since=since, as_json=True)
        assert done.json["indices"][0]["objects"] == 1


def make_flat(number: int, **values: Any) -> FlatProduct:
    texts = dict.fromkeys(("name", "description", "category", "brand"), "x")
    return FlatProduct.objects.create(**texts, price=1, sku=str(number), **values)


def test_what_was_changed_since(run: Run, es: Elasticsearch) -> None:
    flat = get_definition("flat-products")
    old, new, gone = (make_flat(number) for number in range(3))
    rebuild(plan_rebuild(flat))
    long_ago = timezone.now() - timedelta(days=3)
    FlatProduct.objects.filter(pk=old.pk).update(updated_at=long_ago, name="changed")
    FlatProduct.objects.filter(pk=new.pk).update(name="changed")
    # It has left the queryset of the document.
    FlatProduct.objects.filter(pk=gone.pk).update(is_active=False)
    done = run("es_verify", "flat-products", "--since", "2h", "--json")
    assert done.code == 2
    [told] = json.loads(done.out)["indices"]
    assert (told["objects"], told["stale"], told["ghosts"]) == (2, 1, 1)
    day = (timezone.localtime() - timedelta(days=4)).strftime("%Y-%m-%d")
    [told] = json.loads(run("es_verify", "flat-products", "--since", day, "--json").out)["indices"]
    assert (told["objects"], told["stale"], told["ghosts"]) == (3, 2, 1)


def test_nothing_says_what_was_changed(run: Run, products: list[Product]) -> None:
    done = run("es_verify", INDEX, "--since", "2h")
    assert done.code == 1
    assert "does not say when an object was changed" in done.message


@pytest.mark.parametrize(
    "when",
    [
        "yesterday",
        "2026-13-01",
        "2026-11-21T25:00",
        "5",
        "99999999w",
        "0001-01-01T05:00+14:00",
        "9999-12-31T23:00-12:00",
    ],
)
def test_no_moment(run: Run, when: str) -> None:
    assert "no moment" in run("es_verify", INDEX, "--since", when).message or when == "99999999w"
    assert run("es_verify", INDEX, "--since", when).code == 1


def test_a_task(definition: IndexDefinition, es: Elasticsearch, products: list[Product]) -> None:
    es.delete(index=definition.alias, id=str(products[4].pk), refresh=True)
    change(es, definition, products[5], price=1_000_000)
    assert read_last(definition) is None
    row = queue_verify(plan_verify(definition))
    assert row.state == "queued"
    do_queued("default", row.pk)
    found = read_last(definition)
    assert found is not None
    assert (found.missing, found.stale, found.objects, found.kept) == (1, 1, 30, 2)
    assert (found.whole, found.equal, found.ids) == (True, False, False)
    listed = {one.key: one.kind for one in read_differences(found.operation)}
    assert listed == {str(products[4].pk): "missing", str(products[5].pk): "stale"}
    reindex_objects(definition, keys_that_differed(found.operation))
    es.indices.refresh(index=definition.alias)
    assert verify(plan_verify(definition)).equal
    found = read_last(definition)
    assert found is not None
    assert found.equal


def test_more_than_are_listed(
    run: Run,
    es: Elasticsearch,
    definition: IndexDefinition,
    products: list[Product],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(findings, "MOST_KEPT", 7)
    es.delete_by_query(index=definition.alias, query={"match_all": {}}, refresh=True)
    result = verify(plan_verify(definition))
    assert (result.missing, result.kept, Difference.objects.count()) == (30, 7, 7)


def test_a_thousand_differences_and_writers(es: Elasticsearch, definition: IndexDefinition) -> None:
    """Missing, stale in each kind of field and ghosts; they are mended while writers write."""
    products = make_products(1_100, description="words", is_active=True)
    rebuild(plan_rebuild(definition))
    choose = random.Random(20)  # noqa: S311 (no secret)
    chosen = choose.sample(products, 800)
    missing, gone, stale = chosen[:200], chosen[200:400], chosen[400:]
    values = (
        {"name": "other"},
        {"description": ""},
        {"price": 17.25},
        {"price": "17.25"},
        {"is_active": False},
        {"category": None},
        {"category": {"id": 1, "name": "Boots", "slug": "boots"}},
        {"tags": [{"id": 1, "name": "none"}]},
        {"surplus": [1]},
    )
    actions: list[dict[str, Any]] = [{"delete": {"_id": str(gone.pk)}} for gone in missing]
    for number, product in enumerate(stale):
        actions += [{"update": {"_id": str(product.pk)}}, {"doc": values[number % len(values)]}]
    for number in range(200):
        actions += [{"index": {"_id": f"ghost-{number}"}}, {"name": "nobody"}]
    es.bulk(index=definition.alias, operations=actions, refresh=True)
    Product.objects.filter(pk__in=[product.pk for product in gone])._raw_delete(using="default")

    found = verify(plan_verify(definition))
    assert (found.missing, found.stale, found.ghosts, found.refused) == (200, 400, 400, 0)
    listed = {one.key: one.kind for one in Difference.objects.all()}
    assert listed == {
        **{str(product.pk): "missing" for product in missing},
        **{str(product.pk): "stale" for product in stale},
        **{str(product.pk): "ghost" for product in gone},
        **{f"ghost-{number}": "ghost" for number in range(200)},
    }

    def write(progress: Progress) -> None:
        product = Product.objects.order_by("?")[0]
        product.name = f"written at {progress.done}"
        product.save()

    assert verify(plan_verify(definition, repair=True), write).repaired >= 900
    call_command("es_drain", verbosity=0)
    es.indices.refresh(index=definition.alias)
    assert verify(plan_verify(definition)).equal


def test_what_waits_because_of_a_related_object(
    run: Run, es: Elasticsearch, definition: IndexDefinition, products: list[Product], settings: Any
) -> None:
    stale, *_others = make_products(3)
    rebuild(plan_rebuild(definition))
    settings.ES_ADMIN = {**settings.ES_ADMIN, "SYNC": "worker"}
    category = Category.objects.get(pk=products[0].category_id)
    category.name = "Boots"
    category.save()
    change(es, definition, stale, name="other")
    [row] = OutboxEntry.objects.all()
    assert row.kind == "related"
    done = run("es_verify", INDEX, "--repair", "--json")
    [told] = json.loads(done.out)["indices"]
    assert (done.code, told["waiting"], told["stale"], told["repaired"]) == (2, 30, 1, 1)
    assert told["examples"] == [{"key": str(stale.pk), "kind": "stale"}]
    # What is parked is written by nobody.
    OutboxEntry.objects.update(parked_at=timezone.now())
    [told] = json.loads(run("es_verify", INDEX, "--json").out)["indices"]
    assert (told["waiting"], told["stale"]) == (0, 31)
