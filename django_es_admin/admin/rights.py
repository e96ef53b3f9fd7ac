"""Who may do what with an index: one hook for each right, which a project can override."""

from collections.abc import Mapping
from typing import Literal, cast

from django.contrib.admin import AdminSite
from django.contrib.admin.sites import all_sites
from django.contrib.admin.utils import quote
from django.contrib.auth import get_user_model
from django.http import HttpRequest

from ..indices.definition import IndexDefinition, get_definitions
from ..models import Index, LoggedSearch, Operation
from ..operations.authority import register_authority
from .permissions import PageAdmin
from .readable import may_read_all, may_read_one

Verb = Literal["create_index", "rebuild_index", "swap_alias", "reindex_objects", "delete_index"]

RIGHTS: Mapping[Operation.Kind, Verb] = {
    Operation.Kind.CREATE: "create_index",
    Operation.Kind.REBUILD: "rebuild_index",
    Operation.Kind.SWAP: "swap_alias",
    Operation.Kind.ROLLBACK: "swap_alias",
    Operation.Kind.PRUNE: "delete_index",
    Operation.Kind.DELETE: "delete_index",
    Operation.Kind.REFRESH: "reindex_objects",
    Operation.Kind.DRAIN: "reindex_objects",
    Operation.Kind.REINDEX: "reindex_objects",
    Operation.Kind.VERIFY: "reindex_objects",
    Operation.Kind.UPDATE: "rebuild_index",
    Operation.Kind.SYNONYMS: "reindex_objects",
    Operation.Kind.PREVIEW: "swap_alias",
}
"""The kind of operation -> the right that it needs."""


class IndexRights:
    """The hooks. Each gets the index, or None if the question is about any index."""

    def has_create_index_permission(self, request: HttpRequest, index: Index | None = None) -> bool:
        """Return whether the user may create a missing index."""
        return request.user.has_perm("elasticsearch.create_index")

    def has_rebuild_index_permission(
        self, request: HttpRequest, index: Index | None = None
    ) -> bool:
        """Return whether the user may rebuild an index, and cancel a rebuild."""
        return request.user.has_perm("elasticsearch.rebuild_index")

    def has_swap_alias_permission(self, request: HttpRequest, index: Index | None = None) -> bool:
        """Return whether the user may make another generation live."""
        return request.user.has_perm("elasticsearch.swap_alias")

    def has_reindex_objects_permission(
        self, request: HttpRequest, index: Index | None = None
    ) -> bool:
        """Return whether the user may reindex objects, drain, refresh, and manage outbox rows."""
        return request.user.has_perm("elasticsearch.reindex_objects")

    def has_search_index_permission(self, request: HttpRequest, index: Index | None = None) -> bool:
        """Return whether the user may write searches as JSON, for indices they may read."""
        return request.user.has_perm("elasticsearch.search_index")

    def has_delete_index_permission(self, request: HttpRequest, index: Index | None = None) -> bool:
        """Return whether the user may delete generations."""
        return request.user.has_perm("elasticsearch.delete_index")

    def may(self, verb: Verb, request: HttpRequest, index: Index | None = None) -> bool:
        """Return whether the user has the named right."""
        allowed: bool = getattr(self, f"has_{verb}_permission")(request, index)
        return allowed


class IndexPages(IndexRights, PageAdmin):
    """The pages of the indices as other pages see them, whose hooks also apply there."""

    def has_view_documents_permission(self, request: HttpRequest, index: Index) -> bool:
        """Return whether the user may read all documents of an index, also quoted in errors.

        The documents contain the data of their model, so the ``ModelAdmin`` of this site decides:
        it must not hide any row from this user. Only superusers may read documents of an index that
        the project does not declare, because nobody can know whose data they contain.
        """
        return may_read_all(self.admin_site, request, _definition_of(index))

    def has_view_document_permission(self, request: HttpRequest, index: Index, key: str) -> bool:
        """Return whether the user may read the document of one object in the admin.

        Args:
            key: the key of the document, as in the outbox.
        """
        return self.has_view_documents_permission(request, index) or may_read_one(
            self.admin_site, request, _definition_of(index), key
        )


def index_admin(site: AdminSite) -> IndexPages:
    """Return the pages of the indices on a site."""
    return cast(IndexPages, site.get_model_admin(Index))


def may_see_searches(site: AdminSite, request: HttpRequest, index: Index) -> bool:
    """Return whether the user may see searches in an index, and their results."""
    return (
        site.is_registered(LoggedSearch)
        and site.get_model_admin(LoggedSearch).has_view_permission(request)
        and index_admin(site).has_view_documents_permission(request, index)
    )


def _definition_of(index: Index) -> IndexDefinition | None:
    connection, _, name = str(index.pk).rpartition(":")
    return next((d for d in get_definitions() if (d.using, d.name) == (connection, name)), None)


def through(site: AdminSite) -> str:
    """Return the interface through which an operation is requested, see ``operations.acting``."""
    return f"admin:{site.name}"


def still_has_right(operation: Operation, site: str) -> bool:
    """Return whether the user who requested an operation on a site still has the right to it.

    The hooks get a request that has only the user.
    """
    users = get_user_model()._default_manager.filter(is_active=True)
    user = users.filter(**{get_user_model().USERNAME_FIELD: operation.who}).first()
    pages = next((each for each in all_sites if each.name == site), None)
    if user is None or pages is None or not pages.is_registered(Index):
        return False
    request = HttpRequest()
    request.user = user
    index = index_of(operation.connection, operation.index)
    verb = RIGHTS[Operation.Kind(operation.kind)]
    return pages.has_permission(request) and index_admin(pages).may(verb, request, index)


register_authority("admin", still_has_right)


def index_of(connection: str, name: str) -> Index:
    """Return the object of an index for hooks and the admin's log."""
    return Index(pk=f"{connection}:{name}")


def quoted(index: Index) -> str:
    """Return the id of an index in the form for a URL."""
    return quote(index.pk)
