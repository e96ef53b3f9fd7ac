"""`es_swap_alias`: the plan, the question, the swap and its refusals."""

from collections.abc import Callable
from dataclasses import fields
from typing import Any

import pytest
from elasticsearch import Elasticsearch

from django_es_admin.indices.definition import IndexDefinition
from django_es_admin.management.printed.operations_json import SwapDocument
from tests.integration.commands.conftest import Holders, Run
from tests.integration.commands.products import INDEX, make_products

pytestmark = pytest.mark.django_db


@pytest.fixture
def generations(build: Callable[[], str]) -> tuple[str, str]:
    """The standby, of ten documents, and the live generation, of eleven."""
    make_products(10)
    first = build()
    make_products(1)
    return first, build()


def test_the_plan_and_the_swap(
    run: Run, definition: IndexDefinition, generations: tuple[str, str], holders: Holders
) -> None:
    standby, live = generations
    ended = run("es_swap_alias", INDEX, "--no-input")
    assert ended.code == 0
    assert ended.out.splitlines() == [
        f"Swap the alias {definition.alias} on default",
        f"  from  {live}  11 documents",
        f"  to    {standby}  10 documents",
        "  the mapping stays the same",
        "  in one request: POST /_aliases",
        f"    remove {definition.alias} from {live}",
        f"    add {definition.alias} to {standby}",
        f"{standby} is live now.",
    ]
    assert holders() == [standby]
    assert run("es_swap_alias", INDEX, "--no-input").code == 0
    assert holders() == [live]


@pytest.mark.parametrize("dry_run", [["--dry-run"], ["--dry-run", "--json"]])
def test_a_dry_run_changes_and_asks_nothing(
    run: Run, generations: tuple[str, str], dry_run: list[str], holders: Holders
) -> None:
    ended = run("es_swap_alias", INDEX, *dry_run)
    assert (ended.code, ended.err) == (0, "")
    assert generations[0] in ended.out
    assert holders() == [generations[1]]


@pytest.mark.few(2)
@pytest.mark.parametrize("said", ["y\n", "yes\n", " YES \n"])
def test_somebody_agrees(
    run: Run,
    generations: tuple[str, str],
    answer: Callable[[str], None],
    said: str,
    holders: Holders,
) -> None:
    answer(said)
    ended = run("es_swap_alias", INDEX)
    assert ended.code == 0
    assert ended.err == f"Make {generations[0]} live now? [y/N] "
    assert holders() == [generations[0]]


@pytest.mark.few(2)
@pytest.mark.parametrize("said", ["n\n", "\n", "yep\n"])
def test_somebody_does_not_agree(
    run: Run,
    generations: tuple[str, str],
    answer: Callable[[str], None],
    said: str,
    holders: Holders,
) -> None:
    answer(said)
    ended = run("es_swap_alias", INDEX, "--json")
    assert (ended.code, ended.message) == (1, "Nothing was changed.")
    assert ended.json["swapped"] is False
    assert holders() == [generations[1]]


def test_nobody_is_there_to_ask(
    run: Run, generations: tuple[str, str], answer: Callable[[str], None], holders: Holders
) -> None:
    answer("")
    ended = run("es_swap_alias", INDEX)
    assert ended.code == 1
    assert ended.message.startswith("There was no answer, so nothing was done: pass --no-input")
    assert holders() == [generations[1]]


def test_json_has_the_documented_keys(
    run: Run, definition: IndexDefinition, generations: tuple[str, str]
) -> None:
    standby, live = generations
    document = run("es_swap_alias", INDEX, "--to", standby, "--json", "--no-input").json
    assert document.keys() == {field.name for field in fields(SwapDocument)}
    assert document == {
        "index": INDEX,
        "connection": "default",
        "alias": definition.alias,
        "source": live,
        "target": standby,
        "documents_before": 11,
        "documents_after": 10,
        "refused": 0,
        "differences": [],
        "actions": [
            {"remove": {"index": live, "alias": definition.alias, "must_exist": True}},
            {"add": {"index": standby, "alias": definition.alias}},
        ],
        "warnings": [],
        "refusals": [],
        "swapped": True,
    }


def test_the_plan_says_how_the_mapping_changes(
    run: Run, es: Elasticsearch, generations: tuple[str, str]
) -> None:
    standby, live = generations
    es.indices.put_mapping(index=standby, properties={"colour": {"type": "keyword"}})
    es.indices.put_mapping(index=live, properties={"weight": {"type": "float"}})
    out = run("es_swap_alias", INDEX, "--dry-run").out
    assert (
        "  the mapping changes:\n"
        "    colour: no such field -> type keyword\n"
        "    weight: type float -> no such field\n"
    ) in out


def test_refusals_say_why_and_what_mends_it(
    run: Run, definition: IndexDefinition, build: Callable[[], str], holders: Holders
) -> None:
    nothing = run("es_swap_alias", INDEX, "--no-input", "--json")
    assert nothing.code == 1
    assert nothing.message == (
        f"There is no generation of {INDEX} to swap to: "
        f"build one with `manage.py es_rebuild {INDEX}`."
    )
    assert (nothing.json["target"], nothing.json["swapped"]) == (None, False)
    assert nothing.json["refusals"] == [nothing.message]
    live = build()
    for name, reason in [
        (live, f"{live} is live already."),
        ("other", f"other is no generation of {INDEX}."),
        (f"{definition.alias}-20200101000000-0000", "does not exist on default"),
    ]:
        ended = run("es_swap_alias", INDEX, "--to", name, "--dry-run")
        assert ended.code == 1
        assert reason in ended.message
    assert holders() == [live]


def test_an_unknown_index(run: Run) -> None:
    assert run("es_swap_alias", "nope").message.startswith("No index 'nope' is declared")


def test_an_index_has_to_be_named(run: Run) -> None:
    assert "INDEX" in run("es_swap_alias").message


def test_silence(run: Run, generations: tuple[str, str]) -> None:
    assert run("es_swap_alias", INDEX, "--no-input", verbosity=0).out == ""


def test_one_name_on_two_connections(run: Run, settings: Any, prefix: str) -> None:
    default = settings.ES_SERVERS["default"]
    settings.ES_INDICES = {"memos": {}}
    settings.ES_SERVERS = {
        "default": {**default, "INDICES": ["memos"]},
        "other": {**default, "INDICES": ["memos"], "INDEX_PREFIX": f"{prefix}other-"},
    }
    ended = run("es_swap_alias", "memos")
    assert ended.message == (
        "Several connections have an index 'memos' (default, other): pass --connection."
    )
