"""What keeping the index in step costs a save, against django-elasticsearch-dsl's processor.

    POSTGRES_URL=postgres://… .venv/bin/python benchmarks/sync.py [--rounds 5] [--saves 1000]

Each contestant is a process with a database and an index of its own; they save in turns. The peer
is django-elasticsearch-dsl 9.0 (`pip install -e .[bench]`), its issue 505 mended, as every document
would be `{}` otherwise.
"""

import argparse
import json
import os
import secrets
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg

CONTESTANT = Path(__file__).parent / "sync_contestants" / "contestant.py"
NAMES = {
    "none": "no sync",
    "peer": "django-elasticsearch-dsl, as it comes (refreshes)",
    "peer-no-refresh": "django-elasticsearch-dsl, refresh off",
    "inline": "ours, inline",
    "worker": "ours, SYNC = worker",
}


class Contestant:
    """One process, told what to do by lines.

    Args:
        name: one of NAMES.
        url: of its database.
        prefix: of its index.
    """

    def __init__(self, name: str, url: str, prefix: str) -> None:
        self.name = name
        environment = {
            **os.environ,
            "CONTESTANT": name,
            "DATABASE_URL": url,
            "INDEX_PREFIX": prefix,
        }
        self._process = subprocess.Popen(  # noqa: S603 (our own program)
            [sys.executable, str(CONTESTANT)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )

    def tell(self, order: str, number: int = 0) -> Any:
        """Return the answer to one order."""
        assert self._process.stdin is not None  # noqa: S101 (asked for above)
        assert self._process.stdout is not None  # noqa: S101
        self._process.stdin.write(f"{order} {number}\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            sys.exit(f"The contestant {self.name!r} ended; see its message above.")
        return json.loads(answer)

    def end(self) -> None:
        """Delete its index, and end it."""
        self.tell("remove")
        assert self._process.stdin is not None  # noqa: S101
        self._process.stdin.close()
        self._process.wait()


def main() -> None:
    """Make databases, run the rounds, print the table, drop the databases."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--saves", type=int, default=1000)
    arguments = parser.parse_args()
    server = os.environ["POSTGRES_URL"].rstrip("/")
    base = server.rpartition("/")[0] if server.count("/") > 2 else server
    run = f"sync_{secrets.token_hex(3)}"
    databases = {name: f"{run}_{name.replace('-', '_')}" for name in NAMES}
    with psycopg.connect(f"{base}/postgres", autocommit=True) as admin:
        for database in databases.values():
            admin.execute(f'CREATE DATABASE "{database}"')
        try:
            measure(arguments, {name: f"{base}/{db}" for name, db in databases.items()}, run)
        finally:
            for database in databases.values():
                admin.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')


def measure(arguments: argparse.Namespace, urls: dict[str, str], run: str) -> None:
    """Run all contestants in turns and print what came out."""
    players = {
        # No prefix may be the beginning of another: each deletes what begins with its own.
        name: Contestant(name, url, f"{run.replace('_', '-')}-{number}-")
        for number, (name, url) in enumerate(urls.items())
    }
    saves = arguments.saves
    for player in players.values():
        player.tell("create")
        player.tell("prepare", saves)
        player.tell("autocommit", saves)
    seconds: dict[tuple[str, str], list[float]] = {}
    for _ in range(arguments.rounds):
        for scenario in ("autocommit", "together"):
            for name, player in players.items():
                taken = player.tell(scenario, saves)["seconds"]
                seconds.setdefault((scenario, name), []).append(taken)
    counts = {
        (scenario, name): player.tell(f"count_{scenario}", saves)
        for scenario in ("autocommit", "together")
        for name, player in players.items()
    }
    for name, player in players.items():
        if name != "none":
            found = player.tell("differing")
            if found != {"documents": saves, "differing": 0}:
                print(f"! {name}: {found}")
        player.end()
    for scenario in ("autocommit", "together"):
        report(scenario, seconds, counts, saves)


def report(
    scenario: str,
    seconds: dict[tuple[str, str], list[float]],
    counts: dict[tuple[str, str], dict[str, int]],
    saves: int,
) -> None:
    """Print the table of one scenario."""
    per_save = {name: [each / saves * 1000 for each in seconds[scenario, name]] for name in NAMES}
    nothing = statistics.median(per_save["none"])
    over = {name: statistics.median(values) - nothing for name, values in per_save.items()}
    print(f"\n{saves} saves, {scenario}; a save without sync takes {nothing:.2f} ms")
    for name, label in NAMES.items():
        values, count = per_save[name], counts[scenario, name]
        spread = f"{min(values) - nothing:.2f} to {max(values) - nothing:.2f}"
        print(
            f"{label:52} +{over[name]:6.2f} ms ({spread}), "
            f"{count['requests'] / saves:.3f} requests, "
            f"{count['statements'] / saves:.2f} statements"
        )
    print(
        f"ours inline: {over['inline'] / over['peer']:.2f} of the peer's default, "
        f"{over['inline'] / over['peer-no-refresh']:.2f} of its refresh-off overhead"
    )


if __name__ == "__main__":
    main()
