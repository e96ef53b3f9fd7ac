"""`python -m tests.torture.scripts --help`: scripts for psql, sqlite3 or mariadb.

They change rows in transactions, copy rows in, empty a table and fill it again, and restore one as
it was. Prints each that was run, and at last, as JSON, how often what was.
"""

import argparse
import json
import os
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.clients import Client, Refused
from tests.torture.stranger import STATEMENTS, values

KINDS = {"transaction": 8, "copy": 4, "upsert": 4, "empty": 1, "restore": 1}
"""How often each is chosen: the last two change each row of a table."""

COLUMNS = "name, description, price, category_id, brand, sku, is_active, created_at, updated_at"
COPIES = (
    "SELECT name, description, price, category_id, brand, '{word}-' || id, is_active, "
    "created_at, updated_at FROM shop_product WHERE id % 71 = {number}"
)
SAME = (
    "SELECT '{word}', description, price, category_id, brand, sku, is_active, "
    "created_at, updated_at FROM shop_product WHERE id % 53 = {number}"
)


def main() -> int:
    """Run scripts until the file is there; return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seed", required=True)
    parser.add_argument("--until", type=Path, required=True, help="a file that ends it")
    options = parser.parse_args()
    chosen, done = random.Random(options.seed), Counter[str]()
    with tempfile.TemporaryDirectory() as folder:
        scripts = _Scripts(Client.of(os.environ["DATABASE_URL"]), chosen, Path(folder))
        while not options.until.exists():
            kind = chosen.choices(list(KINDS), list(KINDS.values()))[0]
            try:
                getattr(scripts, kind)()
                done[kind] += 1
                print(kind)
            except Refused:
                # A lock, a deadlock, or a row that another one has made or deleted.
                done["refused"] += 1
            time.sleep(chosen.uniform(0.2, 0.8))
    print(json.dumps(done))
    return 0


class _Scripts:
    def __init__(self, client: Client, chosen: random.Random, folder: Path) -> None:
        self._client = client
        self._chosen = chosen
        self._folder = folder

    def transaction(self) -> None:
        """Several statements, which are committed or rolled back together."""
        made = [self._filled(self._chosen.choice(STATEMENTS)) for _ in range(3)]
        self._together(*made, end=self._chosen.choice(("COMMIT", "COMMIT", "ROLLBACK")))

    def copy(self) -> None:
        """Rows from a file, as the database reads them fastest."""
        query = self._filled(COPIES)
        match self._client.vendor:
            case "postgresql":
                rows = self._client.run(f"COPY ({query}) TO STDOUT;")
                self._client.run(f"COPY shop_product ({COLUMNS}) FROM STDIN;\n{rows}\\.\n")
            case "mysql":
                file = self._folder / "rows"
                file.write_text(self._client.run(query))
                self._client.run(
                    f"LOAD DATA LOCAL INFILE '{file}' INTO TABLE shop_product ({COLUMNS})"
                )
            case _:
                self._client.run(f"INSERT INTO shop_product ({COLUMNS}) {query}")

    def upsert(self) -> None:
        """Rows that are there already, by a unique column, and one that is not."""
        query = self._filled(SAME)
        if self._client.vendor == "postgresql" and self._chosen.random() < 0.5:
            self._client.run(
                f"MERGE INTO shop_product AS p USING ({query}) AS found ON p.sku = found.sku "
                "WHEN MATCHED THEN UPDATE SET name = 'merged'"
            )
            return
        conflict = "ON CONFLICT (sku) DO UPDATE SET name = excluded.name"
        if self._client.vendor == "mysql":
            conflict = "ON DUPLICATE KEY UPDATE name = VALUES(name)"
        self._client.run(f"INSERT INTO shop_product ({COLUMNS}) {query} {conflict}")

    def empty(self) -> None:
        """A table is emptied, and filled with most of what it held."""
        self._together(
            "CREATE TEMPORARY TABLE held AS SELECT * FROM shop_product_tags",
            self._emptying(),
            self._filled("INSERT INTO shop_product_tags SELECT * FROM held WHERE id % 7 <> {day}"),
        )

    def restore(self) -> None:
        """A table is as it was a moment ago."""
        saved = self._client.dump("shop_product_tags")
        time.sleep(self._chosen.uniform(0, 0.2))
        self._together(self._emptying(), saved)

    def _emptying(self) -> str:
        # The others have none, or no trigger for it.
        verb = "TRUNCATE" if self._client.vendor == "postgresql" else "DELETE FROM"
        return f"{verb} shop_product_tags"

    def _filled(self, statement: str) -> str:
        return statement.format(**values(self._chosen))

    def _together(self, *statements: str, end: str = "COMMIT") -> None:
        # A transaction of SQLite that reads before it writes is refused where another one wrote.
        begin = "BEGIN IMMEDIATE" if self._client.vendor == "sqlite" else "BEGIN"
        self._client.run(";\n".join((begin, *statements, end, "")))


if __name__ == "__main__":
    sys.exit(main())
