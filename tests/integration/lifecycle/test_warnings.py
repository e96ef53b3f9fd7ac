"""Warnings of a plan: they do not prevent the operation."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from config.settings import ES_URL
from elasticsearch import Elasticsearch

from django_es_admin.indices.definition import IndexDefinition, get_definition
from django_es_admin.lifecycle.aliases.swap_plan import plan_swap
from django_es_admin.lifecycle.rebuild import rebuild
from django_es_admin.lifecycle.rebuild_plan import plan_rebuild
from tests.integration.commands.products import INDEX, make_products
from tests.integration.lifecycle.conftest import Between, Build
from tests.servers import Answer

pytestmark = pytest.mark.django_db


OF_EITHER_KIND = pytest.mark.filterwarnings("ignore:Legacy index templates are deprecated")


@pytest.fixture
def cluster() -> Iterator[Elasticsearch]:
    """The cluster without the connection's guard: templates and policies are of all of it."""
    with Elasticsearch(ES_URL) as client:
        yield client


def test_nothing_to_warn_of(definition: IndexDefinition, build: Build) -> None:
    assert plan_rebuild(definition).warnings == ()
    build()
    build()
    assert plan_rebuild(definition).warnings == ()
    assert plan_swap(definition).warnings == ()


def test_a_policy_that_is_in_force(
    cluster: Elasticsearch, definition: IndexDefinition, build: Build, between: Between
) -> None:
    standby, live = build(), build()

    def put_policies_in_force(method: str, path: str, body: bytes) -> Answer | None:
        # An Elasticsearch without its lifecycle module knows no such setting.
        if method != "GET" or "features=" not in path:
            return None
        answer = cluster.perform_request("GET", path, headers={"accept": "application/json"}).body
        answer[standby]["settings"]["index.lifecycle.name"] = "of old"
        answer[live]["settings"]["index.lifecycle.name"] = "logs"
        return Answer(200, json.dumps(answer), "application/json", elasticsearch=True)

    with between(put_policies_in_force):
        plan = plan_rebuild(get_definition(INDEX))
    assert plan.warnings == (
        f"The lifecycle policy 'logs' applies to {live}: it may roll over, shrink or delete the "
        f"live generation.",
    )
    assert plan.refusals == ()


@pytest.fixture(params=["composable", "legacy"])
def template(
    request: pytest.FixtureRequest, cluster: Elasticsearch, definition: IndexDefinition
) -> Iterator[str]:
    """The name of a template of either kind that matches the generations of the index."""
    name, patterns = f"{definition.alias}-template", [f"{definition.alias}-2*"]
    indices = cluster.indices
    if request.param == "composable":
        put, delete = indices.put_index_template, indices.delete_index_template
    else:
        put, delete = indices.put_template, indices.delete_template
    try:
        put(name=name, index_patterns=patterns)
        yield name
    finally:
        delete(name=name)


@OF_EITHER_KIND
def test_a_template_that_matches(definition: IndexDefinition, template: str) -> None:
    (warning,) = plan_rebuild(definition).warnings
    assert warning.startswith(f"The index template '{template}' matches {definition.alias}-2")
    assert f"Elasticsearch adds its settings to those that {INDEX} declares" in warning


@OF_EITHER_KIND
@pytest.mark.usefixtures("template")
def test_a_template_that_matches_others(es: Elasticsearch) -> None:
    assert plan_rebuild(get_definition("flat-products")).warnings == ()


def declare(settings: Any, *properties: dict[str, Any]) -> IndexDefinition:
    """Declare an alias with each of these properties: the first is ``shop``, and so on."""
    names = ["shop", *(f"shop{number}" for number in range(1, len(properties)))]
    aliases = dict(zip(names, properties, strict=True))
    settings.ES_INDICES = {**settings.ES_INDICES, INDEX: {"ALIASES": aliases}}
    return get_definition(INDEX)


CHEAP = {"filter": {"range": {"price": {"lt": 3}}}}
NEW = {"filter": {"bool": {"must": [{"term": {"is_active": True}}, {"match_all": {}}]}}}
ROUTED = {"index_routing": "1", "search_routing": "1,2"}


