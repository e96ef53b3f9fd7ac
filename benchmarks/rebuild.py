"""How fast an index is filled, compared with other libraries and a hand-written loop.

    make es postgres && .venv/bin/pip install -e '.[bench]'
    .venv/bin/python benchmarks/rebuild.py [--rounds 5] [--rows 200000] [--without peer-plain]
    .venv/bin/python benchmarks/rebuild.py --memory

POSTGRES_URL and ES_URL name other servers. Each contestant is a process of its own, or two, and
fills an index of one shard without replicas from the same database; all do so in turns. The time is
that of the load and of the refresh after it; where a library's command makes the index, too, and
moves an alias, that is in it.

The first run makes the databases `bench_rebuild_<rows>` and leaves them for the next.
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
from dataclasses import dataclass

from contestants.process import Process
from elasticsearch import Elasticsearch
from rebuild_contestants import memory
from rebuild_contestants.database import PROGRAM, products
from rebuild_contestants.indices import Shape, digests, documents, remove
from rebuild_contestants.shape import shape, shape_modelsearch

# How many seconds the servers have to finish the work of a turn.
SETTLE = 1.0


@dataclass(frozen=True)
class Kind:
    """The kind of a contestant.

    Args:
        label: the name for people.
        settings: one of CONTESTANTS in the settings.
        processes: the number of processes.
        shape: makes its documents comparable. Without it, they must be equal to those of "limit".
        whole: whether it does a whole rebuild, and not only the load.
        once: whether it is so slow that only the first round counts.
    """

    label: str
    settings: str
    processes: int = 1
    shape: Shape | None = None
    whole: bool = False
    once: bool = False


KINDS = {
    "limit": Kind("by hand", "limit"),
    "limit-two": Kind("by hand, two processes", "limit", 2),
    "columns": Kind("django_es_admin, as columns", "columns"),
    "columns-two": Kind("django_es_admin, as columns, two processes", "columns", 2),
    "ours": Kind("django_es_admin, the database's JSON", "ours"),
    "ours-two": Kind("django_es_admin, JSON, two processes", "ours", 2),
    "peer-plain": Kind(
        "django-elasticsearch-dsl, default settings", "peer-plain", shape=shape, once=True
    ),
    "peer": Kind("django-elasticsearch-dsl, prefetching", "peer", shape=shape),
    "peer-tuned": Kind("django-elasticsearch-dsl, tuned", "peer-tuned", shape=shape),
    "modelsearch": Kind("modelsearch", "modelsearch", shape=shape_modelsearch),
    "rebuild": Kind("django_es_admin, es_rebuild", "ours", whole=True),
}
# Our contestant, the one it is compared with, and the lowest acceptable ratio.
RATIOS = {
    ("columns", "limit"): 1.4,
    ("columns-two", "limit-two"): 1.0,
    ("ours", "limit"): 1.8,
    ("ours-two", "limit-two"): 1.5,
    ("ours", "peer-plain"): None,
    ("ours", "peer"): None,
    ("ours", "peer-tuned"): None,
    ("ours", "modelsearch"): None,
}
# The maximum duration of a comparison, as a share of the time of a load.
VERIFY = {False: 1.2, True: 0.25}


class Contestant:
    """A contestant with its running processes.

    Args:
        kind: the kind.
        url: the URL of the database. A contestant that does whole rebuilds needs its own.
        prefix: the prefix of its indices' names.
    """

    def __init__(self, kind: Kind, url: str, prefix: str) -> None:
        self.kind = kind
        self.prefix = prefix
        self.index = ""
        self.processes = [
            Process(PROGRAM, kind.settings, url, prefix) for _ in range(kind.processes)
        ]

    def fill(self, client: Elasticsearch) -> float:
        """Fill a new index; return the seconds until all documents could be found."""
        first = self.processes[0]
        if self.kind.whole:
            started = time.perf_counter()
            self.index = first.tell("rebuild")
            return time.perf_counter() - started
        self.index = first.tell("create")
        started = time.perf_counter()
        for number, process in enumerate(self.processes):
            process.ask("load", self.index, number, len(self.processes))
        for process in self.processes:
            process.answer()
        client.indices.refresh(index=self.index)
        return time.perf_counter() - started

    def clean(self, client: Elasticsearch) -> None:
        """Delete the index, and with it merges that are still running.

        The index of a whole rebuild stays, because the next rebuild replaces it.
        """
        if not self.kind.whole:
            remove(client, self.prefix)

    def peak(self) -> float:
        """Return the peak memory of its processes, in MB."""
        return max(process.tell("peak") for process in self.processes)


@contextmanager
def contestants(
    client: Elasticsearch, rows: int, kinds: dict[str, Kind]
) -> Iterator[dict[str, Contestant]]:
    """Provide contestants; remove their indices and databases after the context."""
    run = secrets.token_hex(3)
    with ExitStack() as stack:
        shared, own = (stack.enter_context(products(rows)) for _ in range(2))
        players = {}
        for name, kind in kinds.items():
            player = Contestant(kind, own if kind.whole else shared, f"bench-{name}-{run}-")
            stack.callback(remove, client, player.prefix)
            for process in player.processes:
                stack.enter_context(process)
            players[name] = player
        yield players


def take_turns(
    client: Elasticsearch, players: dict[str, Contestant], rows: int, *, keep: bool = False
) -> dict[str, float]:
    """Return contestant -> the seconds it took to fill its index.

    Args:
        keep: whether to keep all indices, including those of contestants with only one round.
    """
    seconds = {}
    names = [name for name, player in players.items() if keep or not player.kind.once]
    random.shuffle(names)
    for name in names:
        time.sleep(SETTLE)
        seconds[name] = players[name].fill(client)
        print(f"{name}: {seconds[name]:.1f} s", file=sys.stderr, flush=True)
        documents(client, players[name].index, rows)
        if not keep:
            players[name].clean(client)
    return seconds


def compare(client: Elasticsearch, players: dict[str, Contestant]) -> None:
    """Exit with an error unless all contestants wrote the same documents."""
    index = players["limit"].index
    exact, shaped = digests(client, index, None), digests(client, index, shape)
    for name, player in players.items():
        found = digests(client, player.index, player.kind.shape)
        expected = shaped if player.kind.shape else exact
        differing = [key for key in expected if found.get(key) != expected[key]]
        if differing:
            sys.exit(
                f"{len(differing):,} documents of {name!r} are not as those written by hand; "
                f"one of them is {differing[0]}."
            )


def report(rounds: list[dict[str, float]], peaks: dict[str, float], rows: int) -> None:
    """Print the results.

    Args:
        rounds: contestant -> seconds, for each round. The first round is a warm-up.
        peaks: contestant -> MB.
    """
    print(f"{rows:,} products with category and tags, median of {len(rounds) - 1} rounds (range)\n")
    print(f"{'load and refresh':44} {'documents/s':>24} {'seconds':>20} {'peak MB':>8}")
    for name, peak in peaks.items():
        kind = KINDS[name]
        seconds = [figures[name] for figures in _counting(rounds, name)]
        rates = _spread([rows / taken for taken in seconds], ",.0f")
        print(f"{kind.label:44} {rates:>24} {_spread(seconds, '.1f'):>20} {peak:8.0f}")
    print()
    for (own, other), target in RATIOS.items():
        if not {own, other} <= peaks.keys():
            continue
        # In the same round, because both had the same noise of the machine.
        ratios = [figures[other] / figures[own] for figures in _counting(rounds, other)]
        verdict = "met" if statistics.median(ratios) >= (target or 0) else "missed"
        wanted = f"; target of {target} {verdict}" if target else ""
        print(f"{KINDS[own].label} / {KINDS[other].label}: {_spread(ratios, '.2f')}{wanted}")


def report_verify(player: Contestant, rounds: list[dict[str, float]]) -> None:
    """Print how long comparisons without differences take."""
    load = statistics.median(figures["ours"] for figures in rounds[1:])
    for ids, target in VERIFY.items():
        seconds = player.processes[0].tell("verify", ids)
        verdict = "met" if seconds / load <= target else "missed"
        name = "es_verify --ids" if ids else "es_verify"
        share = f"{seconds / load:.2f} of the load; target of {target} {verdict}"
        print(f"{name}: {seconds:.1f} s, {share}")


def _counting(rounds: list[dict[str, float]], name: str) -> list[dict[str, float]]:
    return rounds[:1] if KINDS[name].once else rounds[1:]


def _spread(figures: list[float], form: str) -> str:
    if len(figures) == 1:
        return f"{figures[0]:{form}}"
    low, median, high = min(figures), statistics.median(figures), max(figures)
    return f"{median:{form}} ({low:{form}}-{high:{form}})"


def main() -> None:
    """Run the contestants in turns and print how fast they are, or measure our memory."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument(
        "--without",
        action="append",
        default=[],
        choices=[name for name in KINDS if name not in ("limit", "ours")],
        help="leave a contestant out; django-elasticsearch-dsl with its defaults takes 15 minutes",
    )
    parser.add_argument(
        "--memory",
        action="store_true",
        help="measure nothing but our memory, for 20,000 and 1,000,000 rows",
    )
    arguments = parser.parse_args()
    url = os.environ.get("ES_URL") or "http://127.0.0.1:9200"
    with Elasticsearch(url, request_timeout=60) as client:
        if arguments.memory:
            memory.measure(client)
        else:
            kinds = {n: kind for n, kind in KINDS.items() if n not in arguments.without}
            race(client, arguments.rows, arguments.rounds, kinds)
    load = ", ".join(f"{figure:.1f}" for figure in os.getloadavg())
    print(f"\nLoad of the machine ({os.cpu_count()} cores) in the last 1, 5, 15 minutes: {load}")


def race(client: Elasticsearch, rows: int, rounds: int, kinds: dict[str, Kind]) -> None:
    """Let the contestants fill their indices in turns and print how fast they are."""
    with contestants(client, rows, kinds) as players:
        figures = [take_turns(client, players, rows, keep=True)]
        peaks = {name: player.peak() for name, player in players.items()}
        compare(client, players)
        for player in players.values():
            player.clean(client)
        figures += [take_turns(client, players, rows) for _ in range(rounds)]
        report(figures, peaks, rows)
        if "rebuild" in players:
            report_verify(players["rebuild"], figures)


if __name__ == "__main__":
    main()
