"""Compare indices with their databases continuously and slowly, and store the results."""

import threading
import time
from collections.abc import Callable, Iterable

from django.db import Error

from ...exceptions import ElasticsearchAdminError, OperationCancelled
from ...faults import close_broken
from ...indices.definition import IndexDefinition
from ...indices.source.kept import read_kept
from ...models import Operation, ProvenRange
from ...operations.progress import Progress
from ...operations.recording import Record, recording
from ...operations.throttle import Throttle
from .findings import Findings
from .plan import VerifyPlan, VerifyResult, plan_verify
from .proven import condition_of, now_in, record_range, walk_ranges
from .suspects import Suspects
from .verify import describe_plan, describe_result
from .walk import read_ghosts, read_part

RATE = 500.0
"""The default number of objects or documents per second."""

SHORTEST_PASS = 5.0
"""The seconds from the beginning of one pass to the beginning of the next."""

OnRange = Callable[[IndexDefinition, ProvenRange], None]
"""Gets the index, and a range that was compared."""


def verify_forever(
    definitions: Iterable[IndexDefinition],
    stop: threading.Event,
    *,
    rate: float = RATE,
    repair: bool = False,
    on_range: OnRange = lambda definition, one: None,
    on_pass: Callable[[VerifyResult], None] = lambda result: None,
    on_failure: Callable[[Exception], None] = lambda error: None,
) -> None:
    """Compare the indices again and again, until ``stop`` is set.

    The record of a pass replaces the record of the previous pass.

    Args:
        rate: the maximum number of objects or documents per second.
        repair: whether to add outbox rows for differences.
        on_range: called after each range.
        on_pass: called after each pass through an index.
        on_failure: called if a pass ends early, because a server does not answer, or the index has
            no live generation. The next pass begins with the remaining ranges.

    Raises:
        OperationCancelled: a pass was cancelled.
    """
    chosen = list(definitions)
    while not stop.is_set():
        began = time.monotonic()
        for definition in chosen:
            try:
                plan = plan_verify(definition, repair=repair, rate=rate)
                on_pass(verify_once(plan, stop, on_range))
            except OperationCancelled:
                if not stop.is_set():
                    raise
                return
            except (ElasticsearchAdminError, Error) as error:
                close_broken()
                on_failure(error)
        stop.wait(max(began + SHORTEST_PASS - time.monotonic(), 0.0))


def verify_once(
    plan: VerifyPlan, stop: threading.Event, on_range: OnRange = lambda definition, one: None
) -> VerifyResult:
    """Compare an index once, range by range, starting with the range compared longest ago.

    Raises:
        OperationRefused: the plan has refusals.
        OperationCancelled: the operation was cancelled, or ``stop`` was set.
    """
    plan.require()
    definition = plan.definition
    before = Operation.objects.using(definition.database).filter(
        connection=definition.using,
        index=definition.name,
        kind=Operation.Kind.VERIFY,
        state__in=[Operation.State.DONE, Operation.State.CANCELLED],
        details__forever=True,
    )
    older = list(before.values_list("pk", flat=True))
    with recording(
        definition,
        Operation.Kind.VERIFY,
        generation=plan.generation,
        details=describe_plan(plan) | {"forever": True},
    ) as record:
        result = _Pass(plan, record, stop).run(on_range)
        record.operation.details |= describe_result(result)
    # A small index is compared thousands of times, which would leave as many records.
    before.filter(pk__in=older).delete()
    return result


class _Pass:
    """One pass through all ranges of an index."""

    def __init__(self, plan: VerifyPlan, record: Record, stop: threading.Event) -> None:
        self._plan, self._record, self._stop = plan, record, stop
        definition, generation = plan.definition, plan.generation
        kept = read_kept(definition.connection, generation)
        self._findings = Findings(definition, record.operation, plan.repair)
        throttle = Throttle(plan.rate, self._tell)
        self._compared = Suspects(
            definition, generation, kept, self._findings, throttle, self._tell
        )

    def run(self, on_range: OnRange) -> VerifyResult:
        started = time.monotonic()
        definition = self._plan.definition
        for one in walk_ranges(definition, self._plan.generation):
            self._compare(one)
            on_range(definition, one)
        seconds = time.monotonic() - started
        return self._compared.result(self._plan, seconds)

    def _compare(self, one: ProvenRange) -> None:
        definition, compared = self._plan.definition, self._compared
        began = now_in(definition)
        seen, differing = self._seen(), self._findings.counts.total()
        if one.ghosts:
            compared.look_for_ghosts(read_ghosts(definition, self._plan.generation))
        else:
            part = definition.part(one.document)
            compared.look_at(read_part(part, condition_of(part, one)))
        compared.settle()
        record_range(one, self._seen() - seen, self._findings.counts.total() - differing, began)

    def _seen(self) -> int:
        return self._compared.objects + self._compared.documents

    def _tell(self) -> None:
        if self._stop.is_set():
            raise OperationCancelled
        name, rows = self._plan.definition.name, self._plan.rows
        compared = self._compared
        if compared.documents:
            self._record.tell(Progress(name, "ghosts", compared.documents))
        else:
            done = compared.objects
            self._record.tell(Progress(name, "verify", done, max(rows, done)))
