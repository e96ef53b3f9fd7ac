"""A scene that tests have one after the other: rows of the database, and a live index of them.

To make an index takes longer than most tests that read it. The next test has the same index, unless
this one has changed it, and has the rows as they were made.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from elasticsearch import Elasticsearch

from django_es_admin import connections
from tests import emptied

NEXT = pytest.StashKey[pytest.Item | None]()
"""The test that follows."""

FIXTURE = "scene_of"
"""What the fixtures ask for that give a test a scene."""

OF = pytest.StashKey[str]()
"""The fixture that gave a test its scene."""

OF_USERS = ("auth_", "django_")
"""Tables of which a scene has nothing."""

SceneOf = Callable[[str, Callable[[], object]], None]
Rows = dict[str, set[tuple[Any, ...]]]
"""Table -> its rows."""


@dataclass
class Scene:
    """What a fixture has made.

    Args:
        before: rows that were there.
        rows: all rows that were there then.
        indices: what the server says of them.
    """

    before: Rows
    rows: Rows
    indices: Any


_made: dict[tuple[Path, str], Scene] = {}
"""Module and fixture -> its scene: of one at a time, as the next one's index has the same name."""


def together(items: list[pytest.Item]) -> list[pytest.Item]:
    """Return tests in their order, but within each file those that have a scene last."""
    files: dict[Path, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.path, []).append(item)
    return [
        item
        for those in files.values()
        for item in sorted(those, key=lambda item: FIXTURE in getattr(item, "fixturenames", ()))
    ]


def enter(item: pytest.Item, fixture: str, make: Callable[[], object]) -> None:
    """Call ``make`` for a test, or give it what the test before it had and left as it was.

    Rows that were there before have to be the same each time.
    """
    client, prefix = connections["default"].client, connections["default"].index_prefix
    name = item.path, fixture
    # Sequences of other databases go on after a test that is undone: keys would be others.
    before = _rows() if connection.vendor == "sqlite" else None
    found = _made.pop(name, None)
    if found and found.before == before and found.indices == _indices(client, prefix):
        _write(found.rows, before)
    else:
        delete_indices(client, prefix)
        make()
        found = None if before is None else Scene(before, _rows(), _indices(client, prefix))
    if found:
        _made[name] = found
        item.stash[OF] = fixture


def leave(item: pytest.Item, client: Elasticsearch, prefix: str) -> None:
    """Delete all indices after a test, but for those of the scene that the next one has, too."""
    after, fixture = item.stash.get(NEXT, None), item.stash.get(OF, "")
    goes_on = after and after.path == item.path and fixture in getattr(after, "fixturenames", ())
    if not goes_on:
        _made.clear()
    kept = {name for scene in _made.values() for name in scene.indices[0]}
    delete_indices(client, prefix, kept)


def delete_indices(client: Elasticsearch, prefix: str, but: Iterable[str] = ()) -> None:
    """Delete all indices below a prefix."""
    found = client.indices.get(index=f"{prefix}*", expand_wildcards="all", features=["aliases"])
    names = sorted(set(found.body) - set(but))
    # A request line has 4 kB.
    for start in range(0, len(names), 50):
        client.indices.delete(index=names[start : start + 50])


def _indices(client: Elasticsearch, prefix: str) -> Any:
    """Return all that a test can change of the indices, and how often their documents changed."""
    found = client.indices.get(index=f"{prefix}*", expand_wildcards="all").body
    shards = client.indices.stats(
        index=f"{prefix}*", metric="indexing", level="shards", expand_wildcards="open,hidden"
    )
    written = {
        name: [copy["seq_no"]["max_seq_no"] for copy in chain(*each["shards"].values())]
        for name, each in shards["indices"].items()
    }
    return found, written


def _rows() -> Rows:
    """Return all rows, but for those of users and their sessions."""
    quote = connection.ops.quote_name
    found: Rows = {}
    with connection.cursor() as cursor:
        for table in emptied.filled(connection):
            if not table.startswith(OF_USERS):
                cursor.execute(f"SELECT * FROM {quote(table)}")  # noqa: S608 (our tables)
                found[table] = set(cursor.fetchall())
    return found


@transaction.atomic
def _write(rows: Rows, there: Rows) -> None:
    """Write the rows of tables that have others; references are checked at the end."""
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        for table in rows.keys() | there.keys():
            every = rows.get(table, set())
            if every == there.get(table, set()):
                continue
            cursor.execute(f"DELETE FROM {quote(table)}")  # noqa: S608 (our tables)
            if every:
                places = ", ".join(["%s"] * len(next(iter(every))))
                cursor.executemany(
                    f"INSERT INTO {quote(table)} VALUES ({places})",  # noqa: S608 (our tables)
                    every,
                )
