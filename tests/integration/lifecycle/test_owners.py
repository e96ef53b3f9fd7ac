"""A fresh database of the same project does not take an index from the site that fills it."""

import socket
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models.functions import Now
from elasticsearch import Elasticsearch

from django_es_admin.exceptions import OperationRefused, OwnedByAnother
from django_es_admin.indices.definition import IndexDefinition, get_definition
from django_es_admin.lifecycle.aliases.swap_plan import plan_swap
from django_es_admin.lifecycle.create import create_index, plan_create
from django_es_admin.lifecycle.delete import plan_delete
from django_es_admin.lifecycle.generations.adopt import adopt
from django_es_admin.lifecycle.prune import plan_prune
from django_es_admin.lifecycle.rebuild import rebuild
from django_es_admin.lifecycle.rebuild_plan import plan_rebuild
from django_es_admin.lifecycle.rollback import plan_rollback
from django_es_admin.models import Generation, Operation, OutboxEntry, Owner, RefusedDocument
from django_es_admin.operations.progress import Progress
from django_es_admin.outbox.drain import breaker, cluster_side
from django_es_admin.outbox.drainers.worker import drain_due
from django_es_admin.status.status import get_status
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
    cluster_side.forget_looks()
    return before


def owner_of(es: Elasticsearch, generation: str) -> Any:
    meta = es.indices.get_mapping(index=generation)[generation]["mappings"]["_meta"]
    return meta["django_es_admin"]["owner"]


def holder(es: Elasticsearch, definition: IndexDefinition) -> list[str]:
    return list(es.indices.get_alias(index=definition.alias, name=definition.alias))


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


@pytest.mark.few(2)
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


def test_a_generation_that_names_no_owner_is_not_taken_silently(
    es: Elasticsearch, definition: IndexDefinition, live: str
) -> None:
    """Some database has made it, maybe with an older version."""
    es.indices.put_mapping(index=live, meta={})
    another_database()
    for command in ("es_create", "es_rebuild"):
        with pytest.raises(CommandError, match=f"{live} names no owner, .* --take-over"):
            call_command(command, INDEX, verbosity=0)
    assert any("names no owner" in refusal for refusal in plan_swap(definition, live).refusals)
    assert f"{live} is searched, names no owner" in problems()
    assert "manage.py es_create products_with_relations --take-over" in problems()
    call_command("es_create", INDEX, take_over=True, verbosity=0)
    assert Generation.objects.get().name == live
    assert owner_of(es, live) == Owner.objects.get().key


def test_an_index_that_was_made_by_hand_is_nobody_elses(
    es: Elasticsearch, definition: IndexDefinition
) -> None:
    name = f"{definition.alias}-by-hand"
    es.indices.create(index=name, aliases={definition.alias: {}})
    call_command("es_create", INDEX, verbosity=0)
    assert owner_of(es, name) == Owner.objects.get().key
    another_database()
    with pytest.raises(CommandError, match=f"{name} belongs to another database"):
        call_command("es_create", INDEX, verbosity=0)


def problems() -> str:
    return " ".join(map(str, get_status([INDEX]).indices[0].problems))


def test_the_status_says_whose_it_is_and_not_what_it_lacks(
    es: Elasticsearch, definition: IndexDefinition, live: str
) -> None:
    newer = rebuild(plan_rebuild(definition)).generation
    other = another_database()
    Product.objects.all().delete()
    assert problems() == (
        f"{newer} belongs to another database ({other}, written by {socket.gethostname()} as "
        f"{definition.connection.label}): use an INDEX_PREFIX of your own, or make it yours, if "
        f"that site no longer writes to it: run manage.py es_create {INDEX} --take-over."
    )
    call_command("es_create", INDEX, take_over=True, verbosity=0)
    assert "belongs to another" not in problems()


