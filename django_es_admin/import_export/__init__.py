"""Together with django-import-export: export what a search shows, import in bulk requests.

Only what that package needs of ours is here; it is an extra.
"""

from .export import ElasticsearchExportMixin
from .imports import ElasticsearchImportMixin

__all__ = ["ElasticsearchExportMixin", "ElasticsearchImportMixin"]
