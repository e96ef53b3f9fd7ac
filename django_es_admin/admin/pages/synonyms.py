"""The synonym rules, as rows of the admin; with django-import-export also as files."""

from collections.abc import Iterable
from copy import copy
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.apps import apps
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ...exceptions import ElasticsearchAdminError
from ...indices.definition import IndexDefinition, get_definitions
from ...insight.compared import kept, sentence
from ...insight.synonyms.effect import find_effect
from ...insight.synonyms.lost import find_lost_term
from ...lifecycle.rules_saved import RulesPut, definitions_with, telling
from ...models import Synonym
from ...models.synonym import find_rule_problem, tidy
from ...operations.acting import acting
from ..rights import index_of, may_see_searches
from .parts.changes import linked
from .parts.labels import LabelColumn
from .parts.links import model_links
from .parts.offered import connections_of, offer

SEEN = "_effect_seen"
"""The field of the form that is sent after its effect was shown."""

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
    """Refuses a rule of a set that no analyzer uses, because it would have no effect."""

    class Meta:
        model = Synonym
        fields = ("connection", "name", "rule")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = [definition for definition in get_definitions() if definition.synonyms]
        sets = sorted({name for definition in named for name in definition.synonyms})
        choices = {"connection": connections_of(named), "name": [(name, name) for name in sets]}
        offer(self, choices)

    def clean(self) -> dict[str, Any]:
        """Check that an analyzer uses the set.

        Raises:
            ValidationError: no analyzer uses the set.
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
        if not self.errors:
            rule = tidy(cleaned["rule"])
            if not find_rule_problem(rule) and (
                problem := find_lost_term(cleaned["connection"], cleaned["name"], rule)
            ):
                self.add_error("rule", problem)
        return cleaned


def known_sets() -> list[tuple[str, str]]:
    """Return connection and name of each set that an index uses."""
    return sorted({(d.using, name) for d in get_definitions() for name in d.synonyms})


class SynonymAdmin(LabelColumn, Base):
    """The rules. Saved rules are put into Elasticsearch immediately."""

    form = SynonymForm
    list_display = ("rule", "name", "connection_of", "changed_at")
    list_filter = ("name", "connection")
    search_fields = ("rule",)
    search_help_text = gettext_lazy(
        "Words with the same meaning in searches. A rule takes effect as soon as it is saved. "
        "Searches the rules."
    )
    delete_selected_confirmation_template = "admin/elasticsearch/synonym/delete_selected.html"

    class Media:
        css: ClassVar = {"all": ("django_es_admin/css/pages.css",)}

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Show what a rule would change before it is saved; then show the result."""
        if request.method == "POST" and SEEN not in request.POST:
            page = self._effect_page(request, object_id)
            if page is not None:
                return page
        with acting(request.user.get_username()), telling() as told:
            response = super().changeform_view(request, object_id, *args, **kwargs)
        return self._told(request, told, response)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Do the same for a rule that is deleted."""
        extra: dict[str, Any] = {**(extra_context or {})}
        rule = self.get_object(request, unquote(object_id))
        if request.method == "GET" and rule and self.has_delete_permission(request, rule):
            extra["effects"] = self.effects_of(request, removed=[rule])
        with acting(request.user.get_username()), telling() as told:
            response = super().delete_view(request, object_id, extra)
        return self._told(request, told, response)

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Do the same for selected rules, and show the result of actions."""
        with acting(request.user.get_username()), telling() as told:
            response = super().changelist_view(request, *args, **kwargs)
        context = getattr(response, "context_data", None) or {}
        if "deletable_objects" in context and not context["perms_lacking"]:
            context["effects"] = self.effects_of(request, removed=context["queryset"])
        return self._told(request, told, response)

    def _effect_page(self, request: HttpRequest, object_id: str | None) -> HttpResponse | None:
        """Return the page that shows the effect; None if there is nothing to show."""
        rule = self.get_object(request, unquote(object_id)) if object_id else None
        may = (
            self.has_change_permission(request, rule) if rule else self.has_add_permission(request)
        )
        if not may or (object_id and rule is None):
            return None
        # The form changes the rule object, and the rule may have belonged to another set.
        before = [copy(rule)] if rule else []
        form = self.get_form(request, rule, change=rule is not None)(request.POST, instance=rule)
        if not form.is_valid() or not form.has_changed():
            return None
        effects = self.effects_of(request, added=[form.instance], removed=before)
        if not any(effect["asked"] for effect in effects):
            return None
        given = [
            (name, value)
            for name in request.POST
            if name != "csrfmiddlewaretoken"
            for value in request.POST.getlist(name)
        ]
        context = {
            **self.admin_site.each_context(request),
            "title": _("What would this rule change?"),
            "opts": self.opts,
            "rule": form.instance.rule,
            "effects": effects,
            "given": [*given, (SEEN, "1")],
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/elasticsearch/synonym/effect.html", context)

    def effects_of(
        self,
        request: HttpRequest,
        added: Iterable[Synonym] = (),
        removed: Iterable[Synonym] = (),
    ) -> list[dict[str, Any]]:
        """Return the effect of added and removed rules on the searches of each index."""
        added, gone = list(added), list(removed)
        effects = []
        for place in sorted({(row.connection, row.name) for row in (*added, *gone)}):
            connection, name = place
            others = Synonym.objects.filter(connection=connection, name=name)
            stay = others.exclude(pk__in=[row.pk for row in gone]).values_list("rule", flat=True)
            new = [row.rule for row in added if (row.connection, row.name) == place]
            effects += [
                self._effect(request, definition, name, sorted({*stay, *new}))
                for definition in definitions_with(connection, name)
            ]
        return effects

    def _effect(
        self, request: HttpRequest, definition: IndexDefinition, name: str, rules: list[str]
    ) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "index": definition.name,
            "connection": definition.using,
            "asked": 0,
        }
        try:
            result = find_effect(definition, name, rules)
        except ElasticsearchAdminError as error:
            return {**shown, "problem": str(error)}
        index = index_of(definition.using, definition.name)
        # Not every user who edits rules may see visitors' searches and the objects they find.
        may_see = may_see_searches(self.admin_site, request, index)
        changes = kept(result)["changes"] if may_see else []
        apps_shown = self.admin_site.get_app_list(request) if changes else []
        links = model_links(apps_shown, self.admin_site.name)
        return {
            **shown,
            "asked": result.asked,
            "sentence": sentence(result),
            "result": kept(result),
            "changes": linked(changes, links, definition.model_label),
        }

    def _told(
        self, request: HttpRequest, told: list[RulesPut], response: HttpResponse
    ) -> HttpResponse:
        for put in told:
            level, text = tell(put)
            self.message_user(request, text, level)
        return response


def tell(put: RulesPut) -> tuple[int, str]:
    """Return the message about a set that was put, and its level."""
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
