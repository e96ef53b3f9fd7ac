"""What grows with the number of rows, and what does not.

    make es postgres && .venv/bin/pip install -e '.[bench]'
    .venv/bin/python benchmarks/growth.py [--rows 200000 --rows 1000000 --rows 5000000]

A table of narrow rows, a key and a name each, is rebuilt by one process: the rate of the load, the
memory, the time of the gate, the size of all our tables, and how long `es_status` takes.
"""

import argparse
import os
import secrets
from pathlib import Path

from contestants import postgresql
from contestants.process import Process
from elasticsearch import Elasticsearch
from rebuild_contestants.indices import remove

PROGRAM = Path(__file__).parent / "rebuild_contestants" / "narrow.py"
SIZES = [200_000, 1_000_000, 5_000_000]
HEADS = (
    "rows",
    "load, rows/s",
    "load, s",
    "gate, s",
    "whole, s",
    "peak MB",
    "tables, KB",
    "es_status, s",
)


def measure(client: Elasticsearch, rows: int) -> tuple[str, ...]:
    """Return the figures of one size."""
    name = f"bench_growth_{secrets.token_hex(3)}"
    prefix = f"bench-growth-{secrets.token_hex(3)}-"
    postgresql.create(name)
    try:
        with Process(PROGRAM, "ours", postgresql.url_of(name), prefix) as process:
            process.tell("fill", rows)
            steps = process.tell("rebuild")
            took, gate = steps["load"], steps["gate"]
            return (
                f"{rows:,}",
                f"{rows / took:,.0f}",
                f"{took:.1f}",
                f"{gate:.1f}",
                f"{sum(steps.values()):.1f}",
                f"{process.tell('peak'):.0f}",
                f"{process.tell('sizes'):,.0f}",
                f"{process.tell('status'):.2f}",
            )
    finally:
        remove(client, prefix)
        postgresql.drop(name)


def main() -> None:
    """Print a table with one row for each size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, action="append", help="sizes; three if omitted")
    arguments = parser.parse_args()
    url = os.environ.get("ES_URL") or "http://127.0.0.1:9200"
    print("| " + " | ".join(HEADS) + " |", flush=True)
    print("| --- " * len(HEADS) + "|", flush=True)
    with Elasticsearch(url, request_timeout=60) as client:
        for rows in arguments.rows or SIZES:
            print("| " + " | ".join(measure(client, rows)) + " |", flush=True)
    load = ", ".join(f"{figure:.1f}" for figure in os.getloadavg())
    print(f"\nLoad of the machine ({os.cpu_count()} cores) in the last 1, 5, 15 minutes: {load}")


if __name__ == "__main__":
    main()
