"""The judgements, as rows of the admin; with django-import-export also as files."""

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.apps import apps
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from ...exceptions import ElasticsearchAdminError
from ...indices.definition import get_definitions, select_definitions
from ...insight.searches import find_search, searches_of
from ...models import Judgement
from .parts.labels import LabelColumn
from .parts.offered import connections_of, indices_of, offer

if TYPE_CHECKING:
    Base = admin.ModelAdmin[Any]
    Form = forms.ModelForm[Judgement]
elif apps.is_installed("import_export"):
    from ...import_export.judgements import JudgementTransferMixin

    class Base(JudgementTransferMixin, admin.ModelAdmin):
        """With buttons for import and export."""

    Form = forms.ModelForm
else:
    Base = admin.ModelAdmin
    Form = forms.ModelForm


class JudgementForm(Form):
    """Refuses a search that does not exist, because it would never be sent."""

    class Meta:
        model = Judgement
        fields = ("connection", "index", "search", "words", "key", "grade")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        searched = [definition for definition in get_definitions() if definition.document]
        names = {search.name: search.name for d in searched for search in searches_of(d)}
        choices = {
            "connection": connections_of(searched),
            "index": indices_of(searched),
            "search": names.items(),
        }
        offer(self, choices)

    def clean(self) -> dict[str, Any]:
        """Check that the search exists.

        Raises:
            ValidationError: there is no such index or search.
        """
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                [definition] = select_definitions([cleaned["index"]], cleaned["connection"])
                find_search(definition, cleaned["search"])
            except ElasticsearchAdminError as error:
                raise ValidationError(str(error)) from error
        return cleaned


class JudgementAdmin(LabelColumn, Base):
    """The grades that staff give to results of searches."""

    form = JudgementForm
    list_display = ("words", "key", "grade", "search", "index", "connection_of")
    list_filter = ("grade", "index", "search")
    search_fields = ("words", "=key")
    search_help_text = _("Grades of objects in the results of a search. Searches words and keys.")

    class Media:
        css: ClassVar = {"all": ("django_es_admin/css/pages.css",)}
