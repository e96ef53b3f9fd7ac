"""Python programs as processes that start quickly, because the libraries are already imported.

Each process is a fork of ``tests/loaded.py``, which has imported Django and the client, because
importing them takes most of the time of a start. It has not imported the project or this package;
each program does that itself. Tests about imports start a process in the usual way.
"""

import atexit
import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path

LOADED = Path(__file__).with_name("loaded.py")


class Program:
    """A running program without input.

    Args:
        words: the arguments of ``python``: a file, ``-m`` and a module, or ``-c`` and code; more
            arguments.
        environment: the whole environment.
        folder: the working directory.
        out: the file descriptor of its standard output.
        errors: the file descriptor of its standard error.
        warnings: the value of ``-W``.
    """

    def __init__(
        self,
        words: list[str],
        *,
        environment: Mapping[str, str],
        folder: Path,
        out: int,
        errors: int,
        warnings: str = "",
    ) -> None:
        program = {
            "words": words,
            "environment": dict(environment),
            "folder": str(folder),
            "warnings": warnings,
        }
        self.words = words
        self._status: int | None = None
        self._told, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with its, tempfile.TemporaryFile("w+") as asked:
            # The environment is too long for one message.
            json.dump(program, asked)
            asked.flush()
            files = [asked.fileno(), out, errors, its.fileno()]
            socket.send_fds(_server(), [b"run"], files)
        # The first program has to wait for the libraries.
        self._told.settimeout(120)
        self.pid = int(self._told.recv(100))

    def wait(self, seconds: float) -> int:
        """Return the exit status, or minus the signal that ended the program.

        Raises:
            subprocess.TimeoutExpired: the program is still running.
        """
        if self._status is None:
            self._told.settimeout(seconds)
            try:
                self._status = int(self._told.recv(100))
            except (TimeoutError, BlockingIOError):
                raise subprocess.TimeoutExpired(shlex.join(self.words), seconds) from None
            self._told.close()
        return self._status

    def kill(self) -> None:
        """Kill the program, as a crash of its machine would, unless it has ended."""
        with suppress(subprocess.TimeoutExpired):
            self.wait(0)
        if self._status is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            self.wait(60)


def run(
    words: list[str],
    *,
    environment: Mapping[str, str],
    folder: Path | None = None,
    warnings: str = "",
    seconds: float = 120,
) -> "subprocess.CompletedProcess[str]":
    """Run a program to its end, with a time limit; see ``Program``.

    Raises:
        subprocess.TimeoutExpired: the program took longer, and was killed.
    """
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as errors:
        program = Program(
            words,
            environment=environment,
            folder=folder or Path.cwd(),
            out=out.fileno(),
            errors=errors.fileno(),
            warnings=warnings,
        )
        try:
            status = program.wait(seconds)
        finally:
            program.kill()
        out.seek(0)
        errors.seek(0)
        return subprocess.CompletedProcess(words, status, out.read(), errors.read())


@cache
def _server() -> socket.socket:
    """Start the interpreter that is forked. It ends with this process."""
    ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with its:
        process = subprocess.Popen(
            # Without our environment, because each program gets its own.
            [sys.executable, LOADED, str(its.fileno())],
            env={"PATH": os.environ["PATH"]},
            pass_fds=[its.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )

    @atexit.register
    def end() -> None:
        ours.close()
        process.wait()

    return ours
