"""One index with a block costs no other anything, and what it keeps from itself is said."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now
from elasticsearch import Elasticsearch

from django_es_admin import connections
from django_es_admin.backends.transport.deadline import Deadline
from django_es_admin.exceptions import IndexBlocked, OperationRefused
from django_es_admin.indices import described
from django_es_admin.indices.bulk import read_versions
from django_es_admin.indices.definition import IndexDefinition
from django_es_admin.indices.ids import existing_ids
from django_es_admin.indices.inspection.shards import read_shards
from django_es_admin.indices.live import LiveIndices, read_indices, read_mappings
from django_es_admin.indices.source.kept import read_kept
from django_es_admin.lifecycle.aliases.swap_plan import plan_swap
from django_es_admin.lifecycle.complete import plan_complete
from django_es_admin.lifecycle.delete import delete_index, plan_delete
from django_es_admin.lifecycle.prune import plan_prune, prune
from django_es_admin.lifecycle.rebuild import rebuild
from django_es_admin.lifecycle.rebuild_plan import plan_rebuild
from django_es_admin.lifecycle.refresh import plan_refresh, refresh
from django_es_admin.lifecycle.rollback import plan_rollback, roll_back
from django_es_admin.lifecycle.swap import swap_alias
from django_es_admin.lifecycle.update_mapping import plan_update_mapping
from django_es_admin.lifecycle.verify.content import look_again
from django_es_admin.lifecycle.verify.plan import plan_verify
from django_es_admin.lifecycle.verify.verify import verify
from django_es_admin.models import Generation
from django_es_admin.search.window import read_window
from django_es_admin.status.compared_object import compare_object
from django_es_admin.status.detail import get_index
from django_es_admin.status.status import get_status
from django_es_admin.test.indices import delete_all
from tests.blocks import blocked
from tests.integration.commands.products import INDEX, make_products
from tests.integration.lifecycle.conftest import Between, Build
from tests.integration.lifecycle.looks import holders, problems, roles
from tests.servers import Answer

pytestmark = pytest.mark.django_db

FILTER = {"term": {"name": "x"}}


@pytest.fixture
def others(es: Elasticsearch, prefix: str) -> list[str]:
    """Indices of somebody else below our prefix: with a filtered alias, hidden, closed."""
    made = [f"{prefix}logs.of-2026", f"{prefix}hidden", f"{prefix}closed"]
    for name in made:
        es.indices.create(
            index=name,
            settings={"number_of_replicas": 0, "index.hidden": name.endswith("hidden")},
            mappings={"properties": {"name": {"type": "keyword"}}},
            aliases={f"{name}-alias": {"filter": FILTER}},
        )
    es.indices.close(index=made[2])
    return made


@pytest.fixture
def each_blocked(es: Elasticsearch, others: list[str]) -> Iterator[list[str]]:
    """The same, nobody of whom may read their metadata."""
    with ExitStack() as stack:
        for name in others:
            stack.enter_context(blocked(es, name, "metadata"))
        yield others


def read() -> LiveIndices:
    return read_indices(connections["default"], Deadline(10))


@pytest.mark.parametrize("bytes_of_names", [described.MAX_NAMES_BYTES, 80])
def test_what_is_known_of_them(
    es: Elasticsearch,
    others: list[str],
    definition: IndexDefinition,
    monkeypatch: pytest.MonkeyPatch,
    bytes_of_names: int,
) -> None:
    monkeypatch.setattr(described, "MAX_NAMES_BYTES", bytes_of_names)
    make_products(2)
    live = rebuild(plan_rebuild(definition)).generation
    backend, before = connections["default"], read()
    mappings = read_mappings(backend, [live, *others], Deadline(10))
    kept, document = read_kept(backend, live), definition.document
    assert document is not None
    window = read_window(document, Deadline(10))
    with ExitStack() as stack:
        for name in (others[0], others[2], live):
            stack.enter_context(blocked(es, name, "metadata"))
        after = read()
        assert read_mappings(backend, [live, *others], Deadline(10)) == mappings
        assert read_kept(backend, live) == kept
        assert read_window(document, Deadline(10)) == window
    assert list(after.by_name) == list(before.by_name)
    # Of what is not blocked, all.
    assert after.by_name[others[1]] == before.by_name[others[1]]
    assert after.by_name[others[1]].aliases == {f"{others[1]}-alias": {"filter": FILTER}}
    for name in (others[0], others[2], live):
        index = after.by_name[name]
        settings = before.by_name[name].settings
        expected = replace(
            before.by_name[name],
            aliases={alias: {} for alias in before.by_name[name].aliases},
            size=None,
            settings=index.settings,
        )
        assert index == expected
        assert index.blocks == ("metadata",)
        assert index.settings == settings | {"index.blocks.metadata": "true"}
        assert index.writable is (name == live)
    assert read() == before


def test_without_a_prefix(each_blocked: list[str], settings: Any) -> None:
    expected = read()
    default = settings.ES_SERVERS["default"]
    settings.ES_SERVERS = {"default": {**default, "INDEX_PREFIX": ""}}
    try:
        # Other runs may make and delete indices at the same time.
        found = read().by_name
    finally:
        settings.ES_SERVERS = {"default": default}
    assert {name: found[name] for name in each_blocked} == expected.by_name


def test_what_is_said_of_them(
    es: Elasticsearch, each_blocked: list[str], build: Build, definition: IndexDefinition
) -> None:
    make_products(2)
    live = build()
    with blocked(es, live, "metadata"):
        status = get_status()
        [ours] = [index for index in status.indices if index.name == INDEX]
        assert (ours.documents, ours.rows, ours.size, ours.health) == (2, 2, None, "green")
        assert (ours.differences, ours.generations, ours.known) == ((), (live,), True)
        [problem] = ours.problems
        removes = f'PUT /{live}/_settings {{"index.blocks.metadata": null}}'
        assert f"{live} has a metadata block" in str(problem)
        assert removes in str(problem)
        theirs = {index.name: index for index in status.indices if not index.declared}
        assert set(each_blocked) <= theirs.keys()
        for name in each_blocked:
            [problem] = theirs[name].problems
            assert f'PUT /{name}/_settings {{"index.blocks.metadata": null}}' in str(problem)
            assert theirs[name].open is not name.endswith("closed")
            assert get_index("default", name).live_mappings["properties"] == {
                "name": {"type": "keyword"}
            }
        detail = get_index("default", INDEX)
        assert detail.live_mappings["properties"].keys() == definition.mappings["properties"].keys()
        [shard] = read_shards(connections["default"], live, Deadline(10)).copies
        assert (shard.index, shard.primary, shard.state) == (live, True, "STARTED")
        assert shard.node
        assert (shard.documents, shard.size) == (None, None)
    assert problems() == ()


def test_operations_on_another_index(
    es: Elasticsearch, each_blocked: list[str], build: Build, definition: IndexDefinition
) -> None:
    make_products(3)
    first, second = build(), build()
    es.indices.update_aliases(
        actions=[{"add": {"index": second, "alias": definition.alias, "filter": FILTER}}]
    )
    assert roll_back(plan_rollback(definition)).target == first
    assert swap_alias(plan_swap(definition, second)).target == second
    found = es.indices.get_alias(index=second, name=definition.alias)
    assert found[second]["aliases"][definition.alias]["filter"] == FILTER
    es.indices.update_aliases(actions=[{"add": {"index": second, "alias": definition.alias}}])
    assert verify(plan_verify(definition)).equal
    refresh(plan_refresh(definition))
    Generation.objects.filter(name=first).update(
        role=Generation.Role.RETIRED, retired_at=Now() - timedelta(hours=1)
    )
    assert prune(plan_prune(definition)).deleted == (first,)
    assert plan_update_mapping(definition).refusals == ()
    assert delete_index(plan_delete(INDEX)).generations == (second,)
    assert set(each_blocked) <= read().by_name.keys()


REFUSED = {
    "metadata": "swap rebuild rollback update delete".split(),
    "read_only": "swap rebuild rollback update delete".split(),
    "read": ["verify", "complete"],
    "write": [],
    "read_only_allow_delete": [],
}


def test_operations_on_a_blocked_one(
    es: Elasticsearch, build: Build, definition: IndexDefinition
) -> None:
    key, backend = str(make_products(3)[0].pk), definition.connection
    standby, live = build(), build()
    plans: dict[str, Any] = {
        "swap": lambda: plan_swap(definition, standby, force=True),
        "rebuild": lambda: plan_rebuild(definition),
        "rollback": lambda: plan_rollback(definition),
        "update": lambda: plan_update_mapping(definition),
        "delete": lambda: plan_delete(INDEX),
        "verify": lambda: plan_verify(definition),
        "complete": lambda: plan_complete(definition),
        "prune": lambda: plan_prune(definition),
        "refresh": lambda: plan_refresh(definition),
        "build": lambda: plan_rebuild(definition, swap=False),
    }
    for block, refused in REFUSED.items():
        with blocked(es, live, block):
            removes = f'PUT /{live}/_settings {{"index.blocks.{block}": null}}'
            [problem] = problems()
            assert removes in problem
            for name, plan in plans.items():
                told = plan().refusals
                if name not in refused:
                    assert told == (), (block, name)
                    continue
                [refusal] = told
                assert f"index.blocks.{block}" in refusal
                assert removes in refusal
            if "swap" in refused:
                with pytest.raises(OperationRefused, match=f"index.blocks.{block}"):
                    swap_alias(plans["swap"]())
            if block == "read":
                # A document that nobody may read is not missing.
                for read_one in (
                    lambda: compare_object(definition, key),
                    lambda: look_again(definition, live, read_kept(backend, live), [key]),
                    lambda: existing_ids(backend, live, [key], timeout=10),
                    lambda: read_versions(backend, live, [key], timeout=10),
                ):
                    with pytest.raises(IndexBlocked, match="es_status"):
                        read_one()
            if block == "metadata":
                refresh(plans["refresh"]())
                assert verify(plans["verify"]()).equal
        assert holders(es, definition) == {live}
    with blocked(es, standby, "write"):
        [problem] = problems()
        assert f"{standby} has a write block, so no change is written to it." in problem
    # What is blocked is not what is live.
    with blocked(es, standby, "metadata"):
        [problem] = problems()
        assert standby in problem
        [refusal] = plan_rollback(definition).refusals
        assert standby in refusal
        # It would be kept for a rollback, and is not touched.
        third = build()
    assert roles()[third] == "live"
    for block in ("write", "read_only_allow_delete"):
        with blocked(es, third, block):
            third = build()
            assert holders(es, definition) == {third}


def test_a_block_that_comes_while_it_is_built(
    es: Elasticsearch, definition: IndexDefinition, build: Build, settings: Any
) -> None:
    settings.ES_ADMIN = {**settings.ES_ADMIN, "OPERATION_PATIENCE": 0.1}
    make_products(2)
    live = build()
    es.indices.update_aliases(
        actions=[{"add": {"index": live, "alias": definition.alias, "routing": "1"}}]
    )
    seen: list[Any] = []
    with ExitStack() as stack:

        def tell(progress: Any) -> None:
            if progress.step == "gate" and not seen:
                seen.append(progress)
                stack.enter_context(blocked(es, live, "metadata"))

        # Nothing tells what properties the alias has, so that it cannot be moved with them.
        with pytest.raises(IndexBlocked, match=f"PUT /{live}/_settings"):
            rebuild(plan_rebuild(definition), tell)
    assert holders(es, definition) == {live}


def test_pruning_leaves_one_and_deletes_the_others(
    es: Elasticsearch, definition: IndexDefinition, build: Build
) -> None:
    make_products(1)
    older, old, _standby, live = (build() for _ in range(4))
    Generation.objects.filter(name__in=[older, old]).update(
        role=Generation.Role.RETIRED, retired_at=Now() - timedelta(hours=1)
    )
    with blocked(es, old, "write"):
        # Nothing is written to it any more.
        assert all("write block" not in problem for problem in problems())
    with blocked(es, old, "metadata"):
        assert any(old in problem for problem in problems())
        plan = plan_prune(definition)
        assert plan.doomed == (older,)
        [kept] = plan.blocked
        assert f'PUT /{old}/_settings {{"index.blocks.metadata": null}}' in kept
        assert prune(plan).deleted == (older,)
        [refusal] = plan_delete(old).refusals
        assert old in refusal
    assert es.indices.exists(index=old)
    assert prune(plan_prune(definition)).deleted == (old,)
    assert holders(es, definition) == {live}


def test_the_tests_of_a_project_clean_up(es: Elasticsearch, others: list[str]) -> None:
    with (
        blocked(es, others[0], "write", "read_only", "metadata"),
        blocked(es, others[1], "read_only_allow_delete", "metadata"),
        blocked(es, others[2], "read", "metadata"),
    ):
        delete_all(connections["default"])
        assert read().by_name == {}


def test_an_account_that_may_not_read_the_state(each_blocked: list[str], between: Between) -> None:
    def reply(method: str, path: str, sent: bytes) -> Answer | None:
        if not path.startswith("/_cluster/state"):
            return None
        return Answer(
            403,
            '{"error":{"type":"security_exception","reason":"no"},"status":403}',
            "application/json",
            elasticsearch=True,
        )

    with between(reply), pytest.raises(IndexBlocked, match="blocked by"):
        read()
