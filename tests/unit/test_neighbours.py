"""Tests that run at once share a cluster, and may not fail because of the indices of others."""

import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
# A call that goes on in the next line names the index there.
WITHOUT_AN_INDEX = re.compile(r"\.(?:get_alias|exists_alias)\((?!$)(?!.*index=)")


def test_no_test_asks_for_an_alias_of_all_indices() -> None:
    """Elasticsearch refuses it as long as another test blocks the metadata of one."""
    asking = [
        f"{path.relative_to(TESTS)}: {line.strip()}"
        for path in TESTS.rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if WITHOUT_AN_INDEX.search(line) and path != Path(__file__)
    ]
    assert asking == []
    assert WITHOUT_AN_INDEX.search("es.indices.get_alias(name=alias)")
    assert not WITHOUT_AN_INDEX.search("es.indices.get_alias(name=alias, index=alias)")
