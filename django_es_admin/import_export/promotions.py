"""Promotions as files: an import changes the row about the same object, words and first day."""

from typing import Any

from django.http import HttpRequest
from import_export import resources
from import_export.admin import ImportExportMixin

from ..insight.promotions.check import check_promotion
from ..models import Promotion
from ..normal import normalise


class PromotionResource(resources.ModelResource):  # type: ignore[misc]
    """A line for each promotion; what it is about and its first day name it."""

    class Meta:
        """What a file holds."""

        model = Promotion
        import_id_fields = ("connection", "index", "search", "words", "key", "begins")
        fields = (*import_id_fields, "effect", "position", "ends")
        clean_model_instances = True
        skip_unchanged = True

    def before_import(self, dataset: Any, **kwargs: Any) -> None:
        """Add the columns that a file may leave out."""
        for name in ("connection", "search", "begins", "ends"):
            if dataset.headers and name not in dataset.headers:
                dataset.append_col([""] * len(dataset), header=name)

    def before_import_row(self, row: Any, **kwargs: Any) -> None:
        """Bring the words into the form in which they are stored."""
        row["connection"] = row.get("connection") or "default"
        row["search"] = row.get("search") or ""
        row["words"] = normalise(str(row.get("words") or ""))

    def validate_instance(self, instance: Any, *args: Any, **kwargs: Any) -> None:
        """Refuse what the form refuses.

        Raises:
            ValidationError: no search would go by it.
        """
        super().validate_instance(instance, *args, **kwargs)
        check_promotion(instance)


class PromotionTransferMixin(ImportExportMixin):  # type: ignore[misc]
    """Buttons for import and export."""

    resource_classes = (PromotionResource,)

    def has_export_permission(self, request: HttpRequest) -> bool:
        """Allow an export to users who may view; by default the package allows it to all staff."""
        allowed: bool = self.has_view_permission(request)
        return allowed

    def has_import_permission(self, request: HttpRequest) -> bool:
        """Allow an import to users who may add and change, because a file can do both."""
        allowed: bool = self.has_add_permission(request) and self.has_change_permission(request)
        return allowed
