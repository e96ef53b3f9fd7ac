"""The connections in the admin. The dashboard shows all of them, so their URLs redirect there."""

from typing import Any

from django.contrib.admin.utils import unquote
from django.core.exceptions import ImproperlyConfigured
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
)
from django.urls import URLPattern, path, reverse

from django_es_admin import connections

from ....models import Connection
from ...permissions import PageAdmin
from ..parts.transactions import outside_transactions
from .space import space_view


class ConnectionAdmin(PageAdmin):
    """Redirects the admin's URLs of a model to the dashboard."""

    def get_urls(self) -> list[URLPattern]:
        """Return the admin's URLs, and that of the page about disk space."""
        view = self.admin_site.admin_view(outside_transactions(self.space_view))
        name = "elasticsearch_connection_space"
        return [path("<path:object_id>/space/", view, name=name), *super().get_urls()]

    def space_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show what uses space, and delete generations that are no longer needed.

        Raises:
            PermissionDenied: the user may not view connections and indices.
            Http404: no connection has this alias.
        """
        self.get_object(request, unquote(object_id))
        if request.method not in ("GET", "HEAD", "POST"):
            return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
        return space_view(self.admin_site, request, unquote(object_id))

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Redirect to the connections on the dashboard."""
        self.require_view(request)
        return self._redirect_to_dashboard()

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Redirect to the connections on the dashboard; 404 for an unknown connection."""
        self.get_object(request, unquote(object_id))
        return self._redirect_to_dashboard()

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Connection:
        """Return the object for a connection in the admin's own views, such as its history.

        Raises:
            PermissionDenied: the user may not view connections.
            Http404: no connection has this alias.
        """
        self.require_view(request)
        try:
            known = object_id in connections
        except ImproperlyConfigured:
            # The dashboard shows what is wrong with the settings.
            known = True
        if not known:
            raise Http404(f"There is no connection {object_id!r}.")
        return Connection(pk=object_id)

    def _redirect_to_dashboard(self) -> HttpResponse:
        url = reverse(
            "admin:app_list", args=[self.opts.app_label], current_app=self.admin_site.name
        )
        return HttpResponseRedirect(f"{url}#connections")
