"""Runs the tests of ``tests/postgresql`` on a real PostgreSQL, whatever the others run on."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.test.test_project import POSTGRES_URL

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_what_postgresql_alone_does_or_may_do_otherwise() -> None:
    ran = subprocess.run(
        # Our tests' models have no migrations, and refer to some that have.
        [sys.executable, "-m", "pytest", "-v", "--nomigrations", "tests/postgresql"],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": POSTGRES_URL},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    # Those of tests/postgresql are collected on a PostgreSQL only, so that it was one.
    assert "tests/postgresql/" in ran.stdout, ran.stdout
    assert "skipped" not in ran.stdout, ran.stdout
