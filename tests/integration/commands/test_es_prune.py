"""`es_prune`: what it deletes, what it keeps, and what it only lists."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now
from elasticsearch import Elasticsearch

from django_es_admin.indices.definition import IndexDefinition
from django_es_admin.lifecycle.generations.create import create_generation
from django_es_admin.lifecycle.generations.table import mark_failed
from django_es_admin.lifecycle.rebuild import rebuild
from django_es_admin.lifecycle.rebuild_plan import plan_rebuild
from django_es_admin.management.printed.operations_json import PruneDocument, PruneDocuments
from django_es_admin.models import Generation
from tests.integration.commands.conftest import Run
from tests.integration.commands.products import INDEX

pytestmark = pytest.mark.django_db

Build = Callable[[], str]


@dataclass(frozen=True)
class Generations:
    """One of each kind; of the retired ones, two that nobody writes to any more."""

    old: str
    older: str
    early: str
    standby: str
    live: str
    failed: str
    waiting: str

    @property
    def left(self) -> set[str]:
        """What stays, without options."""
        return {self.early, self.standby, self.live, self.waiting}


@pytest.fixture
def generations(definition: IndexDefinition, build: Build) -> Generations:
    older, old, early, standby, live = (build() for _ in range(5))
    Generation.objects.filter(name__in=[older, old]).update(retired_at=Now() - timedelta(hours=1))
    failed = create_generation(definition)
    mark_failed(failed, "A node was full.")
    waiting = rebuild(plan_rebuild(definition, swap=False)).generation
    return Generations(old, older, early, standby, live, failed.name, waiting)


@pytest.fixture
def left(es: Elasticsearch, definition: IndexDefinition) -> Callable[[], set[str]]:
    """Give the generations on the cluster, which are to be those of the table as well."""

    def look() -> set[str]:
        found = set(es.indices.get(index=f"{definition.alias}-2*").body)
        assert set(Generation.objects.values_list("name", flat=True)) == found
        return found

    return look


Left = Callable[[], set[str]]


def test_what_nobody_needs_goes(run: Run, generations: Generations, left: Left) -> None:
    ended = run("es_prune", INDEX)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.splitlines() == [
        f"{INDEX}: delete {generations.failed}",
        f"{INDEX}: delete {generations.old}",
        f"{INDEX}: delete {generations.older}",
        f"{INDEX}: {generations.early} was retired a moment ago; later",
        "Deleted 3 generations.",
    ]
    assert left() == generations.left
    assert run("es_prune", INDEX).out.endswith("\nDeleted 0 generations.\n")
    assert left() == generations.left


def test_a_dry_run_deletes_nothing(run: Run, generations: Generations, left: Left) -> None:
    before = left()
    ended = run("es_prune", INDEX, "--dry-run")
    assert ended.code == 0
    assert f"{INDEX}: delete {generations.failed}\n" in ended.out
    assert "Deleted" not in ended.out
    assert left() == before
    assert run("es_prune", INDEX, "--dry-run", "--json").json["indices"][0]["deleted"] == []
    assert left() == before


def test_the_newest_are_kept(run: Run, generations: Generations, left: Left) -> None:
    ended = run("es_prune", INDEX, "--keep", "1")
    assert ended.out.endswith("\nDeleted 2 generations.\n")
    assert left() == generations.left | {generations.failed}
    assert run("es_prune", INDEX, "--keep=5").out.endswith("\nDeleted 0 generations.\n")
    assert left() == generations.left | {generations.failed}
    ended = run("es_prune", INDEX, "--keep=0")
    assert ended.out.endswith("\nDeleted 1 generation.\n")
    assert left() == generations.left


def test_builds_that_wait_go_only_on_demand(run: Run, generations: Generations, left: Left) -> None:
    ended = run("es_prune", INDEX, "--builds")
    assert f"{INDEX}: delete {generations.waiting}\n" in ended.out
    assert left() == generations.left - {generations.waiting}


def test_json_has_the_documented_keys(
    run: Run, es: Elasticsearch, definition: IndexDefinition, generations: Generations
) -> None:
    unknown = f"{definition.alias}-20200101000000-beef"
    es.indices.create(index=unknown, settings={"number_of_replicas": 0})
    document = run("es_prune", INDEX, "--json").json
    assert document.keys() == {field.name for field in fields(PruneDocuments)}
    (index,) = document["indices"]
    assert index.keys() == {field.name for field in fields(PruneDocument)}
    doomed = [generations.failed, generations.old, generations.older]
    assert index == {
        "index": INDEX,
        "connection": "default",
        "doomed": doomed,
        "early": [generations.early],
        "unknown": [unknown],
        "refusals": [],
        "deleted": doomed,
    }
    assert es.indices.exists(index=unknown)
    assert run("es_prune", INDEX).out.startswith(
        f"{INDEX}: {generations.early} was retired a moment ago; later\n"
        f"{INDEX}: {unknown} is in no table, and left alone; if it is yours: "
        f"manage.py es_delete {unknown}\n"
    )


def test_all_indices(run: Run, generations: Generations, left: Left) -> None:
    document = run("es_prune", "--json").json
    deleted = {each["index"]: len(each["deleted"]) for each in document["indices"]}
    assert deleted == dict.fromkeys(deleted, 0) | {INDEX: 3}
    assert {"flat-products", "products"} <= deleted.keys()
    assert left() == generations.left


@pytest.fixture
def readonly(generations: Generations, settings: Any) -> Iterator[None]:
    """The connection only reads, as soon as there is what could be pruned."""
    default = settings.ES_SERVERS["default"]
    settings.ES_SERVERS = {"default": {**default, "READONLY": True}}
    yield
    settings.ES_SERVERS = {"default": default}


@pytest.mark.usefixtures("readonly")
def test_a_readonly_connection(run: Run, generations: Generations) -> None:
    count = Generation.objects.count()
    ended = run("es_prune", INDEX, "--json")
    assert ended.code == 1
    assert ended.message.startswith("The connection 'default' is READONLY in ES_SERVERS")
    assert ended.json["indices"][0]["refusals"] == [ended.message]
    assert ended.json["indices"][0]["deleted"] == []
    assert Generation.objects.count() == count


@pytest.mark.usefixtures("readonly")
def test_a_readonly_connection_with_nothing_to_prune_is_no_error(
    run: Run, generations: Generations
) -> None:
    count = Generation.objects.count()
    ended = run("es_prune", INDEX, "--keep", "3")
    assert (ended.code, ended.out.splitlines()[-1]) == (0, "Deleted 0 generations.")
    assert run("es_prune", "flat-products").code == 0
    assert Generation.objects.count() == count


def test_a_number_below_0(run: Run, generations: Generations, left: Left) -> None:
    before = left()
    ended = run("es_prune", INDEX, "--keep", "-1")
    assert (ended.code, ended.message) == (1, "--keep is below 0.")
    assert left() == before


def test_an_unknown_index(run: Run) -> None:
    assert run("es_prune", "nope").message.startswith("No index 'nope' is declared")


def test_silence(run: Run, generations: Generations, left: Left) -> None:
    assert run("es_prune", INDEX, verbosity=0).out == ""
    assert left() == generations.left
