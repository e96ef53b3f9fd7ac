"""How long a site's search takes, compared with the same request sent by the bare client.

Each query is sent by the client as the very bytes that the service sends, by the service, by the
JSON view and by the view of Django REST Framework, in turns. What one adds is its time less that of
the client in the same round. Run it with

    DATABASE_URL=… .venv/bin/python benchmarks/search.py [--file catalogue.csv.gz] [--rounds 200]

With ``--threads 64`` that many threads search at the same time, in turns with and without the log;
what the log adds is the time that a search spends in it. Give a database on PostgreSQL then.

on a database that is empty, or that an earlier run has filled: what is missing, rows and index, is
made first and not timed. The index is `bench-search-products`.
"""

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import django

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "example_project")]
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from django.conf import settings

parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
parser.add_argument("--file", help="a catalogue; 20,000 made-up products if omitted")
parser.add_argument("--rounds", type=int, default=200)
parser.add_argument("--threads", type=int, default=0, help="search in so many threads at once")
parser.add_argument("--log", action="store_true", help="note the searches, with SEARCH_LOG")
options = parser.parse_args()

settings.DEBUG = False
settings.ALLOWED_HOSTS = ["testserver"]
settings.ES_SERVERS["default"]["INDEX_PREFIX"] = "bench-search-"
# No time limit, so that the figures show how long a search takes.
settings.ES_ADMIN = {
    "SEARCH_TIMEOUT": 30,
    "SLOW_SEARCH": 30,
    "SYNC": "worker",
    "SEARCH_LOG": options.log,
}
django.setup()

from django.core.management import call_command
from django.core.signals import request_finished
from django.db import connections
from django.test import RequestFactory
from elastic_transport import Transport
from shop.models import Product
from shop.search import FacetedSearchService
from shop.views import ProductSearchView
from shop.views_drf import ProductSearchAPIView

from django_es_admin import connection
from django_es_admin.conf import get_options
from django_es_admin.indices.definition import get_definition
from django_es_admin.insight.log import note
from django_es_admin.insight.log.note import flush
from django_es_admin.lifecycle.rebuild import rebuild
from django_es_admin.lifecycle.rebuild_plan import plan_rebuild
from django_es_admin.search.searched import searched

QUERIES: tuple[dict[str, str], ...] = (
    {},
    {"q": "compact"},
    {"q": "library"},
    {"q": "image viewer"},
    {"q": "quiet large ketle"},
    {"q": "python", "sort": "price_asc", "min_price": "1", "max_price": "100"},
)
HEADERS = {
    "accept": "application/vnd.elasticsearch+json; compatible-with=9",
    "content-type": "application/vnd.elasticsearch+json; compatible-with=9",
}
Contestant = Callable[[dict[str, str]], Any]


def prepare() -> None:
    """Fill the database and the index, unless they already contain something."""
    call_command("migrate", verbosity=0)
    if not Product.objects.exists():
        call_command("load_catalogue", *([options.file] if options.file else ["--count=20000"]))
    definition = get_definition("products")
    if not definition.connection.client.indices.exists(index=definition.alias):
        rebuild(plan_rebuild(definition))


def requests() -> dict[str, tuple[str, str, Any]]:
    """Return the request of the service for each query: method, path and body."""
    sent: dict[str, tuple[str, str, Any]] = {}
    plain = Transport.perform_request

    for query in QUERIES:

        def note(self: Any, method: str, target: str, name: str = str(query), **kwargs: Any) -> Any:
            sent[name] = (method, target, kwargs["body"])
            return plain(self, method, target, **kwargs)

        Transport.perform_request = note  # type: ignore[method-assign]
        FacetedSearchService().answer(query)
    Transport.perform_request = plain  # type: ignore[method-assign]
    return sent


def milliseconds(ask: Contestant, query: dict[str, str]) -> float:
    """Return how long one answer takes, in milliseconds."""
    started = time.perf_counter()
    ask(query)
    return 1000 * (time.perf_counter() - started)


