"""The tabs of an index's page: each has its own address, template and contents."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ...lifecycle.detail import IndexDetail
from .documents import document_table
from .fields import field_rows
from .format import pretty_json
from .links import ModelLinks

SAMPLES = 15


def _nothing(detail: IndexDetail, links: ModelLinks) -> dict[str, Any]:
    return {}


@dataclass(frozen=True)
class Tab:
    """One tab.

    Args:
        name: the end of its address, and of its URL name.
        title: what people read on it.
        template: below ``admin/elasticsearch/index/``.
        samples: documents that it shows.
        fill: what its template needs beside the index's detail.
    """

    name: str
    title: str | Promise
    template: str
    samples: int = 0
    fill: Callable[[IndexDetail, ModelLinks], Mapping[str, Any]] = _nothing

    @property
    def url_name(self) -> str:
        """The name of its address, without the namespace."""
        return f"elasticsearch_index_{self.name}"


def _overview(detail: IndexDetail, links: ModelLinks) -> dict[str, Any]:
    return {"model_url": links.changelist(detail.status.model)}


def _mapping(detail: IndexDetail, links: ModelLinks) -> dict[str, Any]:
    shown = detail.live_mappings or detail.declared_mappings
    return {
        "fields": field_rows(shown, detail.status.differences),
        "is_live": bool(detail.live_mappings),
        "live_json": pretty_json(detail.live_mappings) if detail.live_mappings else "",
        "declared_json": pretty_json(detail.declared_mappings) if detail.declared_mappings else "",
    }


def _settings(detail: IndexDetail, links: ModelLinks) -> dict[str, Any]:
    return {"settings": sorted(detail.settings.items())}


def _documents(detail: IndexDetail, links: ModelLinks) -> dict[str, Any]:
    return {
        "table": document_table(
            detail.samples, detail.live_mappings, partial(links.change, detail.status.model)
        ),
    }


OVERVIEW = Tab("change", _("Overview"), "overview.html", fill=_overview)
TABS = (
    OVERVIEW,
    Tab("mapping", _("Mapping"), "mapping.html", fill=_mapping),
    Tab("settings", _("Settings"), "settings.html", fill=_settings),
    Tab("generations", _("Generations"), "generations.html"),
    Tab("documents", _("Documents"), "documents.html", samples=SAMPLES, fill=_documents),
)
