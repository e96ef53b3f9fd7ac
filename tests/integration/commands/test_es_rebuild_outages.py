"""A rebuild whose Elasticsearch is away for too long: nothing is loaded twice."""

from collections.abc import Callable
from typing import Any

import pytest
from elasticsearch import Elasticsearch

from django_es_admin.exceptions import ElasticsearchAdminError
from django_es_admin.indices.definition import IndexDefinition
from django_es_admin.lifecycle.rebuild import rebuild
from django_es_admin.lifecycle.rebuild_plan import plan_rebuild
from django_es_admin.models import Generation, LoadRange, Operation
from tests.integration.commands.conftest import Run
from tests.integration.commands.products import INDEX, make_products
from tests.integration.lifecycle.conftest import Between, between
from tests.integration.lifecycle.looks import change, names, stored
from tests.servers import Answer

__all__ = ["between"]  # a fixture

pytestmark = pytest.mark.django_db(transaction=True)

COUNT = 40
AWAY = {
    "a proxy without a server": Answer(503, "<h1>No server is available</h1>"),
    "a full queue": Answer(429, '{"error": {"type": "x", "reason": "busy"}, "status": 429}'),
}


@pytest.fixture(autouse=True)
def by_twos(settings: Any) -> None:
    settings.ES_ADMIN = {
        **settings.ES_ADMIN,
        "BULK_MAX_DOCUMENTS": 2,
        "OPERATION_PATIENCE": 0.1,
        "SYNC": "worker",
    }


def away_from(request: str, answer: Answer, after: int) -> Callable[..., Answer | None]:
    """Answer in the cluster's place from the n-th request on that has these words."""
    seen: list[str] = []

    def reply(method: str, path: str, body: bytes) -> Answer | None:
        if all(word in f"{method} {path}" for word in request.split()):
            seen.append(path)
        return answer if len(seen) >= after else None

    return reply


@pytest.mark.parametrize(("how", "options"), [*zip(AWAY, [("--resume",), ()], strict=True)])
def test_the_load(
    run: Run,
    es: Elasticsearch,
    between: Between,
    how: str,
    options: tuple[str, ...],
) -> None:
    products = make_products(COUNT)
    with between(away_from("_bulk", AWAY[how], after=15)):
        done = run("es_rebuild", INDEX, "--workers", "1")
    assert done.code == 1
    build = Generation.objects.get(role="building")
    assert f"What was loaded is kept in {build.name}" in done.err
    assert Operation.objects.get().details["resumable"]
    loaded = dict(LoadRange.objects.exclude(loaded_at=None).values_list("pk", "loaded_at"))
    assert 0 < len(loaded) < LoadRange.objects.count()
    change(products[0], "Changed meanwhile")
    assert f"resume {build.name}" in run("es_rebuild", INDEX, *options).out
    build.refresh_from_db()
    assert build.role == "live"
    again = dict(LoadRange.objects.values_list("pk", "loaded_at"))
    assert loaded.items() <= again.items()
    assert names(es, build.name) == stored()
    assert run("es_rebuild", INDEX, "--resume").out.startswith("Nothing to resume")


@pytest.mark.parametrize("step", ["PUT /_settings", "_refresh"])
def test_a_later_step(
    run: Run, es: Elasticsearch, definition: IndexDefinition, between: Between, step: str
) -> None:
    """Settle and gate: all ranges are done, none is loaded again."""
    make_products(COUNT)
    answer = AWAY["a proxy without a server"]
    with between(away_from(step, answer, after=1)), pytest.raises(ElasticsearchAdminError):
        rebuild(plan_rebuild(definition))
    build = Generation.objects.get(role="building")
    loaded = dict(LoadRange.objects.values_list("pk", "loaded_at"))
    assert None not in loaded.values()
    assert run("es_rebuild", INDEX, "--resume").code == 0
    build.refresh_from_db()
    assert build.role == "live"
    assert dict(LoadRange.objects.values_list("pk", "loaded_at")) == loaded
    assert names(es, build.name) == stored()


def test_before_anything_is_created(
    run: Run, definition: IndexDefinition, between: Between
) -> None:
    plan = plan_rebuild(definition)
    answer = AWAY["a proxy without a server"]
    with between(lambda *asked: answer), pytest.raises(ElasticsearchAdminError):
        rebuild(plan)
    assert not Generation.objects.exists()
    assert run("es_rebuild", INDEX, "--resume").out.startswith("Nothing to resume")


def test_a_build_that_is_gone_is_not_resumed(
    run: Run, es: Elasticsearch, definition: IndexDefinition, between: Between
) -> None:
    make_products(COUNT)
    answer = AWAY["a proxy without a server"]
    with between(away_from("_bulk", answer, after=5)), pytest.raises(ElasticsearchAdminError):
        rebuild(plan_rebuild(definition))
    es.indices.delete(index=Generation.objects.get(role="building").name)
    assert run("es_rebuild", INDEX).code == 0
    live = Generation.objects.get(role="live").name
    assert names(es, live) == stored()
