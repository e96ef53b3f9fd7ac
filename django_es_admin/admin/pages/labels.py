"""Which connection something belongs to, as its LABEL and COLOR say: production is never absent."""

from django.core.exceptions import ImproperlyConfigured
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from django_es_admin import connections

from ...backends.display import ConnectionDetails, details
from ...exceptions import ConnectionDoesNotExist

_TEMPLATE = "admin/elasticsearch/includes/label.html"


def details_of(alias: str) -> ConnectionDetails:
    """Return what may be shown of a connection, of one that is not configured any more, too."""
    try:
        return details(connections[alias])
    except (ConnectionDoesNotExist, ImproperlyConfigured):
        return ConnectionDetails(alias, alias, "grey", readonly=True, index_prefix="", hosts=())


def label(alias: str) -> SafeString:
    """Return the label of a connection as HTML."""
    return render_to_string(_TEMPLATE, {"connection": details_of(alias)})
