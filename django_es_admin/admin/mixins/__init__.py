"""Mixins for a project's own ``ModelAdmin`` classes: the search box, and buttons to reindex.

How a search is made belongs in ``search``; requests and answers belong in ``asking``.
"""

from .search import ElasticsearchSearchMixin

__all__ = ["ElasticsearchSearchMixin"]
