"""How states are shown."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from django_es_admin.admin.pages.parts.state import (
    connection_state,
    generation_role,
    generation_state,
    index_state,
    mapping_state,
)
from django_es_admin.backends.display import ConnectionDetails
from django_es_admin.backends.health import ConnectionHealth
from django_es_admin.indices.diff import Difference
from django_es_admin.status.detail import GenerationStatus
from django_es_admin.status.status import IndexStatus

DETAILS = ConnectionDetails("default", "Default", "grey", False, "", ())
INDEX = IndexStatus(
    "products",
    "products",
    "default",
    declared=True,
    model="shop.Product",
    generations=("products-1",),
    health="green",
)
GENERATION = GenerationStatus(
    "products-1",
    role="live",
    live=True,
    exists=True,
    fits=True,
    created=datetime(2026, 1, 1, tzinfo=UTC),
    loaded=None,
    documents=1,
    size=1,
    health="green",
)
HEALTHS = [("green", "yes"), ("yellow", "alert"), ("red", "no"), ("", "unknown"), ("?", "unknown")]


@pytest.mark.parametrize(("health", "icon"), HEALTHS)
def test_health_has_an_icon_a_word_and_a_meaning(health: str, icon: str) -> None:
    states = [
        connection_state(ConnectionHealth(DETAILS, status=health)),
        index_state(replace(INDEX, health=health)),
        generation_state(replace(GENERATION, health=health)),
    ]
    assert {state.icon for state in states} == {icon}
    assert {state.text for state in states} == {health if icon != "unknown" else "unknown"}
    assert all(state.hint for state in states)


def test_what_stands_before_health() -> None:
    assert connection_state(ConnectionHealth(DETAILS, error="Gone.")).text == "unavailable"
    assert index_state(replace(INDEX, known=False, generations=())).text == "unknown"
    assert index_state(replace(INDEX, generations=())).text == "missing"
    assert index_state(replace(INDEX, open=False)).text == "closed"
    assert generation_state(replace(GENERATION, exists=False)).text == "gone"


def test_mappings() -> None:
    difference = Difference("name", {"type": "text"}, None, needs_rebuild=True)
    same = mapping_state(INDEX)
    one = mapping_state(replace(INDEX, differences=(difference,)))
    many = mapping_state(replace(INDEX, differences=(difference,) * 1200))
    assert same
    assert one
    assert many
    assert [(state.icon, state.text) for state in (same, one, many)] == [
        ("yes", "same"),
        ("alert", "1 difference"),
        ("alert", "1,200 differences"),
    ]


@pytest.mark.parametrize("change", [{"declared": False}, {"model": ""}, {"generations": ()}])
def test_no_two_mappings_to_compare(change: dict[str, object]) -> None:
    assert mapping_state(replace(INDEX, **change)) is None  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("role", "live", "text"),
    [
        ("live", True, "live"),
        ("standby", True, "live"),
        ("", True, "live"),
        ("live", False, "was live"),
        ("standby", False, "standby"),
        ("building", False, "building"),
        ("", False, ""),
    ],
)
def test_live_is_what_holds_the_alias(role: str, live: bool, text: str) -> None:
    assert generation_role(replace(GENERATION, role=role, live=live)) == text
