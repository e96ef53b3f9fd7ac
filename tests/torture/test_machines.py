"""Two machines that write, drain and rebuild one site, and die and lose their network in turns.

A machine is a network namespace. They share one database, which is the broker of their tasks, too,
and one Elasticsearch.
"""

import json
import random
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest

from tests.torture.conftest import ES_URL, ROWS
from tests.torture.machine import Machine
from tests.torture.processes import Environment, Process, ProcessFailed

NAMES = ("a", "b")
SECONDS_TO_LOAD = 6
SECONDS_AT_MOST = 300
TROUBLES = ("kill the tasks", "kill the drain", "unplug", "silence")

pytestmark = pytest.mark.slow


class Site:
    """Two machines, with a writer, a worker of the outbox and one of tasks on each."""

    def __init__(self, machines: list[Machine], seed: int, end: Path) -> None:
        self._machines = machines
        self._numbers: Counter[str] = Counter()
        self._workers: dict[tuple[str, str], Process] = {}
        self.writers = []
        for machine, sync in zip(machines, ("inline", "worker"), strict=True):
            self.start(machine, "tasks")
            self.start(machine, "drain")
            self.writers.append(
                machine.start(
                    *(
                        "tests.torture.worker",
                        f"--seed={seed}",
                        f"--name={machine.name}",
                        "--alone",
                    ),
                    *("--count=1000000", f"--seconds={SECONDS_AT_MOST}", f"--until={end}"),
                    TORTURE_SYNC=sync,
                )
            )

    def start(self, machine: Machine, what: str) -> None:
        """Start a worker of a machine, whatever became of the one before."""
        if found := self._workers.get((machine.name, what)):
            found.kill()
        self._numbers[machine.name] += 1
        words = ("es_drain", "--forever", "--interval=0.05")
        if what == "tasks":
            words = ("db_worker", "--interval=0.1", "--no-startup-delay")
            words += (f"--worker-id={machine.name}-{self._numbers[machine.name]}",)
        self._workers[machine.name, what] = machine.start("django", *words)

    def trouble(self, machine: Machine, what: str, seconds: float) -> None:
        """Let something happen to a machine."""
        match what:
            case "unplug":
                with machine.unplugged():
                    time.sleep(seconds)
            case "silence":
                with machine.silent():
                    time.sleep(seconds)
            case _:
                self.start(machine, what.rpartition(" ")[2])

    def mend(self) -> None:
        """Start again what ended, as the service manager of a machine does."""
        for machine in self._machines:
            for what in ("tasks", "drain"):
                if self._workers[machine.name, what].status() is not None:
                    self.start(machine, what)


@pytest.mark.parametrize("vendor", ["postgresql"])
def test_two_machines(
    vendor: str, database: str, environment: Environment, seed: int, tmp_path: Path
) -> None:
    rows = min(ROWS, 10_000)
    environment.rows, environment.indices = rows, "products,offers"
    environment.elasticsearch = ES_URL
    environment.variables = {"TORTURE_PATIENCE": "30", "TORTURE_BULK": str(max(50, rows // 100))}
    chosen, end = random.Random(seed), tmp_path / "end"
    again = f"again: TORTURE_SEED={seed}"
    with ExitStack() as stack:
        # The path of a socket must not be long.
        sockets = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="torture")))
        machines = [Machine(name, environment, sockets) for name in NAMES]
        for machine in machines:
            stack.enter_context(machine)
        environment.prepare()
        site = Site(machines, seed, end)
        first = _live(database)
        troubles = [(machine, what) for machine in machines for what in TROUBLES]
        chosen.shuffle(troubles)
        deadline = time.monotonic() + SECONDS_AT_MOST
        while troubles or _live(database) == first:
            assert time.monotonic() < deadline, f"{troubles} are left, {again}"
            _order(chosen.choice(machines), rows)
            if troubles:
                time.sleep(chosen.uniform(0.5, 2))
                site.trouble(*troubles.pop(), chosen.uniform(0.5, 3))
            else:
                time.sleep(1)
            site.mend()
        end.touch()
        changes: Counter[str] = Counter()
        for writer in site.writers:
            if writer.wait(60) != 0:
                raise ProcessFailed(f"A change was disturbed, {again}:\n{writer.errors()}")
            changes.update(json.loads(writer.output().splitlines()[-1]))
    report = json.loads(environment.run("tests.torture.settle", seconds=300, TORTURE_PAUSES=""))
    assert report["differences"] == {}, again
    assert report["left"] == [], f"{report['told']}\n{again}"
    assert sum(changes.values()) > 20
    assert report["documents"] > rows * 0.1
    assert _machines_at_work(database) == set(NAMES)


def _order(machine: Machine, rows: int) -> None:
    """Ask for a rebuild by tasks, as an operator does who sees none; it may be refused."""
    rate = rows / SECONDS_TO_LOAD / len(NAMES)
    words = ("es_rebuild", "products", "--no-input", "--background", "--workers=2")
    ordered = machine.start("django", *words, f"--rate={rate:.0f}")
    assert ordered.wait(120) in (0, 1), ordered.errors()


def _live(database: str) -> str:
    with psycopg.connect(database) as connection:
        found = connection.execute(
            "SELECT name FROM elasticsearch_generation WHERE role = 'live' "
            "AND alias LIKE '%products' ORDER BY id DESC"
        ).fetchone()
    assert found
    return str(found[0])


def _machines_at_work(database: str) -> set[str]:
    """Return the machines that did tasks."""
    with psycopg.connect(database) as connection:
        found = connection.execute("SELECT worker_ids FROM django_tasks_database_dbtaskresult")
        return {worker.split("-")[0] for (workers,) in found for worker in workers}
