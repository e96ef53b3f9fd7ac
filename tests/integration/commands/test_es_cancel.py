"""`es_cancel`, and operations that wait for a worker that is not there."""

from datetime import timedelta

import pytest
from django.utils import timezone
from elasticsearch import Elasticsearch

from django_es_admin.exceptions import OperationRunning
from django_es_admin.indices.definition import IndexDefinition
from django_es_admin.lifecycle.background import do_queued, queue_rebuild, queue_verify
from django_es_admin.lifecycle.rebuild import rebuild
from django_es_admin.lifecycle.rebuild_plan import plan_rebuild
from django_es_admin.lifecycle.verify.plan import plan_verify
from django_es_admin.models import Operation
from tests.integration.commands.conftest import Run
from tests.integration.commands.products import INDEX, make_products

pytestmark = pytest.mark.django_db(transaction=True)


def forget(operation: Operation) -> None:
    """Let more than a minute pass in which no worker began it."""
    past = timezone.now() - timedelta(seconds=70)
    Operation.objects.filter(pk=operation.pk).update(created_at=past, leased_until=past)


def test_what_waits_ends_at_once(run: Run, definition: IndexDefinition) -> None:
    row = queue_rebuild(plan_rebuild(definition))
    done = run("es_cancel", INDEX)
    assert done.code == 0
    assert f"Cancelled the rebuild of {INDEX}" in done.out
    assert "It has ended." in done.out
    row.refresh_from_db()
    assert row.state == "cancelled"
    assert do_queued("default", row.pk) == ""
    # Nothing is in the way of another one.
    assert run("es_rebuild", INDEX).code == 0


def test_what_runs_ends_later(run: Run, definition: IndexDefinition) -> None:
    make_products(3)
    told: list[str] = []

    def cancel(_: object) -> None:
        if not told:
            done = run("es_cancel", "--json")
            told.append(done.out)
            [one] = done.json["operations"]
            assert (one["kind"], one["ended"]) == ("rebuild", False)

    with pytest.raises(Exception, match="cancelled"):
        rebuild(plan_rebuild(definition), cancel)
    assert Operation.objects.latest("pk").state == "cancelled"


def test_nothing_to_cancel(run: Run, es: Elasticsearch) -> None:
    done = run("es_cancel")
    assert (done.code, done.out.strip()) == (
        0,
        "Nothing to cancel: no operation runs or waits.",
    )
    assert run("es_cancel", "--json").json == {"operations": []}


def test_a_rebuild_cancels_rebuilds_only(run: Run, definition: IndexDefinition) -> None:
    rebuild(plan_rebuild(definition))
    compare = queue_verify(plan_verify(definition))
    build = queue_rebuild(plan_rebuild(definition))
    assert run("es_rebuild", INDEX, "--cancel").code == 0
    compare.refresh_from_db()
    build.refresh_from_db()
    assert (compare.state, build.state) == ("queued", "cancelled")


def test_one_that_no_worker_begins_is_in_nobodys_way(run: Run, definition: IndexDefinition) -> None:
    rebuild(plan_rebuild(definition))
    row = queue_rebuild(plan_rebuild(definition))
    # Within its first minute it is.
    assert "waits for a worker" in run("es_rebuild", INDEX).message
    with pytest.raises(OperationRunning):
        queue_rebuild(plan_rebuild(definition, queued=row))
    assert "No worker" not in run("es_status", INDEX).out

    forget(row)
    assert "No worker of the background tasks has begun the rebuild" in run("es_status", INDEX).out
    assert run("es_rebuild", INDEX).code == 0
    row.refresh_from_db()
    assert row.state == "failed"
    assert "No worker" in row.error
    # A worker that comes back finds nothing to do.
    assert do_queued("default", row.pk) == ""


def test_a_worker_that_comes_late_does_it_all_the_same(definition: IndexDefinition) -> None:
    row = queue_rebuild(plan_rebuild(definition))
    forget(row)
    assert do_queued("default", row.pk)
    row.refresh_from_db()
    assert row.state == "done"


def test_a_late_one_can_be_cancelled(run: Run, definition: IndexDefinition) -> None:
    row = queue_rebuild(plan_rebuild(definition))
    forget(row)
    assert "It has ended." in run("es_cancel", INDEX).out
