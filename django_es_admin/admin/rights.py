"""Who may do what with an index: one hook for each verb, for a project to override."""

from typing import Literal, cast

from django.apps import apps
from django.contrib.admin import AdminSite
from django.contrib.admin.utils import quote
from django.contrib.auth import get_permission_codename
from django.http import HttpRequest

from ..models import Index
from ..status.detail import IndexDetail
from .permissions import PageAdmin

Verb = Literal["create_index", "rebuild_index", "swap_alias", "reindex_objects", "delete_index"]


class IndexRights:
    """The hooks; each gets the index, or None where it is asked whether there is any at all."""

    def has_create_index_permission(self, request: HttpRequest, index: Index | None = None) -> bool:
        """Whether the user may create an index that is missing."""
        return request.user.has_perm("elasticsearch.create_index")

    def has_rebuild_index_permission(
        self, request: HttpRequest, index: Index | None = None
    ) -> bool:
        """Whether the user may rebuild an index, and cancel that."""
        return request.user.has_perm("elasticsearch.rebuild_index")

    def has_swap_alias_permission(self, request: HttpRequest, index: Index | None = None) -> bool:
        """Whether the user may make another generation live."""
        return request.user.has_perm("elasticsearch.swap_alias")

    def has_reindex_objects_permission(
        self, request: HttpRequest, index: Index | None = None
    ) -> bool:
        """Whether the user may reindex objects, drain, refresh, and see to rows of the outbox."""
        return request.user.has_perm("elasticsearch.reindex_objects")

    def has_delete_index_permission(self, request: HttpRequest, index: Index | None = None) -> bool:
        """Whether the user may delete generations."""
        return request.user.has_perm("elasticsearch.delete_index")

    def may(self, verb: Verb, request: HttpRequest, index: Index | None = None) -> bool:
        """Whether the user has the right that is called so."""
        allowed: bool = getattr(self, f"has_{verb}_permission")(request, index)
        return allowed


class IndexPages(IndexRights, PageAdmin):
    """The pages of the indices, as all other pages know them: their hooks count there, too."""

    def has_view_documents_permission(self, request: HttpRequest, detail: IndexDetail) -> bool:
        """Whether the user may read the documents of an index.

        They are the data of its model, so that the right to view that is needed. Of an index that
        the project does not declare nobody can tell whose data it holds: superusers only.
        """
        return may_read_documents(request, detail.status.model)


def index_admin(site: AdminSite) -> IndexPages:
    """Return the pages of the indices on a site."""
    return cast(IndexPages, site.get_model_admin(Index))


def may_read_documents(request: HttpRequest, label: str) -> bool:
    """Whether the user may read what is made from the objects of a model, or of several.

    Args:
        label: of the model; "" where nobody can tell whose data it is: superusers only.
    """
    if not label:
        return request.user.is_superuser
    options = [apps.get_model(one)._meta for one in label.split(", ")]
    return all(
        request.user.has_perm(f"{one.app_label}.{get_permission_codename('view', one)}")
        for one in options
    )


def index_of(connection: str, name: str) -> Index:
    """Return what stands for an index in hooks and in the admin's log."""
    return Index(pk=f"{connection}:{name}")


def quoted(index: Index) -> str:
    """Return the id of an index as it stands in an address."""
    return quote(index.pk)
