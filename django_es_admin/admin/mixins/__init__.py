"""Mixins for a project's own ``ModelAdmin`` classes: the search box, and the buttons that reindex.

How a search is made belongs in ``search``; what is asked and answered is in ``asking``.
"""

from .search import ElasticsearchSearchMixin

__all__ = ["ElasticsearchSearchMixin"]
