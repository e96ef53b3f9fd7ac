"""Judgements as files: an import changes the grade of what is judged already."""

from typing import Any

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

    def before_import_row(self, row: Any, **kwargs: Any) -> None:
        """Bring the words into the form in which they are stored."""
        row["connection"] = row.get("connection") or "default"
        row["words"] = " ".join(str(row.get("words") or "").casefold().split())


class JudgementTransferMixin(ImportExportMixin):  # type: ignore[misc]
    """Buttons for import and export."""

    resource_classes = (JudgementResource,)
