"""The page "Searches": what people search for, and what they do not find."""

import json
from collections.abc import Mapping
from contextlib import suppress
from importlib.util import find_spec
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib.admin.utils import quote
from django.core.exceptions import PermissionDenied
from django.db.models import Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ...conf import get_options
from ...indices.definition import IndexDefinition, get_definitions
from ...insight.log.note import flush
from ...insight.log.report import (
    KINDS,
    MOST_DAYS,
    Kind,
    OpenedLine,
    SearchLine,
    SearchReport,
    read_opened,
    read_report,
)
from ...insight.log.write import TOTAL
from ...models import Index, Judgement, LoggedSearch
from ..permissions import PageAdmin
from ..rights import IndexPages, index_of, may_see_searches
from .index.known_searches import BOX
from .parts.links import ModelLinks, model_links

Line = tuple[SearchLine, str, str, list[tuple[OpenedLine, str]]]

_TITLES: Mapping[Kind, str | Promise] = {
    "frequent": _("Most frequent"),
    "missed": _("Without a hit"),
    "rising": _("Rising"),
    "slow": _("Slow"),
    "late": _("Clicked late"),
}
PERIODS = (1, 7, 30, 90)
_BAR = 100
"""The height of the chart in its own units."""


class SearchesAdmin(PageAdmin):
    """The log of searches, for users with the right to view it."""

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show one list for one index, or export it with ``format=csv``.

        Raises:
            PermissionDenied: the user may not view searches.
        """
        self.require_view(request)
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        # Show the searches of this process immediately; other processes write at their next
        # request.
        flush()
        asked = request.GET
        definitions = [one for one in get_definitions() if one.document]
        names = {f"{one.using}:{one.name}": one for one in definitions}
        definition = names.get(asked.get("of", "")) or _most_searched(definitions)
        kind = next((one for one in KINDS if one == asked.get("list")), KINDS[0])
        days = _days(asked.get("days", ""))
        report = read_report(definition, kind, days) if definition else None
        if report and asked.get("format") == "csv" and find_spec("import_export"):
            return _csv(report)
        chosen = f"{definition.using}:{definition.name}" if definition else ""

        def address(**changed: Any) -> str:
            return "?" + urlencode({"of": chosen, "list": kind, "days": days, **changed})

        index = index_of(definition.using, definition.name) if definition else None
        judge_url = self._judge_url(request, definition)
        may_tune = index is not None and may_see_searches(self.admin_site, request, index)
        context = self.admin_site.each_context(request)
        links = model_links(context["available_apps"], self.admin_site.name)
        context |= {
            "title": _("Searches"),
            "opts": self.opts,
            "report": report,
            "kind": kind,
            "kinds": [(each, _TITLES[each], address(list=each)) for each in KINDS],
            "days": days,
            "periods": [(each, address(days=each)) for each in PERIODS],
            "definitions": [(name, name == chosen, one.name) for name, one in names.items()],
            "lines": _lines(
                definition,
                links,
                report,
                judge_url,
                self._why_url(request, index),
                may_see_opened=may_tune,
            ),
            "bars": _bars(report) if report else [],
            "width": 10 * len(report.days) if report else 0,
            "csv_url": address(format="csv") if find_spec("import_export") else "",
            "tuned": quote(index.pk) if index and may_tune else "",
            "log": get_options().log_of_searches,
            "slow": get_options().slow_search * 1000,
            **(extra_context or {}),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/elasticsearch/searches/page.html", context)

    def _judge_url(self, request: HttpRequest, definition: IndexDefinition | None) -> str:
        """Return the URL of the page for judging results; "" if the user may not see it."""
        site = self.admin_site
        if definition is None or not (site.is_registered(Judgement) and site.is_registered(Index)):
            return ""
        pages = cast(IndexPages, site.get_model_admin(Index))
        index = index_of(definition.using, definition.name)
        allowed = (
            pages.has_view_permission(request)
            and pages.has_view_documents_permission(request, index)
            and site.get_model_admin(Judgement).has_view_permission(request)
        )
        if not allowed:
            return ""
        name = "admin:elasticsearch_index_judge"
        return reverse(name, args=[quote(index.pk)], current_app=site.name)

    def _why_url(self, request: HttpRequest, index: Index | None) -> str:
        """Return the URL of the page "Why is this (not) found?"; "" if the user may not see it."""
        site = self.admin_site
        if index is None or not site.is_registered(Index):
            return ""
        if not cast(IndexPages, site.get_model_admin(Index)).has_view_permission(request):
            return ""
        name = "admin:elasticsearch_index_why"
        return reverse(name, args=[quote(index.pk)], current_app=site.name)

    def change_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Refuse: a row has no page.

        Raises:
            PermissionDenied: always.
        """
        raise PermissionDenied

    history_view = change_view


