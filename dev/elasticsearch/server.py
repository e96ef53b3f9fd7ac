#!/usr/bin/env python3
"""Get an Elasticsearch for development and tests: `server.py start|stop|status`.

`start` takes the first of these: the server that `ES_URL` names; whatever answers on the port
already; a Docker container; a process, by Maven and a JDK. It may be called again at any time, and
by several at once. `stop` ends only what `start` started in this checkout.

`start --in-memory` is for tests: the data of a process are kept in memory, if there is room for
them, so that nothing waits for the disk. They outlive a crash of the server, but not a stop. Java
compiles for a short life.

`start --name NODE --port N --cluster NODE=PORT…` starts one node of a cluster, as a process: each
of its nodes is named with its transport port, and started by a command of its own. `stop` and
`status` know by its name on which port it was started.

Needs Python 3.9 or newer and nothing else, so that it runs before there is a virtual environment.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "local"))

import address
import bundle
import container
import java
import memory
import plugin
import process
import runner
from failure import SetupFailed
from lock import locked

STATE = Path(__file__).resolve().parent / ".run"
SECONDS_TO_START = 120
SECONDS_TO_END = 60
SECONDS_FOR_SHARDS = 30


@dataclass(frozen=True)
class Release:
    """The differences between major versions of the server."""

    major: str
    variable: str
    """The environment variable for a server to use instead of our own."""
    port: int
    java: int
    """The oldest Java version that can run it."""


RELEASES = {
    "9": Release("9", variable="ES_URL", port=9200, java=21),
    "8": Release("8", variable="ES8_URL", port=9208, java=17),
}


class Server:
    """The server of one release: its address, and how to start and stop it."""

    def __init__(
        self,
        release: Release,
        port: int,
        name: str,
        *,
        in_memory: bool,
        cluster: Mapping[str, int] = process.NO_CLUSTER,
    ) -> None:
        self.release = release
        self.name = name
        self.port = port
        self.in_memory = in_memory
        self.cluster = cluster
        self.url = f"http://127.0.0.1:{port}"
        self.state = STATE / name
        self.process = process.Process(self.state / "pid")
        self.version = bundle.elasticsearch_version(release.major)
        self.container = container.Container(self.state / f"container-{self.version}")

    def start(self) -> str:
        """Make sure that a server answers; return one line that says which one, and where."""
        given = os.environ.get(self.release.variable)
        if given:
            return self._check_given(given)
        with locked(self.state):
            answer = address.ask(self.url)
            if answer.listening and not answer.version and self._ours_may_hold_the_port():
                print(f"Waiting for port {self.port}, which our server still holds ...", flush=True)
                answer = address.wait_until_answering_or_free(self.url, SECONDS_TO_END)
            if answer.version:
                return f"Elasticsearch {answer.version} answers on {self.url} ({self._owner()})."
            if answer.listening:
                raise SetupFailed(
                    f"Port {self.port} is taken, but not by an Elasticsearch that can be used: "
                    f"{answer.reason}. Free the port, or set {self.release.variable} to the "
                    "address (with user and password) of the server to use."
                )
            version = self._start_new()
            address.wait_for_shards(self.url, SECONDS_FOR_SHARDS)
            return f"Elasticsearch {version} answers on {self.url} ({self._owner()})."

    def stop(self) -> str:
        """Stop the server that `start` started; return one line about it."""
        with locked(self.state):
            was_started = self.process.was_started()
            stopped = self.process.stop() or self.container.stop()
            if was_started:
                address.wait_until_answering_or_free(self.url, SECONDS_TO_END)
            memory.remove_folder(self.state)
            port_file(self.name).unlink(missing_ok=True)
            if stopped:
                return f"Stopped Elasticsearch on {self.url}."
            return "No Elasticsearch of this checkout runs; nothing was stopped."

    def status(self) -> str:
        """Return one line about the server that answers. Raises `SetupFailed` if none does."""
        given = os.environ.get(self.release.variable)
        if given:
            return self._check_given(given)
        answer = address.ask(self.url)
        if not answer.version:
            raise SetupFailed(f"No Elasticsearch on {self.url}: {answer.reason}. Run `make es`.")
        return f"Elasticsearch {answer.version} answers on {self.url} ({self._owner()})."

    def _check_given(self, url: str) -> str:
        answer = address.ask(url, seconds=10)
        shown = address.hide_password(url)
        if not answer.version:
            raise SetupFailed(
                f"{self.release.variable} names {shown}, where no Elasticsearch answers: "
                f"{answer.reason}. Start that server, or unset {self.release.variable}."
            )
        return f"Elasticsearch {answer.version} answers on {shown} ({self.release.variable})."

    def _owner(self) -> str:
        pid = self.process.pid()
        if pid is not None:
            return f"process {pid} of this checkout"
        if self.container.is_running():
            return "a container of this checkout"
        return "not started here, used as it is"

    def _ours_may_hold_the_port(self) -> bool:
        """Return whether our server was started and not stopped since. It may have crashed.

        A process that was killed keeps its port until the system has taken back its memory.
        """
        return self.process.was_started() or self.container.was_made()

    def _start_new(self) -> str:
        port_file(self.name).write_text(f"{self.port}\n")
        reasons = []
        if self.cluster:
            reasons.append("A node of a cluster is a process.")
        elif container.daemon_answers():
            try:
                return self._start_container()
            except SetupFailed as error:
                reasons.append(str(error))
        else:
            reasons.append("No Docker daemon answers.")
        jdk = java.find_jdk(self.release.java)
        if jdk is None:
            reasons.append(f"There is no JDK {self.release.java} or newer.")
        if shutil.which("mvn") is None:
            reasons.append("There is no Maven (mvn).")
        elif jdk is not None:
            return self._start_process(jdk)
        raise SetupFailed(
            f"No Elasticsearch could be started. {' '.join(reasons)}\n"
            f"Do one of these: set {self.release.variable} to the address of a running server; "
            "start Docker; or install Maven and a JDK "
            f"{self.release.java} or newer (ES_JAVA_HOME names one in an unusual place)."
        )

    def _settings(self) -> dict[str, str]:
        settings = process.in_cluster(self.name, self.cluster) if self.cluster else {}
        if not self.in_memory or not memory.has_room():
            return settings
        data = memory.make_folder(self.state) / "data"
        data.mkdir(exist_ok=True)
        runner.give(data)
        return {**settings, "path.data": str(data)}

    def _start_container(self) -> str:
        print(f"Starting a container of elasticsearch:{self.version} ...", flush=True)
        self.container.start(self.version, self.port)
        return self.container.wait_until_answering(self.url, SECONDS_TO_START)

    def _start_process(self, jdk: Path) -> str:
        reachable = runner.reachable_folder(STATE)
        shared = reachable / self.release.major
        if self.name == self.release.major:
            home = _unpacked(self.release.major, shared)
        else:
            # Several servers may be started at once, before any of them was unpacked.
            with locked(STATE / self.release.major):
                home = _linked(_unpacked(self.release.major, shared), reachable / self.name)
        log = process.log_file(home)
        try:
            pid = self.process.pid()
            if pid is not None:
                # It is starting, after an interrupted start; or it is stopping.
                print(f"Waiting for process {pid} of this checkout ...", flush=True)
                with suppress(process.Ended):
                    return self.process.wait_until_answering(self.url, SECONDS_TO_START)
            print(f"Starting Elasticsearch with {jdk} (log: {log}) ...", flush=True)
            self._add_plugin(home, jdk)
            self.process.start(
                self.release.major,
                home,
                jdk,
                self.port,
                self._settings(),
                java_options=process.SHORT_LIVED if self.in_memory else (),
            )
            return self.process.wait_until_answering(self.url, SECONDS_TO_START)
        except SetupFailed as error:
            self.process.stop()
            tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
            raise SetupFailed(f"{error} The end of {log}:\n{tail}") from error

    def _add_plugin(self, home: Path, jdk: Path) -> None:
        try:
            plugin.install(home, self.version, jdk, self.release.java)
        except SetupFailed as error:
            # Everything else works with it.
            print(f"The server will have no synonyms API. {error}", file=sys.stderr, flush=True)


def port_file(name: str) -> Path:
    """Return the file with the port on which a server was last started."""
    return STATE / name / "port"


def _port_of(name: str) -> int | None:
    """Return the port of a server that was started and not stopped since; None if there is none."""
    try:
        return int(port_file(name).read_text())
    except (OSError, ValueError):
        return None


def _unpacked(major: str, folder: Path) -> Path:
    """Return the home of the server below a folder."""
    folder.mkdir(exist_ok=True)
    return bundle.unpack(major, folder)


def _linked(home: Path, folder: Path) -> Path:
    """Return a link to `home` in a folder where another server of it keeps data and settings.

    A server makes its keystore among its settings, which two that start at once must not share.
    """
    folder.mkdir(exist_ok=True)
    config = folder / "config"
    if not config.is_dir():
        unfinished = shutil.ignore_patterns("*.tmp")
        copied = shutil.copytree(
            home / "config", folder / "config-new", ignore=unfinished, dirs_exist_ok=True
        )
        runner.give(copied)
        copied.rename(config)
    link = folder / home.name
    if not link.is_symlink():
        link.symlink_to(home)
    return link


def main() -> int:
    """Do what the command line says; return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("verb", choices=("start", "stop", "status"))
    parser.add_argument("--version", choices=sorted(RELEASES), default="9", help="default: 9")
    parser.add_argument(
        "--port", type=int, help="default: where it was started; 9200, and 9208 for version 8"
    )
    parser.add_argument("--name", help="of a server beside the usual one, with data of its own")
    parser.add_argument("--in-memory", action="store_true", help="data that go with the server")
    parser.add_argument(
        "--cluster", nargs="+", default=[], metavar="NODE=PORT", help="its nodes, this one as well"
    )
    options = parser.parse_args()
    os.umask(0o022)  # the server's own user reads what root unpacks here
    release = RELEASES[options.version]
    name = options.name or release.major
    started = None if options.verb == "start" else _port_of(name)
    port = options.port or started or release.port
    nodes = {node: int(port) for node, _, port in (word.partition("=") for word in options.cluster)}
    if nodes and name not in nodes:
        parser.error(f"--cluster names no node {name}")
    server = Server(release, port, name, in_memory=options.in_memory, cluster=nodes)
    try:
        print(getattr(server, options.verb)())
    except SetupFailed as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
