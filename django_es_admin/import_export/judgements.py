"""Judgements as files: an import changes the grade of what is judged already."""

from typing import Any

from django.http import HttpRequest
from import_export import resources
from import_export.admin import ImportExportMixin

from ..models import Judgement


class JudgementResource(resources.ModelResource):  # type: ignore[misc]
    """A line for each judgement; `words` and `key` name it."""

    class Meta:
        """What a file holds."""

        model = Judgement
        import_id_fields = ("connection", "index", "search", "words", "key")
        fields = (*import_id_fields, "grade")
        clean_model_instances = True
        skip_unchanged = True

    def before_import(self, dataset: Any, **kwargs: Any) -> None:
        """Take a file without the connection, as most projects have one."""
        if dataset.headers and "connection" not in dataset.headers:
            dataset.append_col([""] * len(dataset), header="connection")

    def before_import_row(self, row: Any, **kwargs: Any) -> None:
        """Bring the words into the form in which they are stored."""
        row["connection"] = row.get("connection") or "default"
        row["words"] = " ".join(str(row.get("words") or "").casefold().split())


class JudgementTransferMixin(ImportExportMixin):  # type: ignore[misc]
    """Buttons for import and export."""

    resource_classes = (JudgementResource,)

    def has_export_permission(self, request: HttpRequest) -> bool:
        """Allow an export to users who may view; by default the package allows it to all staff."""
        allowed: bool = self.has_view_permission(request)
        return allowed

    def has_import_permission(self, request: HttpRequest) -> bool:
        """Allow an import to users who may add and change, because a file can do both."""
        allowed: bool = self.has_add_permission(request) and self.has_change_permission(request)
        return allowed
