"""`es_judge`: it asks what was judged, and its exit code is a test."""

from collections.abc import Callable

import pytest

from django_es_admin.indices.definition import get_definition
from django_es_admin.insight.searches import PLAIN
from django_es_admin.models import Judgement
from tests.guide.models import Product
from tests.integration.commands.conftest import Run
from tests.integration.commands.products import INDEX, make_products

pytestmark = pytest.mark.django_db(transaction=True)


def judged(words: str, **grades: int) -> None:
    for key, grade in grades.items():
        Judgement.objects.create(
            index=INDEX, search=PLAIN, words=words, key=key.removeprefix("_"), grade=grade
        )


@pytest.fixture
def named(build: Callable[[], str]) -> list[Product]:
    made = make_products(3)
    for product, name in zip(made, ("lamp", "lamp and more words", "piano"), strict=True):
        product.name = name
        product.save()
    build()
    return made


def test_good_and_bad(run: Run, named: list[Product], build: Callable[[], str]) -> None:
    lamp, other, piano = (f"_{one.pk}" for one in named)
    judged("lamp", **{lamp: 3, other: 1})
    good = run("es_judge", INDEX, min_ndcg=0.99, as_json=True)
    assert good.code == 0
    assert (good.json["ndcg"], good.json["mrr"], good.json["precision"]) == (1.0, 1.0, 0.2)
    # What is asked is the physical index, as the alias may be another one's tomorrow.
    definition = get_definition(INDEX)
    [live] = definition.connection.client.indices.get_alias(
        index=definition.alias, name=definition.alias
    ).body
    assert good.json["generation"] == live
    judged("grand piano", **{piano: 3})
    bad = run("es_judge", INDEX, min_ndcg=0.8)
    assert (bad.code, bad.message) == (2, "nDCG@10 is 0.500, below 0.8.")
    assert "  0.000  0.00  0.00  grand piano" in bad.out
    assert run("es_judge", INDEX).code == 0
    new = build()
    assert run("es_judge", INDEX, generation=new, as_json=True).json["generation"] == new


def test_what_cannot_be_judged(run: Run, named: list[Product]) -> None:
    nothing = run("es_judge", INDEX)
    assert nothing.code == 1
    assert "No search of" in nothing.message
    judged("lamp", _1=3)
    unknown = run("es_judge", INDEX, generation="test-nothing")
    assert unknown.code == 1
    assert "has no generation 'test-nothing'" in unknown.message
    Judgement.objects.update(search="GoneService")
    gone = run("es_judge", INDEX)
    assert gone.code == 1
    assert "has no search 'GoneService'" in gone.message


def test_no_index(run: Run, definition: object) -> None:
    judged("lamp", _1=3)
    assert run("es_judge", INDEX).code == 1
