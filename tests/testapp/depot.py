"""An admin site whose notes come in and go out as sheets."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import path
from import_export.admin import ExportActionMixin, ImportMixin
from import_export.resources import ModelResource

from django_es_admin.admin import ElasticsearchSearchMixin
from django_es_admin.import_export import ElasticsearchExportMixin, ElasticsearchImportMixin

from .models import Label, Note

depot = admin.AdminSite(name="depot")


class NoteResource(ModelResource):
    class Meta:
        model = Note
        fields = ("id", "title", "kind", "stars")
        skip_diff = True

    def for_delete(self, row: Any, instance: Note) -> bool:
        return row["title"] == "GONE"

    def filter_export(self, queryset: QuerySet[Note], **kwargs: Any) -> QuerySet[Note]:
        return queryset.select_related("shelf").prefetch_related("labels")


class BulkNoteResource(NoteResource):
    class Meta:
        use_bulk = True
        batch_size = 500


class BulkLabelResource(ModelResource):
    class Meta:
        model = Label
        fields = ("id", "word")
        use_bulk = True


@admin.register(Label, site=depot)
class LabelAdmin(ElasticsearchImportMixin, ImportMixin, admin.ModelAdmin):
    """Labels are not indexed themselves; their database makes their keys."""

    resource_classes = [BulkLabelResource]


@admin.register(Note, site=depot)
class DepotAdmin(
    ElasticsearchExportMixin,
    ElasticsearchImportMixin,
    ElasticsearchSearchMixin,
    ImportMixin,
    ExportActionMixin,
    admin.ModelAdmin,
):
    """Shows a user the notes of the tenant whose name is the user's; a superuser all of them."""

    list_display = ["title", "kind"]
    list_filter = ["kind"]
    list_per_page = 3
    resource_classes = [NoteResource, BulkNoteResource]
    search_fields = ["title^3", "body"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Note]:
        rows = super().get_queryset(request)
        user = request.user
        return rows if user.is_superuser else rows.filter(tenant=user.get_username())


urlpatterns = [path("admin/", admin.site.urls), path("depot/", depot.urls)]
