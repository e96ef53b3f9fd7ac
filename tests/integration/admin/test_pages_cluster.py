"""What the cluster says of an index: its shards and why some are nowhere, its templates."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.urls import reverse
from elasticsearch import Elasticsearch
from pytest_django import Settings
from shop.models import Product

from django_es_admin.admin.pages.index.shards import shards_state
from django_es_admin.indices.definition import get_definition
from django_es_admin.indices.inspection.shards import Explanation, Shard, Shards
from django_es_admin.lifecycle.rebuild import rebuild
from django_es_admin.lifecycle.rebuild_plan import plan_rebuild
from tests import servers
from tests.servers import Answer

from .test_pages_dashboard import words
from .visitors import visitor

pytestmark = pytest.mark.django_db


def tab(name: str) -> str:
    url = reverse(f"admin:elasticsearch_index_{name}", args=["default_3Aproducts"])
    response = visitor(superuser=True).get(url)
    assert response.status_code == 200
    return words(response.content.decode())


def test_where_the_shards_are(rebuilt_products: list[Product], es: Elasticsearch) -> None:
    alias = get_definition("products").alias
    [first] = es.indices.get_alias(index=alias, name=alias)
    rebuild(plan_rebuild(get_definition("products")))
    [second] = es.indices.get_alias(index=alias, name=alias)
    # It looks like one by its first letters alone.
    es.indices.create(index=f"{alias}-of-others", settings={"number_of_replicas": 0})
    es.indices.put_settings(index=alias, settings={"number_of_replicas": 0})
    es.indices.put_settings(index=first, settings={"number_of_replicas": 0})
    said = tab("shards")
    assert "Each shard is on a node." in said
    assert f"{first} 0 primary started" in said
    assert f"{second} 0 primary started" in said
    assert "of-others" not in said


def test_a_replica_without_a_second_node(products: list[Product], es: Elasticsearch) -> None:
    es.indices.put_settings(
        index=get_definition("products").alias, settings={"number_of_replicas": 2}
    )
    said = tab("shards")
    assert (
        "yellow because 2 replicas are on no node (there is no other node for it): "
        "nothing is lost, but a node that fails is not covered" in said
    )
    assert "replica unassigned" in said
    assert "same_shard:" in said


def test_a_primary_that_no_node_may_hold(products: list[Product], es: Elasticsearch) -> None:
    es.indices.put_settings(
        index=get_definition("products").alias,
        settings={"index.routing.allocation.require._name": "nowhere", "number_of_replicas": 1},
    )
    assert "no node fits the allocation filters of the index" in tab("shards")


@pytest.mark.parametrize(
    ("deciders", "why"),
    [
        ({"disk_threshold": "too full"}, " (no node has room: its disk is above a watermark)"),
        ({"some_new_rule": "It says no."}, " (It says no)"),
        ({}, " (It is complicated)"),
    ],
)
def test_a_red_index_says_what_is_missing(deciders: dict[str, str], why: str) -> None:
    gone = Shard("products-1", 0, True, "UNASSIGNED", None, None, "", "NODE_LEFT")
    replica = Shard("products-1", 0, False, "UNASSIGNED", None, None, "", "NODE_LEFT")
    explanation = Explanation(gone, "It is complicated.", deciders)
    state = shards_state(Shards((replica, gone), explanation, ()))
    assert state.text == (
        f"red because 1 primary shard is on no node{why}: its documents are not found until it is "
        f"back"
    )


@pytest.fixture
def templates(es: Elasticsearch, prefix: str) -> Iterator[None]:
    """Two templates whose patterns fit the products, one for something else, and a policy."""
    # The guard of the tests lets no template be written.
    [node] = es.transport.node_pool.all()
    es = Elasticsearch(node.base_url)
    names = [f"{prefix}low", f"{prefix}high", f"{prefix}other"]
    try:
        for place, (name, pattern) in enumerate(
            zip(names, ("products-*", "products*", "others-*"), strict=True)
        ):
            es.indices.put_index_template(
                name=name,
                index_patterns=[f"{prefix}{pattern}"],
                priority=900 + place,
                template={"settings": {"index.refresh_interval": "7s"}},
            )
        yield
    finally:
        for name in names:
            es.options(ignore_status=404).indices.delete_index_template(name=name)
        es.close()


@pytest.mark.usefixtures("templates")
def test_templates_that_apply(products: list[Product], prefix: str) -> None:
    said = tab("policies")
    assert f"{prefix}high {prefix}products* 901 — to each new generation" in said
    assert (
        f"{prefix}low {prefix}products-* 900 — no: a template with a higher priority does" in said
    )
    assert f"{prefix}other" not in said
    assert "7s" in said


def test_no_template_applies(products: list[Product]) -> None:
    said = tab("policies")
    assert "No index template of the cluster applies to it." in said


@pytest.mark.parametrize("name", ["shards", "policies"])
def test_an_index_that_is_missing(es: Elasticsearch, name: str) -> None:
    assert "There is no generation: the index was never built." in tab(name)


# The test server has neither policies nor legacy templates of ours; these are the answers that
# the documentation of its API has as examples.
HOT: dict[str, Any] = {
    "phases": {
        "hot": {"min_age": "0ms", "actions": {"rollover": {"max_age": "30d"}}},
        "delete": {"min_age": "90d", "actions": {"delete": {"delete_searchable_snapshot": True}}},
    }
}
POLICY = {
    "my_policy": {
        "version": 1,
        "modified_date": 82392349,
        "policy": HOT,
        "in_use_by": {"indices": [], "data_streams": [], "composable_templates": []},
    }
}


def explained(index: str, **more: Any) -> dict[str, Any]:
    told = {
        "index": index,
        "index_creation_date_millis": 1538475653281,
        "managed": True,
        "policy": "my_policy",
        "lifecycle_date_millis": 1538475653281,
        "age": "15s",
        "phase": "hot",
        "phase_time_millis": 1538475653317,
        "action": "rollover",
        "step": "check-rollover-ready",
    }
    return {"indices": {index: told | more}}


def failed(status: int, kind: str, reason: str) -> tuple[int, dict[str, Any]]:
    error = {"root_cause": [{"type": kind, "reason": reason}], "type": kind, "reason": reason}
    return status, {"error": error, "status": status}


Answers = dict[str, Any]


@pytest.fixture
def answering(
    products: list[Product], es: Elasticsearch, prefix: str, settings: Settings
) -> Callable[[Answers], Any]:
    """Let a server answer some paths by itself, and ask the real one the others."""
    [node] = es.transport.node_pool.all()

    @contextmanager
    def between(answers: Answers) -> Iterator[str]:
        [index] = es.indices.get_alias(
            index=get_definition("products").alias, name=get_definition("products").alias
        )

        def reply(method: str, path: str, sent: bytes) -> Answer | None:
            for start, answer in answers.items():
                if start in path:
                    given = answer(index) if callable(answer) else answer
                    status, body = given if isinstance(given, tuple) else (200, given)
                    text = json.dumps(body)
                    return Answer(status, text, "application/json", elasticsearch=True)
            return None

        with servers.standing_between(node.base_url, reply) as url:
            settings.ES_SERVERS = {"default": {"HOSTS": [url], "INDEX_PREFIX": prefix}}
            yield index

    return between


def test_the_policy_that_manages_it(answering: Callable[[Answers], Any]) -> None:
    with answering({"/_ilm/policy": POLICY, "/_ilm/explain": explained}):
        said = tab("policies")
    assert "The lifecycle policy my_policy manages it (phase hot)." in said
    assert "max_age" in said
    assert "A step of the policy failed" not in said


def test_a_step_of_it_failed(answering: Callable[[Answers], Any]) -> None:
    def stuck(index: str) -> dict[str, Any]:
        info = {"type": "illegal_argument_exception", "reason": "index <b> does not match"}
        return explained(index, step="ERROR", failed_step="check-rollover-ready", step_info=info)

    with answering({"/_ilm/policy": POLICY, "/_ilm/explain": stuck}):
        said = tab("policies")
    assert "A step of the policy failed: check-rollover-ready: index &lt;b&gt; does not" in said


@pytest.mark.few(4)
@pytest.mark.parametrize(
    ("answers", "said"),
    [
        # Not managed, as the documentation has it.
        ({"/_ilm/explain": lambda i: {"indices": {i: {"index": i, "managed": False}}}}, "No life"),
        # Managed by a policy that was deleted: it is known that one manages it.
        (
            {
                "/_ilm/explain": explained,
                "/_ilm/policy": failed(404, "resource_not_found_exception", "not found"),
            },
            "The lifecycle policy my_policy manages it (phase hot).",
        ),
        (
            {"/_ilm/explain": explained, "/_ilm/policy": failed(403, "security_exception", "no")},
            "What the policy does is not known:",
        ),
        (
            {"/_ilm": failed(403, "security_exception", "unauthorized")},
            "Whether a lifecycle policy manages it is not known:",
        ),
        # A cluster without the feature.
        (
            {"/_ilm": failed(400, "illegal_argument_exception", "no handler found")},
            "Whether a lifecycle policy manages it is not known:",
        ),
        ({"/_ilm": {"indices": {}}}, "No lifecycle policy of the cluster manages it."),
        ({"/_ilm": {"indices": None}}, "manages it is not known:"),
        ({"/_ilm": []}, "manages it is not known:"),
        ({"/_ilm/explain": explained, "/_ilm/policy": {}}, "What the policy does is not known:"),
        ({"/_index_template": failed(403, "security_exception", "no")}, "templates are not known:"),
        ({"/_index_template": {"index_templates": [{}]}}, "The templates are not known:"),
        ({"/_index_template": {"index_templates": []}, "/_template": {}}, "No index template of"),
    ],
)
def test_other_answers(answering: Callable[[Answers], Any], answers: Answers, said: str) -> None:
    with answering(answers):
        assert said in tab("policies")


def template(patterns: Any, priority: Any = 500, **more: Any) -> dict[str, Any]:
    settings = {"template": {"settings": {"index": {"number_of_shards": "1"}}}}
    return {"index_patterns": patterns, "priority": priority, "composed_of": ["one"]} | {
        **settings,
        **more,
    }


def test_templates_of_both_kinds(answering: Callable[[Answers], Any]) -> None:
    legacy = {
        "template_1": {"index_patterns": ["*"], "order": 3, "settings": {"a": "b"}, "aliases": {}},
        "none": {"index_patterns": ["other-*", "bar*"], "order": 9, "settings": {}},
    }
    newer = {"index_templates": [{"name": "newer", "index_template": template("*", None)}]}
    with answering({"/_index_template": newer, "/_template": legacy}):
        said = tab("policies")
    assert "newer * 0 one to each new generation" in said
    assert "template_1 * 3 — legacy no: a template with a higher priority does" in said
    with answering({"/_index_template": {"index_templates": []}, "/_template": legacy}):
        said = tab("policies")
    assert "template_1 * 3 — legacy to each new generation" in said
    assert "other-" not in said
