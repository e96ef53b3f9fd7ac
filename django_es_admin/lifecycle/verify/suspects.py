"""Compare objects with their documents. A difference is checked again before it counts."""

import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, repeat

from ...documents.reading.prepared import Prepared
from ...indices.definition import IndexDefinition
from ...indices.source.kept import Kept
from ...operations.patience import patiently
from ...operations.throttle import Throttle
from ...outbox.objects.awaited import find_awaited
from .ahead import ask_ahead
from .content import Kind, find_differences, look_again
from .findings import Findings
from .plan import VerifyPlan, VerifyResult

ROUNDS = 3
PAUSE_SECONDS = 1.0
MOST_LOOKED_AT_AGAIN = 10_000


@dataclass
class Suspects:
    """Compares objects. A difference remains a suspect until :meth:`settle`.

    Args:
        generation: the generation to compare with.
        kept: how the generation keeps documents.
        findings: where differences are counted.
        throttle: limits the speed.
        tell: called with the step and its progress; an exception ends the comparison.
        ids: whether only keys are compared, and not documents.
    """

    definition: IndexDefinition
    generation: str
    kept: Kept
    findings: Findings
    throttle: Throttle
    tell: Callable[[], None]
    ids: bool = False
    objects: int = 0
    documents: int = 0
    waiting: int = 0
    suspects: dict[str, Kind] = field(default_factory=dict)

    def look_at(self, batches: Iterable[list[Prepared]]) -> None:
        """Compare objects with their documents. The next objects are read meanwhile."""
        with closing(ask_ahead(self._find_differences, batches)) as pairs:
            for batch, asked in pairs:
                self._compare(batch, asked)
        self.tell()

    def _find_differences(self, batch: list[Prepared]) -> dict[str, Kind]:
        return find_differences(self.definition, self.generation, self.kept, batch)

    def _compare(self, batch: list[Prepared], asked: Future[dict[str, Kind]]) -> None:
        self.tell()
        again = partial(self._find_differences, batch)
        attempts: Iterator[Callable[[], dict[str, Kind]]] = chain([asked.result], repeat(again))

        def attempt() -> dict[str, Kind]:
            return next(attempts)()

        self.suspect(self._counting(patiently(attempt, self.tell)))
        self.objects += len(batch)
        self.throttle.spend(len(batch))

    def look_for_ghosts(self, pages: Iterable[tuple[int, list[str]]]) -> None:
        """Check pages of documents, each with the keys that have no object."""
        for count, ghosts in pages:
            self.documents += count
            self.tell()
            self.suspect(dict.fromkeys(ghosts, "ghost"))
            self.throttle.spend(count)

    def suspect(self, found: dict[str, Kind]) -> None:
        """Check a difference again later."""
        self.suspects |= found
        if len(self.suspects) > MOST_LOOKED_AT_AGAIN:
            self.settle()

    def settle(self) -> None:
        """Count the suspects that still differ after some seconds, and are not in the outbox."""
        for _round in range(ROUNDS):
            if not self.suspects:
                return
            self.tell()
            time.sleep(PAUSE_SECONDS)
            again = partial(
                look_again, self.definition, self.generation, self.kept, list(self.suspects)
            )
            self.suspects = self._counting(patiently(again, self.tell))
        waiting = find_awaited(self.definition, self.suspects, self.tell)
        self.waiting += len(waiting)
        self.findings.add({k: kind for k, kind in self.suspects.items() if k not in waiting})
        self.suspects = {}

    def result(self, plan: VerifyPlan, seconds: float) -> VerifyResult:
        """Return the results so far."""
        counts = self.findings.counts
        return VerifyResult(
            definition=self.definition,
            generation=self.generation,
            objects=self.objects,
            documents=self.documents,
            missing=counts["missing"],
            stale=counts["stale"],
            ghosts=counts["ghost"],
            refused=counts["refused"],
            waiting=self.waiting,
            examples=tuple(self.findings.examples.items()),
            kept=self.findings.kept,
            repaired=self.findings.repaired,
            seconds=seconds,
            sample=plan.sample,
            since=plan.since,
        )

    def _counting(self, found: dict[str, Kind]) -> dict[str, Kind]:
        if not self.ids:
            return found
        return {key: kind for key, kind in found.items() if kind != "stale"}
