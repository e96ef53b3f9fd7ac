"""Rules are saved, and act; what Elasticsearch has follows the rows, whatever happens to it."""

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from elasticsearch import Elasticsearch

from django_es_admin import connections
from django_es_admin.exceptions import (
    ForeignIndex,
    OperationRefused,
    ReadOnlyConnection,
    ServerRefused,
)
from django_es_admin.indices.definition import IndexDefinition
from django_es_admin.lifecycle import rules_saved
from django_es_admin.lifecycle.changed import find_changes
from django_es_admin.lifecycle.generations import synonyms as of_generations
from django_es_admin.lifecycle.rebuild import rebuild
from django_es_admin.lifecycle.rebuild_plan import plan_rebuild
from django_es_admin.lifecycle.synonyms import plan_synonyms, put_synonyms
from django_es_admin.models import Operation, Synonym
from django_es_admin.status.status import get_status
from tests.inputs.models import Thing
from tests.integration.documents.declared import Declared

from .conftest import add_things, declaration, found, lose_indices

pytestmark = pytest.mark.django_db(transaction=True)


def problems(definition: IndexDefinition) -> list[str]:
    [index] = get_status([definition.name]).indices
    return [problem.kind for problem in index.problems if problem.kind.startswith("synonyms")]


def rules(es: Elasticsearch, prefix: str, name: str = "shop") -> list[str]:
    answer = es.synonyms.get_synonym(id=f"{prefix}{name}", size=1000)
    return sorted(rule["synonyms"] for rule in answer["synonyms_set"])


def test_a_rule_acts_as_soon_as_it_is_saved(shop: Declared, es: Elasticsearch) -> None:
    definition = shop.definition
    add_things(es, definition, "blue computer", "red pc", "green lamp")
    assert found(es, definition, "pc") == {"red pc"}
    rule = Synonym.objects.create(name="shop", rule="pc, computer")
    assert found(es, definition, "pc") == {"red pc", "blue computer"}
    rule.rule = "lantern => lamp"
    rule.save()
    assert found(es, definition, "pc") == {"red pc"}
    assert found(es, definition, "lantern") == {"green lamp"}
    rule.delete()
    assert found(es, definition, "lantern") == set()
    assert problems(definition) == []
    done = Operation.objects.filter(kind=Operation.Kind.SYNONYMS, index=definition.name)
    assert [(row.state, row.details["sets"]) for row in done] == [
        ("done", {"shop": 0}),
        ("done", {"shop": 1}),
        ("done", {"shop": 1}),
    ]


def test_the_rows_of_one_transaction_are_put_once_and_a_rollback_puts_nothing(
    shop: Declared, es: Elasticsearch, prefix: str
) -> None:
    with transaction.atomic():
        Synonym.objects.create(name="shop", rule="a, b")
        transaction.set_rollback(True)
    assert not Operation.objects.filter(kind=Operation.Kind.SYNONYMS).exists()
    with transaction.atomic():
        for number in range(20):
            Synonym.objects.create(name="shop", rule=f"a{number}, b{number}")
    assert len(rules(es, prefix)) == 20
    assert Operation.objects.filter(kind=Operation.Kind.SYNONYMS).count() == 1
    with transaction.atomic():
        Synonym.objects.filter(rule__startswith="a1").delete()
    assert len(rules(es, prefix)) == 9


def test_another_prefix_is_another_set(shop: Declared, es: Elasticsearch, prefix: str) -> None:
    live = shop.definition.settings["analysis"]["filter"]["shop-synonyms"]
    assert live["synonyms_set"] == f"{prefix}shop"
    assert dict(shop.definition.synonyms) == {"shop": f"{prefix}shop"}
    for name in ("shop", "other-shop", f"x{prefix}shop", "*", f"{prefix}shop,production"):
        with pytest.raises(ForeignIndex):
            es.synonyms.put_synonym(id=name, synonyms_set=[])
        with pytest.raises(ForeignIndex):
            es.synonyms.get_synonym(id=name)
    with pytest.raises(ForeignIndex):
        es.synonyms.get_synonyms_sets()


def test_a_rebuild_and_a_lost_set_have_the_rules_again(
    shop: Declared, es: Elasticsearch, prefix: str
) -> None:
    definition = shop.definition
    add_things(es, definition, "blue computer")
    Synonym.objects.create(name="shop", rule="pc, computer")
    # As after a cluster that was lost: neither the index nor the set is there.
    lose_indices(es, prefix)
    es.synonyms.delete_synonym(id=f"{prefix}shop")
    es.synonyms.delete_synonym(id=f"{prefix}shop-trial")
    rebuild(plan_rebuild(definition))
    assert rules(es, prefix) == ["pc, computer"]
    assert found(es, definition, "pc") == {"blue computer"}
    assert not find_changes(definition)
    assert problems(definition) == []


