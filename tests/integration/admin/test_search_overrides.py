"""Projects, and other packages, that change what the search found, in the ways that Django has."""

import re
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.urls import path, reverse
from import_export.admin import ImportExportModelAdmin
from shop.admin import ProductAdmin
from shop.models import Product

from tests.testapp.models import Note
from tests.testapp.site import NoteAdmin

from .searching import (
    ACTION,
    index_notes,
    make_notes,
    open_list,
    summary_of,
    text_of,
    titles,
)
from .test_search_paging import is_paged, open_products, shop  # noqa: F401 (a fixture)

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("es"),
]
URLS = __name__

annex = admin.AdminSite(name="office")


@admin.register(Note, site=annex)
class WideningAdmin(NoteAdmin):
    """Adds rows, as Django's documentation of ``get_search_results()`` does."""

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Note], search_term: str
    ) -> tuple[QuerySet[Note], bool]:
        queryset, duplicates = super().get_search_results(request, queryset, search_term)
        if search_term:
            queryset |= self.model.objects.filter(tenant=search_term)
        return queryset, duplicates


urlpatterns = [path("admin/", admin.site.urls), path("office/", annex.urls)]


@pytest.fixture
def lanterns() -> list[Note]:
    """Four hits, and three rows that only the project's own code adds to them."""
    inside = make_notes("Item 1", "Item 2", body="With a lantern.")
    named = make_notes("Lantern 1", "Lantern 2")
    added = make_notes("C boat", "A boat", "B boat", tenant="lantern", kind="odd", stars=7)
    make_notes("A sailing boat")
    index_notes()
    return [*inside, *named, *added]


EVERY = ["Lantern", "Lantern", "Item", "Item", "A boat", "B boat", "C boat"]


def shown(response: Any) -> list[str]:
    return [re.sub(r" \d", "", title) for title in titles(response)]


def test_added_rows_come_after_the_ranked_ones_and_are_counted(
    admin_client: Client, lanterns: list[Note]
) -> None:
    pages = [open_list(admin_client, "lantern", p=page) for page in (1, 2)]
    assert shown(pages[0]) + shown(pages[1]) == EVERY
    assert summary_of(pages[0]) == "7 hits for lantern, best first"
    assert shown(open_list(admin_client, "lantern", all="")) == EVERY


def test_sorted_columns_and_facets_tell_the_same(
    admin_client: Client, lanterns: list[Note]
) -> None:
    response = open_list(admin_client, "lantern", o="1", _facets="True", all="")
    assert sorted(titles(response)) == sorted(note.title for note in lanterns)
    counts = re.findall(r"(Plain|Odd) \((\d+)\)", text_of(response))
    assert counts[:2] == [("Plain", "4"), ("Odd", "3")]


def test_an_action_on_all_hits_is_on_the_rows_that_were_shown(
    admin_client: Client, lanterns: list[Note]
) -> None:
    rows = open_list(admin_client, "lantern", all="").context["cl"].result_list
    data = {**ACTION, "select_across": "1", "_selected_action": str(rows[0].pk)}
    address = reverse("admin:testapp_note_changelist", current_app="office")
    admin_client.post(f"{address}?q=lantern", data)
    assert set(Note.objects.filter(stars=100)) == set(rows) == set(lanterns)


def test_rows_that_get_queryset_hides_are_shown_if_the_project_adds_them(
    admin_client: Client, lanterns: list[Note], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        WideningAdmin, "get_queryset", lambda self, request: Note.objects.filter(kind="plain")
    )
    assert shown(open_list(admin_client, "lantern", all="")) == EVERY


def test_while_typing_added_rows_come_last(lanterns: list[Note]) -> None:
    request = RequestFactory().get("/")
    request.user = User(is_superuser=True)
    model_admin = annex._registry[Note]
    rows, _ = model_admin.get_search_results(request, Note.objects.all(), "lantern")
    assert [row.title[0] for row in rows][:4] == ["L", "L", "I", "I"]
    assert len(rows) == 7


# --- where Elasticsearch makes the page ---


def narrowed(
    self: Any, request: HttpRequest, queryset: QuerySet[Product], search_term: str
) -> tuple[QuerySet[Product], bool]:
    queryset, duplicates = super(ProductAdmin, self).get_search_results(
        request, queryset, search_term
    )
    return queryset.filter(is_active=False), duplicates


def unsearched(
    self: Any, request: HttpRequest, queryset: QuerySet[Product], search_term: str
) -> tuple[QuerySet[Product], bool]:
    super(ProductAdmin, self).get_search_results(request, queryset, search_term)
    return queryset, False


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize(("override", "count"), [(narrowed, 10), (unsearched, 90)])
def test_a_page_has_what_the_project_leaves_of_the_hits(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch, override: Any, count: int
) -> None:
    assert is_paged(open_products(admin_client))
    monkeypatch.setattr(ProductAdmin, "get_search_results", override, raising=False)
    response = open_products(admin_client)
    assert not is_paged(response)
    assert response.context["cl"].result_count == count
    assert len(response.context["cl"].result_list) == min(count, 25)


class NarrowChangeList(ChangeList):
    """What another package makes of the change list."""

    def get_queryset(self, *args: Any, **kwargs: Any) -> QuerySet[Any]:
        return super().get_queryset(*args, **kwargs).filter(is_active=False)


@pytest.mark.usefixtures("shop")
def test_a_page_has_what_another_change_list_leaves_of_the_hits(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def get_changelist(self: Any, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return NarrowChangeList

    monkeypatch.setattr(ImportExportModelAdmin, "get_changelist", get_changelist, raising=False)
    response = open_products(admin_client)
    assert not is_paged(response)
    assert response.context["cl"].result_count == 10
    assert {row.is_active for row in response.context["cl"].result_list} == {False}
