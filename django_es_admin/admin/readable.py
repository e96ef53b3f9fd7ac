"""Which documents a user may read: the ``ModelAdmin`` of their model on this site decides.

A document shows the data of its object, so it is hidden if the admin hides the object. All pages
use this module, also for texts of errors.
"""

from typing import Any

from django.contrib.admin import AdminSite, ModelAdmin
from django.contrib.auth import get_permission_codename
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from ..documents import Document
from ..indices.definition import IndexDefinition


def may_read_all(site: AdminSite, request: HttpRequest, definition: IndexDefinition | None) -> bool:
    """Return whether the user may read every document of an index.

    The user may not if the ``ModelAdmin`` shows only some of its rows, or may decide by object.

    Args:
        definition: the index. Without a declaration (None) or without a document, only superusers
            may, because nobody can know whose data the index contains.
    """
    documents = _documents(definition)
    if not documents:
        return request.user.is_superuser
    return all(_may_read_all_of(site, request, document) for document in documents)


def may_read_one(
    site: AdminSite, request: HttpRequest, definition: IndexDefinition | None, key: str
) -> bool:
    """Return whether the user may read one document.

    Args:
        definition: the index; None if it is not declared.
        key: the key of the document, as in the outbox; usually the primary key of its object. If
            the object no longer exists, only users who may read all documents may read it.
    """
    if may_read_all(site, request, definition):
        return True
    return any(_sees_object(site, request, one, key) for one in _documents(definition))


def _documents(definition: IndexDefinition | None) -> list[type[Document]]:
    parts = definition.parts if definition else ()
    return [part.document for part in parts if part.document is not None]


def _may_read_all_of(site: AdminSite, request: HttpRequest, document: type[Document]) -> bool:
    model = document.django.model
    model_admin = _model_admin(site, model)
    if model_admin is None:
        return _may_view(request, model)
    if not model_admin.has_view_permission(request) or _decides_by_object(model_admin):
        return False
    return not _narrows(document, model_admin.get_queryset(request))


def _sees_object(site: AdminSite, request: HttpRequest, document: type[Document], key: str) -> bool:
    model_admin = _model_admin(site, document.django.model)
    if model_admin is None or not model_admin.has_view_permission(request):
        return False
    places = document.django.places
    found = [
        instance
        for instance in model_admin.get_queryset(request).filter(places.condition([key]))
        # The condition may also match other objects.
        if str(places.place_of(instance) or instance.pk) == key
    ]
    return bool(found) and all(model_admin.has_view_permission(request, one) for one in found)


def _model_admin(site: AdminSite, model: type[Model]) -> Any:
    return site.get_model_admin(model) if site.is_registered(model) else None


def _may_view(request: HttpRequest, model: type[Model]) -> bool:
    options = model._meta
    return request.user.has_perm(f"{options.app_label}.{get_permission_codename('view', options)}")


def _decides_by_object(model_admin: Any) -> bool:
    """Return whether a method of the project decides for each object."""
    return model_admin.__class__.has_view_permission is not ModelAdmin.has_view_permission


def _narrows(document: type[Document], rows: QuerySet[Any]) -> bool:
    """Return whether ``rows`` may lack rows that have a document."""
    query = rows.query
    if query.is_sliced or query.combinator or query.is_empty():
        return True
    if not query.where:
        # Even without a condition, a join may leave out rows.
        return any(join.join_type == "INNER JOIN" for join in _joins(query))
    held: Any = document().get_queryset().query
    return bool(held.where != query.where)


def _joins(query: Any) -> list[Any]:
    return [
        join
        for alias, join in query.alias_map.items()
        if query.alias_refcount[alias] and hasattr(join, "join_type")
        if join.join_type is not None
    ]
