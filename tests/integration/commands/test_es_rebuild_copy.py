"""`es_rebuild` of an index without a document: Elasticsearch copies what is live."""

import multiprocessing
import os
import signal
import time
from typing import Any

import pytest
from django.db import connections as databases
from elasticsearch import ApiError, Elasticsearch

from django_es_admin import connection
from django_es_admin.exceptions import CopyFailed, OperationCancelled, OperationRefused
from django_es_admin.indices.definition import IndexDefinition, get_definition
from django_es_admin.lifecycle.background import do_queued, queue_rebuild
from django_es_admin.lifecycle.build import copying
from django_es_admin.lifecycle.rebuild import rebuild
from django_es_admin.lifecycle.rebuild_plan import plan_rebuild
from django_es_admin.models import Generation, Operation
from django_es_admin.operations import recording
from django_es_admin.operations.progress import Progress
from django_es_admin.status.status import get_status
from tests.integration.commands.conftest import Run

pytestmark = pytest.mark.django_db(transaction=True)

COUNT = 300
NAME = "logs"
MAPPINGS = {"properties": {"text": {"type": "text"}, "level": {"type": "long"}}}


@pytest.fixture
def logs(es: Elasticsearch, settings: Any, run: Run, monkeypatch: Any) -> IndexDefinition:
    """An index that the project fills by itself, with a document of any kind."""
    monkeypatch.setattr(copying, "LOOK_SECONDS", 0.05)
    declare(settings, {})
    definition = get_definition(NAME)
    assert run("es_create", NAME).code == 0
    es.indices.put_mapping(index=definition.alias, **MAPPINGS)
    body: list[Any] = []
    for number in range(COUNT):
        body += [{"index": {"_id": f"id {number}"}}, {"text": f"línea {number}", "level": 7}]
    connection.bulk(index=definition.alias, operations=body, refresh=True)
    return definition


def declare(settings: Any, own: Any) -> None:
    settings.ES_INDICES = {**settings.ES_INDICES, NAME: {"SETTINGS": own}}
    server = settings.ES_SERVERS["default"]
    indices = [*dict.fromkeys([*server["INDICES"], NAME])]
    settings.ES_SERVERS = {"default": {**server, "INDICES": indices}}


def live(es: Elasticsearch) -> str:
    [name] = es.indices.get_alias(
        index=get_definition(NAME).alias, name=get_definition(NAME).alias
    ).body
    return str(name)


def count(es: Elasticsearch, index: str) -> int:
    es.indices.refresh(index=index)
    return int(es.count(index=index)["count"])


def ask(es: Elasticsearch, method: str, path: str) -> Any:
    return es.perform_request(method, path, headers={"accept": "application/json"}).body


def is_blocked(es: Elasticsearch, index: str) -> bool:
    found = es.indices.get_settings(index=index, flat_settings=True)[index]["settings"]
    return found.get("index.blocks.write") == "true"


def problems() -> str:
    return " ".join(map(str, get_status([NAME]).indices[0].problems))


def test_without_a_block(es: Elasticsearch, logs: IndexDefinition, run: Run) -> None:
    before = live(es)
    done = run("es_rebuild", NAME)
    assert done.code == 0, done.message
    assert "What is written to it during the copy is missing afterwards" in done.out
    assert f"copy {COUNT} documents of {before} in Elasticsearch" in done.out
    after = live(es)
    assert after != before
    assert count(es, after) == COUNT
    assert es.get(index=after, id="id 7")["_source"]["text"] == "línea 7"
    row = Operation.objects.get(kind="rebuild")
    steps = [step["step"] for step in row.steps]
    assert (row.state, steps) == (
        "done",
        ["create", "load", "settle", "gate", "swap", "standby"],
    )
    assert row.details["conflicts"] == 0
    assert not {"task", "blocked"} & row.details.keys()
    back = run("es_rollback", NAME, interactive=False)
    assert back.code == 0
    assert "what was written since then is missing" in " ".join(back.out.split())
    assert live(es) == before


