"""Transactions that meet at the worst moment."""

import json

import pytest

from tests.torture.processes import Environment

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("how", ["delete", "clear"])
@pytest.mark.parametrize("vendor", ["sqlite", "postgresql"])
def test_a_relation_added_while_all_are_deleted(
    vendor: str, how: str, environment: Environment
) -> None:
    environment.pauses = ""
    environment.prepare()
    environment.run("tests.torture.meeting", how)
    report = json.loads(environment.run("tests.torture.settle"))
    assert report["differences"] == {}
    assert report["left"] == []
