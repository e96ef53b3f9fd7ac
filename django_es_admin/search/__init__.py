"""Searches: the declared searches of a site, and the search boxes of the admin.

This package makes and sends searches. Counting and judging them belongs in ``insight``.
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
