"""Rules of synonyms as files: an import adds what is not there yet."""

from typing import Any

from django.http import HttpRequest
from import_export import resources
from import_export.admin import ImportExportMixin

from ..models import Synonym
from ..models.synonym import tidy


class SynonymResource(resources.ModelResource):  # type: ignore[misc]
    """A line for each rule."""

    class Meta:
        """What a file holds."""

        model = Synonym
        import_id_fields = ("connection", "name", "rule")
        fields = import_id_fields
        clean_model_instances = True
        skip_unchanged = True
        use_transactions = True

    def before_import(self, dataset: Any, **kwargs: Any) -> None:
        """Take a file without the connection, as most projects have one."""
        if dataset.headers and "connection" not in dataset.headers:
            dataset.append_col([""] * len(dataset), header="connection")

    def before_import_row(self, row: Any, **kwargs: Any) -> None:
        """Bring the rule into the form in which it is stored."""
        row["connection"] = row.get("connection") or "default"
        row["rule"] = tidy(str(row.get("rule") or ""))


class SynonymTransferMixin(ImportExportMixin):  # type: ignore[misc]
    """Buttons for import and export."""

    resource_classes = (SynonymResource,)

    def has_export_permission(self, request: HttpRequest) -> bool:
        """Let those export who may view: by itself the package lets everyone of the staff."""
        allowed: bool = self.has_view_permission(request)
        return allowed

    def has_import_permission(self, request: HttpRequest) -> bool:
        """Let those import who may add and change, as a file does either."""
        allowed: bool = self.has_add_permission(request) and self.has_change_permission(request)
        return allowed
