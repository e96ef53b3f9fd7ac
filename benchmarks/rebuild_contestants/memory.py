"""The memory of a process that only loads."""

import secrets

from contestants.process import Process
from elasticsearch import Elasticsearch

from rebuild_contestants.database import PROGRAM, products
from rebuild_contestants.indices import documents, remove

SIZES = (20_000, 1_000_000)
# In MB, for any number of rows.
LIMIT = 150


def measure(client: Elasticsearch) -> None:
    """Load few and many products, each in a separate process."""
    for rows in SIZES:
        prefix = f"bench-memory-{secrets.token_hex(3)}-"
        with products(rows) as url:
            try:
                with Process(PROGRAM, "ours", url, prefix) as process:
                    index = process.tell("create")
                    before = process.tell("peak")
                    process.tell("load", index, 0, 1)
                    peak = process.tell("peak")
                documents(client, index, rows)
            finally:
                remove(client, prefix)
        verdict = "met" if peak < LIMIT else "missed"
        print(
            f"{rows:9,} rows: peak memory {peak:4.0f} MB, {before:.0f} MB before the load; "
            f"target of {LIMIT} MB {verdict}"
        )
