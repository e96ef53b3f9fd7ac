"""Reads: the search of a site, declared as a service; and what the admin's search box asks."""

from .site.faceted import FacetedSearchService
from .site.facets import RangeFacet, StatsFacet, TermsFacet
from .site.results import SearchResults
from .site.service import SearchService

__all__ = [
    "FacetedSearchService",
    "RangeFacet",
    "SearchResults",
    "SearchService",
    "StatsFacet",
    "TermsFacet",
]
