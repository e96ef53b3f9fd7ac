"""Create, rebuild, swap and delete on a real Elasticsearch."""

from typing import Any

import pytest
from elasticsearch import Elasticsearch

from django_es_admin import connections
from django_es_admin.exceptions import IndexMissing, LoadFailed, OperationRefused
from django_es_admin.indices.definition import IndexDefinition, get_definition
from django_es_admin.indices.names import is_generation_name, write_alias
from django_es_admin.lifecycle.aliases.swap_plan import plan_swap
from django_es_admin.lifecycle.create import create_index, plan_create
from django_es_admin.lifecycle.delete import delete_index, plan_delete
from django_es_admin.lifecycle.rebuild import rebuild
from django_es_admin.lifecycle.rebuild_plan import plan_rebuild
from django_es_admin.lifecycle.rollback import plan_rollback
from django_es_admin.lifecycle.swap import swap_alias
from django_es_admin.models import Generation, Operation
from django_es_admin.operations.progress import Progress
from django_es_admin.status.detail import get_index
from django_es_admin.status.status import IndexStatus, get_status
from tests.guide.models import Category, Product, Tag

pytestmark = pytest.mark.django_db

INDEX = "products_with_relations"


@pytest.fixture
def definition(es: Elasticsearch) -> IndexDefinition:
    return get_definition(INDEX)


def make_products(count: int, **values: Any) -> list[Product]:
    category = Category.objects.create(name="Shoes", slug=f"shoes-{Category.objects.count()}")
    tag = Tag.objects.create(name="new")
    products = Product.objects.bulk_create(
        Product(name=f"Shoe {n}", description="", price=n, category=category, **values)
        for n in range(count)
    )
    tag.product_set.add(*products[::2])
    return products


def sources(es: Elasticsearch, index: str) -> dict[str, Any]:
    es.indices.refresh(index=index)
    hits = es.search(index=index, size=1000, sort="price")["hits"]["hits"]
    return {hit["_id"]: hit["_source"] for hit in hits}


def status() -> IndexStatus:
    return get_status([INDEX]).indices[0]


def test_a_rebuild_makes_the_index_equal_to_the_database(
    es: Elasticsearch, definition: IndexDefinition
) -> None:
    products = make_products(25)
    seen: list[Progress] = []
    result = rebuild(plan_rebuild(definition), seen.append)

    assert (result.load.rows, result.load.written, result.load.failed) == (25, 25, 0)
    found = sources(es, definition.alias)
    assert set(found) == {str(product.pk) for product in products}
    assert found[str(products[2].pk)] == {
        "name": "Shoe 2",
        "description": "",
        "category": {
            "id": products[2].category_id,
            "name": "Shoes",
            "slug": products[2].category.slug,
        },
        "tags": [{"id": Tag.objects.get().pk, "name": "new"}],
        "price": 2.0,
        "is_active": True,
    }
    assert list(dict.fromkeys(progress.step for progress in seen)) == [
        "create",
        "load",
        "drain",
        "settle",
        "gate",
        "swap",
        "standby",
    ]
    assert [progress.done for progress in seen if progress.step == "load"][-1] == 25


def test_batches_follow_the_key(
    es: Elasticsearch, definition: IndexDefinition, settings: Any
) -> None:
    settings.ES_ADMIN = {
        **settings.ES_ADMIN,
        "BULK_MAX_DOCUMENTS": 7,
        "BULK_MAX_BYTES": 600,
        # The rebuild waits for second deletes.
        "DELETE_AGAIN_AFTER": 2,
        "WRITE_TIMEOUT": 0.9,
        "INLINE_TIMEOUT": 0.9,
    }
    products = make_products(40)
    Product.objects.filter(pk__in=[product.pk for product in products[10:20]]).delete()
    assert rebuild(plan_rebuild(definition)).load.written == 30
    assert len(sources(es, definition.alias)) == 30


def test_an_empty_table_makes_an_empty_index(definition: IndexDefinition) -> None:
    rebuild(plan_rebuild(definition))
    assert (status().documents, status().rows, status().problems) == (0, 0, ())


