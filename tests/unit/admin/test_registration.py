"""Putting the pages on a site."""

from typing import Any

from django.contrib import admin

from django_es_admin.admin import register
from django_es_admin.admin.pages.index import IndexAdmin
from django_es_admin.models import Connection, Index


def test_the_stock_site_has_them() -> None:
    assert admin.site.is_registered(Index)
    assert admin.site.is_registered(Connection)


def test_twice_is_as_good_as_once() -> None:
    site = admin.AdminSite(name="own")
    register(site)
    register(site)
    assert site.is_registered(Index)


def test_pages_are_made_when_they_are_asked_something() -> None:
    site = admin.AdminSite(name="own")
    register(site)
    pages = site.get_model_admin(Index)
    assert "_wrapped" in vars(pages)
    assert not isinstance(vars(pages)["_wrapped"], IndexAdmin)
    # Whatever asks takes them for what they are.
    assert isinstance(pages, IndexAdmin)
    assert (pages.model, pages.admin_site) == (Index, site)
    assert pages.get_urls()
    assert site.get_model_admin(Index) is pages
    assert str(pages) == "elasticsearch.IndexAdmin"
    assert all(isinstance(each, admin.ModelAdmin) for each in site._registry.values())


def test_a_projects_own_model_admin_stays() -> None:
    class OwnIndexAdmin(IndexAdmin):
        """Shows the pages to nobody."""

        def has_view_permission(self, request: Any, obj: Any = None) -> bool:
            return False

    site = admin.AdminSite(name="own")
    site.register(Index, OwnIndexAdmin)
    register(site)
    assert type(site.get_model_admin(Index)) is OwnIndexAdmin
    assert site.is_registered(Connection)
