"""Searches: those of a site, declared as a service, and those of the admin's search box.

Here belongs how a search is made and sent; who counts or judges searches is in ``insight``.
"""

from .site.answer.results import Correction, SearchResults, Suggestion
from .site.faceted import FacetedSearchService
from .site.facets import RangeFacet, StatsFacet, TermsFacet
from .site.service import SearchService

__all__ = [
    "Correction",
    "FacetedSearchService",
    "RangeFacet",
    "SearchResults",
    "SearchService",
    "StatsFacet",
    "Suggestion",
    "TermsFacet",
]