def test_a_block_while_it_is_copied(es: Elasticsearch, logs: IndexDefinition) -> None:
    before, refused = live(es), []

    def write(progress: Progress) -> None:
        if progress.step in ("load", "gate"):
            with pytest.raises(ApiError, match="cluster_block_exception"):
                es.index(index=logs.alias, id="late", document={"level": 9})
            refused.append(progress.step)

    rebuild(plan_rebuild(logs, block=True), write)
    assert {"load", "gate"} <= set(refused)
    assert count(es, live(es)) == COUNT
    for index in (before, live(es)):
        assert not is_blocked(es, index)


def test_other_settings(es: Elasticsearch, logs: IndexDefinition, settings: Any, run: Run) -> None:
    before = live(es)
    # A dynamic mapping has added it, which no declaration knows.
    es.index(index=logs.alias, id="more", document={"extra": "x"}, refresh=True)
    declare(settings, {"number_of_shards": 3})
    done = run("es_rebuild", "--only-changed", "--block-writes", "--workers", "2")
    assert "Settings differ (number_of_shards)." in done.out
    assert "mapping differs" not in done.out
    after = live(es)
    found = es.indices.get(index=[before, after])
    assert found[after]["settings"]["index"]["number_of_shards"] == "3"
    assert found[after]["mappings"]["properties"] == found[before]["mappings"]["properties"]
    assert count(es, after) == COUNT + 1
    # A second time there is nothing to do.
    again = run("es_rebuild", NAME, "--only-changed")
    assert (again.code, "Nothing to do" in again.out) == (0, True)


def test_a_document_that_the_new_settings_refuse(
    es: Elasticsearch, logs: IndexDefinition, settings: Any, run: Run
) -> None:
    before = live(es)
    es.index(index=logs.alias, id="odd", document={"level": "8"}, refresh=True)
    declare(settings, {"mapping.coerce": False})
    done = run("es_rebuild", NAME, "--block-writes")
    assert done.code == 1
    assert "object odd: " in done.err
    assert "failed to parse field [level]" in done.err
    assert live(es) == before
    assert not is_blocked(es, before)
    row = Operation.objects.get(kind="rebuild")
    assert (row.state, row.details["failures"][0][0]) == ("failed", "odd")
    assert Generation.objects.get(name=row.generation).role == "failed"


@pytest.mark.parametrize("error", [OperationCancelled, KeyboardInterrupt])
def test_who_ends_it_ends_the_copy_and_the_block(
    es: Elasticsearch, logs: IndexDefinition, monkeypatch: Any, error: type[BaseException]
) -> None:
    monkeypatch.setattr(recording, "RECORD_SECONDS", 0.0)
    before, tasks = live(es), []

    def stop(progress: Progress) -> None:
        row = Operation.objects.get(kind="rebuild")
        if progress.step == "load" and "task" in row.details:
            tasks.append(row.details["task"])
            if error is KeyboardInterrupt:
                raise error
            Operation.objects.update(cancel_requested=True)

    with pytest.raises(error):
        rebuild(plan_rebuild(logs, block=True, rate=10), stop)
    deadline = time.monotonic() + 10
    while not ask(es, "GET", f"/_tasks/{tasks[0]}")["completed"]:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert live(es) == before
    assert not is_blocked(es, before)
    assert Operation.objects.get(kind="rebuild").state == "cancelled"


def test_somebody_cancels_the_task_in_the_cluster(es: Elasticsearch, logs: IndexDefinition) -> None:
    def stop(progress: Progress) -> None:
        row = Operation.objects.get(kind="rebuild")
        if "task" in row.details:
            ask(es, "POST", f"/_tasks/{row.details['task']}/_cancel")

    with pytest.raises(CopyFailed, match="was cancelled in the cluster"):
        rebuild(plan_rebuild(logs, rate=10), stop)


def test_a_task_that_is_cancelled_while_it_searches(logs: IndexDefinition) -> None:
    error = {"type": "search_phase_execution_exception", "reason": "all shards failed"}
    status = {"total": 0, "canceled": "by user request"}
    found = {"completed": True, "task": {"status": status}, "error": error}
    with pytest.raises(CopyFailed, match="was cancelled in the cluster: by user request"):
        copying._result(logs, Generation(name="logs-1"), found)
    with pytest.raises(CopyFailed, match="could not copy logs: all shards failed"):
        copying._result(logs, Generation(name="logs-1"), {**found, "task": {"status": {}}})


