"""A fresh database of the same project does not take an index from the site that fills it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models.functions import Now
from elasticsearch import Elasticsearch

from django_es_admin.exceptions import OperationRefused
from django_es_admin.indices.definition import IndexDefinition, get_definition
from django_es_admin.lifecycle.aliases.swap_plan import plan_swap
from django_es_admin.lifecycle.create import create_index, plan_create
from django_es_admin.lifecycle.delete import plan_delete
from django_es_admin.lifecycle.generations.adopt import adopt
from django_es_admin.lifecycle.prune import plan_prune
from django_es_admin.lifecycle.rebuild import plan_rebuild, rebuild
from django_es_admin.lifecycle.rollback import plan_rollback
from django_es_admin.models import Generation, OutboxEntry, Owner
from django_es_admin.outbox.drain import cluster_side
from tests.guide.models import Product

pytestmark = pytest.mark.django_db(transaction=True)

INDEX = "products_with_relations"


@pytest.fixture
def definition(es: Elasticsearch) -> IndexDefinition:
    return get_definition(INDEX)


@pytest.fixture
def live(definition: IndexDefinition) -> str:
    """What production has filled."""
    Product.objects.create(name="first", description="", price=1)
    return rebuild(plan_rebuild(definition)).generation


def another_database() -> str:
    """Be a fresh database of the project; return the key of the one before."""
    before = Owner.objects.get().key
    for model in (Generation, OutboxEntry, Owner):
        model.objects.all().delete()
    cluster_side.forget_holders()
    return before


def owner_of(es: Elasticsearch, generation: str) -> Any:
    meta = es.indices.get_mapping(index=generation)[generation]["mappings"]["_meta"]
    return meta["django_es_admin"]["owner"]


def holder(es: Elasticsearch, definition: IndexDefinition) -> list[str]:
    return list(es.indices.get_alias(name=definition.alias))


def test_a_generation_names_its_owner(es: Elasticsearch, live: str) -> None:
    assert owner_of(es, live) == Owner.objects.get().key


def test_the_key_is_made_once(definition: IndexDefinition, live: str) -> None:
    before = Owner.objects.get().key
    rebuild(plan_rebuild(definition))
    assert Owner.objects.get().key == before


COMMANDS: dict[str, Callable[[str], Any]] = {
    "es_create": lambda live: call_command("es_create", INDEX, verbosity=0),
    "es_rebuild": lambda live: call_command("es_rebuild", INDEX, verbosity=0),
    "es_swap_alias": lambda live: call_command(
        "es_swap_alias", INDEX, to=live, force=True, interactive=False, verbosity=0
    ),
    "es_delete": lambda live: call_command("es_delete", INDEX, interactive=False, verbosity=0),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_is_refused_and_says_whose_it_is(
    es: Elasticsearch, definition: IndexDefinition, live: str, command: str
) -> None:
    other = another_database()
    with pytest.raises(CommandError) as caught:
        COMMANDS[command](live)
    assert f"{live} belongs to another database ({other}, written by " in str(caught.value)
    assert holder(es, definition) == [live]
    assert owner_of(es, live) == other
    assert not Generation.objects.filter(role="live").exists()


def test_plans_say_so(definition: IndexDefinition, live: str) -> None:
    newer = rebuild(plan_rebuild(definition)).generation
    another_database()
    plans = (plan_rebuild(definition), plan_swap(definition, live), plan_delete(newer, "default"))
    for plan in plans:
        assert any("belongs to another database" in refusal for refusal in plan.refusals), plan
    with pytest.raises(OperationRefused, match="belongs to another database"):
        adopt(definition)


def test_what_was_planned_before_is_refused(
    es: Elasticsearch, definition: IndexDefinition, live: str
) -> None:
    plan = plan_rebuild(definition)
    another_database()
    with pytest.raises(OperationRefused, match="belongs to another database"):
        rebuild(plan)
    assert holder(es, definition) == [live]


def test_its_changes_wait(es: Elasticsearch, definition: IndexDefinition, live: str) -> None:
    another_database()
    Product.objects.create(name="of staging", description="", price=1)
    assert OutboxEntry.objects.count() == 1
    es.indices.refresh(index=live)
    assert es.count(index=live)["count"] == 1


@pytest.mark.parametrize("command", ["es_create", "es_rebuild"])
def test_it_is_taken_over_when_told_so(
    es: Elasticsearch, definition: IndexDefinition, live: str, command: str
) -> None:
    other = another_database()
    call_command(command, INDEX, take_over=True, verbosity=0)
    [now] = holder(es, definition)
    assert owner_of(es, now) == owner_of(es, live) == Owner.objects.get().key != other
    call_command("es_rebuild", INDEX, verbosity=0)


def test_a_copy_of_the_database_is_the_same_owner(definition: IndexDefinition, live: str) -> None:
    """Until it gets a key of its own."""
    assert not plan_rebuild(definition).refusals
    Owner.objects.all().delete()
    assert plan_rebuild(definition).refusals


def test_what_names_no_owner_is_nobody_elses(
    es: Elasticsearch, definition: IndexDefinition, live: str
) -> None:
    es.indices.put_mapping(index=live, meta={})
    another_database()
    call_command("es_create", INDEX, verbosity=0)
    assert Generation.objects.get().name == live


@pytest.mark.parametrize("meta", [{"django_es_admin": "me"}, {"django_es_admin": {"owner": 7}}])
def test_a_mapping_with_other_words_there(
    es: Elasticsearch, definition: IndexDefinition, live: str, meta: dict[str, Any]
) -> None:
    es.indices.put_mapping(index=live, meta=meta)
    assert not plan_rebuild(definition).refusals


def test_a_project_s_own_words_stay(es: Elasticsearch, definition: IndexDefinition) -> None:
    created = create_index(plan_create(definition)).generation
    meta = es.indices.get_mapping(index=created)[created]["mappings"]["_meta"]
    es.indices.put_mapping(index=created, meta={**meta, "team": "search"})
    another_database()
    call_command("es_create", INDEX, take_over=True, verbosity=0)
    assert es.indices.get_mapping(index=created)[created]["mappings"]["_meta"]["team"] == "search"


def test_a_copy_with_a_key_of_its_own_prunes_nothing_of_the_original(
    es: Elasticsearch, definition: IndexDefinition, live: str
) -> None:
    for _ in range(2):
        rebuild(plan_rebuild(definition))
    Generation.objects.filter(name=live).update(retired_at=Now() - timedelta(hours=1))
    assert plan_prune(definition).doomed == (live,)
    Owner.objects.all().delete()
    with pytest.raises(CommandError, match=f"{live} belongs to another database"):
        call_command("es_prune", INDEX, interactive=False, verbosity=0)
    assert es.indices.exists(index=live)
    assert any("belongs to another" in refusal for refusal in plan_rollback(definition).refusals)
