"""Fill a generation of an index without a document: Elasticsearch copies the live generation.

The copy is a task of the cluster. It continues if the process that started it is killed, and the
next rebuild finds it in the record of the operation.
"""

import time
from collections.abc import Mapping
from functools import partial
from typing import Any

from django.utils.translation import gettext as _

from ...backends.errors import translated
from ...backends.transport.deadline import Deadline
from ...conf import get_options
from ...counted import many
from ...exceptions import (
    CopyFailed,
    ElasticsearchAdminError,
    GateClosed,
    IndexMissing,
    LoadFailed,
    ServerRefused,
)
from ...indices.definition import IndexDefinition
from ...indices.live import count_documents
from ...models import Generation, Operation
from ...operations.blocked import BLOCKED, left_behind
from ...operations.patience import is_cluster_away, is_database_outage, patiently
from ...operations.progress import OnProgress, Progress
from ...operations.recording import Record
from ...operations.running import is_alive, operations_of
from ..generations.table import mark_loaded
from .gate import GateResult
from .load import LoadResult
from .shards import await_shards

TASK = "task"
"""The key in the details of a rebuild for the copy that runs in the cluster."""
LOOK_SECONDS = 0.5
ERRORS_KEPT = 20


def find_copy(definition: IndexDefinition, generation: str) -> Operation | None:
    """Return the record of the rebuild whose copy fills a generation; None if there is none."""
    return operations_of(definition).filter(generation=generation, details__has_key=TASK).first()


def find_left_block(definition: IndexDefinition, source: str | None) -> bool:
    """Return whether a killed rebuild left the live generation blocked, and so unchanged."""
    return source is not None and source in left_behind(definition)


def can_resume_copy(
    definition: IndexDefinition, generation: str, source: str | None, *, block: bool
) -> bool:
    """Return whether the cluster still knows the copy of a killed rebuild, or its result.

    Args:
        block: whether the source must have been blocked since the copy began.

    Raises:
        ElasticsearchAdminError: a request failed.
    """
    operation = find_copy(definition, generation) if generation else None
    if operation is None or operation.details.get("source") != source:
        return False
    if block and operation.details.get(BLOCKED) != source:
        return False
    try:
        _look(definition, operation.details[TASK])
    except (IndexMissing, ServerRefused):
        return False
    return True


def copy(
    definition: IndexDefinition,
    generation: Generation,
    source: str,
    record: Record,
    tell: OnProgress,
    *,
    slices: int,
    rate: float | None,
) -> LoadResult:
    """Let Elasticsearch copy all documents of ``source``, and wait until it is done.

    If the wait ends early, the copy is cancelled, except if this process is killed or the server
    does not answer.

    Args:
        slices: how many parts are copied at the same time; 1 for as many as the index has shards.
        rate: the maximum number of documents per second.

    Raises:
        LoadFailed: the new generation refused documents, or some could not be read.
        CopyFailed: the copy ended early.
        ElasticsearchAdminError: a request failed.
    """
    began = time.monotonic()
    name = definition.name
    total = _count(definition, [source])[source] or 0
    tell(Progress(name, "load", 0, total))
    before = find_copy(definition, generation.name)
    if before is None:
        task = _begin(definition, source, generation.name, slices, rate)
    else:
        task = before.details[TASK]
    record.note(**{TASK: task})
    for other in (
        operations_of(definition).filter(details__has_key=TASK).exclude(pk=record.operation.pk)
    ):
        if other.details[TASK] != task and not is_alive(other):
            cancel(definition, other.details[TASK])
        _forget(other)

    def look() -> Mapping[str, Any]:
        return _look(definition, task)

    def told(done: int = 0) -> None:
        tell(Progress(name, "load", done, max(total, done)))

    try:
        while True:
            found = patiently(look, told)
            if found["completed"]:
                break
            done = patiently(partial(_copied, definition, generation.name, found), told)
            # Never report the total before the task has completed: with a rate, it pauses after the
            # last batch.
            told(min(done, max(total - 1, 0)))
            time.sleep(LOOK_SECONDS)
        result = _result(definition, generation, found)
        told(result.rows)
    except BaseException as error:
        # If a server did not answer, the next rebuild finds the copy.
        if not (is_database_outage(error) or is_cluster_away(error)):
            cancel(definition, task)
        raise
    record.note(**{TASK: None}, conflicts=int(found["response"].get("version_conflicts", 0)))
    mark_loaded(generation)
    return LoadResult(result.rows, 0, time.monotonic() - began)


def cancel(definition: IndexDefinition, task: str) -> None:
    """Cancel a copy. Do nothing if it has ended, or if Elasticsearch does not answer."""
    try:
        with translated(definition.connection):
            _ask(definition, "POST", f"/_tasks/{task}/_cancel")
    except ElasticsearchAdminError:
        return


