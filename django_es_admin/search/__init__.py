"""Searches: those of a site, declared as a service, and those of the admin's search box."""

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
