"""The shop's pages: what its visitors search, choose and open."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext_lazy as _

from django_es_admin.exceptions import SearchParameterInvalid
from shop.models import Product
from shop.search import FacetedSearchService, get_search_suggestions

# No inline script or style, nothing from elsewhere.
POLICY = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
# With more results than these, the words were understood.
FEW = 10
CENT = Decimal("0.01")

SORTS = {
    "relevance": _("Best match"),
    "price_asc": _("Price, lowest first"),
    "price_desc": _("Price, highest first"),
    "newest": _("Newest first"),
}
PRICES = {
    "under_50": _("Under 50"),
    "50_to_100": _("50 to 100"),
    "100_to_200": _("100 to 200"),
    "over_200": _("200 and more"),
}


@dataclass(frozen=True)
class Choice:
    """One value that can be chosen."""

    name: str
    count: int
    chosen: bool


@dataclass(frozen=True)
class PriceRange:
    """A range of prices that can be chosen by a link; its ends are "" where it is open."""

    label: str
    count: int
    lowest: str
    highest: str


def search_page(request: HttpRequest) -> HttpResponse:
    """Show what was found, with the available choices."""
    service = FacetedSearchService()
    words = request.GET.get("q", "").replace("\0", "")
    context: dict[str, Any] = {"words": words, "sorts": SORTS}
    status = 200
    try:
        results = service.answer(request.GET)
    except SearchParameterInvalid as error:
        context["problem"] = str(error)
        status = 400
    else:
        facets = results["facets"]
        context |= {
            "found": results,
            "categories": choices(facets["categories"], request.GET.getlist("category")),
            "brands": choices(facets["brands"], request.GET.getlist("brand")),
            "prices": list(price_ranges(service, facets["price_ranges"])),
            "stats": facets["price_stats"],
            "pages": pages(results["page"], results["total_pages"]),
        }
        if "error" in results:
            status = 503
        elif words.strip() and results["total"] < FEW and "warning" not in results:
            context["meant"] = next(iter(get_search_suggestions(words, 1)), None)
    return shown(request, "shop/search.html", context, status)


def product_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one product."""
    products = Product.objects.filter(is_active=True).select_related("category")
    product = get_object_or_404(products.prefetch_related("tags"), pk=pk)
    return shown(request, "shop/product.html", {"product": product})


def shown(
    request: HttpRequest, template: str, context: Mapping[str, Any], status: int = 200
) -> HttpResponse:
    """Return a page that loads nothing but what is the shop's."""
    response = render(request, template, context, status=status)
    response["Content-Security-Policy"] = POLICY
    return response


def choices(counted: Iterable[Mapping[str, Any]], chosen: Iterable[str]) -> list[Choice]:
    """Return the values of a facet; those that were chosen, too, where nothing has them."""
    wanted = dict.fromkeys(value for value in chosen if value)
    found = [Choice(each["name"], each["count"], each["name"] in wanted) for each in counted]
    there = {choice.name for choice in found}
    return [*found, *(Choice(name, 0, True) for name in wanted if name not in there)]


def price_ranges(
    service: FacetedSearchService, counted: Iterable[Mapping[str, Any]]
) -> Iterator[PriceRange]:
    """Yield the ranges that some products are in."""
    ends = {each["key"]: each for each in service.facets["price_ranges"].ranges}
    for each in counted:
        if each["count"]:
            end = ends[each["name"]]
            # A range of Elasticsearch ends just before its "to", one of a visitor with its maximum.
            highest = str(end["to"] - CENT) if "to" in end else ""
            yield PriceRange(PRICES[each["name"]], each["count"], str(end.get("from", "")), highest)


def pages(page: int, total: int) -> list[int | str]:
    """Return the numbers of the pages to link, with an ellipsis for those left out."""
    if not 1 <= page <= total or total == 1:
        return []
    paginator = Paginator(range(total), 1)
    return list(paginator.get_elided_page_range(page, on_each_side=2, on_ends=1))
