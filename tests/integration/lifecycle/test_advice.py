"""What the pages and `es_status` advise mends what they tell of."""

from collections.abc import Callable

import pytest
from django.db.models.functions import Now
from elasticsearch import Elasticsearch
from pytest_django import Settings

from django_es_admin import connections
from django_es_admin.admin.pages.operations.actions import BY_NAME
from django_es_admin.indices.definition import IndexDefinition, get_definition
from django_es_admin.lifecycle.background import do_queued, queue_complete, queue_rebuild
from django_es_admin.lifecycle.complete import complete, plan_complete
from django_es_admin.lifecycle.generations.create import create_generation
from django_es_admin.lifecycle.rebuild import rebuild
from django_es_admin.lifecycle.rebuild_plan import plan_rebuild
from django_es_admin.models import Generation, Operation, OutboxEntry
from django_es_admin.status.problem import Problem
from django_es_admin.status.status import get_status
from tests.integration.commands.products import INDEX, make_products
from tests.integration.lifecycle.looks import names, stored

pytestmark = pytest.mark.django_db


@pytest.fixture
def definition(es: Elasticsearch) -> IndexDefinition:
    definition = get_definition(INDEX)
    make_products(20)
    rebuild(plan_rebuild(definition))
    OutboxEntry.objects.all().delete()
    return definition


def problem() -> Problem:
    found = get_status([INDEX]).indices[0].problems
    assert len(found) == 1, found
    return found[0]


def wait(count: int) -> None:
    OutboxEntry.objects.bulk_create(
        OutboxEntry(connection="default", index=INDEX, key=str(10**6 + n), created_at=Now())
        for n in range(count)
    )


def lose(es: Elasticsearch, definition: IndexDefinition, count: int) -> list[str]:
    keys = sorted(stored(), key=int)[:count]
    for key in keys:
        es.delete(index=definition.alias, id=key)
    es.indices.refresh(index=definition.alias)
    return keys


def test_a_drain_is_advised_only_if_enough_waits(
    es: Elasticsearch, definition: IndexDefinition
) -> None:
    lose(es, definition, 12)
    wait(3)
    assert [mend.verb for mend in problem().mends] == ["rebuild"]
    wait(9)
    assert [mend.verb for mend in problem().mends] == ["drain"]


def test_one_missing_document_is_written_without_a_rebuild(
    es: Elasticsearch, definition: IndexDefinition
) -> None:
    [key] = lose(es, definition, 1)
    assert problem().mends[0].verb == "complete"
    assert "complete" in BY_NAME
    result = complete(plan_complete(definition))
    assert (result.differed, result.written, result.left) == (1, 1, 0)
    assert key in names(es, definition.alias)
    assert get_status([INDEX]).indices[0].problems == ()
    operation = Operation.objects.latest("pk")
    assert (operation.kind, operation.state, operation.details["written"]) == ("reindex", "done", 1)


def test_a_document_without_a_row_is_deleted_without_a_rebuild(
    es: Elasticsearch, definition: IndexDefinition
) -> None:
    es.index(index=definition.alias, id="987654", document={"name": "ghost"}, refresh=True)
    assert problem().kind == "documents-surplus"
    assert problem().mends[0].verb == "complete"
    assert complete(plan_complete(definition)).written == 1
    assert names(es, definition.alias).keys() == stored().keys()


def test_a_task_does_it_for_many_rows(es: Elasticsearch, definition: IndexDefinition) -> None:
    [key] = lose(es, definition, 1)
    row = queue_complete(plan_complete(definition))
    assert do_queued("default", row.pk) == ""
    assert key in names(es, definition.alias)


def break_missing(es: Elasticsearch, definition: IndexDefinition) -> None:
    for name in es.indices.get(index=f"{definition.alias}-*"):
        es.indices.delete(index=name)
    Generation.objects.all().delete()


def break_mapping(es: Elasticsearch, definition: IndexDefinition) -> None:
    es.indices.put_mapping(index=definition.alias, properties={"colour": {"type": "keyword"}})


def break_documents(es: Elasticsearch, definition: IndexDefinition) -> None:
    lose(es, definition, 1)


def break_alias(es: Elasticsearch, definition: IndexDefinition) -> None:
    es.indices.delete_alias(index=f"{definition.alias}-*", name=definition.alias)


def break_registration(es: Elasticsearch, definition: IndexDefinition) -> None:
    Generation.objects.all().delete()


BROKEN = (break_missing, break_mapping, break_documents, break_alias, break_registration)


@pytest.mark.few(2)
@pytest.mark.parametrize("harm", BROKEN)
def test_no_command_is_advised_on_a_connection_that_only_reads(
    harm: Callable[[Elasticsearch, IndexDefinition], None],
    es: Elasticsearch,
    definition: IndexDefinition,
    settings: Settings,
) -> None:
    harm(es, definition)
    settings.ES_SERVERS = {"default": {**settings.ES_SERVERS["default"], "READONLY": True}}
    prefix = definition.connection.index_prefix
    settings.ES_SERVERS["default"]["INDEX_PREFIX"] = prefix
    assert connections["default"].readonly
    found = problem()
    assert found.obstacle == "read-only"
    assert "manage.py" not in str(found)
    assert "READONLY" in str(found)


@pytest.mark.few(2)
@pytest.mark.parametrize("harm", BROKEN)
def test_no_rebuild_is_advised_while_one_runs(
    harm: Callable[[Elasticsearch, IndexDefinition], None],
    es: Elasticsearch,
    definition: IndexDefinition,
) -> None:
    plan = plan_rebuild(definition)
    harm(es, definition)
    queue_rebuild(plan)
    for found in get_status([INDEX]).indices[0].problems:
        assert found.obstacle == "rebuild"
        assert str(found).endswith(" A rebuild is running.")


def test_the_button_for_a_build_that_stopped_prunes_it(
    es: Elasticsearch, definition: IndexDefinition
) -> None:
    build = create_generation(definition)
    found = problem()
    prune = next(mend for mend in found.mends if mend.verb == "prune")
    assert build.name in BY_NAME["prune"].plan(definition, prune.parameters).doomed
