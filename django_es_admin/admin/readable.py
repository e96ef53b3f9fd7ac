"""Whose documents a user may read: as the ``ModelAdmin`` of their model on this site says.

A document shows what its object holds, so that nobody reads one whose object the admin hides. All
pages, texts of errors included, ask here.
"""

from typing import Any

from django.apps import apps
from django.contrib.admin import AdminSite, ModelAdmin
from django.contrib.auth import get_permission_codename
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from ..documents import registry


def may_read_all(site: AdminSite, request: HttpRequest, label: str) -> bool:
    """Whether the user may read the documents of every object of a model.

    No, where the ``ModelAdmin`` shows this user some of the rows only, or may decide by object.

    Args:
        label: of the model; "" where nobody can tell whose data it is: superusers only.
    """
    if not label:
        return request.user.is_superuser
    model = apps.get_model(label)
    model_admin = _model_admin(site, model)
    if model_admin is None:
        return _may_view(request, model)
    if not model_admin.has_view_permission(request) or _decides_by_object(model_admin):
        return False
    return not _narrows(model, model_admin.get_queryset(request))


def may_read_one(site: AdminSite, request: HttpRequest, label: str, key: str) -> bool:
    """Whether the user may read the document of one object.

    Args:
        label: of its model; "" where nobody can tell whose data it is: superusers only.
        key: its primary key, as text. Of an object that is gone only those may read the document
            who may read all.
    """
    if may_read_all(site, request, label):
        return True
    model_admin = _model_admin(site, apps.get_model(label)) if label else None
    if model_admin is None or not model_admin.has_view_permission(request):
        return False
    try:
        found = model_admin.get_queryset(request).filter(pk=key).first()
    except (ValidationError, ValueError, TypeError, OverflowError):
        return False
    return found is not None and model_admin.has_view_permission(request, found)


def _model_admin(site: AdminSite, model: type[Model]) -> Any:
    return site.get_model_admin(model) if site.is_registered(model) else None


def _may_view(request: HttpRequest, model: type[Model]) -> bool:
    options = model._meta
    return request.user.has_perm(f"{options.app_label}.{get_permission_codename('view', options)}")


def _decides_by_object(model_admin: Any) -> bool:
    """Whether a method of the project is asked for each object: what it answers is its secret."""
    return type(model_admin).has_view_permission is not ModelAdmin.has_view_permission


def _narrows(model: type[Model], rows: QuerySet[Any]) -> bool:
    """Whether ``rows`` may lack some of those that an index of the model holds."""
    query = rows.query
    if query.is_sliced or query.combinator or query.is_empty():
        return True
    if not query.where:
        # Without a condition a join may leave rows out all the same.
        return any(join.join_type == "INNER JOIN" for join in _joins(query))
    held = [document().get_queryset().query for document in registry.get_documents_for_model(model)]
    return not held or any(other.where != query.where for other in held)


def _joins(query: Any) -> list[Any]:
    return [
        join
        for alias, join in query.alias_map.items()
        if query.alias_refcount[alias] and hasattr(join, "join_type")
        if join.join_type is not None
    ]