def pass_copy(
    definition: IndexDefinition,
    generation: Generation,
    copied: LoadResult,
    tell: OnProgress,
    *,
    source: str,
    blocked: bool,
    wait: float,
) -> GateResult:
    """Check a copy before it becomes live.

    Args:
        blocked: whether the source was blocked for writes, so that both must be equal.

    Raises:
        GateClosed: the generation does not pass the gate.
        ElasticsearchAdminError: a request failed.
    """
    began = time.monotonic()

    def told() -> None:
        tell(Progress(definition.name, "gate"))

    told()
    await_shards(definition, generation, wait, told)

    def count() -> Mapping[str, int | None]:
        with translated(definition.connection):
            _client(definition).indices.refresh(index=[generation.name, source])
        return _count(definition, [generation.name, source])

    counts = patiently(count, told)
    documents, there = counts[generation.name] or 0, counts[source]
    expected = there if blocked else copied.rows
    if documents != expected:
        raise GateClosed(
            f"{generation.name} has {many(documents, 'document')}, and {source} {there:,}, of "
            f"which {copied.rows:,} were copied: something else writes to one of them. The live "
            f"index is unchanged; find out what writes there, and rebuild again."
        )
    return GateResult(there or 0, documents, 0, time.monotonic() - began)


def _begin(
    definition: IndexDefinition, source: str, target: str, slices: int, rate: float | None
) -> str:
    with translated(definition.connection):
        answer = _client(definition).reindex(
            source={"index": source},
            # Repeating the request sends the same again, and the versions continue.
            dest={"index": target, "version_type": "external"},
            conflicts="proceed",
            slices=slices if slices > 1 else "auto",
            requests_per_second=rate or -1,
            wait_for_completion=False,
            timeout="1m",
        )
    return str(answer["task"])


def _look(definition: IndexDefinition, task: str) -> Mapping[str, Any]:
    with translated(definition.connection):
        return _ask(definition, "GET", f"/_tasks/{task}")


def _ask(definition: IndexDefinition, method: str, path: str) -> Mapping[str, Any]:
    # The client warns that these requests are a preview, although they are as old as `_reindex`.
    headers = {"accept": "application/json"}
    answer: Mapping[str, Any] = _client(definition).perform_request(method, path, headers=headers)
    return answer


def _copied(definition: IndexDefinition, target: str, found: Mapping[str, Any]) -> int:
    """Return how many documents have been copied so far."""
    status = found["task"]["status"]
    if "slices" not in status and status["total"]:
        return _handled(status)
    # The task for several parts only counts those that have ended.
    with translated(definition.connection):
        stats = _client(definition).indices.stats(index=target, metric="indexing")
    return int(stats["_all"]["primaries"]["indexing"]["index_total"])


def _handled(status: Mapping[str, Any]) -> int:
    return sum(int(status[key]) for key in ("created", "updated", "version_conflicts", "noops"))


def _result(
    definition: IndexDefinition, generation: Generation, found: Mapping[str, Any]
) -> LoadResult:
    status = found.get("task", {}).get("status", {})
    # If cancelled during a search, the task ends with an error of that search.
    cancelled = found.get("response", status).get("canceled")
    if (error := found.get("error")) and not cancelled:
        raise CopyFailed(
            _("Elasticsearch could not copy %(name)s: %(reason)s. The live index is unchanged.")
            % {"name": definition.name, "reason": error.get("reason") or error.get("type")}
        )
    answer = found.get("response", {"failures": []})
    if failures := answer["failures"]:
        rows = _handled(answer)
        kept = tuple(map(_failure, failures[:ERRORS_KEPT]))
        raise LoadFailed(
            f"{many(len(failures), 'document')} of {definition.name} could not be copied, so "
            f"the copy ended after {rows:,} of {answer['total']:,}. The live index is unchanged. "
            f"The first is the document {kept[0][0]}: correct the documents or the mapping.",
            generation=generation.name,
            rows=int(answer["total"]),
            failed=len(failures),
            failures=kept,
        )
    if cancelled:
        raise CopyFailed(
            _("The copy of %(name)s was cancelled in the cluster: %(reason)s. Rebuild it again.")
            % {"name": definition.name, "reason": cancelled}
        )
    return LoadResult(_handled(answer), 0, 0.0)


def _failure(failure: Mapping[str, Any]) -> tuple[str, str]:
    """Return id and reason of a document that was refused, or of a shard that was not read."""
    cause = failure.get("cause") or failure.get("reason") or {}
    inner = cause.get("caused_by") or {}
    parts = [cause.get("reason") or cause.get("type"), inner.get("reason")]
    place = failure.get("id") or f"shard {failure.get('shard')}"
    return str(place), " ".join(str(part) for part in parts if part)


def _forget(operation: Operation) -> None:
    details = {key: value for key, value in operation.details.items() if key != TASK}
    Operation.objects.using(operation._state.db).filter(pk=operation.pk).update(details=details)


def _count(definition: IndexDefinition, names: list[str]) -> Mapping[str, int | None]:
    deadline = Deadline(get_options().operation_timeout)
    return count_documents(definition.connection, names, deadline)


def _client(definition: IndexDefinition) -> Any:
    return definition.connection.client.options(request_timeout=get_options().operation_timeout)
