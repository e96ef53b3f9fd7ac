"""Options of `es_rebuild`: how long to wait, no swap, and whether to delete a physical index."""

from collections.abc import Callable

import pytest
from elasticsearch import Elasticsearch

from django_es_admin.indices.definition import IndexDefinition
from django_es_admin.models import Generation, Operation
from tests.integration.commands.conftest import Holders, Run, Says
from tests.integration.commands.products import INDEX, make_products

pytestmark = pytest.mark.django_db

Build = Callable[[], str]


def test_a_dry_run_changes_nothing(run: Run, build: Build, holders: Holders) -> None:
    live = build()
    make_products(3)
    ended = run("es_rebuild", INDEX, "--dry-run", "--wait", "7")
    assert (ended.code, ended.err) == (0, "")
    lines = ended.out.splitlines()
    assert lines[0] == f"Rebuild {INDEX} on default"
    assert lines[4] == "  4  wait up to 7 s for its shards, compare its ids with the database"
    assert lines[-1] == f"  6  keep {live} for a rollback"
    assert [event["event"] for event in run("es_rebuild", INDEX, "--dry-run", "--json").events] == [
        "plan"
    ]
    assert holders() == [live]
    assert list(Generation.objects.values_list("name", flat=True)) == [live]
    assert not Operation.objects.exists()


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "soon"])
def test_a_time_to_wait_that_is_none(run: Run, es: Elasticsearch, seconds: str) -> None:
    ended = run("es_rebuild", INDEX, f"--wait={seconds}")
    assert ended.code == 1
    assert "argument --wait" in ended.message
    assert not Operation.objects.exists()


def test_a_build_that_is_kept_beside_the_live_one(run: Run, build: Build, holders: Holders) -> None:
    live = build()
    make_products(3)
    ended = run("es_rebuild", INDEX, "--no-swap")
    assert ended.code == 0
    new = Generation.objects.get(role="building").name
    assert "  5  keep it beside the live one until es_swap_alias\n" in ended.out
    assert f": {new} is ready with 3 documents (" in ended.out.splitlines()[-1]
    assert holders() == [live]
    assert run("es_swap_alias", INDEX, "--to", new, "--no-input").code == 0
    assert holders() == [new]

    done = run("es_rebuild", INDEX, "--no-swap", "--json").events[-1]
    assert (done["event"], done["swapped"], done["documents"]) == ("done", False, 3)
    assert holders() == [new]


@pytest.fixture
def physical(es: Elasticsearch, definition: IndexDefinition) -> str:
    """A physical index that has the name of the alias."""
    es.index(index=definition.alias, document={"a": 1}, refresh=True)
    make_products(3)
    return definition.alias


def test_nobody_is_there_to_ask_about_a_physical_index(
    run: Run, es: Elasticsearch, physical: str, answer: Says
) -> None:
    answer("")
    ended = run("es_rebuild", INDEX)
    assert ended.code == 1
    assert ended.err == f"Delete the physical index {physical} at the swap? [y/N] \n"
    assert ended.message.startswith("There was no answer, so nothing was done: pass --no-input")
    assert es.count(index=physical)["count"] == 1
    assert not Generation.objects.exists()
    assert not Operation.objects.exists()


@pytest.mark.parametrize("said", ["n\n", "\n", "yep\n"])
def test_somebody_keeps_a_physical_index(
    run: Run, es: Elasticsearch, physical: str, answer: Says, said: str
) -> None:
    answer(said)
    ended = run("es_rebuild", INDEX)
    assert (ended.code, ended.message) == (1, "Nothing was changed.")
    assert f"  5  delete the physical index {physical} and put an alias in its place" in ended.out
    assert "  6  this cannot be undone: the physical index is deleted\n" in ended.out
    assert es.count(index=physical)["count"] == 1
    assert not Generation.objects.exists()
    assert not Operation.objects.exists()


@pytest.mark.parametrize("said", ["y\n", " YES \n"])
def test_somebody_lets_a_physical_index_go(
    run: Run, es: Elasticsearch, physical: str, answer: Says, said: str
) -> None:
    answer(said)
    ended = run("es_rebuild", INDEX)
    assert (ended.code, ended.err.count("[y/N]")) == (0, 1)
    assert list(es.indices.get_alias(index=physical, name=physical).body) == [
        Generation.objects.get().name
    ]
    assert es.count(index=physical)["count"] == 3


def test_nobody_is_asked_about_a_physical_index(
    run: Run, es: Elasticsearch, physical: str, holders: Holders
) -> None:
    ended = run("es_rebuild", INDEX, "--no-input")
    assert (ended.code, ended.err) == (0, "")
    assert holders() == [Generation.objects.get().name]
    assert es.count(index=physical)["count"] == 3


@pytest.mark.parametrize("args", [["--no-swap"], ["--dry-run"]])
def test_what_leaves_a_physical_index_alone_asks_nothing(
    run: Run, es: Elasticsearch, physical: str, args: list[str]
) -> None:
    ended = run("es_rebuild", INDEX, *args)
    assert (ended.code, ended.err) == (0, "")
    assert es.count(index=physical)["count"] == 1


def test_the_plan_tells_what_there_is_to_know(run: Run, es: Elasticsearch, physical: str) -> None:
    note = f"django-es-admin did not create {physical}. From now on it receives each change"
    assert f"\n  note: {note}" in run("es_rebuild", INDEX, "--dry-run").out
    (plan,) = run("es_rebuild", INDEX, "--dry-run", "--json").events
    assert [warning.startswith(note) for warning in plan["warnings"]] == [True]


def test_the_question_is_of_all_indices_before_anything_is_done(
    run: Run, es: Elasticsearch, physical: str, answer: Says
) -> None:
    answer("n\n")
    ended = run("es_rebuild", "flat-products", INDEX)
    assert (ended.code, ended.message) == (1, "Nothing was changed.")
    assert not Generation.objects.exists()


def test_a_swap_in_the_place_of_a_physical_index_asks_and_tells(
    run: Run, es: Elasticsearch, physical: str, answer: Says, holders: Holders
) -> None:
    assert run("es_rebuild", INDEX, "--no-swap").code == 0
    answer("n\n")
    ended = run("es_swap_alias", INDEX)
    assert (ended.code, ended.message) == (1, "Nothing was changed.")
    assert f"  the physical index {physical} is deleted, which cannot be undone\n" in ended.out
    assert f"    remove_index {physical}\n" in ended.out
    answer("y\n")
    ended = run("es_swap_alias", INDEX, "--min-ratio", "0")
    assert ended.code == 0
    assert holders() == [Generation.objects.get().name]
    assert es.count(index=physical)["count"] == 3
