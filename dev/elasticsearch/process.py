"""Elasticsearch as a process on this machine: started, found again, stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import address
import processes
import runner
from failure import SetupFailed

LAUNCH = {
    "9": [
        *("-cp", "{home}/lib/tools/server-launcher/*"),
        "org.elasticsearch.server.launcher.ServerLauncher",
    ],
    "8": [
        *("-Dcli.name=server", "-Dcli.libs=lib/tools/server-cli", "-Dcli.script=elasticsearch"),
        *("-Des.path.home={home}", "-Des.path.conf={home}/config"),
        *("-Des.distribution.type=zip", "-Des.java.type=ES_JAVA_HOME"),
        *("-cp", "{home}/lib/*:{home}/lib/cli-launcher/*"),
        "org.elasticsearch.launcher.CliToolLauncher",
    ],
}
"""Arguments of `java`, by major version, because the bundle has no start script for Linux."""

NO_SETTINGS: Mapping[str, str] = MappingProxyType({})
SHORT_LIVED = ("-XX:TieredStopAtLevel=1",)
"""Options of Java for a server that runs too short for the optimizing compiler to be useful."""
NO_CLUSTER: Mapping[str, int] = MappingProxyType({})


def in_cluster(name: str, nodes: Mapping[str, int]) -> dict[str, str]:
    """Return the settings of a node among `nodes`, given their transport ports."""
    return {
        "cluster.name": "django-es-admin-" + "-".join(nodes),
        "node.name": name,
        "discovery.type": "multi-node",
        "transport.port": str(nodes[name]),
        "discovery.seed_hosts": ",".join(f"127.0.0.1:{port}" for port in nodes.values()),
        "cluster.initial_master_nodes": ",".join(nodes),
    }


class Ended(SetupFailed):
    """Our server ended before it answered."""


@dataclass(frozen=True)
class Process:
    """The server whose process id is in a file, if it is still running."""

    pid_file: Path
    """A file with one line: the process id, a space, and the home of the server."""

    def pid(self) -> int | None:
        """Return the process id of our running server; None if there is none.

        A process id is used again after a crash, so the process must also be one that runs our
        server: its command line names the server's home.
        """
        try:
            pid, home = self.pid_file.read_text().strip().split(" ", 1)
        except (FileNotFoundError, ValueError):
            return None
        return int(pid) if home in processes.command_line(int(pid)) else None

    def was_started(self) -> bool:
        """Return whether our server was started and not stopped since. It may have crashed."""
        return self.pid_file.exists()

    def start(
        self,
        major: str,
        home: Path,
        java_home: Path,
        port: int,
        settings: Mapping[str, str] = NO_SETTINGS,
        *,
        java_options: Sequence[str] = (),
    ) -> None:
        """Start the server of `home` on `port` of the loopback interface, and write the pid file.

        Data and logs live beside `home`, and a folder `config` there goes before the one of `home`.
        `settings` go over ours. The heap is 1 GB, or what `ES_HEAP` says ("512m").
        """
        base = home.parent
        for name in ("data", "logs", "tmp"):
            (base / name).mkdir(exist_ok=True)
            runner.give(base / name)
        config = base / "config"
        heap = os.environ.get("ES_HEAP", "1g")
        options = {
            "cluster.name": "django-es-admin",
            "node.name": f"development-{major}",
            "discovery.type": "single-node",
            "xpack.security.enabled": "false",
            "http.port": str(port),
            # Any free port will do, because nothing else connects to it, so two servers cannot
            # collide.
            "transport.port": "0",
            "path.data": str(base / "data"),
            "path.logs": str(base / "logs"),
            # The disk of a development machine is often fuller than 90 %, where shards are not
            # allocated.
            "cluster.routing.allocation.disk.threshold_enabled": "false",
            **settings,
        }
        command = [str(java_home / "bin" / "java"), "-Xms4m", "-Xmx64m", "-XX:+UseSerialGC"]
        command += [word.format(home=home) for word in LAUNCH[major]]
        command += [word for key, value in options.items() for word in ("-E", f"{key}={value}")]
        environment = {
            "PATH": os.defpath,
            "LANG": "C.UTF-8",
            "ES_HOME": str(home),
            "ES_PATH_CONF": str(config if config.is_dir() else home / "config"),
            "ES_DISTRIBUTION_TYPE": "zip",
            "ES_JAVA_HOME": str(java_home),
            "JAVA": str(java_home / "bin" / "java"),
            "JAVA_TYPE": "ES_JAVA_HOME",
            "ES_JAVA_OPTS": " ".join([f"-Xms{heap} -Xmx{heap}", *java_options]),
            "ES_TMPDIR": str(base / "tmp"),
        }
        with log_file(home).open("wb") as log:
            process = subprocess.Popen(
                command,
                cwd=home,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C in the terminal must not stop it
                **runner.run_as(),
            )
        self.pid_file.write_text(f"{process.pid} {home}\n")
        # A process that was just started has no command line yet, so `pid` would not recognize it.
        while process.poll() is None and not processes.command_line(process.pid):
            time.sleep(0.01)

    def wait_until_answering(self, url: str, seconds: int) -> str:
        """Return the version that answers at `url`.

        Raises `Ended` where our process ends, `SetupFailed` where `seconds` have gone, before one
        does.
        """
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            ended = self.pid() is None
            answer = address.ask(url)
            if answer.version:
                return answer.version
            if ended:
                raise Ended("Elasticsearch ended while it started.")
            time.sleep(0.5)
        raise SetupFailed(f"Elasticsearch did not answer on {url} within {seconds} s.")

    def stop(self, seconds: int = 30) -> bool:
        """Stop our server, by force after `seconds`; return whether there was one."""
        pid = self.pid()
        # The process may end by itself at any time.
        with suppress(ProcessLookupError):
            if pid is not None:
                os.kill(pid, signal.SIGTERM)
                deadline = time.monotonic() + seconds
                while self.pid() is not None and time.monotonic() < deadline:
                    time.sleep(0.2)
                if self.pid() is not None:
                    os.killpg(pid, signal.SIGKILL)
        self.pid_file.unlink(missing_ok=True)
        return pid is not None


def log_file(home: Path) -> Path:
    """Return the file with the output of the server in `home`."""
    return home.parent / "server.log"