def test_writes_carry_a_tick_and_the_generation_a_write_alias(
    es: Elasticsearch, definition: IndexDefinition
) -> None:
    product = make_products(1)[0]
    generation = rebuild(plan_rebuild(definition)).swap.target
    assert is_generation_name(definition.alias, generation)
    assert es.get(index=definition.alias, id=str(product.pk))["_version"] > 10**15
    assert es.indices.get_alias(
        index=write_alias(generation), name=write_alias(generation)
    ).body == {generation: {"aliases": {write_alias(generation): {"is_hidden": True}}}}


def test_the_second_rebuild_keeps_the_first_generation_as_standby(
    es: Elasticsearch, definition: IndexDefinition
) -> None:
    make_products(3)
    generations = [rebuild(plan_rebuild(definition)).swap.target for _ in range(3)]
    roles = dict(Generation.objects.values_list("name", "role"))
    assert [roles[name] for name in generations] == ["retired", "standby", "live"]
    assert set(es.indices.get_alias(index=definition.alias, name=definition.alias).body) == {
        generations[2]
    }
    assert es.indices.exists(index=generations[1])


def test_load_settings_do_not_stay(es: Elasticsearch, definition: IndexDefinition) -> None:
    name = rebuild(plan_rebuild(definition)).swap.target
    settings = es.indices.get_settings(index=name, flat_settings=True)[name]["settings"]
    assert "index.refresh_interval" not in settings
    assert "index.gc_deletes" not in settings
    assert settings["index.number_of_replicas"] == "0"


def test_a_document_that_cannot_be_indexed_leaves_the_live_index_alone(
    es: Elasticsearch, definition: IndexDefinition, settings: Any
) -> None:
    # The swap waits for the second delete of what was refused.
    settings.ES_ADMIN = {
        **settings.ES_ADMIN,
        "DELETE_AGAIN_AFTER": 2,
        "WRITE_TIMEOUT": 0.9,
        "INLINE_TIMEOUT": 0.9,
    }
    products = make_products(5)
    live = rebuild(plan_rebuild(definition)).swap.target
    # A keyword of more than 32,766 bytes: Elasticsearch refuses the document.
    bad = Category.objects.create(name="Bad", slug="x" * 40_000)
    Product.objects.filter(pk=products[0].pk).update(category=bad)
    with pytest.raises(LoadFailed, match=rf"1 of 5 documents.*object {products[0].pk}\."):
        rebuild(plan_rebuild(definition))
    assert set(es.indices.get_alias(index=definition.alias, name=definition.alias).body) == {live}
    [[key, why]] = Operation.objects.get(state=Operation.State.FAILED).details["failures"]
    assert key == str(products[0].pk)
    assert "32766" in why
    stopped = Generation.objects.get(role=Generation.Role.BUILDING)
    assert [refused.key for refused in stopped.refused.all()] == [str(products[0].pk)]
    with pytest.raises(LoadFailed, match="1 of 5 documents"):
        swap_alias(plan_swap(definition, stopped.name, min_ratio=0))
    assert status().generations == (live,)

    Product.objects.get(pk=products[0].pk).category.delete()
    swap_alias(plan_swap(definition, stopped.name, min_ratio=0))
    assert status().generations == (stopped.name,)
    assert status().documents == 4


def test_who_insists_swaps_to_a_build_that_refused_documents(
    es: Elasticsearch, definition: IndexDefinition
) -> None:
    products = make_products(5)
    rebuild(plan_rebuild(definition))
    Category.objects.filter(pk=products[0].category_id).update(slug="x" * 40_000)
    with pytest.raises(LoadFailed):
        rebuild(plan_rebuild(definition))
    stopped = Generation.objects.get(role=Generation.Role.BUILDING)
    plan = plan_swap(definition, stopped.name, force=True)
    assert plan.refusals == ()
    assert len(plan.warnings) == 2
    swap_alias(plan)
    assert status().generations == (stopped.name,)


def test_swap_goes_back_and_forth_in_one_request(definition: IndexDefinition) -> None:
    first, second = (rebuild(plan_rebuild(definition)).swap.target for _ in range(2))
    plan = plan_swap(definition)
    assert (plan.source, plan.target, plan.refusals) == (second, first, ())
    assert [next(iter(action)) for action in plan.actions] == ["remove", "add"]
    assert swap_alias(plan).target == first
    assert status().generations == (first,)
    assert swap_alias(plan_swap(definition, second)).source == first


