"""How long a searched page of the admin takes: a stock ModelAdmin against the mixin.

The mixin takes part twice: as it comes, and with ``search_unrestricted = True``. All show the
shop's products from the same database, with the same columns, filters and date hierarchy. What is
timed is the whole request, from the URL to the rendered page, in turns. Run it with

    DATABASE_URL=… .venv/bin/python benchmarks/changelist.py [--rows 1000000] [--rounds 5]

on a database that is empty, or that an earlier run has filled: what is missing, rows and index, is
made first and not timed. The index is `bench-changelist-<vendor>-<rows>-products`.
"""

import argparse
import os
import statistics
import sys
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import django

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "example_project")]
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from django.conf import settings

parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
parser.add_argument("--rows", type=int, default=1_000_000)
parser.add_argument("--rounds", type=int, default=5)
parser.add_argument("--prepare", action="store_true", help="only fill database and index")
options = parser.parse_args()

settings.ROOT_URLCONF = __name__
settings.DEBUG = False
settings.ALLOWED_HOSTS = ["testserver"]
VENDOR = settings.DATABASES["default"]["ENGINE"].rpartition(".")[2]
settings.ES_SERVERS["default"]["INDEX_PREFIX"] = f"bench-changelist-{VENDOR}-{options.rows}-"
# The figures tell what a search takes, however long that is.
settings.ES_ADMIN = {"SEARCH_TIMEOUT": 30}
django.setup()

from django.contrib import admin
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from django.urls import path, reverse
from shop.catalogue import SHELVES, generate
from shop.models import Category, Product

from django_es_admin.admin import ElasticsearchSearchMixin
from django_es_admin.indices.definition import get_definition
from django_es_admin.lifecycle.rebuild import plan_rebuild, rebuild
from django_es_admin.search.fields import read_fields
from django_es_admin.search.query import Matching, build_query
from django_es_admin.search.service import search_ids
from django_es_admin.search.words import read_words

# Words that no other text of the catalogue has, and the share of rows that gets each.
PLANTED = {"zymurgy": 50_000, "quokka": 100, "wombat": 10}
BATCH = 2_000
# Rows of a page of the admin.
PER_PAGE = 100
SEARCHED = ("name", "description", "brand", "sku")

CASES: tuple[tuple[str, dict[str, str]], ...] = (
    ("rare word", {"q": "zymurgy"}),
    ("word of 1 row in 100", {"q": "quokka"}),
    ("the same, page 50", {"q": "quokka", "p": "50"}),
    ("word of 1 row in 10", {"q": "wombat"}),
    ("the same, page 50", {"q": "wombat", "p": "50"}),
    ("two common words", {"q": "wombat quokka"}),
    ("three, in no row together", {"q": "waterproof outdoor boots"}),
    ("common + rare word", {"q": "wombat zymurgy"}),
    ("no hit", {"q": "xylophagous"}),
    ("1 in 10, with a filter", {"q": "wombat", "is_active__exact": "1"}),
    ("no search", {}),
)


class Shown:
    """What both admins show."""

    date_hierarchy = "created_at"
    list_display = ("name", "brand", "category", "price", "sku", "is_active", "created_at")
    list_filter = ("category", "is_active")
    list_select_related = ("category",)


class StockAdmin(Shown, admin.ModelAdmin):
    """Django's own search."""

    search_fields = SEARCHED


class OurAdmin(Shown, ElasticsearchSearchMixin, admin.ModelAdmin):
    """Elasticsearch's."""

    search_fields = ("name^3", "description", "brand.text^2", "sku")


class FastAdmin(OurAdmin):
    """The same, where Elasticsearch filters and counts, too."""

    search_unrestricted = True


stock = admin.AdminSite(name="stock")
stock.register(Product, StockAdmin)
ours = admin.AdminSite(name="ours")
ours.register(Product, OurAdmin)
fast = admin.AdminSite(name="fast")
fast.register(Product, FastAdmin)
urlpatterns = [path(f"{site.name}/", site.urls) for site in (stock, ours, fast)]


def products(count: int) -> Iterator[Product]:
    """Yield the made-up catalogue, with the words to search for."""
    shelves = {
        shelf.name: Category.objects.get_or_create(name=shelf.name, slug=shelf.code.lower())[0]
        for shelf in SHELVES
    }
    for number, row in enumerate(generate(count, 1)):
        cells = {**row.cells, "is_active": row.cells["is_active"] == "1"}
        del cells["tags"]
        words = [word for word, every in PLANTED.items() if number % every == 0]
        cells["description"] = " ".join([cells["description"], *words])
        yield Product(**{**cells, "category": shelves[cells["category"]]})


def prepare(count: int) -> None:
    """Fill the database and the index, unless they hold that many already."""
    call_command("migrate", verbosity=0)
    stored = Product.objects.count()
    if stored not in (0, count):
        sys.exit(f"The database has {stored:,} products: empty it, or give --rows {stored}.")
    if not stored:
        rows = products(count)
        while batch := list(islice(rows, BATCH)):
            Product.objects.bulk_create(batch)
    definition = get_definition("products")
    if not definition.connection.client.indices.exists(index=definition.alias) or (
        definition.connection.client.count(index=definition.alias)["count"] != count
    ):
        rebuild(plan_rebuild(definition))


def seconds(client: Client, site: str, query: dict[str, str]) -> float:
    """Return how long the page takes."""
    address = reverse("admin:shop_product_changelist", current_app=site)
    started = time.perf_counter()
    response = client.get(address, query)
    taken = time.perf_counter() - started
    if response.status_code != 200:
        sys.exit(f"{address} answered {response.status_code}")
    return taken


def hits(query: dict[str, str]) -> int:
    """Return how many hits a search has, before any filter; all rows without a search."""
    if "q" not in query:
        return Product.objects.count()
    document = get_definition("products").document
    assert document is not None  # noqa: S101 (for mypy)
    fields = read_fields(document, OurAdmin.search_fields)
    found = search_ids(document, build_query(fields, read_words(query["q"]), Matching()))
    return found.total


def main() -> None:
    """Prepare, then run the contestants in turns and print medians and their ratio."""
    prepare(options.rows)
    if options.prepare:
        return
    user, _ = User.objects.get_or_create(username="bench", is_staff=True, is_superuser=True)
    client = Client()
    client.force_login(user)
    print(f"{options.rows:,} rows, {VENDOR}; milliseconds, median of {options.rounds} (range)")
    print("| search | hits | stock | mixin | unrestricted | stock / mixin | stock / unrestricted |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for name, query in CASES:
        found = hits(query)
        if int(query.get("p", 1)) > 1 and (int(query["p"]) - 1) * PER_PAGE >= found:
            continue
        times: dict[str, list[float]] = {"stock": [], "ours": [], "fast": []}
        for number in range(options.rounds + 1):
            for site, taken in times.items():
                milliseconds = 1000 * seconds(client, site, query)
                if number:  # the first round warms up
                    taken.append(milliseconds)
        medians = {site: statistics.median(taken) for site, taken in times.items()}
        cells: list[Any] = [
            f"{medians[site]:,.0f} ({min(times[site]):,.0f}-{max(times[site]):,.0f})"
            for site in times
        ]
        ratios = [f"{medians['stock'] / medians[site]:.1f}" for site in ("ours", "fast")]
        print("|", " | ".join([name, f"{found:,}", *cells, *ratios]), "|", flush=True)


if __name__ == "__main__":
    main()