def test_an_alias_that_is_as_declared(settings: Any, es: Elasticsearch) -> None:
    definition = declare(
        settings,
        {},
        CHEAP,
        NEW,
        ROUTED,
        {"routing": "1"},
        {"routing": 1},
        {"routing": "1", "search_routing": "2"},
        {"index_routing": "1"},
        {"is_hidden": True},
        {"is_hidden": False},
        {"is_write_index": True},
        CHEAP | ROUTED,
    )
    make_products(4)
    for _ in range(2):
        rebuild(plan_rebuild(definition))
    assert plan_swap(definition).warnings == ()


def test_an_alias_that_is_not_as_declared(settings: Any, prefix: str, es: Elasticsearch) -> None:
    pairs: list[tuple[dict[str, Any], dict[str, Any]]] = [
        ({}, CHEAP),
        (CHEAP, {}),
        (CHEAP, {"filter": {"range": {"price": {"lt": 4}}}}),
        ({}, {"routing": "1"}),
        ({"routing": "1"}, {"routing": "2"}),
        ({"routing": "1"}, {"index_routing": "1"}),
        ({"is_hidden": True}, {}),
        ({}, {"is_write_index": True}),
        # Without it, the only index of an alias takes its writes.
        ({"is_write_index": False}, {}),
    ]
    before = declare(settings, *(live for live, _declared in pairs))
    make_products(4)
    for _ in range(2):
        rebuild(plan_rebuild(before))
    definition = declare(settings, *(declared for _live, declared in pairs))
    plan = plan_swap(definition)
    assert sorted(plan.warnings) == sorted(
        f"The alias {prefix}{name} keeps its current properties, which differ from ALIASES in "
        f"ES_INDICES['{INDEX}']: change them with POST /_aliases, or in the settings."
        for name in ["shop", *(f"shop{number}" for number in range(1, len(pairs)))]
    )
    assert len(plan.warnings) == len(pairs)
    # It says so, and does so.
    rebuild(plan_rebuild(definition))
    assert plan_swap(before).warnings == ()


@pytest.mark.parametrize(
    ("live", "declared"),
    [
        ({"is_hidden": False}, {}),
        ({}, {"is_hidden": False}),
        ({"routing": "1"}, {"index_routing": "1", "search_routing": "1"}),
    ],
    ids=str,
)
def test_an_alias_that_is_as_declared_in_other_words(
    settings: Any, es: Elasticsearch, live: dict[str, Any], declared: dict[str, Any]
) -> None:
    before = declare(settings, live)
    for _ in range(2):
        rebuild(plan_rebuild(before))
    assert plan_swap(declare(settings, declared)).warnings == ()


def test_an_alias_that_is_declared_and_not_there_yet(
    settings: Any, es: Elasticsearch, build: Build
) -> None:
    build()
    build()
    assert plan_swap(declare(settings, CHEAP)).warnings == ()


def test_a_source_that_was_made_elsewhere(es: Elasticsearch, definition: IndexDefinition) -> None:
    by_hand = f"{definition.alias}-by-hand"
    es.indices.create(
        index=by_hand, aliases={definition.alias: {}}, settings={"number_of_replicas": 0}
    )
    plan = plan_rebuild(definition)
    assert (plan.source, plan.refusals) == (by_hand, ())
    assert plan.warnings == (
        f"django-es-admin did not create {by_hand}. From now on it receives each change; earlier "
        f"changes may be missing there until the swap.",
    )
    rebuild(plan)
    assert plan_rebuild(definition).warnings == ()


def test_a_physical_index_of_the_alias_s_name_that_was_made_elsewhere(
    es: Elasticsearch, definition: IndexDefinition
) -> None:
    es.indices.create(index=definition.alias, settings={"number_of_replicas": 0})
    assert (
        plan_rebuild(definition)
        .warnings[0]
        .startswith(f"django-es-admin did not create {definition.alias}.")
    )
