"""What a project's own ``ModelAdmin`` classes can be given."""

from .search import ElasticsearchSearchMixin

__all__ = ["ElasticsearchSearchMixin"]
