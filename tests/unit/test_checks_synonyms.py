"""Checks of the synonyms that analyzers name."""

from dataclasses import replace
from typing import Any

import pytest

from django_es_admin.checks.synonyms import check_synonyms
from django_es_admin.indices.definition import get_definition


@pytest.mark.parametrize(
    ("filters", "chain", "told"),
    [
        ({"updateable": True}, ["lowercase", "meant"], []),
        ({}, ["lowercase", "meant"], ["W080"]),
        ({"updateable": False}, ["meant"], ["W080"]),
        ({"updateable": "true"}, "meant", []),
        ({"updateable": True}, ["lowercase"], ["W081"]),
        ({}, None, ["W080", "W081"]),
    ],
)
def test_w080_w081_what_keeps_the_rules_of_synonyms_from_acting(
    filters: dict[str, Any], chain: Any, told: list[str]
) -> None:
    meant = {"type": "synonym_graph", "synonyms_set": "shop", **filters}
    analyzers = {"looked": {"tokenizer": "standard", "filter": chain}} if chain else {}
    settings = {"analysis": {"filter": {"meant": meant}, "analyzer": analyzers}}
    definition = replace(get_definition("products"), settings=settings)
    assert [str(one.id)[-4:] for one in check_synonyms([definition])] == told
