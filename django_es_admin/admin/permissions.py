"""Permissions of the pages: who may see them. The stock forms of Django change nothing there."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

if TYPE_CHECKING:
    PageAdminBase = admin.ModelAdmin[Any]
else:
    PageAdminBase = admin.ModelAdmin


class PageAdmin(PageAdminBase):
    """A ``ModelAdmin`` of something without a table: seen by those who may view it, never edited.

    The stock addresses for adding, changing and deleting exist and refuse everyone (403), so that
    the site's index offers no such link.
    """

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: no row of a table is what there would be to delete."""
        return False

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Admit the filters that the list declares: others read what its columns do not show."""
        declared = {name for name in self.list_filter if isinstance(name, str)}
        name, _, kind = lookup.partition("__")
        if name in declared and kind in ("", "exact", "isnull"):
            return True
        if name == self.date_hierarchy and kind in ("year", "month", "day", "gte", "lt"):
            return True
        # A filter without choices leaves its parameter for others.
        return lookup in {getattr(one, "parameter_name", "") for one in self.list_filter}

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Refuse before anything is looked up.

        Raises:
            PermissionDenied: always.
        """
        raise PermissionDenied

    def require_view(self, request: HttpRequest) -> None:
        """Allow only users who have the right to view.

        Raises:
            PermissionDenied: the user has not; before anything is looked up, so that the answer
                does not tell what exists.
        """
        if not self.has_view_permission(request):
            raise PermissionDenied
