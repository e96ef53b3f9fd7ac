"""What rows cost that are not due: an idle worker's query, and `es_status`.

    make es postgres && .venv/bin/pip install -e '.[bench]'
    .venv/bin/python benchmarks/parked.py [--rows 1000000]

A million rows of the outbox are parked, and as many are due in an hour, half of them second
deletes; on PostgreSQL (POSTGRES_URL names another server) and on SQLite, in a database that is
made for it and removed. It ends with an error above 20 ms for a look and 1 s for `es_status`.
"""

import argparse
import os
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path

from contestants import postgresql

PROGRAM = Path(__file__).parent / "parked_rows.py"


def run(database: str, rows: int) -> int:
    """Measure in one database; return the exit status."""
    done = subprocess.run(  # noqa: S603 (our own program)
        [sys.executable, PROGRAM, str(rows)],
        env={**os.environ, "DATABASE_URL": database},
        check=False,
    )
    return done.returncode


def main() -> None:
    """Measure on each database."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    print("| database | rows | an idle look | es_status |\n| --- | --- | --- | --- |", flush=True)
    name = f"bench_parked_{secrets.token_hex(3)}"
    postgresql.create(name)
    try:
        failed = run(postgresql.url_of(name), rows)
    finally:
        postgresql.drop(name)
    with tempfile.TemporaryDirectory() as folder:
        failed += run(f"sqlite:///{folder}/parked.sqlite3", rows)
    if failed:
        sys.exit("An idle look or es_status takes too long.")


if __name__ == "__main__":
    main()
