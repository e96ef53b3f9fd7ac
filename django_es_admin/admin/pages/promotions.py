"""The promotions, as rows of the admin; with django-import-export also as files."""

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.apps import apps
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ...clock import today
from ...indices.definition import get_definitions
from ...insight.promotions.check import check_promotion
from ...insight.searches import services_of
from ...models import Promotion
from .parts.format import number
from .parts.labels import LabelColumn
from .parts.offered import connections_of, indices_of, offer

if TYPE_CHECKING:
    Base = admin.ModelAdmin[Any]
    Form = forms.ModelForm[Promotion]
elif apps.is_installed("import_export"):
    from ...import_export.promotions import PromotionTransferMixin

    class Base(PromotionTransferMixin, admin.ModelAdmin):
        """With buttons for import and export."""

    Form = forms.ModelForm
else:
    Base = admin.ModelAdmin
    Form = forms.ModelForm


class PromotionForm(Form):
    """Refuses a promotion that no search would apply."""

    class Meta:
        model = Promotion
        fields = (
            "connection",
            "index",
            "search",
            "words",
            "key",
            "effect",
            "position",
            "begins",
            "ends",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        searched = [d for d in get_definitions() if d.document and services_of(d)]
        names = sorted({one.__name__ for definition in searched for one in services_of(definition)})
        services = [("", gettext("all")), *((name, name) for name in names)]
        choices = {
            "connection": connections_of(searched),
            "index": indices_of(searched),
            "search": services if names else [],
        }
        offer(self, choices)

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        if self.errors:
            return
        try:
            check_promotion(self.instance)
        except ValidationError as error:
            self.add_error(None, error)


class SearchFilter(admin.AllValuesFieldListFilter):
    """Shows a name for promotions of all searches."""

    def choices(self, changelist: Any) -> Any:
        """Return the choices."""
        for choice in super().choices(changelist):
            yield {**choice, "display": choice["display"] or gettext("all searches")}


class PromotionAdmin(LabelColumn, Base):
    """Objects that come first in the results of a search, or are left out."""

    form = PromotionForm
    list_display = ("words", "place", "key", "state", "index", "connection_of", "search")
    list_filter = ("effect", "index", ("search", SearchFilter))
    search_fields = ("words", "=key")
    search_help_text = _(
        "Objects that come first in the results of a search, or are left out. Searches words and "
        "keys."
    )

    class Media:
        css: ClassVar = {"all": ("django_es_admin/css/pages.css",)}

    @admin.display(description=_("effect"), ordering="effect")
    def place(self, promotion: Promotion) -> str:
        """Return the effect, and the position among promotions for the same words."""
        effect = promotion.get_effect_display()
        if promotion.effect != Promotion.Effect.FIRST:
            return effect
        return f"{effect} ({number(promotion.position)})"

    @admin.display(description=_("state"))
    def state(self, promotion: Promotion) -> str:
        """Return whether the promotion is active today."""
        day = today()
        over = promotion.ends is not None and promotion.ends < day
        said = gettext("over") if over else gettext("not started")
        if promotion.holds_on(day):
            said = gettext("in force")
        if not (promotion.begins or promotion.ends):
            return said
        return format_html('{} <span class="quiet small">{}</span>', said, _term(promotion))


def _term(promotion: Promotion) -> str:
    """Return the first and last day of a promotion, if it has any."""
    first, last = (
        date_format(each, "SHORT_DATE_FORMAT") if each else ""
        for each in (promotion.begins, promotion.ends)
    )
    if first and last:
        text = gettext("%(first)s to %(last)s")
    else:
        text = gettext("from %(first)s on") if first else gettext("until %(last)s")
    return text % {"first": first, "last": last}
