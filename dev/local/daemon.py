"""A server process of a checkout: started, found again, stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import processes
import runner
from failure import SetupFailed


@dataclass(frozen=True)
class Daemon:
    """The server with data in `folder`, which is named in its command line.

    A process id is used again after a crash, so the process must also name that folder.
    """

    name: str
    folder: Path
    seconds_to_start: float
    seconds_to_stop: float

    @property
    def log(self) -> Path:
        """The file with the output of the server."""
        return self.folder / "server.log"

    def port(self) -> int | None:
        """Return the port of our running server; None if it is not running."""
        found = self._running()
        return found[1] if found else None

    def _running(self) -> tuple[int, int] | None:
        """Return the process id and the port of our running server; None if it is not running."""
        try:
            pid, port = (int((self.folder / name).read_text()) for name in ("pid", "port"))
        except (FileNotFoundError, ValueError):
            return None
        return (pid, port) if str(self.folder) in processes.command_line(pid) else None

    def start(
        self, words: Sequence[str], port: int, answers: Callable[[str, int], bool], cwd: Path
    ) -> None:
        """Start the server.

        Raises `SetupFailed`, with the last lines of the log, where it does not answer in time.
        """
        self.log.touch()
        runner.give(self.log)
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                words,
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C in the terminal must not stop it
                **runner.run_as(),
            )
        (self.folder / "port").write_text(f"{port}\n")
        (self.folder / "pid").write_text(f"{process.pid}\n")
        deadline = time.monotonic() + self.seconds_to_start
        while process.poll() is None and time.monotonic() < deadline:
            if answers("127.0.0.1", port):
                return
            time.sleep(0.05)
        process.kill()
        tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])
        raise SetupFailed(
            f"{self.name} did not start within {self.seconds_to_start} s. "
            f"The end of {self.log}:\n{tail}"
        )

    def stop(self) -> None:
        """Stop the server. Connections are closed."""
        found = self._running()
        if found is None:
            return
        os.kill(found[0], signal.SIGTERM)
        deadline = time.monotonic() + self.seconds_to_stop
        while self._running() and time.monotonic() < deadline:
            time.sleep(0.05)
        if self._running():
            raise SetupFailed(f"{self.name} could not be stopped; its log is {self.log}.")
