"""How much longer a save takes because of the index, compared with another library.

    make es postgres && .venv/bin/pip install -e '.[bench]'
    .venv/bin/python benchmarks/sync.py [--rounds 7] [--saves 1000]

POSTGRES_URL and ES_URL name other servers. Each contestant is a process with a database and an
index of its own, with the same products; all save in turns, some products at a time, so that what
else the machine does hits all of them alike. What a contestant adds is what its saves take longer
than those of the process without any index in the same round.
"""

import argparse
import os
import random
import secrets
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from contestants import postgresql
from contestants.process import Process

PROGRAM = Path(__file__).parent / "sync_contestants" / "contestant.py"
CONTESTANTS = {
    "none": "no sync",
    "peer": "django-elasticsearch-dsl",
    "peer-no-refresh": "the same, refresh off",
    "inline": "django_es_admin",
    "worker": 'django_es_admin, SYNC = "worker"',
    "triggers": "the same, with triggers",
}
INLINE = ("peer", "peer-no-refresh", "inline")
"""The contestants that write to the index before a save returns."""

BULK = {"bulk_update": "update() of", "bulk_create": "bulk_create() of"}
BULK_CONTESTANTS = {"none": "no capture", "worker": "CapturedManager", "triggers": "triggers"}
CHANGES = 100
"""The contestants whose saves are written by another process, whose latency is measured."""

SCENARIOS = {"autocommit": "each in its own transaction", "together": "in one transaction"}
# The number of saves in a turn.
TURN = 50
# How many seconds the servers have to finish the work of a turn.
SETTLE = 0.1


@contextmanager
def contestants(saves: int) -> Iterator[dict[str, Process]]:
    """Provide all contestants, each with its database and index; remove these after the context."""
    run = secrets.token_hex(3)
    template = f"bench_sync_{run}"
    with ExitStack() as stack:
        postgresql.create(template)
        stack.callback(postgresql.drop, template)
        with Process(PROGRAM, "none", postgresql.url_of(template), "") as first:
            first.tell("prepare", saves)
        players = {}
        for name in CONTESTANTS:
            database = f"{template}_{name}"
            postgresql.create(database, template)
            stack.callback(postgresql.drop, database)
            process = Process(PROGRAM, name, postgresql.url_of(database), f"bench-{run}-{name}-")
            players[name] = stack.enter_context(process)
            process.tell("create")
            stack.callback(process.tell, "remove")
        yield players


def measure(players: dict[str, Process], scenario: str, saves: int, turn: int) -> dict[str, float]:
    """Return the milliseconds per save for each contestant."""
    seconds = dict.fromkeys(players, 0.0)
    order = list(players)
    for _ in range(0, saves, turn):
        random.shuffle(order)  # whoever comes after a refresh has its merges beside it
        for name in order:
            time.sleep(SETTLE)
            seconds[name] += players[name].tell(scenario, turn)["seconds"]
    return {name: 1000 * taken / saves for name, taken in seconds.items()}


def report(
    scenario: str, rounds: list[dict[str, float]], counts: dict[str, dict[str, int]], saves: int
) -> None:
    """Print the results of one scenario.

    Args:
        rounds: contestant -> milliseconds per save, for each round.
        counts: contestant -> the numbers of requests and statements.
    """
    plain = [figures["none"] for figures in rounds]
    print(f"\n{saves:,} saves, {SCENARIOS[scenario]}: without sync {_spread(plain)} ms per save")
    added = {name: [figures[name] - figures["none"] for figures in rounds] for name in CONTESTANTS}
    for name, label in CONTESTANTS.items():
        requests, statements = (counts[name][kind] for kind in ("requests", "statements"))
        sent = f"{requests:5,} requests, {statements / saves:5.2f} statements per save"
        print(f"  {label:34} adds {_spread(added[name]):24} ms; {sent}")
    for name in ("inline", "worker", "triggers"):
        for peer in ("peer", "peer-no-refresh"):
            # In the same round, because both had the same noise of the machine.
            ratios = [ours / theirs for ours, theirs in zip(added[name], added[peer], strict=True)]
            print(f"  {CONTESTANTS[name]} / {CONTESTANTS[peer]}: {_spread(ratios)}")


def _spread(figures: list[float]) -> str:
    return f"{statistics.median(figures):.2f} ({min(figures):.2f}-{max(figures):.2f})"


def report_bulk(players: dict[str, Process], rounds: int, count: int) -> None:
    """Print what capture adds to bulk operations, and how soon the documents are written."""
    for scenario, label in BULK.items():
        taken: dict[str, list[float]] = {name: [] for name in BULK_CONTESTANTS}
        for number in range(rounds + 1):
            for name in random.sample(list(BULK_CONTESTANTS), len(BULK_CONTESTANTS)):
                time.sleep(SETTLE)
                seconds = players[name].tell(scenario, count)["seconds"]
                if number:  # the first round warms up
                    taken[name].append(1000 * seconds)
        print(f"\n{label} {count:,} products")
        for name, words in BULK_CONTESTANTS.items():
            ratios = [one / plain for one, plain in zip(taken[name], taken["none"], strict=True)]
            print(f"  {words:20} {_spread(taken[name])} ms; times no capture: {_spread(ratios)}")
    found = players["triggers"].tell("latency", CHANGES)
    print(
        f"\n{CHANGES} changes of another program: written after {1000 * found['median']:.0f} ms, "
        f"p95 {1000 * found['p95']:.0f} ms"
    )


def main() -> None:
    """Run the contestants in turns, and print what they add to a save."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--saves", type=int, default=1000, help=f"a multiple of {TURN}")
    parser.add_argument("--bulk", type=int, default=10_000, help="products of a bulk operation")
    arguments = parser.parse_args()
    saves = arguments.saves
    turns = {"autocommit": TURN, "together": saves}
    if saves % TURN:
        parser.error(f"--saves is no multiple of {TURN}")
    with contestants(saves) as players:
        rounds: dict[str, list[dict[str, float]]] = {scenario: [] for scenario in SCENARIOS}
        for number in range(arguments.rounds + 1):
            for scenario, turn in turns.items():
                figures = measure(players, scenario, saves, turn)
                if number:  # the first round warms up
                    rounds[scenario].append(figures)
        for scenario in SCENARIOS:
            counts = {n: player.tell(f"count_{scenario}", saves) for n, player in players.items()}
            if silent := [name for name in INLINE if not counts[name]["requests"]]:
                sys.exit(f"No request of {', '.join(silent)} was counted")
            report(scenario, rounds[scenario], counts, saves)
        for name, player in players.items():
            found = player.tell("differing")
            if name != "none" and found != {"documents": saves, "differing": 0}:
                sys.exit(f"The index of {name!r} is not as its database: {found}")
        report_bulk(players, arguments.rounds, arguments.bulk)
    load = ", ".join(f"{figure:.1f}" for figure in os.getloadavg())
    print(f"\nLoad of the machine ({os.cpu_count()} cores) in the last 1, 5, 15 minutes: {load}")


if __name__ == "__main__":
    main()
