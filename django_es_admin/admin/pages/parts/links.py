"""Links from an index to its model's own pages, for users who may see them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib.admin.utils import quote
from django.db.models import Model
from django.urls import NoReverseMatch, reverse

from ....models import LoggedSearch


@dataclass(frozen=True)
class ModelLinks:
    """The models that a user may see on one admin site.

    Args:
        models: label -> the model and the URL of its list.
        site: the name of the site, which is its instance namespace.
    """

    models: Mapping[str, tuple[type[Model], str]]
    site: str

    def changelist(self, label: str) -> str:
        """Return the URL of a model's list; "" if this user may not see it."""
        return self.models[label][1] if label in self.models else ""

    def change(self, label: str, key: str) -> str:
        """Return the URL of an object's page; "" if this user may not see it."""
        if label not in self.models:
            return ""
        options = self.models[label][0]._meta
        name = f"admin:{options.app_label}_{options.model_name}_change"
        try:
            return reverse(name, args=[quote(key)], current_app=self.site)
        except NoReverseMatch:
            # A ModelAdmin may have replaced its URLs.
            return ""

    def slow_searches(self, connection: str, index: str) -> str:
        """Return the URL of the slow searches of an index; "" if this user may not see it."""
        page = self.changelist(LoggedSearch._meta.label)
        asked = {"of": f"{connection}:{index}", "list": "slow"}
        return f"{page}?{urlencode(asked)}" if page else ""


def model_links(available_apps: Iterable[Mapping[str, Any]], site: str) -> ModelLinks:
    """Return the links that an admin page may show.

    Args:
        available_apps: the apps from ``AdminSite.each_context``, which the user may see.
        site: the name of the site.
    """
    return ModelLinks(
        {
            model["model"]._meta.label: (model["model"], model["admin_url"])
            for app in available_apps
            for model in app["models"]
            if model["admin_url"]
        },
        site,
    )