def test_a_swap_planned_before_another_one_is_refused(
    es: Elasticsearch, definition: IndexDefinition
) -> None:
    first, second = (rebuild(plan_rebuild(definition)).swap.target for _ in range(2))
    stale = plan_swap(definition, first)
    swap_alias(plan_swap(definition, first))
    with pytest.raises(Exception, match=r"alias|missing"):
        swap_alias(stale)
    assert set(es.indices.get_alias(index=definition.alias, name=definition.alias).body) == {first}
    assert second in es.indices.get(index=second)


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("products_with_relations-20200101000000-0000", "does not exist"),
        ("other", "is no generation"),
    ],
)
def test_swap_refuses_what_is_no_generation(
    definition: IndexDefinition, target: str, reason: str
) -> None:
    rebuild(plan_rebuild(definition))
    prefix = definition.connection.index_prefix
    plan = plan_swap(definition, f"{prefix}{target}")
    assert any(reason in refusal for refusal in plan.refusals)
    with pytest.raises(OperationRefused):
        swap_alias(plan)


def test_swap_refuses_a_closed_an_unfinished_and_the_live_generation(
    es: Elasticsearch, definition: IndexDefinition
) -> None:
    first, second = (rebuild(plan_rebuild(definition)).swap.target for _ in range(2))
    assert "is live already" in plan_swap(definition, second).refusals[0]
    es.indices.close(index=first)
    assert "is closed" in plan_swap(definition, first).refusals[0]
    es.indices.open(index=first)
    Generation.objects.filter(name=first).update(loaded_at=None)
    assert "is not complete" in plan_swap(definition, first).refusals[0]


def test_nothing_to_swap_to(definition: IndexDefinition) -> None:
    assert "no generation" in plan_swap(definition).refusals[0]


def test_several_holders_are_refused_and_named(
    es: Elasticsearch, definition: IndexDefinition
) -> None:
    first, second = (rebuild(plan_rebuild(definition)).swap.target for _ in range(2))
    es.indices.put_alias(index=first, name=definition.alias)
    assert "held by several" in plan_swap(definition, first).refusals[0]
    assert "held by several" in plan_rebuild(definition).refusals[0]
    assert first in str(status().problems[0])
    assert second in str(status().problems[0])


def test_a_rebuild_puts_the_alias_in_the_place_of_a_physical_index(
    es: Elasticsearch, definition: IndexDefinition
) -> None:
    es.index(index=definition.alias, document={"a": 1}, refresh=True)
    assert "is a physical index" in plan_create(definition).refusals[0]
    products = make_products(3)
    plan = plan_rebuild(definition)
    assert (plan.source, plan.concrete, plan.refusals) == (definition.alias, True, ())
    result = rebuild(plan)
    assert set(es.indices.get_alias(index=definition.alias, name=definition.alias).body) == {
        result.generation
    }
    assert sources(es, definition.alias).keys() == {str(product.pk) for product in products}
    assert list(Generation.objects.values_list("name", flat=True)) == [result.generation]
    assert "no standby" in plan_rollback(definition).refusals[0]


def test_create_makes_an_empty_live_generation_once(
    es: Elasticsearch, definition: IndexDefinition
) -> None:
    created = create_index(plan_create(definition))
    assert status().generations == (created.generation,)
    assert "exists already" in plan_create(definition).refusals[0]
    assert Generation.objects.get().role == Generation.Role.LIVE


def test_other_aliases_move_with_their_properties(
    es: Elasticsearch, settings: Any, prefix: str
) -> None:
    settings.ES_INDICES = {
        "products": {},
        INDEX: {"ALIASES": {"cheap": {"filter": {"range": {"price": {"lt": 3}}}}, "all": {}}},
    }
    definition = get_definition(INDEX)
    make_products(6)
    first = rebuild(plan_rebuild(definition)).generation
    # What somebody set by hand beside what is declared stays as it is.
    routed = {"index_routing": "1", "search_routing": "1,2"}
    es.indices.put_alias(index=first, name=f"{prefix}all", **routed)
    second = rebuild(plan_rebuild(definition)).generation
    assert es.indices.get_alias(index=f"{prefix}all", name=f"{prefix}all").body[second][
        "aliases"
    ] == {f"{prefix}all": routed}
    assert set(
        es.indices.get_alias(
            index=f"{prefix}cheap,{prefix}all", name=f"{prefix}cheap,{prefix}all"
        ).body
    ) == {second}
    assert es.count(index=f"{prefix}cheap")["count"] == 3
    assert first != second


