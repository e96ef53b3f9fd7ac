"""A rebuild that is stopped while it moves the alias: the live generation is never failed."""

from collections.abc import Callable
from contextlib import contextmanager
from typing import Any

import pytest
from config.settings import ES_URL
from django.db import OperationalError, connection
from elasticsearch import Elasticsearch

from django_es_admin.exceptions import OperationCancelled
from django_es_admin.indices.definition import IndexDefinition, get_definition
from django_es_admin.lifecycle.aliases.swap_plan import plan_swap
from django_es_admin.lifecycle.generations.adopt import adopt
from django_es_admin.lifecycle.prune import plan_prune, prune
from django_es_admin.lifecycle.rebuild import rebuild
from django_es_admin.lifecycle.rebuild_plan import plan_rebuild
from django_es_admin.lifecycle.rollback import plan_rollback, roll_back
from django_es_admin.lifecycle.swap import swap_alias
from django_es_admin.models import Generation, Operation
from django_es_admin.operations.progress import Progress
from django_es_admin.operations.running import operations_of
from tests.integration.commands.products import INDEX, make_products
from tests.integration.lifecycle.conftest import Between, Build
from tests.integration.lifecycle.looks import change, holders, names, problems, roles, stored
from tests.servers import Answer

pytestmark = pytest.mark.django_db

Fault = Callable[[], None]
Tell = Callable[[Progress], None]


def interrupt() -> None:
    raise KeyboardInterrupt


def lose_the_database() -> None:
    raise OperationalError("the server closed the connection unexpectedly")


def cancel() -> None:
    Operation.objects.update(cancel_requested=True)


RAISED = {interrupt: KeyboardInterrupt, lose_the_database: OperationalError}
STATES = {interrupt: "cancelled", lose_the_database: "failed"}
BOTH = pytest.mark.parametrize("fault", list(RAISED))


@pytest.fixture(
    params=[pytest.param(0, id="the first", marks=pytest.mark.slow), pytest.param(1, id="one more")]
)
def lives(request: pytest.FixtureRequest, build: Build) -> set[str]:
    """What is live before the rebuild: nothing, or one generation."""
    return {build() for _ in range(request.param)}


def at(step: str, fault: Fault) -> Tell:
    """Have something happen at the first sign of a step."""
    seen: list[str] = []

    def tell(progress: Progress) -> None:
        seen.append(progress.step)
        if progress.step == step and seen.count(step) == 1:
            fault()

    return tell


@contextmanager
def losing_the_answer(between: Between) -> Any:
    """Carry out the request that moves the alias, and let a proxy answer it by nonsense.

    Yield what is filled once it was carried out.
    """
    moved: list[bytes] = []

    def reply(method: str, path: str, body: bytes) -> Answer | None:
        # A write alias is of the adoption of what is live before.
        if moved or not path.startswith("/_aliases") or b"-WRITE" in body:
            return None
        moved.append(body)
        headers = {"content-type": "application/json", "accept": "application/json"}
        with Elasticsearch(ES_URL) as direct:
            direct.perform_request("POST", "/_aliases", body=body, headers=headers)
        return Answer(503, "<h1>Bad gateway</h1>")

    with between(reply):
        yield moved


@contextmanager
def failing_to_write_roles(fault: Fault) -> Any:
    """Let no role be written from the first sign of the swap on; yield what is to be told."""
    swapping: list[str] = []

    def execute(run: Any, sql: str, *args: Any) -> Any:
        if swapping and sql.startswith('UPDATE "elasticsearch_generation"'):
            fault()
        return run(sql, *args)

    with connection.execute_wrapper(execute):
        yield at("swap", lambda: swapping.append("now"))


def is_mended_by_es_create(es: Elasticsearch, definition: IndexDefinition, new: str) -> None:
    """See that a generation that is searched, but not known to be live, is as good as one."""
    assert holders(es, definition) == {new}
    assert roles()[new] == "building"
    (problem,) = problems()
    assert new in problem
    assert f"manage.py es_create {INDEX}" in problem
    adopt(definition)
    assert roles()[new] == "live"
    assert problems() == ()


@BOTH
def test_before_the_request(
    es: Elasticsearch, definition: IndexDefinition, lives: set[str], fault: Fault
) -> None:
    (product, *_others) = make_products(3)
    with pytest.raises(RAISED[fault]):
        rebuild(plan_rebuild(definition), at("swap", fault))
    new = Generation.objects.get(role="building").name
    assert operations_of(definition)[0].state == STATES[fault]
    assert holders(es, definition) == lives
    change(product, "Later")
    assert names(es, new) == stored()
    swap_alias(plan_swap(definition, new))
    assert holders(es, definition) == {new}


def test_a_cancel_before_the_request(
    es: Elasticsearch, definition: IndexDefinition, build: Build
) -> None:
    make_products(3)
    live = build()
    with pytest.raises(OperationCancelled):
        rebuild(plan_rebuild(definition), at("swap", cancel))
    assert sorted(roles().values()) == ["building", "live"]
    assert operations_of(definition)[0].state == "cancelled"
    assert holders(es, definition) == {live}


