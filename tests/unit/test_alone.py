"""What a test that fails says: how to run it alone."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests import alone


def test_the_command_has_the_test_the_seed_and_the_servers(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in alone.VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ES_URL", "http://127.0.0.1:9200")
    monkeypatch.setenv("DATABASE_URL", "postgres://ada:hunter2@127.0.0.1/x")
    monkeypatch.setattr(request.config.option, "randomly_seed", 17, raising=False)
    assert alone.command(request.node) == (
        "ES_URL=http://127.0.0.1:9200 .venv/bin/python -m pytest "
        "tests/unit/test_alone.py::test_the_command_has_the_test_the_seed_and_the_servers "
        "--randomly-seed=17"
    )


def test_a_failure_shows_it(tmp_path: Path) -> None:
    failing = tmp_path / "test_failing.py"
    failing.write_text("def test_it() -> None:\n    assert False\n")
    words = [
        "-p",
        "tests.alone",
        "-p",
        "no:django",
        "-p",
        "no:django_es_admin",
        "--randomly-seed=17",
        f"--rootdir={tmp_path}",
    ]
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", *words, str(failing)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert "pytest test_failing.py::test_it --randomly-seed=17" in ran.stdout
