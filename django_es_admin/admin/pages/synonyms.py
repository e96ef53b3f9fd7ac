"""The rules of synonyms, as rows of the admin; with django-import-export also as files."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.apps import apps
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from ...indices.definition import get_definitions
from ...lifecycle.rules_saved import RulesPut, telling
from ...models import Synonym
from ...operations.acting import acting

if TYPE_CHECKING:
    Base = admin.ModelAdmin[Any]
    Form = forms.ModelForm[Synonym]
elif apps.is_installed("import_export"):
    from ...import_export.synonyms import SynonymTransferMixin

    class Base(SynonymTransferMixin, admin.ModelAdmin):
        """With buttons for import and export."""

    Form = forms.ModelForm
else:
    Base = admin.ModelAdmin
    Form = forms.ModelForm


class SynonymForm(Form):
    """Refuses a rule of a set that no analyzer names: no search would ever use it."""

    class Meta:
        model = Synonym
        fields = ("connection", "name", "rule")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sets = known_sets()
        if len(sets) == 1:
            # Those of a rule that exists go before.
            [(connection, name)] = sets
            self.initial = {"connection": connection, "name": name, **self.initial}

    def clean(self) -> dict[str, Any]:
        """Look the set up.

        Raises:
            ValidationError: no analyzer names it.
        """
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        sets = known_sets()
        if not self.errors and (cleaned["connection"], cleaned["name"]) not in sets:
            text = _(
                "No analyzer of an index of %(connection)s names the set %(name)s in “synonyms_set”"
                ": there are %(sets)s."
            )
            names = ", ".join(f"{connection}: {name}" for connection, name in sets) or _("none")
            values = {"connection": cleaned["connection"], "name": cleaned["name"], "sets": names}
            raise ValidationError(text % values)
        return cleaned


def known_sets() -> list[tuple[str, str]]:
    """Return connection and name of each set that an index names."""
    return sorted({(d.using, name) for d in get_definitions() for name in d.synonyms})


class SynonymAdmin(Base):
    """The rules: saved, they are put into Elasticsearch at once."""

    form = SynonymForm
    list_display = ("rule", "name", "connection", "changed_at")
    list_filter = ("name", "connection")
    search_fields = ("rule",)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Say what became of the rule in Elasticsearch."""
        with acting(request.user.get_username()), telling() as told:
            response = super().changeform_view(request, *args, **kwargs)
        return self._told(request, told, response)

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Say the same."""
        with acting(request.user.get_username()), telling() as told:
            response = super().delete_view(request, *args, **kwargs)
        return self._told(request, told, response)

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Say the same of actions."""
        with acting(request.user.get_username()), telling() as told:
            response = super().changelist_view(request, *args, **kwargs)
        return self._told(request, told, response)

    def _told(
        self, request: HttpRequest, told: list[RulesPut], response: HttpResponse
    ) -> HttpResponse:
        for put in told:
            level, text = tell(put)
            self.message_user(request, text, level)
        return response


def tell(put: RulesPut) -> tuple[int, str]:
    """Return what to say of a set that was put, and how loud."""
    values = {"name": put.name, "error": put.error}
    if put.at_rebuild:
        text = _(
            "The server has no synonyms API, so the synonyms %(name)s act after the next rebuild."
        )
        return messages.WARNING, text % values
    if put.error:
        text = _(
            "The synonyms %(name)s are saved here, and Elasticsearch does not have them yet: "
            "%(error)s"
        )
        return messages.WARNING, text % values
    return messages.INFO, _("Searches use the synonyms %(name)s from now on.") % values
