"""What each process of a run imports first, and most of the time of its start is spent on.

The fork server imports it once; nothing here reads settings or opens a connection.
"""

import dj_database_url
import django.core.management
import django.db.backends.postgresql.base
import django.db.backends.sqlite3.base
import django.db.models
import django.forms
import django.template
import django.views.generic
import elasticsearch.dsl
import rich.console

__all__ = ["dj_database_url", "django", "elasticsearch", "rich"]