def percentiles(times: list[float]) -> str:
    """Return median and 95th percentile."""
    return f"{statistics.median(times):.1f} | {statistics.quantiles(times, n=20)[-1]:.1f}"


def in_threads() -> None:
    """Search in many threads at the same time, with and without the log in turns; print both."""
    spent: list[float] = []
    searched.disconnect(dispatch_uid="django_es_admin.insight.log")

    def timed(sender: Any, **told: Any) -> None:
        started = time.perf_counter()
        note.note(sender, **told)
        if settings.ES_ADMIN["SEARCH_LOG"]:
            spent.append(1000 * (time.perf_counter() - started))

    searched.connect(timed)
    service = FacetedSearchService()
    queries = [query for query in QUERIES if "q" in query]

    def visit(number: int) -> list[float]:
        times = []
        for each in range(len(queries)):
            query = queries[(number + each) % len(queries)]
            # Half of the visitors search for something unique.
            if number % 2:
                query = {**query, "q": f"{query['q']} {number}"}
            times.append(milliseconds(service.answer, query))
            # The server does this when a response was sent; the log is written here.
            request_finished.send(None)
        connections.close_all()
        return times

    times: dict[bool, list[float]] = {False: [], True: []}
    with ThreadPoolExecutor(options.threads) as pool:
        for number in range(-1, options.rounds):
            for log in (False, True):
                settings.ES_ADMIN["SEARCH_LOG"] = log
                get_options.cache_clear()
                found = list(pool.map(visit, range(options.threads)))
                if number >= 0:
                    times[log] += [each for one in found for each in one]
    print(f"{Product.objects.count():,} products, {options.threads} threads")
    print("| milliseconds | searches | p50 | p95 |")
    print("| --- | --- | --- | --- |")
    for log, taken in times.items():
        print(f"| {'with' if log else 'without'} the log | {len(taken):,} | {percentiles(taken)} |")
    noted = spent[options.threads * len(queries) :]
    median, last = statistics.median(noted), statistics.quantiles(noted, n=20)[-1]
    print(f"| of it, in the log | {len(noted):,} | {median:.4f} | {last:.4f} |")


def main() -> None:
    """Prepare, let the contestants answer in turns, and print their times and differences."""
    prepare()
    if options.threads:
        in_threads()
        return
    sent = requests()
    factory = RequestFactory()
    json_view, rest_view = ProductSearchView.as_view(), ProductSearchAPIView.as_view()

    def bare(query: dict[str, str]) -> Any:
        method, target, body = sent[str(query)]
        return connection.client.perform_request(method, target, headers=HEADERS, body=body)

    contestants: dict[str, Contestant] = {
        "the client": bare,
        "`search_with_facets`": lambda query: FacetedSearchService().answer(query),
        "`ProductSearchView`": lambda query: json_view(factory.get("/", query)).content,
        "`ProductSearchAPIView`": lambda query: rest_view(factory.get("/", query)).render().content,
    }
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for number in range(options.rounds + 5):
        for query in QUERIES:
            # Each is the first one equally often, because the first warms the caches for the
            # others.
            names = list(contestants)
            turn = number % len(names)
            for name in names[turn:] + names[:turn]:
                taken = milliseconds(contestants[name], query)
                if number >= 5:
                    times[name].append(taken)
        # As after a request, when no visitor waits for it.
        flush()
    client = times["the client"]
    print(f"{Product.objects.count():,} products, {len(QUERIES)} queries, {options.rounds} rounds")
    print("| milliseconds | p50 | p95 | adds, p50 | adds, p95 |")
    print("| --- | --- | --- | --- | --- |")
    for name, taken in times.items():
        added = [own - base for own, base in zip(taken, client, strict=True)]
        print(f"| {name} | {percentiles(taken)} |", f"{percentiles(added)} |")


if __name__ == "__main__":
    main()
