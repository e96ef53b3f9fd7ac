#!/usr/bin/env python3
"""Runs an Elasticsearch with security on, for the tests that need one.

`secured.py FOLDER --port=N`: FOLDER has `node.key` and `node.pem`, the key and the certificates of
the server, and `users` and `users_roles` as Elasticsearch has these files. It is a Docker
container, or else a process, by Maven and a JDK. Its address is printed at once, before it answers;
it ends, and leaves nothing, when the standard input of this script ends, as it does at the death of
whoever holds the other end.

Needs Python 3.9 or newer and nothing else.
"""

from __future__ import annotations

import argparse
import os
import select
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "local"))

import bundle
import container
import java
import process
import runner
from failure import SetupFailed
from lock import locked

MAJOR = "9"
OLDEST_JAVA = 21
STATE = Path(__file__).resolve().parent / ".run"
FILES = ("node.key", "node.pem", "users", "users_roles")
SETTINGS = {
    "xpack.security.enabled": "true",
    # Else it would make keys and passwords of its own at the first start.
    "xpack.security.autoconfiguration.enabled": "false",
    "xpack.security.http.ssl.enabled": "true",
    "xpack.security.http.ssl.key": "node.key",
    "xpack.security.http.ssl.certificate": "node.pem",
}
Running = Callable[[], bool]


@contextmanager
def container_of(folder: Path, port: int) -> Iterator[Running]:
    """Run a container with the files of `folder`."""
    with tempfile.TemporaryDirectory() as state:
        made = container.Container(Path(state) / "container")
        inside = "/usr/share/elasticsearch/config"
        volumes = [f"--volume={folder / name}:{inside}/{name}:ro" for name in FILES]
        version = bundle.elasticsearch_version(MAJOR)
        made.start(version, port, SETTINGS, ["--rm", *volumes])
        try:
            yield made.is_running
        finally:
            made.stop()


@contextmanager
def process_of(folder: Path, port: int) -> Iterator[Running]:
    """Run a process with the files of `folder`."""
    jdk = java.find_jdk(OLDEST_JAVA)
    if jdk is None or shutil.which("mvn") is None:
        raise SetupFailed(
            "An Elasticsearch with security on needs Docker, or Maven (mvn) and a JDK "
            f"{OLDEST_JAVA} or newer (ES_JAVA_HOME names one in an unusual place)."
        )
    reachable = runner.reachable_folder(STATE)
    shared = reachable / MAJOR
    with locked(STATE / MAJOR):
        shared.mkdir(exist_ok=True)
        home = bundle.unpack(MAJOR, shared)
    base = Path(tempfile.mkdtemp(prefix="secured-", dir=reachable))
    try:
        base.chmod(0o755)
        link = base / home.name
        link.symlink_to(home)
        config = base / "config"
        shutil.copytree(home / "config", config)
        for name in FILES:
            shutil.copy(folder / name, config / name)
        runner.give(config)
        server = process.Process(base / "pid")
        server.start(MAJOR, link, jdk, port, SETTINGS, java_options=process.SHORT_LIVED)
        try:
            yield lambda: server.pid() is not None
        finally:
            server.stop()
    finally:
        shutil.rmtree(base, ignore_errors=True)


def main() -> int:
    """Do what the command line says; return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    folder, port = options.folder.resolve(), options.port
    os.umask(0o022)  # the server's own user reads what root unpacks here
    os.environ.setdefault("ES_HEAP", "512m")
    run = container_of if container.daemon_answers() else process_of
    try:
        with run(folder, port) as is_running:
            print(f"https://127.0.0.1:{port}", flush=True)
            while is_running():
                if select.select([sys.stdin], [], [], 0.5)[0]:
                    return 0
        print("Elasticsearch with security on has ended by itself.", file=sys.stderr)
    except SetupFailed as error:
        print(error, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
