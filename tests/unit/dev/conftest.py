"""A copy of the server script in a checkout of its own, so that no test meets the real server."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

DEV = Path(__file__).parents[3] / "dev"

ServerScript = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def scripts(tmp_path: Path) -> Path:
    """Return a copy of dev/elasticsearch without a server in it."""
    for name in ("local", "elasticsearch"):
        left_out = shutil.ignore_patterns(".run", "__pycache__")
        shutil.copytree(DEV / name, tmp_path / name, ignore=left_out)
    return tmp_path / "elasticsearch"


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """Return the only folder on the PATH of the script: what is not in it is not installed."""
    folder = tmp_path / "programs"
    folder.mkdir()
    return folder


@pytest.fixture
def server_script(scripts: Path, programs: Path) -> ServerScript:
    """Return a function that runs the script with words and environment variables."""

    def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, str(scripts / "server.py"), *words],
            env={"PATH": str(programs), "HOME": os.environ.get("HOME", "/"), **environment},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


@pytest.fixture
def free_port() -> int:
    """Return a port of the loopback interface that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