def kill_while_it_copies(es: Elasticsearch, definition: IndexDefinition, *, block: bool) -> None:
    """Begin a rebuild in a process of its own, and kill it in the middle of the copy."""
    process = multiprocessing.get_context("fork").Process(
        target=lambda: rebuild(plan_rebuild(definition, block=block, rate=150))
    )
    databases.close_all()
    process.start()
    deadline = time.monotonic() + 30
    while not Operation.objects.filter(details__has_key="task").exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.kill(process.pid or 0, signal.SIGKILL)
    process.join()


@pytest.mark.parametrize("block", [True, False], ids=["blocked", "not blocked"])
def test_one_that_was_killed_is_resumed(
    es: Elasticsearch, logs: IndexDefinition, run: Run, *, block: bool
) -> None:
    connection.put_settings(index=logs.alias, settings={"index.max_result_window": 20_000})
    before = live(es)
    kill_while_it_copies(es, logs, block=block)
    build = Generation.objects.get(role="building").name
    assert is_blocked(es, before) is block
    assert ("refuses all writes" in problems()) is block
    done = run("es_rebuild", NAME, "--resume")
    assert done.code == 0, done.message
    assert f"resume the copy to {build}" in done.out
    assert live(es) == build
    assert count(es, build) == COUNT
    assert not is_blocked(es, before)
    assert "refuses all writes" not in problems()


def test_es_cancel_takes_a_block_off(es: Elasticsearch, logs: IndexDefinition, run: Run) -> None:
    before = live(es)
    kill_while_it_copies(es, logs, block=True)
    done = run("es_cancel", NAME)
    assert f"{before} accepts writes again" in done.out
    assert not is_blocked(es, before)
    assert "refuses all writes" not in problems()
    es.index(index=logs.alias, id="late", document={"level": 9}, refresh=True)
    # The copy of then may miss what was written since: the next one begins anew.
    done = run("es_rebuild", NAME, "--block-writes")
    assert "resume" not in done.out
    assert count(es, live(es)) == COUNT + 1


def test_a_block_of_somebody_else_stays(es: Elasticsearch, logs: IndexDefinition) -> None:
    before = live(es)
    es.indices.add_block(index=before, block="write")
    rebuild(plan_rebuild(logs, block=True))
    assert is_blocked(es, before)
    assert not is_blocked(es, live(es))
    assert "refuses all writes" not in problems()


def test_a_physical_index_of_the_name(
    es: Elasticsearch, settings: Any, run: Run, logs: IndexDefinition
) -> None:
    es.indices.delete(index=live(es))
    Generation.objects.all().delete()
    es.index(index=logs.alias, id="1", document={"level": 1}, refresh=True)
    assert run("es_rebuild", NAME, "--block-writes", interactive=False).code == 0
    assert live(es) != logs.alias
    assert count(es, logs.alias) == 1


def test_nothing_to_copy(es: Elasticsearch, logs: IndexDefinition, run: Run) -> None:
    es.indices.delete(index=live(es))
    done = run("es_rebuild", NAME)
    assert (done.code, "nothing is live that could be copied" in done.message) == (1, True)
    # All are those with a document; one without is named, or blocked.
    assert NAME not in run("es_rebuild", "--dry-run").out


def test_a_block_where_there_is_a_document(es: Elasticsearch, logs: IndexDefinition) -> None:
    plan = plan_rebuild(get_definition("products"), block=True)
    with pytest.raises(OperationRefused, match="--block-writes is for an index without a document"):
        rebuild(plan)


def test_a_task_of_the_background(es: Elasticsearch, logs: IndexDefinition) -> None:
    row = queue_rebuild(plan_rebuild(logs, block=True, workers=3))
    assert do_queued("default", row.pk) == live(es)
    assert count(es, live(es)) == COUNT


def test_what_else_writes_there_closes_the_gate(
    es: Elasticsearch, logs: IndexDefinition, monkeypatch: Any
) -> None:
    def write(progress: Progress) -> None:
        if progress.step == "gate":
            build = Generation.objects.get(role="building").name
            es.index(index=build, id="stray", document={})

    with pytest.raises(Exception, match="something else writes to one of them"):
        rebuild(plan_rebuild(logs), write)
