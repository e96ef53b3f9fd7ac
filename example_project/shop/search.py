"""What visitors of the shop may search for."""

from django_es_admin import search
from django_es_admin.search import Correction, RangeFacet, StatsFacet, Suggestion, TermsFacet
from shop.documents import ProductDocument


class ProductSearchService(search.SearchService):
    """The active products."""

    document = ProductDocument
    fields = ("name^3", "description", "brand.text^2", "sku^5")
    # Somebody may press Enter before the end of a word.
    prefix = True
    filters = {"category": "category.name.raw", "brand": "brand"}
    ranges = {"price": "price"}
    sorts = {
        "relevance": "_score",
        "price_asc": "price",
        "price_desc": "-price",
        "newest": "-created_at",
    }
    default_filters = {"is_active": True}
    # A name is shown whole, of a description the pieces that matter.
    highlight = {"name": {"number_of_fragments": 0}, "description": {}}
    source_includes = ("id", "name", "description", "category", "brand", "sku", "tags", "price")
    suggest_field = "name.suggest"
    spelling_field = "name"


class FacetedSearchService(search.FacetedSearchService, ProductSearchService):
    """The same, with the available choices."""

    facets = {
        "categories": TermsFacet("category.name.raw"),
        "brands": TermsFacet("brand"),
        "price_ranges": RangeFacet(
            "price",
            ranges=(
                {"key": "under_50", "to": 50},
                {"key": "50_to_100", "from": 50, "to": 100},
                {"key": "100_to_200", "from": 100, "to": 200},
                {"key": "over_200", "from": 200},
            ),
        ),
        "price_stats": StatsFacet("price"),
    }


def get_autocomplete_suggestions(prefix: str, size: int = 10) -> list[Suggestion]:
    """Return names of products that begin like that."""
    return ProductSearchService().autocomplete(prefix, size)


def get_search_suggestions(query: str, size: int = 5) -> list[Correction]:
    """Return what may have been meant: "did you mean …?"."""
    return ProductSearchService().did_you_mean(query, size)
