"""Together with django-import-export: export what a search shows, import in bulk requests."""

from .export import ElasticsearchExportMixin
from .imports import ElasticsearchImportMixin

__all__ = ["ElasticsearchExportMixin", "ElasticsearchImportMixin"]
