"""Rules of synonyms as files: an import adds what is not there yet."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from import_export import resources
from import_export.admin import ImportExportMixin

from ..insight.synonyms.lost import find_lost_term
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
        # What they would change is shown before they are saved.
        store_instance = True

    def before_import(self, dataset: Any, **kwargs: Any) -> None:
        """Take a file without the connection, as most projects have one."""
        if dataset.headers and "connection" not in dataset.headers:
            dataset.append_col([""] * len(dataset), header="connection")

    def before_import_row(self, row: Any, **kwargs: Any) -> None:
        """Bring the rule into the form in which it is stored."""
        row["connection"] = row.get("connection") or "default"
        row["rule"] = tidy(str(row.get("rule") or ""))

    def validate_instance(self, instance: Synonym, *args: Any, **kwargs: Any) -> None:
        """Look at the rule, and at what the analysis leaves of it.

        Raises:
            ValidationError: Elasticsearch would not use the rule.
        """
        super().validate_instance(instance, *args, **kwargs)
        if problem := find_lost_term(instance.connection, instance.name, instance.rule):
            raise ValidationError({"rule": problem})


class SynonymTransferMixin(ImportExportMixin):  # type: ignore[misc]
    """Buttons for import and export."""

    resource_classes = (SynonymResource,)
    import_template_name = "admin/elasticsearch/synonym/import.html"

    def effects_of(self, request: HttpRequest, added: Iterable[Synonym]) -> list[dict[str, Any]]:
        """Return what searches find with rules that come: the page of the rules knows."""
        raise NotImplementedError

    def import_action(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Show what the rules of a file would change before the file is confirmed."""
        response: HttpResponse = super().import_action(request, **kwargs)
        context = getattr(response, "context_data", None) or {}
        if "confirm_form" in context:
            new = [row.instance for row in context["result"].rows if row.is_new()]
            context["effects"] = self.effects_of(request, new)
        return response

    def has_export_permission(self, request: HttpRequest) -> bool:
        """Allow an export to users who may view; by default the package allows it to all staff."""
        allowed: bool = self.has_view_permission(request)
        return allowed

    def has_import_permission(self, request: HttpRequest) -> bool:
        """Allow an import to users who may add and change, because a file can do both."""
        allowed: bool = self.has_add_permission(request) and self.has_change_permission(request)
        return allowed
