"""The interfaces in the admin: the pages at /admin/elasticsearch/, and the changelist's search.

The admin's autodiscovery imports this module, which registers the pages with the default site.
"""

from django.contrib import admin

from .mixins.search import ElasticsearchSearchMixin
from .registration import register

__all__ = ["ElasticsearchSearchMixin", "register"]

register(admin.site)
