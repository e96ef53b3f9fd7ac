"""How to run one test again, alone."""

import os
import shlex
from collections.abc import Generator
from typing import Any
from urllib.parse import urlsplit

import pytest

VARIABLES = ("DATABASE_URL", "ES_URL", "POSTGRES_URL", "TORTURE_ROWS", "TORTURE_STEPS")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    """Say with each failure how to run that test alone."""
    report = yield
    if report.failed:
        report.sections.append(("To run it alone", command(item)))
    return report


def command(item: pytest.Item) -> str:
    """Return the command that runs a test alone, with the choices and the servers of this run."""
    given = [f"{name}={os.environ[name]}" for name in VARIABLES if _may_be_shown(name)]
    words = [".venv/bin/python", "-m", "pytest", item.nodeid]
    seed = item.config.getoption("randomly_seed", None)
    if isinstance(seed, int):
        words.append(f"--randomly-seed={seed}")
    return shlex.join([*given, *words])


def _may_be_shown(name: str) -> bool:
    value = os.environ.get(name)
    return bool(value) and urlsplit(value).password is None