def test_delete_takes_the_index_with_all_its_generations(
    es: Elasticsearch, definition: IndexDefinition
) -> None:
    make_products(2)
    generations = {rebuild(plan_rebuild(definition)).swap.target for _ in range(2)}
    plan = plan_delete(INDEX)
    assert plan.generations == dict.fromkeys(generations, 2)
    assert set(delete_index(plan).generations) == generations
    assert not status().exists
    assert not Generation.objects.exists()


def test_delete_of_one_generation(es: Elasticsearch, definition: IndexDefinition) -> None:
    first, second = (rebuild(plan_rebuild(definition)).swap.target for _ in range(2))
    with pytest.raises(OperationRefused, match="is the live generation"):
        delete_index(plan_delete(second))
    delete_index(plan_delete(first))
    assert not es.indices.exists(index=first)
    assert status().generations == (second,)


def test_delete_of_what_is_not_there(definition: IndexDefinition) -> None:
    with pytest.raises(IndexMissing, match="no index or generation 'nope'"):
        plan_delete("nope")
    with pytest.raises(IndexMissing):
        plan_delete(INDEX)


def test_a_missing_index_is_a_problem_with_its_mend(definition: IndexDefinition) -> None:
    assert tuple(map(str, status().problems)) == (
        f"The index is missing: run manage.py es_rebuild {INDEX}.",
    )


@pytest.mark.django_db(transaction=True)
def test_drift_of_documents_and_mapping(es: Elasticsearch, definition: IndexDefinition) -> None:
    products = make_products(3)
    rebuild(plan_rebuild(definition))
    assert status().problems == ()
    # Past the ORM's signals, so that the outbox does not hear of it.
    Product.tags.through.objects.all().delete()
    Product.objects.filter(pk=products[0].pk)._raw_delete("default")
    es.indices.put_mapping(
        index=definition.alias,
        properties={"colour": {"type": "keyword"}, "is_active": {"type": "boolean"}},
    )
    found = status()
    assert [difference.path for difference in found.differences] == ["colour"]
    assert tuple(map(str, found.problems)) == (
        f"1 document has no row in the database: run manage.py es_verify {INDEX} --repair or "
        f"manage.py es_rebuild {INDEX}.",
        f"The mapping differs in 1 field: run manage.py es_rebuild {INDEX}.",
    )


def test_unmanaged_indices_are_listed(es: Elasticsearch, prefix: str) -> None:
    es.indices.create(index=f"{prefix}logs", settings={"hidden": True, "number_of_replicas": 0})
    found = {index.name: index for index in get_status().indices}
    assert found[f"{prefix}logs"].hidden
    assert not found[f"{prefix}logs"].declared


def test_the_detail_of_an_index(es: Elasticsearch, definition: IndexDefinition) -> None:
    make_products(4)
    names = [rebuild(plan_rebuild(definition)).swap.target for _ in range(2)]
    detail = get_index("default", INDEX)
    assert [(g.name, g.role, g.live, g.fits) for g in detail.generations] == [
        (names[1], "live", True, True),
        (names[0], "standby", False, True),
    ]
    assert detail.settings["index.max_result_window"] == "100000"
    assert detail.live_mappings["properties"]["price"] == {"type": "float"}
    with pytest.raises(IndexMissing):
        get_index("default", "nope")


def test_a_connection_that_is_down_is_part_of_the_answer(settings: Any) -> None:
    settings.ES_SERVERS = {
        **settings.ES_SERVERS,
        "dead": {"HOSTS": ["http://127.0.0.1:9"], "LABEL": "Dead"},
    }
    found = get_status()
    assert [health.available for health in found.connections] == [True, False]
    assert "'dead' is unreachable" in found.connections[1].error
    assert found.needs_attention
    assert connections["dead"].label == "Dead"
