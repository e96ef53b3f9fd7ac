"""A copy of the server script in a checkout of its own, so that no test meets the real server."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.ports import free_port

DEV = Path(__file__).parents[3] / "dev"

ServerScript = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def scripts() -> Iterator[Path]:
    """Give a copy of dev/elasticsearch without a server in it.

    It is not in `tmp_path`: as root the server runs as another user, for whom that is closed.
    """
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        for name in ("local", "elasticsearch"):
            left_out = shutil.ignore_patterns(".run", "__pycache__")
            shutil.copytree(DEV / name, Path(folder) / name, ignore=left_out)
        yield Path(folder) / "elasticsearch"


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


@pytest.fixture(name="free_port")
def _free_port() -> int:
    """Return a port of the loopback interface that nothing listens on."""
    return free_port()
