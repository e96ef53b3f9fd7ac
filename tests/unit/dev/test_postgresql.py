"""dev/postgresql/server.py: a cluster of its own, started, found again, and stopped."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

DEV = Path(__file__).parents[3] / "dev"
SAFE = ["fsync", "full_page_writes", "synchronous_commit"]

Script = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def script() -> Iterator[Script]:
    """Return a function that runs a copy of the script, and stop what it leaves running.

    The copy is not in `tmp_path`: as root the server runs as another user, for whom that is closed.
    """
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        for name in ("local", "postgresql"):
            left_out = shutil.ignore_patterns(".run", "__pycache__")
            shutil.copytree(DEV / name, Path(folder) / name, ignore=left_out)

        def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
            return subprocess.run(
                [sys.executable, f"{folder}/postgresql/server.py", *words],
                env={"PATH": os.defpath, "HOME": os.environ.get("HOME", "/"), **environment},
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )

        yield run
        run("stop")


@pytest.mark.slow
@pytest.mark.in_ci
def test_it_starts_once_is_found_again_and_stops(script: Script, free_port: int) -> None:
    port = f"--port={free_port}"
    silent = script("status")
    started = script("start", port)
    kept = script("start", port)
    url = f"postgres://django_es_admin@127.0.0.1:{free_port}/postgres"
    with psycopg.connect(url) as connection:
        asked = connection.execute("SELECT rolsuper, rolcreatedb FROM pg_roles WHERE rolcanlogin")
        # The superuser may not sign in, but is there.
        assert (False, True) in asked.fetchall()
    stopped = script("stop")
    stopped_again = script("stop")

    assert silent.returncode == 1
    assert "make postgres" in silent.stderr
    assert (started.returncode, kept.returncode) == (0, 0)
    assert f"export POSTGRES_URL={url}" in started.stdout
    assert "Starting" not in kept.stdout
    assert "Stopped" in stopped.stdout
    assert "nothing was stopped" in stopped_again.stdout
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url)


@pytest.mark.slow
@pytest.mark.in_ci
def test_only_the_role_of_the_tests_is_let_in(script: Script, free_port: int) -> None:
    assert script("start", f"--port={free_port}").returncode == 0
    for user in ("root", "postgres", "nobody"):
        with pytest.raises(psycopg.OperationalError, match=r"no pg_hba\.conf entry"):
            psycopg.connect(f"postgres://{user}@127.0.0.1:{free_port}/postgres")


def test_a_port_that_something_else_holds_is_refused(script: Script) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        started = script("start", f"--port={listener.getsockname()[1]}")

    assert started.returncode == 1
    assert "is taken" in started.stderr
    assert "Traceback" not in started.stderr


def test_a_server_that_is_named_is_used_or_refused_without_its_password(
    script: Script, free_port: int
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        used = script("start", POSTGRES_URL=f"postgres://me:secret@127.0.0.1:{port}/x")
    refused = script("start", POSTGRES_URL=f"postgres://me:secret@127.0.0.1:{free_port}/x")

    assert used.returncode == 0
    assert f"127.0.0.1:{port} (POSTGRES_URL)" in used.stdout
    assert refused.returncode == 1
    assert "nothing answers" in refused.stderr
    assert "secret" not in used.stdout + refused.stderr


@pytest.mark.slow
@pytest.mark.in_ci
def test_a_durable_one_waits_for_the_disk_and_stands_beside_the_other(
    script: Script, free_port: int
) -> None:
    words = ("--durable", f"--port={free_port}")
    try:
        assert script("start", *words).returncode == 0
        with psycopg.connect(f"postgres://django_es_admin@127.0.0.1:{free_port}/postgres") as it:
            shown = it.execute("SELECT name, setting FROM pg_settings WHERE name = ANY(%s)", [SAFE])
            assert dict(shown.fetchall()) == dict.fromkeys(SAFE, "on")
        assert script("status").returncode == 1
        assert "nothing was stopped" in script("stop").stdout
    finally:
        stopped = script("stop", "--durable")
    assert "Stopped" in stopped.stdout