def test_drift_is_a_problem_with_its_verb(
    shop: Declared, es: Elasticsearch, prefix: str, capsys: Any
) -> None:
    definition = shop.definition
    Synonym.objects.create(name="shop", rule="pc, computer")
    Synonym.objects.create(name="shop", rule="tv, television")
    es.synonyms.put_synonym(
        id=f"{prefix}shop", synonyms_set=[{"synonyms": "pc, computer"}, {"synonyms": "x, y"}]
    )
    assert problems(definition) == ["synonyms-behind"]
    with suppress(CommandError):
        call_command("es_status", definition.name)
    told = capsys.readouterr().out
    assert "2 rules of the synonyms shop differ between Elasticsearch and the database" in told
    assert f"manage.py es_synonyms {definition.name}" in told
    call_command("es_synonyms", definition.name, "--dry-run")
    assert "2 rules, 1 to add, 1 to remove" in capsys.readouterr().out
    assert problems(definition) == ["synonyms-behind"]
    call_command("es_synonyms")
    assert rules(es, prefix) == ["pc, computer", "tv, television"]
    assert problems(definition) == []
    assert plan_synonyms(definition).nothing
    # The order of rules makes no difference.
    es.synonyms.put_synonym(
        id=f"{prefix}shop",
        synonyms_set=[{"synonyms": "tv, television"}, {"synonyms": "pc, computer"}],
    )
    assert problems(definition) == []


def test_rows_of_another_set_or_connection_change_nothing(
    shop: Declared, es: Elasticsearch, prefix: str
) -> None:
    Synonym.objects.create(name="unknown", rule="a, b")
    Synonym.objects.create(name="shop", connection="elsewhere", rule="a, b")
    assert rules(es, prefix) == []
    assert problems(shop.definition) == []


def test_an_outage_fails_no_save_and_is_mended_later(
    shop: Declared, es: Elasticsearch, prefix: str, settings: Any
) -> None:
    servers = settings.ES_SERVERS
    settings.ES_SERVERS = {
        **servers,
        "default": {**servers["default"], "HOSTS": ["http://127.0.0.1:9"]},
    }
    with rules_saved.telling() as told:
        Synonym.objects.create(name="shop", rule="pc, computer")
    [put] = told
    assert "unreachable" in put.error
    assert Synonym.objects.count() == 1
    assert Operation.objects.get(kind=Operation.Kind.SYNONYMS).state == "failed"
    settings.ES_SERVERS = servers
    assert rules(es, prefix) == []
    assert problems(shop.definition) == ["synonyms-behind"]
    put_synonyms(plan_synonyms(shop.definition))
    assert rules(es, prefix) == ["pc, computer"]
    assert problems(shop.definition) == []


def test_a_connection_that_only_reads(
    shop: Declared, es: Elasticsearch, prefix: str, settings: Any
) -> None:
    servers = settings.ES_SERVERS
    settings.ES_SERVERS = {**servers, "default": {**servers["default"], "READONLY": True}}
    with rules_saved.telling() as told:
        Synonym.objects.create(name="shop", rule="pc, computer")
    assert "READONLY" in told[0].error
    with pytest.raises(ReadOnlyConnection):
        connections["default"].client.synonyms.put_synonym(id=f"{prefix}shop", synonyms_set=[])
    plan = plan_synonyms(shop.definition)
    assert "READONLY" in plan.refusals[0]
    with pytest.raises(OperationRefused):
        put_synonyms(plan)
    [index] = get_status([shop.definition.name]).indices
    [problem] = [one for one in index.problems if one.kind == "synonyms-behind"]
    assert problem.obstacle == "read-only"
    settings.ES_SERVERS = servers


