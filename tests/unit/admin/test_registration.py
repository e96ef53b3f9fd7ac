"""Putting the pages on a site."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
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
    assert not issubclass(type(pages), IndexAdmin)
    # Whatever asks takes them for what they are.
    assert issubclass(type(pages), admin.ModelAdmin)
    assert isinstance(pages, IndexAdmin)
    assert pages.__class__ is IndexAdmin
    assert (pages.model, pages.admin_site) == (Index, site)
    assert type(pages) is IndexAdmin
    assert pages.get_urls()
    assert site.get_model_admin(Index) is pages
    assert str(pages) == "elasticsearch.IndexAdmin"
    assert all(isinstance(each, admin.ModelAdmin) for each in site._registry.values())


@pytest.mark.parametrize(
    "ask",
    [
        str,
        repr,
        vars,
        lambda pages: pages.opts,
        lambda pages: pages.__class__,
        lambda pages: pages.list_display,
        lambda pages: setattr(pages, "list_per_page", pages.list_per_page),
        lambda pages: getattr(pages, "nothing", None),
    ],
)
def test_whatever_is_asked_first(ask: Callable[[Any], Any]) -> None:
    site = admin.AdminSite(name="own")
    register(site)
    for pages in site._registry.values():
        asked = ask(pages)
        assert "_Later" not in str(asked)
        assert pages.has_add_permission
        assert "_Later" not in type(pages).__name__
        # A package that makes its own of them.
        again = type(pages)(pages.model, site)
        assert vars(again).keys() <= vars(pages).keys()
        assert pages.has_add_permission.__self__ is pages


def test_two_threads_ask_first() -> None:
    for _attempt in range(20):
        site = admin.AdminSite(name="own")
        register(site)
        ready = Barrier(4)

        def ask(pages: Any, ready: Barrier = ready) -> str:
            ready.wait(10)
            assert isinstance(pages, IndexAdmin)
            return f"{pages.opts.app_label} {pages.admin_site.name} {type(pages).__name__}"

        with ThreadPoolExecutor(4) as pool:
            found = set(pool.map(ask, [site.get_model_admin(Index)] * 4))
        assert found == {"elasticsearch own IndexAdmin"}


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
