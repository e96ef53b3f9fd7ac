"""`python -m tests.torture.stranger --help`: a program that knows the tables, and nothing of us.

It speaks to the database by its driver alone, as psql or a script of another team does. Prints
JSON: how many statements it made, and how many the database refused.
"""

import argparse
import json
import os
import random
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

STATEMENTS = (
    "UPDATE shop_product SET name = '{word}', price = price + 1 WHERE id % 97 = {number}",
    "UPDATE shop_product SET is_active = NOT is_active WHERE id % 89 = {number}",
    "UPDATE shop_product SET brand = '{word}', description = '' WHERE id = {key}",
    "UPDATE shop_product SET category_id = (SELECT min(id) FROM shop_category) WHERE id = {key}",
    "UPDATE shop_category SET name = '{word}' WHERE id % 13 = {number} % 13",
    "UPDATE shop_tag SET name = name || '{letter}' WHERE id % 17 = {number} % 17",
    "DELETE FROM shop_product_tags WHERE product_id % 61 = {number}",
    "INSERT INTO shop_product (name, description, price, category_id, brand, sku, is_active, "
    "created_at, updated_at) SELECT name, description, price, category_id, brand, "
    "'{word}-' || id, is_active, created_at, updated_at FROM shop_product WHERE id = {key}",
    "DELETE FROM shop_product WHERE sku LIKE '{letter}%-%' AND id NOT IN "
    "(SELECT product_id FROM shop_product_tags) AND id % 5 = {number} % 5",
)
REFUSED = ("OperationalError", "IntegrityError")
"""What the drivers call a lock, a deadlock, or a row that another one has made or deleted."""


def main() -> int:
    """Change rows until the file is there; return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seed", required=True)
    parser.add_argument("--until", type=Path, required=True, help="a file that ends it")
    options = parser.parse_args()
    chosen, done = random.Random(options.seed), Counter[str]()
    execute, close = _connect(os.environ["DATABASE_URL"])
    print("{}")
    while not options.until.exists():
        statement = chosen.choice(STATEMENTS).format(**values(chosen))
        try:
            execute(statement)
            done["made"] += 1
        except Exception as error:
            if not {kind.__name__ for kind in type(error).__mro__}.intersection(REFUSED):
                raise
            done[type(error).__name__] += 1
        time.sleep(chosen.uniform(0.1, 0.4))
    close()
    print(json.dumps(done))
    return 0


def values(chosen: random.Random) -> dict[str, str | int]:
    """Return what is put into a statement."""
    return {
        "word": f"{chosen.getrandbits(40):010x}",
        "letter": f"{chosen.getrandbits(4):x}",
        "number": chosen.randrange(60),
        "day": chosen.randrange(7),
        "key": chosen.randint(1, int(os.environ["TORTURE_ROWS"])),
    }


def _connect(url: str) -> tuple[Callable[[str], object], Callable[[], None]]:
    if url.startswith("sqlite:///"):
        file = sqlite3.connect(url.removeprefix("sqlite:///"), timeout=20, isolation_level=None)
        file.execute("PRAGMA foreign_keys = ON")
        return file.execute, file.close
    if url.startswith("mysql:"):
        return _connect_to_mariadb(url)
    server = psycopg.connect(url, autocommit=True)
    # Without parameters: a percent sign is one.
    return lambda statement: server.execute(statement.encode()), server.close


def _connect_to_mariadb(url: str) -> tuple[Callable[[str], object], Callable[[], None]]:
    # Not each machine has the driver.
    from MySQLdb import connect

    at = urlsplit(url)
    server = connect(
        host=at.hostname, port=at.port, user=at.username, database=at.path[1:], autocommit=True
    )
    cursor = server.cursor()
    cursor.execute("SET sql_mode = CONCAT(@@sql_mode, ',PIPES_AS_CONCAT')")
    return cursor.execute, server.close


if __name__ == "__main__":
    sys.exit(main())
