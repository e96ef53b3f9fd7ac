"""The connection of something, with its LABEL and COLOR, so that production is always visible."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import ImproperlyConfigured
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from django_es_admin import connections

from ....backends.display import ConnectionDetails, details
from ....exceptions import ConnectionDoesNotExist

_TEMPLATE = "admin/elasticsearch/includes/label.html"


def details_of(alias: str) -> ConnectionDetails:
    """Return the public details of a connection, even if it is no longer configured."""
    try:
        return details(connections[alias])
    except (ConnectionDoesNotExist, ImproperlyConfigured):
        return ConnectionDetails(alias, alias, "grey", readonly=True, index_prefix="", hosts=())


def label(alias: str) -> SafeString:
    """Return the label of a connection as HTML."""
    return render_to_string(_TEMPLATE, {"connection": details_of(alias)})


class LabelColumn:
    """A column for lists whose rows belong to a connection."""

    @admin.display(description=_("connection"), ordering="connection")
    def connection_of(self, row: Any) -> SafeString:
        """Return the label of the row's connection."""
        return label(row.connection)
