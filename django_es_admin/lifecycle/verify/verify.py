"""Compare an index with its database, document by document, and repair what differs."""

import time
from functools import partial
from typing import Any

from ...backends.errors import translated
from ...conf import get_options
from ...indices.source.kept import read_kept
from ...models import Operation
from ...operations.patience import patiently
from ...operations.progress import OnProgress, Progress, Step, ignore
from ...operations.recording import Record, recording
from ...operations.throttle import Throttle
from ..build.identities import compare_ids
from .findings import Findings
from .plan import VerifyPlan, VerifyResult
from .suspects import MOST_LOOKED_AT_AGAIN, Suspects
from .walk import read_changed, read_ghosts, read_objects, read_sample, sample_ghosts


def verify(
    plan: VerifyPlan, on_progress: OnProgress = ignore, *, queued: Operation | None = None
) -> VerifyResult:
    """Compare the database, then the index, and check differences again.

    A concurrent change first looks like a difference. Only if the object still differs after some
    seconds, and does not wait in the outbox, the difference counts. Memory does not grow with the
    index.

    Args:
        queued: the record of the operation, if it was queued.

    Raises:
        OperationRefused: the plan has refusals.
        OperationCancelled: the operation was cancelled.
        ElasticsearchAdminError: Elasticsearch did not answer for ``OPERATION_PATIENCE``.
    """
    plan.require()
    with recording(
        plan.definition,
        Operation.Kind.VERIFY,
        generation=plan.generation,
        on_progress=on_progress,
        details=describe_plan(plan),
        queued=queued,
    ) as record:
        result = _Verification(plan, record).run()
        record.operation.details |= describe_result(result)
    return result


def describe_plan(plan: VerifyPlan) -> dict[str, Any]:
    """Return the options of a plan for the record of the operation."""
    return {
        "ids": plan.ids,
        "repair": plan.repair,
        "sample": plan.sample,
        "since": plan.since.isoformat() if plan.since else None,
        "rate": plan.rate,
    }


_NUMBERS = "objects documents missing stale ghosts refused waiting kept repaired seconds".split()


def describe_result(result: VerifyResult) -> dict[str, Any]:
    """Return the results of a comparison for the record of the operation."""
    numbers: dict[str, Any] = {name: getattr(result, name) for name in _NUMBERS}
    return numbers | {"examples": [list(example) for example in result.examples]}


class _Verification:
    """A comparison of everything, of a sample, or of changed objects."""

    def __init__(self, plan: VerifyPlan, record: Record) -> None:
        self._plan, self._record = plan, record
        definition, generation = plan.definition, plan.generation
        self._step: Step = "verify"
        self._seen = 0
        kept = patiently(partial(read_kept, definition.connection, generation), self._tell_pause)
        self._findings = Findings(definition, record.operation, plan.repair)
        throttle = Throttle(plan.rate, self._tell)
        self._comparison = Suspects(
            definition, generation, kept, self._findings, throttle, self._tell, ids=plan.ids
        )

    def run(self) -> VerifyResult:
        started = time.monotonic()
        self._compare()
        self._comparison.settle()
        return self._comparison.result(self._plan, time.monotonic() - started)

    def _compare(self) -> None:
        plan, compared = self._plan, self._comparison
        definition, generation = plan.definition, plan.generation
        if plan.since:
            compared.look_at(read_changed(definition, plan.since, plan.sample))
        elif plan.sample:
            compared.look_at(read_sample(definition, plan.sample))
            self._refresh()
            compared.look_for_ghosts(sample_ghosts(definition, generation, plan.sample))
        elif plan.ids:
            self._refresh()
            self._compare_ids()
        else:
            compared.look_at(read_objects(definition))
            self._refresh()
            compared.look_for_ghosts(read_ghosts(definition, generation))

    def _compare_ids(self) -> None:
        compared = self._comparison

        def seen(count: int) -> None:
            compared.throttle.spend(count - self._seen)
            self._seen = count
            self._tell()

        found = compare_ids(
            self._plan.definition,
            self._plan.generation,
            limit=MOST_LOOKED_AT_AGAIN,
            on_ids=seen,
        )
        compared.objects, compared.documents = found.rows, found.documents
        compared.suspect(dict.fromkeys(found.keys, "missing"))

    def _refresh(self) -> None:
        connection = self._plan.definition.connection
        client = connection.client.options(request_timeout=get_options().operation_timeout)

        def refresh() -> None:
            with translated(connection):
                client.indices.refresh(index=self._plan.generation)

        patiently(refresh, self._tell)
        self._step = "ghosts"

    def _tell(self) -> None:
        plan, compared = self._plan, self._comparison
        if self._step == "ghosts":
            done, total = compared.documents or self._seen, None
        else:
            done = compared.objects
            total = None if plan.since else max(plan.sample or plan.rows, done)
        self._record.tell(Progress(plan.definition.name, self._step, done, total))

    def _tell_pause(self) -> None:
        self._record.tell(Progress(self._plan.definition.name, self._step))
