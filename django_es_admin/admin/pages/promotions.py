"""The promotions, as rows of the admin; with django-import-export also as files."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.apps import apps
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ...clock import today
from ...insight.promotions.check import check_promotion
from ...models import Promotion

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
    """Refuses a promotion that no search would go by."""

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

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        if self.errors:
            return
        try:
            check_promotion(self.instance)
        except ValidationError as error:
            self.add_error(None, error)


class PromotionAdmin(Base):
    """What comes first in the results of some words, and what never comes."""

    form = PromotionForm
    list_display = (
        "words",
        "effect",
        "key",
        "state",
        "position",
        "begins",
        "ends",
        "index",
        "search",
    )
    list_filter = ("effect", "index", "search")
    search_fields = ("words", "=key")

    @admin.display(description=_("state"))
    def state(self, promotion: Promotion) -> str:
        """Say whether it is in force today."""
        day = today()
        if promotion.holds_on(day):
            return gettext("in force")
        over = promotion.ends is not None and promotion.ends < day
        return gettext("over") if over else gettext("to come")
