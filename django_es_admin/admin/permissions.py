"""The permissions of the pages. Django's own forms change nothing there."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

if TYPE_CHECKING:
    PageAdminBase = admin.ModelAdmin[Any]
else:
    PageAdminBase = admin.ModelAdmin


class PageAdmin(PageAdminBase):
    """A ``ModelAdmin`` of a model without a table, which can be viewed but never edited.

    The admin's URLs for adding, changing and deleting exist, but refuse everyone (403), so the
    site's index shows no links to them.
    """

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse, because there are no rows to delete."""
        return False

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Allow only the declared filters, because other lookups could read hidden columns."""
        declared = {name for name in self.list_filter if isinstance(name, str)}
        name, _, kind = lookup.partition("__")
        if name in declared and kind in ("", "exact", "isnull"):
            return True
        if name == self.date_hierarchy and kind in ("year", "month", "day", "gte", "lt"):
            return True
        # A filter without choices does not use its parameter.
        return lookup in {getattr(one, "parameter_name", "") for one in self.list_filter}

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Refuse before any query.

        Raises:
            PermissionDenied: always.
        """
        raise PermissionDenied

    def require_view(self, request: HttpRequest) -> None:
        """Allow only users who have the right to view.

        Raises:
            PermissionDenied: the user does not have it. This is checked before any query, so that
                the answer does not reveal what exists.
        """
        if not self.has_view_permission(request):
            raise PermissionDenied
