"""The metrics equal published examples, and those of a kept library."""

import random

import pytest

from django_es_admin.insight.judgements.metrics import ndcg, precision, reciprocal_rank

ir_measures = pytest.importorskip("ir_measures")


def test_a_published_example() -> None:
    # "Discounted cumulative gain" in Wikipedia: six found, two more judged.
    grades = {"1": 3, "2": 2, "3": 3, "4": 0, "5": 1, "6": 2, "7": 3, "8": 2}
    assert ndcg(["1", "2", "3", "4", "5", "6"], grades, 6) == pytest.approx(0.785, abs=0.0005)


def test_by_hand() -> None:
    grades = {"a": 3, "b": 1, "c": 0}
    assert precision(["c", "a", "x", "b"], grades) == 0.2
    assert reciprocal_rank(["c", "x", "b"], grades) == pytest.approx(1 / 3)
    assert reciprocal_rank(["c"], grades) == 0
    assert ndcg(["a", "b"], grades) == 1
    # The ideal order comes from the judgements: what is not found is missing.
    assert ndcg(["b"], grades) < 0.3
    assert ndcg([], grades) == 0
    assert ndcg(["c"], {"c": 0}) == 0


@pytest.mark.parametrize("seed", range(20))
def test_a_library(seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311
    measures = [ir_measures.nDCG @ 10, ir_measures.P @ 10, ir_measures.RR]
    names = [f"d{n:03}" for n in range(60)]
    grades = {name: rng.randint(0, 3) for name in rng.sample(names, rng.randint(1, 40))}
    grades[rng.choice(names)] = 3
    found = rng.sample(names, rng.randint(0, 40))
    qrels = [ir_measures.Qrel("q", name, grade) for name, grade in grades.items()]
    run = [ir_measures.ScoredDoc("q", name, -rank) for rank, name in enumerate(found)]
    theirs = ir_measures.calc_aggregate(measures, qrels, run)
    assert ndcg(found, grades) == pytest.approx(theirs[measures[0]])
    assert precision(found, grades) == pytest.approx(theirs[measures[1]])
    assert reciprocal_rank(found, grades) == pytest.approx(theirs[measures[2]])
