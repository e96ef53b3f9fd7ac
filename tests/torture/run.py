"""One run: writers and drains under faults, then no faults, then the comparison."""

import json
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from tests.torture.processes import Environment, Process, ProcessFailed
from tests.torture.proxy import SECONDS_FOR_ANSWER, Proxy
from tests.torture.sabotage import APPLICATION

WRITERS = ("inline", "worker")
"""Who drains what each process writes: itself, or `es_drain`."""

CHANGES = 120
"""Of each of the two threads of a writer."""

INDICES = ("offers", "shelves", "labels")
"""One of which takes part, beside the shop's own."""

SECONDS = 5.0
SECONDS_AT_MOST = 60.0
DRAINS = 2


@dataclass(frozen=True)
class Report:
    """What a run came to.

    Args:
        changes: how many of each kind were made, by the writers that were not killed.
        faults: how many requests met which fate.
        kills: processes that were killed.
        documents: in all indices, at the end.
        left: rows that the outbox still has.
        differences: index -> id -> what database and index say of it.
        waiting: rows that the drains had not got to when they were stopped.
        told: what the last drains said.
        sabotage: how often each thing was taken away for a moment.
    """

    changes: dict[str, int]
    faults: dict[str, int]
    kills: int
    documents: int
    left: list[dict[str, Any]]
    differences: dict[str, dict[str, Any]]
    waiting: int
    told: str
    sabotage: dict[str, int]


@dataclass
class Run:
    """Makes changes under faults in one database and one namespace.

    Args:
        environment: of its processes.
        proxy: between them and Elasticsearch.
        elasticsearch: URL of that, past the proxy.
        seed: of everything that is chosen.
    """

    environment: Environment
    proxy: Proxy
    elasticsearch: str
    seed: int
    changes: Counter[str] = field(default_factory=Counter)
    kills: int = 0

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        # Not all four: with less to do for each change, the drains keep up with the writers. What
        # they did at last is what is looked at, then, and not what is written in peace.
        self.environment.indices = f"products,{self._random.choice(INDICES)}"
        self._drains: dict[Process, float] = {}
        self._writers: dict[Process, str] = {}

    def torture(self) -> Report:
        """Do all of it.

        Raises:
            ProcessFailed: a writer or a drain ended by itself as it should not have.
        """
        self.environment.prepare()
        saboteur = self.environment.start(
            "tests.torture.sabotage",
            f"--seed={self.seed}",
            f"--elasticsearch={self.elasticsearch}",
            TORTURE_PAUSES="",
        )
        self.proxy.mode = "faulty"
        try:
            for _ in range(DRAINS):
                self._start_drain()
            for sync in WRITERS:
                self._start_writer(sync, SECONDS)
            self._disturb()
            sabotage = self._end_sabotage(saboteur)
            self._stop_drains()
        finally:
            self.proxy.mode = "clean"
            for process in (saboteur, *self._writers, *self._drains):
                process.kill()
        self.proxy.wait_until_quiet(SECONDS_FOR_ANSWER)
        faults = dict(self.proxy.seen)
        peace = {"TORTURE_PAUSES": "", "TORTURE_BULK": "1000"}
        found = json.loads(self.environment.run("tests.torture.settle", seconds=120, **peace))
        return Report(dict(self.changes), faults, self.kills, **found, sabotage=sabotage)

    def _disturb(self) -> None:
        """Kill drains, and a writer, at any time of their work, until the writers are done."""
        deadline = time.monotonic() + SECONDS_AT_MOST
        doomed = self._random.uniform(0.3, 0.7) * SECONDS
        while self._writers and time.monotonic() < deadline:
            time.sleep(0.05)
            for drain, lifetime in list(self._drains.items()):
                if drain.status() is not None:
                    raise ProcessFailed(f"A drain ended by itself:\n{drain.errors()}")
                if drain.at_work() > lifetime:
                    self._kill(drain)
                    del self._drains[drain]
                    self._start_drain()
            for writer, sync in list(self._writers.items()):
                if writer.status() is not None:
                    self._end(writer)
                elif doomed and writer.at_work() > doomed:
                    self._kill(writer)
                    del self._writers[writer]
                    self._start_writer(sync, SECONDS - doomed)
                    doomed = 0.0

    def _kill(self, process: Process) -> None:
        process.kill()
        self.kills += 1

    def _start_writer(self, sync: str, seconds: float) -> None:
        words = (
            *("tests.torture.worker", f"--seed={self.seed}", f"--name={sync} {self.kills}"),
            *(f"--count={CHANGES}", f"--seconds={seconds:.1f}"),
        )
        self._writers[self.environment.start(*words, TORTURE_SYNC=sync)] = sync

    def _start_drain(self) -> None:
        words = ("django", "es_drain", "--forever", "--interval=0.05")
        drain = self.environment.start(*words, PGAPPNAME=APPLICATION)
        self._drains[drain] = self._random.uniform(0.2, 3.0)

    def _end(self, writer: Process) -> None:
        """Wait for a writer's own end and take its numbers."""
        status = writer.wait(60)
        del self._writers[writer]
        if status != 0:
            raise ProcessFailed(f"A change was disturbed:\n{writer.errors()}")
        self.changes.update(json.loads(writer.output().splitlines()[-1]))

    def _end_sabotage(self, saboteur: Process) -> dict[str, int]:
        saboteur.terminate()
        if saboteur.wait(30) != 0:
            raise ProcessFailed(f"The sabotage ended by itself:\n{saboteur.errors()}")
        done: dict[str, int] = json.loads(saboteur.output().splitlines()[-1])
        return done

    def _stop_drains(self) -> None:
        """Ask one to end, and kill the others in what they are doing."""
        asked, *others = self._drains
        for drain in others:
            drain.kill()
        asked.terminate()
        status = asked.wait(30)
        self._drains.clear()
        # Told to stop before it listened for that, it is ended by the signal.
        if status not in (0, -15):
            raise ProcessFailed(f"A drain that was asked to stop ended so:\n{asked.errors()}")
