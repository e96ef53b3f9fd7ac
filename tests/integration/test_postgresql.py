"""Runs some tests on a real PostgreSQL, whatever the others run on.

These are the tests of ``tests/postgresql``, and those of what has to be the same whoever filters,
sorts and counts pages, and writes documents: databases differ in that.
"""

import os
import subprocess
import sys
from pathlib import Path

from tests.integration.test.test_project import POSTGRES_URL

ROOT = Path(__file__).parents[2]

ADMIN = "tests/integration/admin"
SAME_PAGES = (
    f"{ADMIN}/test_search_parity.py",
    f"{ADMIN}/test_search_paging.py::test_pages_are_those_of_the_database",
    "tests/unit/documents/test_readers.py::test_many_declarations[50]",
    f"{ADMIN}/test_search_paging.py::test_what_the_index_holds_less_of_is_sorted_by_the_database",
)


def test_what_postgresql_alone_does_or_may_do_otherwise() -> None:
    ran = subprocess.run(
        # Our tests' models have no migrations, and refer to some that have.
        [sys.executable, "-m", "pytest", "-v", "--nomigrations", "tests/postgresql", *SAME_PAGES],
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