def test_a_copy_with_a_key_of_its_own_writes_nothing(
    es: Elasticsearch, definition: IndexDefinition, live: str
) -> None:
    """A copy of production's database in the same cluster, that knows its generations."""
    standby, now = live, rebuild(plan_rebuild(definition)).generation
    before = Owner.objects.get().key
    Owner.objects.all().delete()
    product = Product.objects.get()
    product.name = "of the copy"
    product.save()
    assert OutboxEntry.objects.get().attempts == 0
    breaker.reset()
    [stopped] = drain_due().result.stopped
    assert isinstance(stopped.error, OwnedByAnother)
    assert f"{now} belongs to another database ({before}" in str(stopped.error)
    assert f"{now} belongs to another database ({before}" in problems()
    es.indices.refresh(index=f"{now},{standby}")
    for generation in (now, standby):
        assert es.get(index=generation, id=str(product.pk))["_source"]["name"] == "first"
    call_command("es_create", INDEX, take_over=True, verbosity=0)
    drain_due()
    assert not OutboxEntry.objects.exists()
    for generation in (now, standby):
        assert owner_of(es, generation) == Owner.objects.get().key
        assert es.get(index=generation, id=str(product.pk))["_source"]["name"] == "of the copy"


def test_it_is_noticed_at_once(es: Elasticsearch, definition: IndexDefinition, live: str) -> None:
    """A process has looked a moment ago, and does not again for a while."""
    Product.objects.create(name="second", description="", price=1)
    assert not OutboxEntry.objects.exists()
    Owner.objects.update(key="another")
    Product.objects.create(name="third", description="", price=1)
    assert OutboxEntry.objects.count() == 1


def test_a_standby_that_another_database_took_delays_nothing(
    es: Elasticsearch, definition: IndexDefinition, live: str
) -> None:
    now = rebuild(plan_rebuild(definition)).generation
    es.indices.put_mapping(index=live, meta={"django_es_admin": {"owner": "staging"}})
    cluster_side.forget_looks()
    product = Product.objects.create(name="second", description="", price=1)
    assert not OutboxEntry.objects.exists()
    assert es.exists(index=now, id=str(product.pk))
    assert not es.exists(index=live, id=str(product.pk))
    assert RefusedDocument.objects.get().key == str(product.pk)
    assert f"{live} belongs to another database (staging, written by ? as ?)" in problems()


def test_a_physical_index_of_another_database(
    es: Elasticsearch, definition: IndexDefinition
) -> None:
    es.indices.create(
        index=definition.alias, mappings={"_meta": {"django_es_admin": {"owner": "production"}}}
    )
    Product.objects.create(name="of staging", description="", price=1)
    [stopped] = drain_due().result.stopped
    mend = f"manage.py es_rebuild {INDEX} --take-over"
    assert "belongs to another database (production" in str(stopped.error)
    assert mend in str(stopped.error)
    assert f"run {mend}." in problems()
    with pytest.raises(CommandError, match="belongs to another database"):
        call_command("es_rebuild", INDEX, interactive=False, verbosity=0)
    call_command("es_rebuild", INDEX, take_over=True, interactive=False, verbosity=0)
    drain_due()
    assert "production" not in problems()
    assert not OutboxEntry.objects.exists()


def test_a_build_of_another_database_is_not_resumed(
    es: Elasticsearch, definition: IndexDefinition
) -> None:
    with pytest.raises(KeyboardInterrupt):
        rebuild(plan_rebuild(definition), on_progress=_killed)
    build = Generation.objects.get()
    Generation.objects.update(role=Generation.Role.BUILDING)
    Operation.objects.update(state=Operation.State.FAILED, details={"resumable": True})
    assert plan_rebuild(definition).resumes == build.name
    Owner.objects.all().delete()
    refusals = " ".join(plan_rebuild(definition).refusals)
    assert f"{build.name} belongs to another database" in refusals


def _killed(progress: Progress) -> None:
    if progress.step == "load":
        raise KeyboardInterrupt


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
