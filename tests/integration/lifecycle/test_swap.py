"""What may and what may not become live, and what else happens between the plan and the swap."""

import json

import pytest
from elasticsearch import Elasticsearch

from django_es_admin.exceptions import GateClosed, OperationRefused
from django_es_admin.indices.definition import IndexDefinition, get_definition
from django_es_admin.lifecycle.aliases.swap_plan import SwapPlan, plan_swap
from django_es_admin.lifecycle.build.load import load
from django_es_admin.lifecycle.generations.create import LOAD_SETTINGS, create_generation
from django_es_admin.lifecycle.rebuild import rebuild
from django_es_admin.lifecycle.rebuild_plan import plan_rebuild
from django_es_admin.lifecycle.rollback import plan_rollback, roll_back
from django_es_admin.lifecycle.swap import swap_alias
from django_es_admin.models import Generation
from django_es_admin.operations.progress import Progress
from tests.integration.commands.products import INDEX, make_products
from tests.integration.lifecycle.conftest import Between, Build
from tests.integration.lifecycle.looks import holders, names, problems, roles, stored
from tests.servers import Answer

pytestmark = pytest.mark.django_db


def test_what_a_rebuild_is_building_cannot_become_live(
    definition: IndexDefinition, build: Build
) -> None:
    make_products(3)
    standby, live = build(), build()
    plans: list[SwapPlan] = []

    def plan(progress: Progress) -> None:
        # It is loaded by then, so that nothing else speaks against it.
        if progress.step == "settle" and not plans:
            building = Generation.objects.get(role="building", loaded_at__isnull=False).name
            plans.append(plan_swap(definition))
            plans.extend(plan_swap(definition, building, force=force) for force in (False, True))

    new = rebuild(plan_rebuild(definition), plan).generation
    newest, named, forced = plans
    assert (newest.source, newest.target, newest.refusals) == (live, standby, ())
    for refused in (named, forced):
        assert refused.target == new
        assert refused.refusals == (f"{new} is being built: its rebuild makes it live.",)
        with pytest.raises(OperationRefused, match="is being built"):
            swap_alias(refused)


def test_nothing_but_what_a_rebuild_is_building(definition: IndexDefinition) -> None:
    found: list[SwapPlan] = []

    def plan(progress: Progress) -> None:
        if progress.step == "settle":
            found.append(plan_swap(definition))

    rebuild(plan_rebuild(definition), plan)
    assert found[0].target == ""
    assert "There is no generation" in found[0].refusals[0]


def test_what_was_retired_since_the_plan_stays_so(
    es: Elasticsearch, definition: IndexDefinition, build: Build
) -> None:
    first, second = build(), build()
    plan = plan_swap(definition)
    assert (plan.source, plan.target, plan.refusals) == (second, first, ())
    # While somebody thinks about the question, the alias goes away from there, and comes back.
    third = build()
    roll_back(plan_rollback(definition))
    assert roles() == {first: "retired", second: "live", third: "standby"}
    with pytest.raises(OperationRefused, match=f"{first} no longer receives changes"):
        swap_alias(plan)
    assert holders(es, definition) == {second}
    assert roles() == {first: "retired", second: "live", third: "standby"}


def test_what_was_pruned_since_the_plan_stays_so(
    es: Elasticsearch, definition: IndexDefinition, build: Build
) -> None:
    first, second = build(), build()
    plan = plan_swap(definition)
    Generation.objects.filter(name=first).delete()
    with pytest.raises(OperationRefused, match="rebuild the index instead"):
        swap_alias(plan)
    assert holders(es, definition) == {second}


def test_the_first_swap_gives_way_to_who_put_the_alias_elsewhere(
    es: Elasticsearch, definition: IndexDefinition
) -> None:
    make_products(3)
    by_hand = f"{definition.alias}-by-hand"
    es.indices.create(index=by_hand, settings={"number_of_replicas": 0})
    seen: list[str] = []

    def move(progress: Progress) -> None:
        seen.append(progress.step)
        # The second sign of it: the plan of the swap is made, the request is next.
        if seen[-2:] == ["swap", "swap"]:
            es.indices.put_alias(index=by_hand, name=definition.alias)

    with pytest.raises(OperationRefused) as refused:
        rebuild(plan_rebuild(definition), move)
    assert seen.count("swap") == 2
    assert holders(es, definition) == {by_hand}
    assert str(refused.value).startswith(
        f"The alias {definition.alias} is on {by_hand} now, where the plan had none: somebody "
        f"moved it in the meantime, and nothing was changed here."
    )
    (new,) = roles()
    assert roles() == {new: "building"}
    assert any("did not create" in str(problem) for problem in problems())
    swap_alias(plan_swap(definition, new))
    assert holders(es, definition) == {new}