def _most_searched(definitions: list[IndexDefinition]) -> IndexDefinition | None:
    """Return the index to show without a choice; None if there is none."""
    days = LoggedSearch.objects.order_by("-day").values("day")[:1]
    # The row without a search is for the whole day.
    whole = LoggedSearch.objects.filter(day=Subquery(days), digest=TOTAL)
    by_place = {(one.using, one.name): one for one in definitions}
    places = whole.order_by("-count", "index").values_list("connection", "index")
    found = next((by_place[place] for place in places if place in by_place), None)
    return found or next(iter(definitions), None)


def _days(text: str) -> int:
    return min(max(int(text), 1), MOST_DAYS) if text.isdecimal() and len(text) < 4 else 7


def _lines(
    definition: IndexDefinition | None,
    links: ModelLinks,
    report: SearchReport | None,
    judge_url: str,
    why_url: str,
    *,
    may_see_opened: bool,
) -> list[Line]:
    """Return the searches with links to their results, to what they miss, and to objects."""
    if definition is None or report is None:
        return []
    late = report.kind == "late" and may_see_opened
    opened = read_opened(definition, report) if late else {}
    return [
        (
            line,
            _results(definition, links, line, judge_url),
            _asked(why_url, line),
            [
                (hit, links.change(definition.own_label, hit.key))
                for hit in opened.get(line.digest, ())
            ],
        )
        for line in report.lines
    ]


def _results(
    definition: IndexDefinition, links: ModelLinks, line: SearchLine, judge_url: str
) -> str:
    """Return a link to the results as the searching user saw them; "" if the user may not see it.

    The results of a service are on a page that asks this service. Users without the right to it,
    and searches of a changelist, get a link to the changelist.
    """
    if judge_url and line.search != BOX:
        return _asked(judge_url, line)
    url = links.changelist(definition.own_label)
    if not url:
        return ""
    asked: dict[str, Any] = {"q": line.spelling or line.words}
    if line.search == BOX and line.filters:
        # Filters that were cut or masked are left out.
        with suppress(ValueError):
            asked |= json.loads(line.filters)
    return f"{url}?{urlencode(asked, doseq=True)}"


def _asked(url: str, line: SearchLine) -> str:
    """Return the URL of a page that sends a search of the log; "" if the user may not see it."""
    asked = {"q": line.spelling or line.words, "search": line.search}
    if line.search != BOX:
        asked |= {"filters": line.filters, "order": line.order}
    return url and f"{url}?{urlencode({name: value for name, value in asked.items() if value})}"


def _bars(report: SearchReport) -> list[dict[str, Any]]:
    """Return the bars of the chart, one for each day. The lower part has searches without a hit."""
    return [
        {
            "day": day,
            "x": 10 * n,
            "height": round(_BAR * day.count / report.most, 1),
            "y": round(_BAR - _BAR * day.count / report.most, 1),
            "missed": round(_BAR * day.missed / report.most, 1),
            "missed_y": round(_BAR - _BAR * day.missed / report.most, 1),
        }
        for n, day in enumerate(report.days)
    ]


def _csv(report: SearchReport) -> HttpResponse:
    # django-import-export may not be installed.
    from ...import_export.searches import report_as_csv  # noqa: PLC0415

    response = HttpResponse(report_as_csv(report), content_type="text/csv; charset=utf-8")
    name = f"searches-{report.kind}-{report.first}-{report.last}.csv"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