def test_an_older_server_has_the_rules_after_a_rebuild(
    api: None,
    build: Callable[..., Any],
    es: Elasticsearch,
    prefix: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for module in ("generations.synonyms", "synonyms", "rules_saved"):
        monkeypatch.setattr(f"django_es_admin.lifecycle.{module}.has_api", lambda *args: False)
    monkeypatch.setattr("django_es_admin.status.answers.read_set", _refused)
    definition = Declared(build(Thing, **declaration()), es).definition
    Synonym.objects.create(name="shop", rule="pc, computer")
    rebuild(plan_rebuild(definition))
    add_things(es, definition, "blue computer", "green lamp")
    assert found(es, definition, "pc") == {"blue computer"}
    assert not find_changes(definition)
    assert problems(definition) == []
    with rules_saved.telling() as told:
        Synonym.objects.create(name="shop", rule="lantern, lamp")
    assert told[0].at_rebuild
    assert problems(definition) == ["synonyms-built-in"]
    assert "8.10" in plan_synonyms(definition).refusals[0]
    rebuild(plan_rebuild(definition))
    assert found(es, definition, "lantern") == {"green lamp"}
    assert problems(definition) == []


def _refused(*args: Any) -> None:
    raise ServerRefused


def test_an_index_of_others_is_read_only(shop: Declared, es: Elasticsearch, prefix: str) -> None:
    definition = shop.definition
    add_things(es, definition, "blue computer", "green lamp")
    live = es.indices.get_alias(index=definition.alias, name=definition.alias).body
    theirs = f"{prefix}theirs"
    es.indices.create(index=theirs, settings={"number_of_replicas": 0})
    es.indices.put_settings(index=theirs, settings={"index.blocks.read_only": True})
    try:
        with rules_saved.telling() as told:
            Synonym.objects.create(name="shop", rule="pc, computer")
        assert [put.error for put in told] == [""]
        assert found(es, definition, "pc") == {"blue computer"}
        assert problems(definition) == []
        # A generation that is made meanwhile, and its sets.
        rebuild(plan_rebuild(definition))
        assert es.indices.get_alias(index=definition.alias, name=definition.alias).body != live
        es.indices.refresh(index=definition.alias)
        assert found(es, definition, "pc") == {"blue computer"}
        assert call_command("es_synonyms", definition.name, verbosity=0) is None
        # One of our own says so.
        es.indices.put_settings(index=definition.alias, settings={"index.blocks.read_only": True})
        with rules_saved.telling() as told:
            Synonym.objects.create(name="shop", rule="lantern, lamp")
        assert "blocked" in told[0].error
    finally:
        for index in (theirs, definition.alias):
            es.indices.put_settings(index=index, settings={"index.blocks.read_only": None})


def test_of_two_that_put_at_once_the_slower_ends_with_the_rows(
    shop: Declared, es: Elasticsearch, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    definition = shop.definition
    real, waits, others_done = of_generations.put_set, threading.Event(), threading.Event()
    slow = threading.current_thread()

    def put_late(*args: Any) -> None:
        if threading.current_thread() is not slow and not waits.is_set():
            waits.set()
            others_done.wait(10)
        real(*args)

    monkeypatch.setattr(of_generations, "put_set", put_late)

    def save() -> None:
        try:
            Synonym.objects.create(name="shop", rule="one, two")
        finally:
            connection.close()

    thread = threading.Thread(target=save)
    thread.start()
    assert waits.wait(10)
    Synonym.objects.create(name="shop", rule="three, four")
    others_done.set()
    thread.join()
    assert rules(es, prefix) == ["one, two", "three, four"]
    assert problems(definition) == []


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("pc,computer", "pc, computer"),
        ("  personal   computer ,PC", "personal computer, PC"),
        ("tv=>television,telly", "tv => television, telly"),
        ("a\\,b, c", "a\\,b, c"),
        ("ﬁ, fi", "ﬁ, fi"),
        ("x => x", "x => x"),
    ],
)
def test_a_rule_is_stored_in_one_form(given: str, stored: str) -> None:
    rule = Synonym(name="shop", rule=given)
    rule.full_clean()
    assert rule.rule == stored


@pytest.mark.parametrize(
    "given",
    [
        *("", " ", "pc", "pc,", ",pc", "a,,b", "a =>", "=> a", "a => b => c", "pc, pc", "# a, b"),
        *("a, b\x00", "a, b\x07", "a, b\\", "a => ,", "x, " + "y" * 500, "=>", ","),
    ],
)
def test_what_is_no_rule_is_refused(given: str) -> None:
    with pytest.raises(ValidationError):
        Synonym(name="shop", rule=given).full_clean()


@pytest.mark.parametrize("given", ["a\nb, c", "a, b\nc => d"])
def test_a_line_break_is_a_space(given: str) -> None:
    rule = Synonym(name="shop", rule=given)
    rule.full_clean()
    assert "\n" not in rule.rule
