"""Mixins for a project's own ``ModelAdmin`` classes."""

from .search import ElasticsearchSearchMixin

__all__ = ["ElasticsearchSearchMixin"]
