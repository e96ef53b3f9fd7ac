"""How many saves per second are possible when many processes save at the same time.

    make es && dev/postgresql/server.py start --durable && .venv/bin/pip install -e '.[bench]'
    export POSTGRES_URL=postgres://django_es_admin@127.0.0.1:54330/postgres
    .venv/bin/python benchmarks/crowd.py [--rounds 1] [--seconds 5] [--writers 1 4 16 64]

That PostgreSQL waits for its disk at each commit, as one in production does; that of the tests does
not. POSTGRES_URL and ES_URL may name any other servers. Each contestant has a database and an index
of its own, with the same products; a writer is a process that saves products of its own, one in
each transaction, as fast as it can, once all of them have saved before. The contestants have their
turns for each number of writers, in another order each time. No worker runs beside; what is left to
workers is written after the turn, and at the end all documents are compared with the database.
"""

import argparse
import random
import secrets
import statistics
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from contestants import postgresql
from contestants.process import Process

PROGRAM = Path(__file__).parent / "sync_contestants" / "writers.py"
CONTESTANTS = {
    "none": "no sync",
    "inline": "django_es_admin",
    "worker": '`SYNC = "worker"`',
    "peer-no-refresh": "django-elasticsearch-dsl, refresh off",
}
WRITERS = (1, 4, 16, 64)
PRODUCTS = 1_280

Figures = dict[tuple[str, int], list[dict[str, float]]]


def run(rounds: int, seconds: float, crowds: Sequence[int]) -> Figures:
    """Return contestant and number of writers -> the results of each turn."""
    run = secrets.token_hex(3)
    template = f"bench_crowd_{run}"
    figures: Figures = {}
    with ExitStack() as stack:
        postgresql.create(template)
        stack.callback(postgresql.drop, template)
        with Process(PROGRAM, "none", postgresql.url_of(template), "") as first:
            first.tell("prepare", PRODUCTS)
        players = {}
        for name in CONTESTANTS:
            database, prefix = f"{template}_{name}".replace("-", "_"), f"bench-{run}-{name}-"
            postgresql.create(database, template)
            stack.callback(postgresql.drop, database)
            url = postgresql.url_of(database)
            # In a separate process, because forks must not share a client that was already used.
            with Process(PROGRAM, name, url, prefix) as maker:
                maker.tell("create")
            stack.callback(_remove, name, url, prefix)
            players[name] = stack.enter_context(Process(PROGRAM, name, url, prefix))
        for _ in range(rounds):
            for writers in crowds:
                order = list(players)
                random.shuffle(order)
                for name in order:
                    turn = players[name].tell("crowd", writers, seconds)
                    print(f"{name}, {writers}: {turn}", file=sys.stderr, flush=True)
                    figures.setdefault((name, writers), []).append(turn)
        # The other library's index contains only what was saved.
        for name in ("inline", "worker"):
            wrong = players[name].tell("differing")["differing"]
            if wrong:
                sys.exit(f"{CONTESTANTS[name]}: {wrong} documents are not as the database has them")
    return figures


def _remove(name: str, url: str, prefix: str) -> None:
    with Process(PROGRAM, name, url, prefix) as remover:
        remover.tell("remove")


def report(figures: Figures, crowds: Sequence[int]) -> None:
    """Print the table."""
    print("| transactions/s |", " | ".join(f"{n} writers" for n in crowds), "|")
    print("| --- |", " | ".join("---" for _ in crowds), "|")
    rates = {key: [turn["rate"] for turn in turns] for key, turns in figures.items()}
    for name, label in CONTESTANTS.items():
        cells = [_spread(rates[name, writers]) for writers in crowds]
        print(f"| {label} |", " | ".join(cells), "|")
    for name, other in (
        ("inline", "none"),
        ("inline", "peer-no-refresh"),
        ("worker", "none"),
    ):
        cells = [
            f"{statistics.median(rates[name, n]) / statistics.median(rates[other, n]):.2f}"
            for n in crowds
        ]
        print(f"| **{CONTESTANTS[name]} / {CONTESTANTS[other]}** |", " | ".join(cells), "|")
    for name, label in CONTESTANTS.items():
        cells = [
            f"{1000 * max(turn['longest'] for turn in figures[name, n]):.0f} ms, "
            f"{sum(turn['failed'] for turn in figures[name, n]):.0f}"
            for n in crowds
        ]
        print(f"| longest save, and saves that failed: {label} |", " | ".join(cells), "|")
    for name, label in CONTESTANTS.items():
        cells = [
            f"{1000 * statistics.median(turn['busy'] for turn in figures[name, n]):.1f} ms"
            for n in crowds
        ]
        print(f"| processor time of a save in its process: {label} |", " | ".join(cells), "|")


def _spread(figures: list[float]) -> str:
    middle = f"{statistics.median(figures):,.0f}"
    return middle if len(figures) == 1 else f"{middle} ({min(figures):,.0f}-{max(figures):,.0f})"


def main() -> None:
    """Let the contestants save in turns, and print the results."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--writers", type=int, nargs="+", default=WRITERS, metavar="N")
    arguments = parser.parse_args()
    crowds = arguments.writers
    report(run(arguments.rounds, arguments.seconds, crowds), crowds)


if __name__ == "__main__":
    main()
