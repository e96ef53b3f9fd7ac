"""Databases filled with products: created once, and copied for each run."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from contestants import postgresql
from contestants.process import Process

PROGRAM = Path(__file__).with_name("contestant.py")


@contextmanager
def products(rows: int) -> Iterator[str]:
    """Provide the URL of a database with that many products; remove it after the context.

    The original, `bench_rebuild_<rows>`, is kept, because creating it takes longer.
    """
    source = f"bench_rebuild_{rows}"
    if not postgresql.exists(source):
        postgresql.create(source)
    with Process(PROGRAM, "ours", postgresql.url_of(source), "") as process:
        process.tell("prepare", rows)
    copy = f"{source}_{secrets.token_hex(3)}"
    postgresql.create(copy, source)
    try:
        yield postgresql.url_of(copy)
    finally:
        postgresql.drop(copy)
