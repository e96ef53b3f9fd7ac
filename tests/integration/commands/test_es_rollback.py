"""`es_rollback`: the plan, the question, back and forward again."""

from collections.abc import Callable
from dataclasses import fields

import pytest
from django.utils import timezone
from elasticsearch import Elasticsearch

from django_es_admin.indices.definition import IndexDefinition
from django_es_admin.management.printed.operations_json import SwapDocument
from django_es_admin.models import Generation, Operation, OutboxEntry
from tests.integration.commands.conftest import Holders, Run, Says
from tests.integration.commands.products import INDEX, make_products

pytestmark = pytest.mark.django_db

Build = Callable[[], str]
Generations = tuple[str, str]


@pytest.fixture
def generations(build: Build) -> Generations:
    """The standby, of ten documents, and the live generation, of twenty."""
    make_products(10)
    first = build()
    make_products(10)
    return first, build()


def test_the_plan_and_the_way_back_and_forth(
    run: Run, definition: IndexDefinition, generations: Generations, holders: Holders
) -> None:
    standby, live = generations
    ended = run("es_rollback", INDEX, "--no-input")
    assert (ended.code, ended.err) == (0, "")
    # A standby gets every change, so that its number of documents is no reason to refuse it.
    assert ended.out.splitlines() == [
        f"Swap the alias {definition.alias} on default",
        f"  from  {live}  20 documents",
        f"  to    {standby}  10 documents",
        "  the mapping stays the same",
        "  in one request: POST /_aliases",
        f"    remove {definition.alias} from {live}",
        f"    add {definition.alias} to {standby}",
        f"{standby} is live again.",
    ]
    assert holders() == [standby]
    assert Operation.objects.latest("pk").kind == Operation.Kind.ROLLBACK
    assert run("es_rollback", INDEX, "--no-input").code == 0
    assert holders() == [live]


@pytest.mark.parametrize("said", ["y\n", " YES \n"])
def test_somebody_agrees(
    run: Run, generations: Generations, answer: Says, said: str, holders: Holders
) -> None:
    answer(said)
    ended = run("es_rollback", INDEX)
    assert ended.code == 0
    assert ended.err == f"Make {generations[0]} live again? [y/N] "
    assert holders() == [generations[0]]


@pytest.mark.parametrize("said", ["n\n", "\n", "yep\n"])
def test_somebody_does_not_agree(
    run: Run, generations: Generations, answer: Says, said: str, holders: Holders
) -> None:
    answer(said)
    ended = run("es_rollback", INDEX, "--json")
    assert (ended.code, ended.message) == (1, "Nothing was changed.")
    assert ended.json["swapped"] is False
    assert holders() == [generations[1]]


def test_nobody_is_there_to_ask(
    run: Run, generations: Generations, answer: Says, holders: Holders
) -> None:
    answer("")
    ended = run("es_rollback", INDEX)
    assert ended.code == 1
    assert ended.message.startswith("There was no answer, so nothing was done: pass --no-input")
    assert holders() == [generations[1]]


def test_a_dry_run_changes_and_asks_nothing(
    run: Run, generations: Generations, holders: Holders
) -> None:
    ended = run("es_rollback", INDEX, "--dry-run")
    assert (ended.code, ended.err) == (0, "")
    assert f"to    {generations[0]}" in ended.out
    assert "live again" not in ended.out
    assert holders() == [generations[1]]


def test_json_has_the_documented_keys(run: Run, generations: Generations) -> None:
    document = run("es_rollback", INDEX, "--json", "--no-input").json
    assert document.keys() == {field.name for field in fields(SwapDocument)}
    assert (document["target"], document["source"]) == generations
    assert (document["documents_before"], document["documents_after"]) == (20, 10)
    assert (document["refusals"], document["swapped"]) == ([], True)


def test_what_the_standby_refused_is_told_and_tried_again(
    run: Run, generations: Generations
) -> None:
    standby = Generation.objects.get(name=generations[0])
    standby.refused.create(key="7", error="It was too long.")
    ended = run("es_rollback", INDEX, "--no-input")
    assert "  it refused 1 document before, which are tried again\n" in ended.out
    assert OutboxEntry.objects.filter(key="7").exists()
    assert not standby.refused.exists()


@pytest.mark.parametrize("args", [["--no-input"], ["--dry-run"]])
def test_there_is_no_standby(run: Run, build: Build, holders: Holders, args: list[str]) -> None:
    never = run("es_rollback", INDEX, *args)
    assert never.code == 1
    assert never.message == (
        f"The index {INDEX} has no standby to roll back to: the previous generation was deleted, "
        f"or there was none."
    )
    live = build()
    ended = run("es_rollback", INDEX, "--json", *args)
    assert (ended.code, ended.message) == (1, never.message)
    assert (ended.json["source"], ended.json["target"]) == (live, None)
    assert (ended.json["refusals"], ended.json["swapped"]) == ([never.message], False)
    assert holders() == [live]


def test_a_standby_that_is_gone_or_closed(
    run: Run, es: Elasticsearch, generations: Generations, holders: Holders
) -> None:
    standby, live = generations
    es.indices.close(index=standby)
    assert f"{standby} is closed: open it first." in run("es_rollback", INDEX, "--no-input").message
    es.indices.delete(index=standby)
    ended = run("es_rollback", INDEX, "--no-input")
    assert (ended.code, "does not exist on default" in ended.message) == (1, True)
    assert holders() == [live]


def test_a_retired_generation_is_no_standby(
    run: Run, generations: Generations, holders: Holders
) -> None:
    standby, live = generations
    Generation.objects.filter(name=standby).update(role="retired", retired_at=timezone.now())
    assert "has no standby to roll back to" in run("es_rollback", INDEX, "--no-input").message
    assert holders() == [live]


def test_a_rebuild_that_goes_on_does_not_hinder_it(
    run: Run, generations: Generations, holders: Holders
) -> None:
    Operation.objects.create(
        connection="default", index=INDEX, kind="rebuild", state="queued", who="ada"
    )
    assert run("es_rollback", INDEX, "--no-input").code == 0
    assert holders() == [generations[0]]


def test_an_unknown_index(run: Run) -> None:
    assert run("es_rollback", "nope").message.startswith("No index 'nope' is declared")


def test_silence(run: Run, generations: Generations) -> None:
    ended = run("es_rollback", INDEX, "--no-input", verbosity=0)
    assert (ended.code, ended.out) == (0, "")
