"""Elasticsearch as a Docker container with the official image."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import address
from failure import SetupFailed
from process import NO_SETTINGS


def daemon_answers() -> bool:
    """Return whether a Docker daemon can be used; having only the client is not enough."""
    return shutil.which("docker") is not None and _docker("info").returncode == 0


@dataclass(frozen=True)
class Container:
    """The container whose id is in a file."""

    id_file: Path
    """A file with one line, the id. It stays after a stop, so the next start finds the data."""

    def start(
        self,
        version: str,
        port: int,
        settings: Mapping[str, str] = NO_SETTINGS,
        words: Iterable[str] = (),
    ) -> None:
        """Start our container, or create it, with `port` of the loopback interface.

        `settings` go over ours, and `words` go to Docker. The heap is 1 GB, or what `ES_HEAP` says
        ("512m"). Raises `SetupFailed` where Docker refuses (it cannot fetch the image, say).
        """
        if self.was_made() and _docker("start", self.id_file.read_text()).returncode == 0:
            return
        heap = os.environ.get("ES_HEAP", "1g")
        environment = {
            "discovery.type": "single-node",
            "xpack.security.enabled": "false",
            "cluster.name": "django-es-admin",
            "cluster.routing.allocation.disk.threshold_enabled": "false",
            "ES_JAVA_OPTS": f"-Xms{heap} -Xmx{heap}",
            **settings,
        }
        made = _docker(
            "run",
            "--detach",
            f"--publish=127.0.0.1:{port}:9200",
            *words,
            *(f"--env={name}={value}" for name, value in environment.items()),
            f"elasticsearch:{version}",
        )
        if made.returncode != 0:
            if made.stdout:  # Docker keeps a container that it could not start
                _docker("rm", made.stdout.strip())
            raise SetupFailed(f"Docker could not run elasticsearch:{version}: {made.stderr}")
        self.id_file.write_text(made.stdout.strip())

    def was_made(self) -> bool:
        """Return whether our container exists, running or not."""
        return self.id_file.exists()

    def is_running(self) -> bool:
        """Return whether our container is running."""
        if not self.was_made():
            return False
        asked = _docker("inspect", "--format={{.State.Running}}", self.id_file.read_text())
        return asked.stdout.strip() == "true"

    def wait_until_answering(self, url: str, seconds: int) -> str:
        """Return the version that answers at `url`.

        Raises `SetupFailed`, with the container's last lines, where it ends, or `seconds` have
        gone, before one does.
        """
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self.is_running():
            version = address.ask(url).version
            if version:
                return version
            time.sleep(0.5)
        logs = _docker("logs", "--tail=15", self.id_file.read_text())
        raise SetupFailed(
            f"The container did not answer on {url} within {seconds} s:\n{logs.stdout}{logs.stderr}"
        )

    def stop(self) -> bool:
        """Stop our container; return whether it was running."""
        return self.is_running() and _docker("stop", self.id_file.read_text()).returncode == 0


def _docker(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["docker", *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