@BOTH
def test_after_a_request_whose_answer_was_lost(
    es: Elasticsearch, definition: IndexDefinition, lives: set[str], between: Between, fault: Fault
) -> None:
    (product, *_others) = make_products(3)
    with losing_the_answer(between) as moved, pytest.raises(RAISED[fault]):
        rebuild(plan_rebuild(get_definition(INDEX)), lambda progress: moved and fault())
    new = operations_of(definition)[0].generation
    assert operations_of(definition)[0].state == STATES[fault]
    change(product, "Later")
    assert names(es, definition.alias) == stored()
    is_mended_by_es_create(es, definition, new)


@BOTH
def test_while_the_roles_are_written(
    es: Elasticsearch, definition: IndexDefinition, lives: set[str], fault: Fault
) -> None:
    (product, *_others) = make_products(3)
    with failing_to_write_roles(fault) as tell, pytest.raises(RAISED[fault]):
        rebuild(plan_rebuild(definition), tell)
    new = operations_of(definition)[0].generation
    change(product, "Later")
    assert names(es, definition.alias) == stored()
    is_mended_by_es_create(es, definition, new)


@BOTH
def test_after_the_roles_were_written(
    es: Elasticsearch, definition: IndexDefinition, lives: set[str], fault: Fault
) -> None:
    (product, *_others) = make_products(3)
    with pytest.raises(RAISED[fault]):
        rebuild(plan_rebuild(definition), at("standby", fault))
    new = operations_of(definition)[0].generation
    assert roles()[new] == "live"
    assert holders(es, definition) == {new}
    assert problems() == ()
    change(product, "Later")
    assert names(es, definition.alias) == stored()


def test_a_cancel_after_the_request_comes_too_late(
    es: Elasticsearch, definition: IndexDefinition, build: Build, between: Between
) -> None:
    make_products(3)
    old = build()
    with losing_the_answer(between) as moved:
        result = rebuild(plan_rebuild(get_definition(INDEX)), lambda progress: moved and cancel())
    assert operations_of(definition)[0].cancel_requested
    assert operations_of(definition)[0].state == "done"
    assert roles() == {old: "standby", result.generation: "live"}
    assert holders(es, definition) == {result.generation}


def test_a_cancel_after_the_roles_were_written_comes_too_late(
    definition: IndexDefinition, build: Build
) -> None:
    old = build()
    result = rebuild(plan_rebuild(definition), at("standby", cancel))
    assert operations_of(definition)[0].cancel_requested
    assert operations_of(definition)[0].state == "done"
    assert roles() == {old: "standby", result.generation: "live"}


@pytest.mark.parametrize("step", ["swap", "standby"])
def test_who_loses_the_lease_after_the_request_ends_what_was_begun(
    es: Elasticsearch, definition: IndexDefinition, build: Build, between: Between, step: str
) -> None:
    old = build()

    def take_over(progress: Progress) -> None:
        if moved and progress.step == step:
            Operation.objects.filter(kind="rebuild", state="running").update(owner="another")

    with losing_the_answer(between) as moved:
        result = rebuild(plan_rebuild(get_definition(INDEX)), take_over)
    assert operations_of(definition)[0].owner == "another"
    assert roles() == {old: "standby", result.generation: "live"}
    assert holders(es, definition) == {result.generation}


@BOTH
def test_in_the_place_of_a_physical_index(
    es: Elasticsearch, definition: IndexDefinition, between: Between, fault: Fault
) -> None:
    es.index(index=definition.alias, document={"a": 1}, refresh=True)
    make_products(3)
    with losing_the_answer(between) as moved, pytest.raises(RAISED[fault]):
        rebuild(plan_rebuild(get_definition(INDEX)), lambda progress: moved and fault())
    is_mended_by_es_create(es, definition, operations_of(definition)[0].generation)
    # What is left of the physical index is its row, whose name is that of the alias now.
    assert roles()[definition.alias] == "failed"
    prune(plan_prune(definition))
    assert list(roles().values()) == ["live"]
    assert names(es, definition.alias) == stored()


@BOTH
def test_a_rollback(
    es: Elasticsearch, definition: IndexDefinition, build: Build, fault: Fault
) -> None:
    (product, *_others) = make_products(3)
    first, second = build(), build()
    with failing_to_write_roles(fault) as tell, pytest.raises(RAISED[fault]):
        roll_back(plan_rollback(definition), on_progress=tell)
    assert holders(es, definition) == {first}
    assert roles() == {first: "standby", second: "live"}
    change(product, "Later")
    assert names(es, definition.alias) == stored()
    (problem,) = problems()
    assert f"moved from {second} to {first} without es_swap_alias" in problem
    adopt(definition)
    assert roles() == {first: "live", second: "standby"}


@BOTH
def test_what_a_standby_refused_is_tried_again_though_the_rollback_was_stopped(
    definition: IndexDefinition, build: Build, fault: Fault
) -> None:
    first, second = build(), build()
    Generation.objects.get(name=first).refused.create(key="7", error="It was too long.")
    with pytest.raises(RAISED[fault]):
        roll_back(plan_rollback(definition), on_progress=at("standby", fault))
    assert roles() == {first: "live", second: "standby"}
    assert not Generation.objects.get(name=first).refused.exists()
