"""No statement that the database refuses for a moment ends an operation."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import OperationalError, connection
from elasticsearch import Elasticsearch
from tenacity import wait_none

from django_es_admin.documents import fields
from django_es_admin.indices.definition import IndexDefinition
from django_es_admin.lifecycle.aliases.swap_plan import plan_swap
from django_es_admin.lifecycle.create import create_index, plan_create
from django_es_admin.lifecycle.delete import delete_index, plan_delete
from django_es_admin.lifecycle.prune import plan_prune, prune
from django_es_admin.lifecycle.rebuild import rebuild
from django_es_admin.lifecycle.rebuild_plan import plan_rebuild
from django_es_admin.lifecycle.rollback import plan_rollback, roll_back
from django_es_admin.lifecycle.swap import swap_alias
from django_es_admin.models import Generation, Operation
from django_es_admin.operations import patience
from tests.guide.models import FlatProduct
from tests.integration.outbox.test_isolation import document_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("es")]

NAME = {"name": fields.KeywordField()}


class Deadlock(Exception):
    """What a driver raises where another transaction was in the way."""

    sqlstate = "40001"


class Moments:
    """Refuses each statement once, and counts what it refused."""

    def __init__(self) -> None:
        self.refused: list[str] = []

    def __call__(
        self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any
    ) -> Any:
        if sql not in self.refused and "SAVEPOINT" not in sql:
            self.refused.append(sql)
            raise OperationalError("in the way") from Deadlock()
        return execute(sql, params, many, context)


@contextmanager
def moments() -> Iterator[Moments]:
    refuse = Moments()
    with connection.execute_wrapper(refuse):
        yield refuse
    assert any("elasticsearch_operation" in sql for sql in refuse.refused)


@pytest.fixture
def declared(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[IndexDefinition]:
    settings.ES_ADMIN = {**settings.ES_ADMIN, "SYNC": "worker", "OUTBOX_LEASE": 1}
    monkeypatch.setattr(patience, "wait_exponential_jitter", lambda **_: wait_none())
    with document_of(FlatProduct, "moments", **NAME) as definition:
        for name in "abc":
            FlatProduct.objects.create(name=name, description="", price=1, sku=name)
        yield definition


def roles(definition: IndexDefinition) -> list[str]:
    rows = Generation.objects.filter(alias=definition.alias).order_by("pk")
    return list(rows.values_list("role", flat=True))


def physical(es: Elasticsearch, definition: IndexDefinition) -> int:
    return len(es.indices.get(index=f"{definition.alias}-2*", expand_wildcards="all"))


def test_a_rebuild(es: Elasticsearch, declared: IndexDefinition) -> None:
    plan = plan_rebuild(declared)
    with moments() as refused:
        result = rebuild(plan)
    assert (result.gate.rows, result.gate.documents) == (3, 3)
    assert {row.state for row in Operation.objects.all()} == {Operation.State.DONE}
    assert physical(es, declared) == len(roles(declared)) == 2
    assert roles(declared)[-1] == Generation.Role.LIVE
    assert len(refused.refused) > 30


def test_a_rebuild_that_resumes(es: Elasticsearch, declared: IndexDefinition) -> None:
    def die(progress: Any) -> None:
        if progress.step == "drain":
            raise OperationalError("gone") from Deadlock()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(patience, "is_database_outage", lambda error: False)
        with pytest.raises(OperationalError):
            rebuild(plan_rebuild(declared), die)
    plan = plan_rebuild(declared)
    assert plan.resumes
    with moments():
        assert rebuild(plan).generation == plan.resumes
    assert physical(es, declared) == len(roles(declared)) == 2


def test_a_swap_and_a_rollback(es: Elasticsearch, declared: IndexDefinition) -> None:
    rebuild(plan_rebuild(declared, swap=False))
    target = Generation.objects.get(role=Generation.Role.BUILDING).name
    plan = plan_swap(declared, target)
    with moments():
        swap_alias(plan)
    assert list(es.indices.get_alias(index=declared.alias, name=declared.alias)) == [target]
    assert roles(declared) == [Generation.Role.STANDBY, Generation.Role.LIVE]
    back = plan_rollback(declared)
    with moments():
        roll_back(back)
    assert roles(declared) == [Generation.Role.LIVE, Generation.Role.STANDBY]
    assert {row.state for row in Operation.objects.all()} == {Operation.State.DONE}


def test_a_delete_and_a_creation(es: Elasticsearch, declared: IndexDefinition) -> None:
    plan = plan_delete(declared.name)
    with moments():
        delete_index(plan)
    assert physical(es, declared) == len(roles(declared)) == 0
    first = plan_create(declared)
    with moments():
        create_index(first)
    assert roles(declared) == [Generation.Role.LIVE]
    assert physical(es, declared) == 1


def test_a_prune(es: Elasticsearch, declared: IndexDefinition) -> None:
    rebuild(plan_rebuild(declared, swap=False))
    plan = plan_prune(declared, builds=True)
    assert len(plan.doomed) == 1
    with moments():
        assert prune(plan).deleted == plan.doomed
    assert physical(es, declared) == len(roles(declared)) == 1
