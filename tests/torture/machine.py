"""A machine of its own, as far as the network is concerned: a network namespace of Linux.

It has nothing but a loopback interface. Cables lead from ports of that to the database and to
Elasticsearch: sockets in the file system, passed on by a relay at each end. They can be cut.
"""

import os
import secrets
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from urllib.parse import urlsplit

import pytest

from tests.torture.processes import Environment, Process
from tests.torture.site import wait_for

USUAL_PORTS = {"postgres": 5432, "postgresql": 5432, "http": 9200}


class Machine:
    """Runs processes in a namespace, while the context lasts.

    Args:
        name: short, for its files.
        environment: of processes outside; its database and Elasticsearch are at the other end.
        sockets: an empty folder with a short path.
    """

    def __init__(self, name: str, environment: Environment, sockets: Path) -> None:
        self.name = name
        self._space = f"torture-{name}-{secrets.token_hex(3)}"
        self._outside = environment
        self._near: list[str] = []
        self._far: list[str] = []
        servers = {"db": environment.database, "es": environment.elasticsearch}
        for what, url in servers.items():
            at = urlsplit(url)
            port = at.port or USUAL_PORTS[at.scheme]
            self._near.append(f"127.0.0.1:{port}={sockets / f'{name}-{what}'}")
            self._far.append(f"{sockets / f'{name}-{what}'}={at.hostname}:{port}")
        folder = environment.folder / name
        folder.mkdir()
        self.environment = replace(
            environment,
            folder=folder,
            database=_here(environment.database),
            elasticsearch=_here(environment.elasticsearch),
            variables=environment.variables | {"TORTURE_NAMESPACE": self._space},
        )
        self._stack = ExitStack()

    def __enter__(self) -> "Machine":
        try:
            _ip("netns", "add", self._space)
        except (OSError, subprocess.CalledProcessError) as error:
            pytest.skip(f"`ip netns` is not allowed here: {getattr(error, 'stderr', '') or error}")
        self._stack.callback(_ip, "netns", "delete", self._space)
        _ip("-n", self._space, "link", "set", "lo", "up")
        self._plug_in()
        near = self.start("tests.torture.relay", *self._near)
        wait_for(lambda: "listening" in near.output(), "the near end of the cables")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stack.close()

    def start(self, *words: str, **variables: str) -> Process:
        """Start a program of ours on this machine; it is killed with it."""
        process = self.environment.start(*words, **variables)
        self._stack.callback(process.kill)
        return process

    @contextmanager
    def unplugged(self) -> Iterator[None]:
        """Cut the cables: all connections end, and there are no new ones."""
        self._cables.kill()
        try:
            yield
        finally:
            self._plug_in()

    @contextmanager
    def silent(self) -> Iterator[None]:
        """Let nothing through, without a word to either end."""
        os.kill(self._cables.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self._cables.pid, signal.SIGCONT)

    def _plug_in(self) -> None:
        for cable in self._far:
            Path(cable.split("=")[0]).unlink(missing_ok=True)
        self._cables = self._outside.start("tests.torture.relay", *self._far)
        self._stack.callback(self._cables.kill)
        cables = self._cables
        wait_for(lambda: "listening" in cables.output(), "the far end of the cables")


def _here(url: str) -> str:
    at = urlsplit(url)
    user = f"{at.netloc.rpartition('@')[0]}@" if "@" in at.netloc else ""
    port = at.port or USUAL_PORTS[at.scheme]
    return at._replace(netloc=f"{user}127.0.0.1:{port}").geturl()


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)