@pytest.fixture
def smaller(es: Elasticsearch, build: Build) -> str:
    """A standby of three documents; the live generation has four."""
    (_product, *others) = make_products(4)
    standby = build()
    build()
    es.delete(index=standby, id=str(others[0].pk), refresh=True)
    return standby


def test_a_target_with_far_fewer_documents_is_refused(
    es: Elasticsearch, definition: IndexDefinition, smaller: str
) -> None:
    plan = plan_swap(definition, smaller)
    assert (plan.documents_before, plan.documents_after) == (4, 3)
    assert plan.refusals == (
        "The target has 3 documents and the live generation 4 documents: under 90% of it. If that "
        "is right, pass --min-ratio or --force.",
    )
    with pytest.raises(OperationRefused, match="under 90% of it"):
        swap_alias(plan)
    assert smaller not in holders(es, definition)


def test_a_smaller_share_can_be_enough(
    es: Elasticsearch, definition: IndexDefinition, smaller: str
) -> None:
    assert plan_swap(definition, smaller, min_ratio=0.76).refusals
    plan = plan_swap(definition, smaller, min_ratio=0.75)
    assert (plan.refusals, plan.warnings) == ((), ())
    swap_alias(plan)
    assert holders(es, definition) == {smaller}


def test_who_insists_gets_fewer_documents(
    es: Elasticsearch, definition: IndexDefinition, smaller: str
) -> None:
    plan = plan_swap(definition, smaller, force=True)
    assert plan.refusals == ()
    assert "under 90% of it" in plan.warnings[0]
    swap_alias(plan)
    assert holders(es, definition) == {smaller}


def test_nine_of_ten_are_enough(
    es: Elasticsearch, definition: IndexDefinition, build: Build
) -> None:
    (product, *_others) = make_products(10)
    standby, _live = build(), build()
    es.delete(index=standby, id=str(product.pk), refresh=True)
    assert plan_swap(definition, standby).refusals == ()


def test_a_rollback_is_not_asked_how_many_documents_it_has(
    definition: IndexDefinition, smaller: str
) -> None:
    plan = plan_rollback(definition)
    assert (plan.target, plan.refusals) == (smaller, ())


def test_a_target_that_cannot_be_counted_is_refused(
    es: Elasticsearch, definition: IndexDefinition, build: Build
) -> None:
    make_products(3)
    standby, _live = build(), build()
    es.indices.put_settings(index=standby, settings={"index.blocks.read": True})
    plan = plan_swap(definition, standby)
    assert (plan.documents_before, plan.documents_after) == (3, None)
    assert plan.refusals == ("The documents of the target cannot be counted.",)
    assert plan_swap(definition, standby, force=True).refusals == ()


@pytest.fixture
def unsettled(definition: IndexDefinition, build: Build) -> str:
    """A build that was killed after its load, so that nobody can search it yet."""
    make_products(4)
    build()
    generation = create_generation(definition)
    load(definition, generation)
    return generation.name


def test_a_target_that_is_not_settled_is_not_judged_by_its_count(
    es: Elasticsearch, definition: IndexDefinition, unsettled: str
) -> None:
    plan = plan_swap(definition, unsettled)
    assert (plan.documents_before, plan.documents_after) == (4, 0)
    assert (plan.settled, plan.gated, plan.refusals) == (False, True, ())
    swap_alias(plan)
    assert holders(es, definition) == {unsettled}
    live = es.indices.get_settings(index=unsettled, flat_settings=True)[unsettled]["settings"]
    assert not {f"index.{name}" for name in LOAD_SETTINGS if name != "number_of_replicas"} & set(
        live
    )
    assert names(es, definition.alias) == stored()


def test_a_target_that_is_not_settled_is_compared_with_the_database(
    es: Elasticsearch,
    definition: IndexDefinition,
    unsettled: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("django_es_admin.lifecycle.build.gate.ROUNDS", 0)
    (key, *_others) = stored()
    es.delete(index=unsettled, id=key)
    plan = plan_swap(definition, unsettled)
    with pytest.raises(GateClosed, match="1 id of"):
        swap_alias(plan)
    assert unsettled not in holders(es, definition)


def test_the_shards_are_waited_for_as_long_as_was_said(
    es: Elasticsearch, definition: IndexDefinition, between: Between
) -> None:
    make_products(1)

    def hide_the_shard(method: str, path: str, body: bytes) -> Answer | None:
        if not path.startswith("/_cluster/health/"):
            return None
        health = json.dumps({"number_of_data_nodes": 1, "active_shards": 0})
        return Answer(200, health, "application/json", elasticsearch=True)

    refusal = r"1 shard copy of .* missing after 1 s"
    with between(hide_the_shard), pytest.raises(GateClosed, match=refusal):
        rebuild(plan_rebuild(get_definition(INDEX), wait=1))
    assert list(roles().values()) == ["building"]
    assert holders(es, definition) == set()
