"""How long a searched page of the admin takes: Django's ModelAdmin compared with the mixin.

The mixin has its default options. Both show the shop's products from the same database, with the
same columns, filters and date hierarchy; in some cases only those of one tenant, which is a
category here. The whole request is timed, from the URL to the rendered page, in turns. It ends with
an error if the fastest page of the mixin is slower than the slowest page of Django's search. Run it
with

    DATABASE_URL=… .venv/bin/python benchmarks/changelist.py [--rows 1000000] [--rounds 5]

on an empty database, or one that an earlier run has filled. Missing rows and indices are created
first, and not timed. The index is `bench-changelist-<vendor>-<rows>-products`.
"""

import argparse
import os
import statistics
import sys
import time
from collections.abc import Iterator
from functools import cache
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
parser.add_argument("--only", default="", help="only cases whose name holds this")
parser.add_argument("--prepare", action="store_true", help="only fill database and index")
options = parser.parse_args()

settings.ROOT_URLCONF = __name__
settings.DEBUG = False
settings.ALLOWED_HOSTS = ["testserver"]
VENDOR = settings.DATABASES["default"]["ENGINE"].rpartition(".")[2]
settings.ES_SERVERS["default"]["INDEX_PREFIX"] = f"bench-changelist-{VENDOR}-{options.rows}-"
# No time limit, so that the figures show how long a search takes.
settings.ES_ADMIN = {"SEARCH_TIMEOUT": 30}
django.setup()

from django.contrib import admin
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.test import Client
from django.urls import path, reverse
from shop.catalogue import SHELVES, generate
from shop.models import Category, Product

from django_es_admin.admin import ElasticsearchSearchMixin
from django_es_admin.indices.definition import get_definition
from django_es_admin.lifecycle.rebuild import rebuild
from django_es_admin.lifecycle.rebuild_plan import plan_rebuild

# Words that no other text of the catalogue contains, and the share of rows with each word.
PLANTED = {"zymurgy": 50_000, "quokka": 100, "wombat": 10}
BATCH = 2_000
# The number of rows on a page of the admin.
PER_PAGE = 100
SEARCHED = ("name", "description", "brand", "sku")

CASES: tuple[tuple[str, dict[str, str]], ...] = (
    ("rare word", {"q": "zymurgy"}),
    ("word of 1 row in 100", {"q": "quokka"}),
    ("the same, page 50", {"q": "quokka", "p": "50"}),
    ("the same, with a filter", {"q": "quokka", "is_active__exact": "1"}),
    ("the same, with facets", {"q": "quokka", "_facets": "True"}),
    ("the same, sorted by price", {"q": "quokka", "o": "4"}),
    ("word of 1 row in 10", {"q": "wombat"}),
    ("the same, page 50", {"q": "wombat", "p": "50"}),
    ("the same, with a filter", {"q": "wombat", "is_active__exact": "1"}),
    ("the same, with facets", {"q": "wombat", "_facets": "True"}),
    ("the same, sorted by price", {"q": "wombat", "o": "4"}),
    ("two common words", {"q": "wombat quokka"}),
    ("three, in no row together", {"q": "waterproof outdoor boots"}),
    ("common + rare word", {"q": "wombat zymurgy"}),
    ("no hit", {"q": "xylophagous"}),
    ("word of 1 row in 10, sorted by name", {"q": "wombat", "o": "1"}),
    ("no search", {}),
)
TENANT_CASES = tuple(
    (f"{name}, of a tenant", query)
    for name, query in (
        ("word of 1 row in 100", {"q": "quokka"}),
        ("word of 1 row in 10", {"q": "wombat"}),
        ("the same, with facets", {"q": "wombat", "_facets": "True"}),
        ("the same, sorted by price", {"q": "wombat", "o": "4"}),
    )
)


class Shown:
    """The options of both admins."""

    date_hierarchy = "created_at"
    list_display = ("name", "brand", "category", "price", "sku", "is_active", "created_at")
    list_filter = ("category", "is_active")
    list_select_related = ("category",)


class StockAdmin(Shown, admin.ModelAdmin):
    """Django's own search."""

    search_fields = SEARCHED


class OurAdmin(Shown, ElasticsearchSearchMixin, admin.ModelAdmin):
    """The search of the mixin."""

    search_fields = ("name^3", "description", "brand.text^2", "sku")


class OfTenant:
    """Shows the products of one category."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Product]:
        """Return the products of the largest category."""
        rows: QuerySet[Product] = super().get_queryset(request)  # type: ignore[misc]
        return rows.filter(category_id=tenant())


class StockTenantAdmin(OfTenant, StockAdmin):
    """Django's own search in one category."""


class OurTenantAdmin(OfTenant, OurAdmin):
    """The search of the mixin in one category."""


@cache
def tenant() -> Any:
    """Return the category with the most products."""
    found = Category.objects.annotate(products=Count("product")).order_by("-products", "pk").first()
    return found and found.pk


SITES: dict[str, Any] = {
    "stock": StockAdmin,
    "ours": OurAdmin,
    "stock-tenant": StockTenantAdmin,
    "ours-tenant": OurTenantAdmin,
}
urlpatterns = []
for name, model_admin in SITES.items():
    site = admin.AdminSite(name=name)
    site.register(Product, model_admin)
    urlpatterns.append(path(f"{name}/", site.urls))


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
    """Fill the database and the index, unless they already have that many products."""
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


def hits(client: Client, site: str, query: dict[str, str]) -> int:
    """Return the number of hits on a page."""
    address = reverse("admin:shop_product_changelist", current_app=site)
    response: Any = client.get(address, query)
    count: int = response.context_data["cl"].result_count
    return count


def main() -> None:
    """Prepare, run the contestants in turns, and print medians and their ratio."""
    prepare(options.rows)
    if options.prepare:
        return
    user, _ = User.objects.get_or_create(username="bench", is_staff=True, is_superuser=True)
    client = Client()
    client.force_login(user)
    print(f"{options.rows:,} rows, {VENDOR}; milliseconds, median of {options.rounds} (range)")
    print("| search | hits | stock | mixin | stock / mixin |")
    print("| --- | --- | --- | --- | --- |")
    slower = []
    rows = [("", *case) for case in CASES] + [("-tenant", *case) for case in TENANT_CASES]
    for suffix, name, query in rows:
        if options.only and options.only not in name:
            continue
        first = {key: value for key, value in query.items() if key != "p"}
        found = hits(client, f"ours{suffix}", first)
        if (int(query.get("p", 1)) - 1) * PER_PAGE >= max(found, 1):
            continue
        times: dict[str, list[float]] = {f"stock{suffix}": [], f"ours{suffix}": []}
        for number in range(options.rounds + 1):
            for site, taken in times.items():
                milliseconds = 1000 * seconds(client, site, query)
                if number:  # the first round warms up
                    taken.append(milliseconds)
        stock, ours = times.values()
        cells = [
            f"{statistics.median(taken):,.0f} ({min(taken):,.0f}-{max(taken):,.0f})"
            for taken in (stock, ours)
        ]
        ratio = statistics.median(stock) / statistics.median(ours)
        print("|", " | ".join([name, f"{found:,}", *cells, f"{ratio:.1f}"]), "|", flush=True)
        if min(ours) > max(stock):
            slower.append(name)
    if slower:
        sys.exit(f"Slower than stock: {', '.join(slower)}")


if __name__ == "__main__":
    main()
