"""Deletions that Elasticsearch does not carry out, and generations that are in no table."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now
from elasticsearch import Elasticsearch

from django_es_admin.exceptions import ElasticsearchAdminError
from django_es_admin.indices.definition import IndexDefinition, get_definition
from django_es_admin.lifecycle.delete import delete_index, plan_delete
from django_es_admin.lifecycle.generations.adopt import adopt
from django_es_admin.lifecycle.generations.create import create_generation
from django_es_admin.lifecycle.generations.table import mark_failed
from django_es_admin.lifecycle.prune import plan_prune, prune
from django_es_admin.lifecycle.rebuild import rebuild
from django_es_admin.lifecycle.rebuild_plan import plan_rebuild
from django_es_admin.models import Generation
from django_es_admin.operations.running import operations_of
from tests.integration.commands.products import INDEX, make_products
from tests.integration.lifecycle.conftest import Between, Build
from tests.integration.lifecycle.looks import change, holders, names, problems, roles, stored
from tests.servers import Answer

pytestmark = pytest.mark.django_db


def refuse_to_delete(method: str, path: str, body: bytes) -> Answer | None:
    return Answer(503, "<h1>Bad gateway</h1>") if method == "DELETE" else None


def test_what_could_not_be_pruned_is_pruned_the_next_time(
    es: Elasticsearch, definition: IndexDefinition, build: Build, between: Between
) -> None:
    retired, standby, live = build(), build(), build()
    Generation.objects.filter(name=retired).update(retired_at=Now() - timedelta(hours=1))
    failed = create_generation(definition)
    mark_failed(failed, "A node was full.")
    waiting = rebuild(plan_rebuild(definition, swap=False)).generation
    kept = {standby: "standby", live: "live"}
    with between(refuse_to_delete), pytest.raises(ElasticsearchAdminError):
        prune(plan_prune(get_definition(INDEX), builds=True))
    assert operations_of(definition)[0].state == "failed"
    # A build is written to no more: it could go at any moment.
    assert roles() == {**kept, retired: "retired", failed.name: "failed", waiting: "failed"}
    assert any("3 failed" in problem or "2 failed" in problem for problem in problems())
    plan = plan_prune(definition)
    assert set(plan.doomed) == {retired, failed.name, waiting}
    assert set(prune(plan).deleted) == set(plan.doomed)
    assert roles() == kept
    assert not es.indices.exists(index=f"{retired},{failed.name},{waiting}")


def test_a_generation_that_could_not_be_deleted_is_pruned_the_next_time(
    es: Elasticsearch, definition: IndexDefinition, build: Build, between: Between
) -> None:
    standby, live = build(), build()
    with between(refuse_to_delete), pytest.raises(ElasticsearchAdminError):
        delete_index(plan_delete(standby))
    assert roles() == {standby: "failed", live: "live"}
    (problem,) = problems()
    assert f"1 failed build takes up space ({standby}: It was marked for deletion): run" in problem
    assert prune(plan_prune(definition)).deleted == (standby,)
    assert not es.indices.exists(index=standby)
    assert problems() == ()


def test_an_index_that_could_not_be_deleted(
    es: Elasticsearch, definition: IndexDefinition, build: Build, between: Between
) -> None:
    (product, *_others) = make_products(3)
    live = build()
    with between(refuse_to_delete), pytest.raises(ElasticsearchAdminError):
        delete_index(plan_delete(INDEX))
    assert roles() == {live: "failed"}
    (problem,) = problems()
    assert live in problem
    assert f"manage.py es_create {INDEX}" in problem
    # It is searched, so that nothing prunes it.
    assert plan_prune(definition).doomed == ()
    adopt(definition)
    assert (roles(), problems()) == ({live: "live"}, ())
    change(product, "Later")
    assert names(es, definition.alias) == stored()
    with between(refuse_to_delete), pytest.raises(ElasticsearchAdminError):
        delete_index(plan_delete(INDEX))
    delete_index(plan_delete(INDEX))
    assert (roles(), holders(es, definition)) == ({}, set())


def test_what_looks_like_a_generation_and_is_in_no_table_is_told_of(
    es: Elasticsearch, definition: IndexDefinition, build: Build
) -> None:
    build()
    unknown = [f"{definition.alias}-2020010100000{n}-beef" for n in range(2)]
    es.indices.create(index=unknown[0], settings={"number_of_replicas": 0})
    assert problems() == (
        f"1 index looks like a generation and is not registered ({unknown[0]}): if it is yours, "
        f"delete it: run manage.py es_delete {unknown[0]}.",
    )
    es.indices.create(index=unknown[1], settings={"number_of_replicas": 0})
    (problem,) = problems()
    assert problem.startswith(
        "2 indices look like generations and are not registered (the latest, "
    )
    assert f"delete them: run manage.py es_delete {unknown[1]}." in problem
    for name in reversed(unknown):
        delete_index(plan_delete(name))
    assert problems() == ()


def test_what_is_no_generation_is_not_told_of(
    es: Elasticsearch, definition: IndexDefinition, build: Build
) -> None:
    build()
    other = f"{definition.alias}-more-20200101000000-beef"
    es.indices.create(index=other, settings={"number_of_replicas": 0})
    assert problems() == ()
