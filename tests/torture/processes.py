"""The processes of a run: a site's, workers, and what is run to its end."""

import atexit
import ctypes
import multiprocessing
import os
import runpy
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from weakref import WeakSet

import pytest

ROOT = Path(__file__).parents[2]
PATHS = (str(ROOT), str(ROOT / "example_project"))

CLONE_NEWNET = 0x40000000
"""Of Linux: which kind of namespace is meant."""

# Dozens of processes are started, and killed: each is a fork of one that has Django imported.
_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(["tests.torture.preload"])


@contextmanager
def _not_measured() -> Iterator[None]:
    """Let no process measure its coverage: it would be slower, and is killed before it tells."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)
        yield


class ProcessFailed(AssertionError):
    """A process of the run ended in a way that it should not have."""


@dataclass
class Environment:
    """What the processes of one run share.

    Args:
        database: URL.
        elasticsearch: URL, of the proxy.
        prefix: of the run's indices.
        folder: for what the processes print.
        pauses: seed of the pauses at SQL statements; "" for none.
        indices: names of those that take part; "" for all.
        rows: products, about.
        variables: what is special of the run, for all of its processes.
        capture: "triggers", or "" for signals.
    """

    database: str
    elasticsearch: str
    prefix: str
    folder: Path
    pauses: str = ""
    indices: str = ""
    rows: int = 150
    variables: dict[str, str] = field(default_factory=dict)
    capture: str = field(default_factory=lambda: os.environ.get("TORTURE_CAPTURE", ""))
    started: int = field(default=0, init=False)

    def start(self, *words: str, **variables: str) -> "Process":
        """Start a program of ours: the words are what follows ``python -m``."""
        self.started += 1
        shared = {
            "PATH": os.defpath,
            "DJANGO_SETTINGS_MODULE": "tests.torture.settings",
            "DATABASE_URL": self.database,
            "ES_URL": self.elasticsearch,
            "TORTURE_PREFIX": self.prefix,
            "TORTURE_PAUSES": self.pauses,
            "TORTURE_INDICES": self.indices,
            "TORTURE_ROWS": str(self.rows),
            "TORTURE_CAPTURE": self.capture,
            **self.variables,
        }
        base = self.folder / f"{self.started:03}-{words[0]}"
        return Process(words, shared | variables, base)

    def prepare(self) -> None:
        """Make the data and the indices in peace, on however slow a machine."""
        self.run(
            "tests.torture.prepare",
            seconds=300,
            TORTURE_SYNC="worker",
            TORTURE_PAUSES="",
            TORTURE_BULK="1000",
            TORTURE_PATIENCE="60",
            TORTURE_DELETE_AGAIN="60",
        )
        if self.capture:
            # Not before: they would note all of that data.
            self.run("django", "es_triggers", "install")

    def run(self, *words: str, seconds: float = 60, **variables: str) -> str:
        """Run a program to its end and return what it printed.

        Raises:
            ProcessFailed: its exit status is not 0, or it takes longer than ``seconds``.
        """
        process = self.start(*words, **variables)
        try:
            status = process.wait(seconds)
        finally:
            process.kill()
        if status != 0:
            raise ProcessFailed(f"{' '.join(words)} ended with {status}:\n{process.errors()}")
        return process.output()


class Process:
    """One process, and the files it prints to.

    Args:
        words: what follows ``python -m``.
        variables: its environment.
        base: of the names of its files.
    """

    def __init__(self, words: tuple[str, ...], variables: dict[str, str], base: Path) -> None:
        self.words = words
        self._output, self._errors = base.with_suffix(".out"), base.with_suffix(".err")
        self._output.touch()
        self._errors.touch()
        self._began: float | None = None
        # No daemon, which might have no workers of its own: it is ended below.
        self._process = _forks.Process(
            target=_run, args=(words, variables, self._output, self._errors)
        )
        with _not_measured():
            self._process.start()
        _started.add(self)

    @property
    def pid(self) -> int:
        """Of a process that was started."""
        return self._process.pid or 0

    def status(self) -> int | None:
        """Return the exit status, or minus the signal that ended it; None while it runs."""
        return self._process.exitcode

    def at_work(self) -> float:
        """Return for how many seconds it has been at work, as far as somebody asked now and then.

        It is from the first word that it says; to get that far takes a while on a busy machine.
        """
        if self._began is None and self._output.stat().st_size:
            self._began = time.monotonic()
        return 0.0 if self._began is None else time.monotonic() - self._began

    def wait(self, seconds: float) -> int:
        """Return the exit status of a process that ends by itself within ``seconds``."""
        self._process.join(seconds)
        status = self._process.exitcode
        if status is None:
            raise ProcessFailed(
                f"{' '.join(self.words)} did not end within {seconds} s:\n{self.errors()}"
            )
        return status

    def terminate(self) -> None:
        """Ask it to end."""
        self._process.terminate()

    def kill(self) -> None:
        """End it as a crash of its machine would: at once, and without a word (kill -9)."""
        self._process.kill()
        self._process.join(10)

    def output(self) -> str:
        """Return what it printed so far."""
        return self._output.read_text()

    def errors(self, lines: int = 40) -> str:
        """Return the last lines of what it complained about."""
        return "\n".join(self._errors.read_text().splitlines()[-lines:])


_started: WeakSet[Process] = WeakSet()


@atexit.register
def _kill_all() -> None:
    """End what a test left behind; otherwise its end would be waited for."""
    for process in _started:
        process.kill()


def _enter(namespace: str) -> None:
    """Move this process to a network namespace."""
    with Path("/run/netns", namespace).open("rb") as file:
        if ctypes.CDLL(None, use_errno=True).setns(file.fileno(), CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), f"setns({namespace})")


def _run(words: tuple[str, ...], variables: dict[str, str], output: Path, errors: Path) -> None:
    """Be ``python -W error -m …`` in a process that was just forked."""
    for number, path in ((1, output), (2, errors)):
        file = os.open(path, os.O_WRONLY | os.O_APPEND)
        os.dup2(file, number)
        os.close(file)
    sys.stdout = open(1, "w", buffering=1, closefd=False)  # noqa: SIM115 (a descriptor)
    sys.stderr = open(2, "w", buffering=1, closefd=False)  # noqa: SIM115
    if namespace := variables.get("TORTURE_NAMESPACE"):
        _enter(namespace)
    os.chdir(ROOT)
    os.environ.clear()
    os.environ.update(variables)
    sys.path[:0] = [path for path in PATHS if path not in sys.path]
    sys.argv = list(words)
    warnings.simplefilter("error")
    runpy.run_module(words[0], run_name="__main__", alter_sys=True)
