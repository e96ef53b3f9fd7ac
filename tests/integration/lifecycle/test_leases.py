"""Leases of a rebuild: each progress renews the lease, and a process that lost it stops."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone
from elasticsearch import Elasticsearch

from django_es_admin.exceptions import OperationTakenOver
from django_es_admin.indices.definition import IndexDefinition, get_definition
from django_es_admin.lifecycle.rebuild import rebuild
from django_es_admin.lifecycle.rebuild_plan import plan_rebuild
from django_es_admin.models import Generation, Operation, OutboxEntry
from django_es_admin.operations import recording
from django_es_admin.operations.progress import Progress
from tests.guide.models import Category, Product
from tests.integration.commands.products import INDEX, make_products
from tests.integration.lifecycle.conftest import Between
from tests.integration.lifecycle.looks import names, roles, stored
from tests.servers import BUSY_JSON, Answer

pytestmark = pytest.mark.django_db

BUSY = Answer(429, BUSY_JSON, "application/json", elasticsearch=True)
SECONDS = 30


@pytest.fixture
def by_twos(settings: Any) -> None:
    settings.ES_ADMIN = {
        **settings.ES_ADMIN,
        "BULK_MAX_DOCUMENTS": 2,
        "OPERATION_PATIENCE": SECONDS,
        "DELETE_AGAIN_AFTER": 2,
        "WRITE_TIMEOUT": 0.9,
        "INLINE_TIMEOUT": 0.9,
    }


@pytest.mark.usefixtures("by_twos")
@pytest.mark.django_db(transaction=True)
def test_who_lost_the_lease_leaves_the_build_to_who_took_it_over(
    es: Elasticsearch, definition: IndexDefinition
) -> None:
    make_products(45)
    asleep, woken = threading.Event(), threading.Event()
    raised: list[BaseException] = []

    def sleep(progress: Progress) -> None:
        if progress.step == "load" and not asleep.is_set():
            asleep.set()
            woken.wait(SECONDS)

    def begin() -> None:
        try:
            rebuild(plan_rebuild(definition), sleep)
        except Exception as error:  # noqa: BLE001 (the test looks at it)
            raised.append(error)
        finally:
            connections.close_all()

    sleeper = threading.Thread(target=begin)
    sleeper.start()
    assert asleep.wait(SECONDS)
    Operation.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    plan = plan_rebuild(definition)
    build = Generation.objects.get()
    assert plan.resumes == build.name
    roles_then: list[dict[str, str]] = []

    def wake(progress: Progress) -> None:
        if progress.step == "drain" and not woken.is_set():
            woken.set()
            sleeper.join(SECONDS)
            roles_then.append(roles())

    result = rebuild(plan, wake)
    assert [type(error) for error in raised] == [OperationTakenOver]
    assert roles_then == [{build.name: "building"}]
    assert roles() == {build.name: "live"}
    assert result.gate.repaired == 0
    assert names(es, definition.alias) == stored()


@pytest.mark.usefixtures("by_twos")
def test_each_portion_of_a_fan_out_renews_the_lease(
    definition: IndexDefinition, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "RECORD_SECONDS", 0)
    make_products(12)
    leases = set()

    def tell(progress: Progress) -> None:
        if progress.step == "load" and progress.done == 12 and not OutboxEntry.objects.exists():
            Category.objects.get().save()
            assert [row.kind for row in OutboxEntry.objects.all()] == [OutboxEntry.Kind.RELATED]
        if progress.step == "drain":
            leases.add(Operation.objects.get().leased_until)

    rebuild(plan_rebuild(definition), tell)
    # Once at the beginning, and once after each two of them.
    assert len(leases) > 12 / 2


class Overload:
    """A cluster without room for three bulk requests, and the signs of life meanwhile."""

    def __init__(self, step: str) -> None:
        self.step = step
        self.marks: list[str] = []
        self.begun = False

    def reply(self, method: str, path: str, body: bytes) -> Answer | None:
        if not self.begun or "/_bulk" not in path or self.marks.count("busy") == 3:
            return None
        self.marks.append("busy")
        return BUSY

    def tell(self, progress: Progress) -> None:
        if progress.step == self.step and self.begun:
            self.marks.append("sign")

    @property
    def renewed(self) -> bool:
        """Whether there was a sign of life after each refusal."""
        pairs = list(zip(self.marks, self.marks[1:], strict=False))
        return self.marks.count("busy") == 3 and ("busy", "busy") not in pairs


@pytest.mark.usefixtures("by_twos")
def test_a_retry_of_refused_documents_renews_the_lease(
    es: Elasticsearch, definition: IndexDefinition, between: Between
) -> None:
    make_products(6)
    slug = Category.objects.get().slug
    # A keyword of more than 32,766 bytes: Elasticsearch refuses the document.
    Category.objects.update(slug="x" * 40_000)
    overload = Overload("drain")

    def tell(progress: Progress) -> None:
        if progress.step == "drain" and progress.total == 6 and not overload.begun:
            Category.objects.update(slug=slug)
            overload.begun = True
        overload.tell(progress)

    with between(overload.reply):
        result = rebuild(plan_rebuild(get_definition(INDEX)), tell)
    assert result.load.failed == 6
    assert overload.renewed
    assert names(es, definition.alias) == stored()


@pytest.mark.usefixtures("by_twos")
def test_second_deletes_renew_the_lease(
    es: Elasticsearch, definition: IndexDefinition, between: Between
) -> None:
    make_products(6)
    overload = Overload("deletes")

    def tell(progress: Progress) -> None:
        if progress.step == "load" and progress.done == 6:
            Product.objects.all()[:1].get().delete()
        overload.begun = progress.step == "deletes"
        overload.tell(progress)

    with between(overload.reply):
        result = rebuild(plan_rebuild(get_definition(INDEX)), tell)
    assert result.drain.deletes == 1
    assert overload.renewed
    assert names(es, definition.alias) == stored()


@pytest.mark.usefixtures("by_twos")
def test_each_portion_that_the_gate_mends_renews_the_lease(
    es: Elasticsearch, definition: IndexDefinition, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "RECORD_SECONDS", 0)
    make_products(12)
    leases = set()

    def tell(progress: Progress) -> None:
        if progress.step == "settle":
            name = Generation.objects.get(role="building").name
            es.indices.refresh(index=name)
            es.delete_by_query(index=name, query={"match_all": {}}, refresh=True)
        if progress.step == "gate" and progress.total == 12:
            leases.add(Operation.objects.get().leased_until)

    assert rebuild(plan_rebuild(definition), tell).gate.repaired == 12
    assert len(leases) > 12 / 2
