"""Loads that read while they write: what fails in between, and who owns the ranges."""

from typing import Any

import pytest
from elasticsearch import Elasticsearch

from django_es_admin.exceptions import ConnectionUnavailable, ServerBusy, ServerRefused
from django_es_admin.indices.definition import IndexDefinition, get_definition
from django_es_admin.lifecycle.build import pipeline
from django_es_admin.lifecycle.build.load import load
from django_es_admin.lifecycle.build.part import Batch, Part
from django_es_admin.lifecycle.generations.create import create_generation
from django_es_admin.models import LoadRange
from tests.guide.models import Product
from tests.integration.commands.products import INDEX, make_products

pytestmark = pytest.mark.django_db(transaction=True)

COUNT = 97


@pytest.fixture
def definition(
    es: Elasticsearch, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> IndexDefinition:
    settings.ES_ADMIN = {**settings.ES_ADMIN, "BULK_MAX_DOCUMENTS": 3}
    monkeypatch.setattr(pipeline, "GROWS_AFTER", 1)
    monkeypatch.setattr(pipeline, "RENEW_SECONDS", 0.0)
    make_products(COUNT)
    return get_definition(INDEX)


class Failing:
    """Fails some requests: those whose number is in `failures`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, failures: dict[int, Exception]) -> None:
        self.sent: list[Batch] = []
        send = Part.send

        def fail(part: Part, batch: Batch) -> Any:
            self.sent.append(batch)
            if error := failures.pop(len(self.sent) - 1, None):
                raise error
            return send(part, batch)

        monkeypatch.setattr(Part, "send", fail)


def stored(es: Elasticsearch, generation: str) -> set[str]:
    es.indices.refresh(index=generation)
    hits = es.search(index=generation, size=1_000, source=False)["hits"]["hits"]
    return {hit["_id"] for hit in hits}


FAILURES: list[set[int]] = [
    *({0}, {1}, {2, 3}, {9}, {10, 11, 12}, {32}, set(range(40)), {0, 4, 8, 12, 16, 20})
]


@pytest.mark.parametrize(
    ("error", "failures"),
    [
        # Each error with half of them: what goes on after either is the same.
        pytest.param(error, failures, marks=[pytest.mark.slow] if (n + number) % 2 else [])
        for n, error in enumerate([ServerBusy, ConnectionUnavailable])
        for number, failures in enumerate(FAILURES)
    ],
)
def test_whatever_fails_for_a_moment(
    es: Elasticsearch,
    definition: IndexDefinition,
    monkeypatch: pytest.MonkeyPatch,
    error: type[Exception],
    failures: set[int],
) -> None:
    monkeypatch.setattr("tenacity.nap.time.sleep", lambda seconds: None)
    Failing(monkeypatch, {number: error("for a moment") for number in failures})
    generation = create_generation(definition)
    result = load(definition, generation)
    assert (result.rows, result.failed) == (COUNT, 0)
    assert stored(es, generation.name) == {str(product.pk) for product in Product.objects.all()}
    assert not LoadRange.objects.filter(loaded_at=None).exists()


@pytest.mark.few(2)
@pytest.mark.parametrize("number", [0, 1, 12, 32])
def test_what_fails_for_good_gives_the_ranges_back(
    es: Elasticsearch, definition: IndexDefinition, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    Failing(monkeypatch, {number: ServerRefused("for good")})
    generation = create_generation(definition)
    with pytest.raises(ServerRefused):
        load(definition, generation)
    assert not LoadRange.objects.filter(loaded_at=None, leased_until__isnull=False).exists()
    done = LoadRange.objects.exclude(loaded_at=None).count()
    # Another one goes on from there.
    assert load(definition, generation).rows == COUNT
    assert LoadRange.objects.exclude(loaded_at=None).count() > done
    assert len(stored(es, generation.name)) == COUNT


def test_a_range_that_another_process_took(
    es: Elasticsearch, definition: IndexDefinition, monkeypatch: pytest.MonkeyPatch
) -> None:
    generation = create_generation(definition)
    taken: list[int] = []

    def take(progress: Any) -> None:
        claimed = LoadRange.objects.filter(loaded_at=None, leased_until__isnull=False).first()
        if claimed and not taken:
            taken.append(claimed.pk)
            LoadRange.objects.filter(pk=claimed.pk).update(owner="", leased_until=None)

    assert load(definition, generation, take).rows == COUNT
    assert taken
    assert len(stored(es, generation.name)) == COUNT


def test_a_rate(es: Elasticsearch, definition: IndexDefinition) -> None:
    generation = create_generation(definition)
    result = load(definition, generation, rate=200)
    assert result.rows == COUNT
    assert result.seconds > (COUNT - 10) / 200
