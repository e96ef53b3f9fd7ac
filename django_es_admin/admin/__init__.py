"""The faces in the admin: the pages at /admin/elasticsearch/, and the changelist's search.

The admin's autodiscovery imports this module, which puts the pages on the stock site.
"""

from django.contrib import admin

from .registration import register

__all__ = ["register"]

register(admin.site)
