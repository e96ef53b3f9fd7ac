"""A site that writes, drains and is searched all the time, whatever operators do."""

import json
import random
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from tests.torture.processes import Environment, Process, ProcessFailed

WRITERS = ("inline", "worker")
SECONDS_AT_MOST = 900
SECONDS_TO_SETTLE = 300
ATTEMPTS = 8
IN_PEACE = {"TORTURE_SYNC": "worker", "TORTURE_PAUSES": "", "TORTURE_BULK": "1000"}


@dataclass(frozen=True)
class SiteReport:
    """What was seen until the site was closed.

    Args:
        changes: how many of each kind were made.
        searches: how many there were.
        fewest: documents that the smallest search found.
        failed: searches that failed.
        failures: some of them.
        documents: in all indices, at the end.
        left: rows that the outbox still has.
        differences: index -> id -> what database and index say of it.
        waiting: rows that the drain had not got to when it was stopped.
        told: what the last drains said.
    """

    changes: dict[str, int]
    searches: int
    fewest: int
    failed: int
    failures: list[str]
    documents: int
    left: list[dict[str, Any]]
    differences: dict[str, dict[str, Any]]
    waiting: int
    told: str


class Site:
    """Two writers, a drain, and customers who search, in processes of their own.

    Args:
        environment: of its processes.
        elasticsearch: URL that the customers use, without a faulty network between.
        seed: of the changes.
    """

    def __init__(self, environment: Environment, elasticsearch: str, seed: int) -> None:
        self.environment = environment
        self._elasticsearch = elasticsearch
        self._seed = seed
        self._end = environment.folder / "end"
        self._writers: list[Process] = []
        self._others = ExitStack()

    def __enter__(self) -> "Site":
        self.environment.prepare()
        self._searcher = self._start(
            *("tests.torture.searcher", f"--alias={self.environment.prefix}products"),
            f"--until={self._end}",
            ES_URL=self._elasticsearch,
        )
        self._drain = self._start("django", "es_drain", "--forever", "--interval=0.05")
        for sync in WRITERS:
            self._writers.append(
                self._start(
                    *("tests.torture.worker", f"--seed={self._seed}", f"--name={sync}"),
                    *("--count=1000000", f"--seconds={SECONDS_AT_MOST}", f"--until={self._end}"),
                    TORTURE_SYNC=sync,
                )
            )
        for writer in self._writers:
            wait_for(lambda writer=writer: writer.at_work() > 0.3, "a writer")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._others.close()

    def _start(self, *words: str, **variables: str) -> Process:
        process = self.environment.start(*words, **variables)
        self._others.callback(process.kill)
        return process

    def start(self, command: str, *words: str, **variables: str) -> Process:
        """Start a management command on the index of products, as an operator would."""
        return self._start("django", command, "products", "--no-input", *words, **variables)

    def run(self, command: str, *words: str, seconds: float = 300) -> str:
        """Run a management command on the index of products; return what it printed.

        Raises:
            ProcessFailed: it did not end well.
        """
        process = self.start(command, *words)
        status = process.wait(seconds)
        if status != 0:
            raise ProcessFailed(f"{command} ended with {status}:\n{process.errors()}")
        return process.output()

    def rebuild(self, *words: str) -> int:
        """Rebuild, as often as it takes under faults; return how often that was.

        Raises:
            ProcessFailed: it failed each time.
        """
        for attempt in range(1, ATTEMPTS + 1):
            process = self.start("es_rebuild", *words)
            if process.wait(300) == 0:
                return attempt
        raise ProcessFailed(f"No rebuild of {ATTEMPTS} ended well; the last:\n{process.errors()}")

    def close(self) -> SiteReport:
        """End the writers, wait until nothing is left to drain, and compare.

        Raises:
            ProcessFailed: a change was disturbed.
        """
        self._end.touch()
        changes: Counter[str] = Counter()
        for writer in self._writers:
            if writer.wait(60) != 0:
                raise ProcessFailed(f"A change was disturbed:\n{writer.errors()}")
            changes.update(json.loads(writer.output().splitlines()[-1]))
        self._searcher.wait(60)
        searched = json.loads(self._searcher.output().splitlines()[-1])
        if self._drain.status() is not None:
            raise ProcessFailed(f"The drain ended by itself:\n{self._drain.errors()}")
        self._drain.terminate()
        self._drain.wait(60)
        return SiteReport(changes=dict(changes), **searched, **self.compare())

    def compare(self) -> dict[str, Any]:
        """Drain what is left and compare the live generation with the database."""
        found: dict[str, Any] = json.loads(
            self.environment.run(
                *("tests.torture.settle", f"--seconds={SECONDS_TO_SETTLE}"),
                seconds=SECONDS_TO_SETTLE + 120,
                **IN_PEACE,
            )
        )
        return found


def wait_for(true: Callable[[], bool], what: str, seconds: float = 120) -> None:
    """Wait until something is so.

    Raises:
        ProcessFailed: it is not, after ``seconds``.
    """
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise ProcessFailed(f"Waited {seconds:.0f} s for {what}.")
        time.sleep(random.uniform(0.005, 0.02))
