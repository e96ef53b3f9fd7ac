"""A preview as an operation: its progress, its end by force, and what is kept of it."""

import random
from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse

from django_es_admin.exceptions import OperationCancelled, OperationRefused
from django_es_admin.indices.definition import IndexDefinition
from django_es_admin.insight import compared
from django_es_admin.insight.preview import operation as operations
from django_es_admin.insight.preview.operation import plan_preview, queue_preview, run_preview
from django_es_admin.lifecycle.background import do_queued
from django_es_admin.lifecycle.rebuild import rebuild
from django_es_admin.lifecycle.rebuild_plan import plan_rebuild
from django_es_admin.models import Operation
from django_es_admin.operations.progress import Progress
from tests.integration.admin.visitors import visitor
from tests.integration.insight.test_preview import (
    ANALYZERS,
    changed,
    logged,  # noqa: F401 (a fixture)
    made_searches,
    make_things,
)

pytestmark = pytest.mark.django_db(transaction=True)
Log = Callable[[list[str]], None]


@pytest.fixture
def waits(things: IndexDefinition, logged: Log) -> str:  # noqa: F811
    """A generation that finds other things, and waits for its swap."""
    rng = random.Random(7)  # noqa: S311
    make_things(rng, 60)
    logged(made_searches(rng, 50))
    rebuild(plan_rebuild(things))
    return rebuild(plan_rebuild(changed(things, ANALYZERS["stop words"]), swap=False)).generation


def row() -> Operation:
    return Operation.objects.filter(kind=Operation.Kind.PREVIEW).latest("pk")


def test_it_tells_how_far_it_is_and_keeps_its_result(things: IndexDefinition, waits: str) -> None:
    told: list[Progress] = []
    result = run_preview(plan_preview(things), on_progress=told.append)
    steps = [(one.done, one.total) for one in told]
    assert steps[1:] == [(0, 50), (20, 50), (40, 50), (50, 50)]
    kept = row()
    assert (kept.state, kept.generation) == ("done", waits)
    assert kept.details["preview"] == compared.kept(result)
    assert kept.details["preview"]["changed"] == len(result.changes) > 0


def test_a_queued_one_is_done_by_a_task(things: IndexDefinition, waits: str) -> None:
    queued = queue_preview(plan_preview(things, waits, seconds=30))
    assert queued.state == "queued"
    assert do_queued(things.database, queued.pk) == waits
    assert row().details["preview"]["asked"] == 50


def test_it_ends_when_somebody_cancels_it(things: IndexDefinition, waits: str) -> None:
    def cancel(progress: Progress) -> None:
        if progress.done == 20:
            Operation.objects.update(cancel_requested=True)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("django_es_admin.operations.recording.RECORD_SECONDS", 0.0)
        with pytest.raises(OperationCancelled):
            run_preview(plan_preview(things), on_progress=cancel)
    ended = row()
    assert ended.state == "cancelled"
    assert "preview" not in ended.details
    assert ended.steps[-1]["done"] == 20


def test_it_ends_when_its_time_is_over(things: IndexDefinition, waits: str) -> None:
    result = run_preview(plan_preview(things, seconds=0))
    assert (result.asked, result.left_out) == (0, 50)
    assert row().details["preview"]["left_out"] == 50


def test_more_searches_than_a_page_lists(
    things: IndexDefinition,
    waits: str,
    logged: Log,  # noqa: F811
) -> None:
    logged([f"lamp number{n}" for n in range(400)])
    assert run_preview(plan_preview(things)).asked == operations.SEARCHES


def test_what_cannot_be_compared_is_refused(things: IndexDefinition) -> None:
    for generation in ("", "nothing", f"{things.alias}-20200101000000-abcd"):
        plan = plan_preview(things, generation)
        assert plan.refusals
        with pytest.raises(OperationRefused):
            run_preview(plan)
    live = rebuild(plan_rebuild(things)).generation
    assert "live" in plan_preview(things, live).refusals[0]


RIGHTS = ("elasticsearch.view_index", "elasticsearch.swap_alias", "elasticsearch.rebuild_index")


def test_the_page_of_the_plan_and_of_the_result(
    things: IndexDefinition, waits: str, settings: Any
) -> None:
    settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}
    index = [f"default_3A{things.name}"]
    url = reverse("admin:elasticsearch_index_preview_swap", args=index)
    assert visitor("elasticsearch.view_index").get(url).status_code == 403
    client = visitor(*RIGHTS)
    plan = client.get(f"{url}?generation={waits}")
    assert waits in plan.content.decode()
    done = client.post(
        f"{url}?generation={waits}", {"fingerprint": plan.context["fingerprint"]}, follow=True
    )
    page = done.content.decode()
    assert "Of 50 searches" in page
    swap = reverse("admin:elasticsearch_index_swap", args=index)
    assert f'href="{swap}?to={waits}"' in page
    # The words of visitors are for those who may see them.
    words = row().details["preview"]["changes"][0]["question"]["words"]
    assert f">{words}<" not in page
    whole = visitor(superuser=True).get(done.request["PATH_INFO"]).content.decode()
    assert words in whole
    assert "Searches that change, the most changed first" in whole


def test_a_rebuild_that_stops_before_the_swap(things: IndexDefinition, waits: str) -> None:
    index = [f"default_3A{things.name}"]
    client = visitor(*RIGHTS)
    url = reverse("admin:elasticsearch_index_rebuild", args=index)
    page = client.get(url).content.decode()
    assert "?wait=1" in page
    assert "swap the alias" in page
    page = client.get(f"{url}?wait=1").content.decode()
    assert "stop before the swap" in page
    assert "POST /_aliases" not in page
    built = Operation.objects.filter(kind=Operation.Kind.REBUILD).latest("pk")
    assert built.generation == waits
    ended = reverse("admin:elasticsearch_operation_change", args=[f"default_3A{built.pk}"])
    page = client.get(ended).content.decode()
    preview = reverse("admin:elasticsearch_index_preview_swap", args=index)
    assert f'href="{preview}?generation={waits}"' in page
