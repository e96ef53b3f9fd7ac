"""What `es_status` says about generations, and that its advice works."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now
from elasticsearch import Elasticsearch

from django_es_admin.exceptions import GateClosed
from django_es_admin.indices.definition import IndexDefinition, get_definition
from django_es_admin.lifecycle.aliases.swap_plan import plan_swap
from django_es_admin.lifecycle.build.shards import await_shards
from django_es_admin.lifecycle.generations.adopt import adopt
from django_es_admin.lifecycle.generations.create import create_generation
from django_es_admin.lifecycle.generations.table import mark_failed, mark_loaded, register
from django_es_admin.lifecycle.prune import plan_prune, prune
from django_es_admin.lifecycle.rebuild import rebuild
from django_es_admin.lifecycle.rebuild_plan import plan_rebuild
from django_es_admin.lifecycle.swap import swap_alias
from django_es_admin.models import Generation
from django_es_admin.status.status import get_status

pytestmark = pytest.mark.django_db

INDEX = "products_with_relations"


@pytest.fixture
def definition(es: Elasticsearch) -> IndexDefinition:
    definition = get_definition(INDEX)
    rebuild(plan_rebuild(definition))
    return definition


def problems() -> tuple[str, ...]:
    return tuple(str(problem) for problem in get_status([INDEX]).indices[0].problems)


def test_a_physical_index_that_has_the_name_of_the_alias(es: Elasticsearch) -> None:
    definition = get_definition(INDEX)
    es.indices.create(index=definition.alias, settings={"number_of_replicas": 0})
    (problem,) = problems()
    assert problem.startswith(f"{definition.alias} is a physical index, not an alias. ")
    assert f"manage.py es_rebuild {INDEX}" in problem
    rebuild(plan_rebuild(definition))
    assert problems() == ()


def test_a_build_that_stopped(definition: IndexDefinition) -> None:
    build = create_generation(definition)
    (problem,) = problems()
    assert f"build of {build.name} stopped" in problem
    assert f"manage.py es_prune {INDEX} --builds" in problem
    prune(plan_prune(definition, builds=True))
    assert problems() == ()


def test_a_build_that_goes_on(definition: IndexDefinition) -> None:
    seen: list[tuple[str, ...]] = []
    rebuild(plan_rebuild(definition), lambda progress: seen.append(problems()))
    assert len(seen) > 5
    assert set(seen) == {()}


def test_a_build_that_waits_for_its_swap(definition: IndexDefinition) -> None:
    name = rebuild(plan_rebuild(definition, swap=False)).generation
    assert problems() == ()
    Generation.objects.filter(name=name).update(loaded_at=Now() - timedelta(hours=2))
    assert f"es_swap_alias {INDEX} --to {name}" in problems()[0]
    swap_alias(plan_swap(definition, name))
    assert problems() == ()


def test_builds_that_failed(definition: IndexDefinition) -> None:
    mark_failed(create_generation(definition), "A node was full.")
    last = create_generation(definition)
    mark_failed(last, "A node was full.")
    (problem,) = problems()
    assert problem == (
        f"2 failed builds take up space (the latest, {last.name}: A node was full): "
        f"run manage.py es_prune {INDEX}."
    )
    prune(plan_prune(definition))
    assert problems() == ()


def test_an_alias_that_was_moved_by_other_hands(
    es: Elasticsearch, definition: IndexDefinition
) -> None:
    before = Generation.objects.get(role="live").name
    now = rebuild(plan_rebuild(definition)).generation
    es.indices.update_aliases(
        actions=[
            {"remove": {"index": now, "alias": definition.alias}},
            {"add": {"index": before, "alias": definition.alias}},
        ]
    )
    (problem,) = problems()
    assert f"moved from {now} to {before} without es_swap_alias" in problem
    assert "es_create" in problem
    assert adopt(definition) == (before,)
    assert problems() == ()


def test_several_holders_are_mended_by_a_choice(
    es: Elasticsearch, definition: IndexDefinition
) -> None:
    first = Generation.objects.get(role="live").name
    second = rebuild(plan_rebuild(definition)).generation
    es.indices.put_alias(index=first, name=definition.alias)
    assert "Several generations hold the alias" in problems()[0]
    assert plan_swap(definition, second).refusals
    swap_alias(plan_swap(definition, second, force=True))
    assert set(es.indices.get_alias(index=definition.alias, name=definition.alias).body) == {second}
    assert problems() == ()


def test_a_target_whose_shards_are_missing(es: Elasticsearch, definition: IndexDefinition) -> None:
    nowhere = {"settings": {"index.routing.allocation.require._name": "nobody"}}
    es.options(ignore_status=408).indices.create(
        index=f"{definition.alias}-20260101000000-abcd", wait_for_active_shards=0, **nowhere
    )
    away = register(definition, f"{definition.alias}-20260101000000-abcd", Generation.Role.BUILDING)
    mark_loaded(away)
    assert "is red" in " ".join(plan_swap(definition, away.name).refusals)
    with pytest.raises(GateClosed, match=r"1 shard copy of .*-abcd missing after 0 s"):
        await_shards(definition, away, 0)
