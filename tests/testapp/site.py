"""An admin site of its own, with all the features that a search has to leave as they are."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import path

from django_es_admin.admin import ElasticsearchSearchMixin

from .models import Note, Reply, StarredNote

office = admin.AdminSite(name="office")


@admin.action(description="Add a star")
def add_star(model_admin: Any, request: HttpRequest, queryset: QuerySet[Note]) -> None:
    keys = list(queryset.values_list("pk", flat=True))
    Note.objects.filter(pk__in=keys).update(stars=100)
    messages.info(request, f"{len(keys)} notes have a star.")


class StarsFilter(admin.SimpleListFilter):
    title = "stars"
    parameter_name = "starred"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Starred"), ("no", "Plain")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Note]) -> QuerySet[Note]:
        if self.value() == "yes":
            return queryset.filter(stars__gt=0)
        return queryset.filter(stars=0) if self.value() == "no" else queryset


class CarefulPaginator(Paginator):
    """A paginator that puts a last page of one row on the page before."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.orphans = 1


@admin.register(Note, site=office)
class NoteAdmin(ElasticsearchSearchMixin, admin.ModelAdmin):
    """Shows a user the notes of the tenant whose name is the user's; a superuser all of them."""

    actions = [add_star]
    date_hierarchy = "written"
    list_display = ["title", "kind", "stars", "tenant"]
    list_editable = ["stars"]
    list_filter = ["kind", StarsFilter, "labels"]
    list_per_page = 5
    search_highlight = ["title", "code"]
    # Tests that change rows behind the index's back mean the exact way.
    search_unrestricted = False
    search_fields = ["title^3", "body", "code", "shelf.name", "labels.word", "stars"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Note]:
        rows = super().get_queryset(request)
        user = request.user
        return rows if user.is_superuser else rows.filter(tenant=user.get_username())


class PackagedChangeList(ChangeList):
    """What another package makes of the change list."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.packaged = True


class PackagedAdmin(admin.ModelAdmin):
    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return PackagedChangeList


@admin.register(StarredNote, site=office)
class StarredNoteAdmin(ElasticsearchSearchMixin, PackagedAdmin):
    """Has a template, a change list and a paginator that are not Django's own, and operators."""

    advanced_search_fields = ["title", "code", "stars", "written", "shelf.name", "labels.word"]
    change_list_template = "testapp/own_list.html"
    list_per_page = 5
    paginator = CarefulPaginator
    search_fields = ["title"]
    show_full_result_count = False


@admin.register(Reply, site=office)
class ReplyAdmin(admin.ModelAdmin):
    autocomplete_fields = ["note"]


urlpatterns = [path("admin/", admin.site.urls), path("office/", office.urls)]
