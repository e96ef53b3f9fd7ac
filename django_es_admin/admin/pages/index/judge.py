"""The page of results on which staff grade them."""

from collections.abc import Mapping

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import PermissionDenied
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
)
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ....exceptions import ElasticsearchAdminError, SearchUnknown
from ....indices.definition import get_definition
from ....insight.judgements.results import GradedResults, grade, read_results
from ....insight.searches import KnownSearch, find_search, searches_of
from ....models import Judgement
from ....normal import printable
from ...rights import IndexPages, index_of
from ..parts.address import find_index, parse_id
from ..parts.format import number
from ..parts.links import model_links
from .frame import frame
from .known_searches import title_of
from .tabs import DOCUMENTS

MOST_CHARACTERS = Judgement._meta.get_field("words").max_length or 0


def judge_view(
    pages: IndexPages,
    judgements: "admin.ModelAdmin[Judgement]",
    request: HttpRequest,
    object_id: str,
) -> HttpResponse:
    """Show results with their grades; on POST, store the chosen grades.

    Args:
        pages: the pages of the indices.
        judgements: the page of the judgements, which knows who may add them.
        object_id: ``connection:name``; the parameters are ``q`` and ``search``, and ``filters`` and
            ``order`` from a line of the log.

    Raises:
        PermissionDenied: the user may not view indices, their documents, or judgements; or, on
            POST, may not add, change or delete the judgements.
        Http404: there is no such index or search.
    """
    pages.require_view(request)
    if request.method not in ("GET", "HEAD", "POST"):
        return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
    connection, name = parse_id(object_id)
    if not pages.has_view_documents_permission(request, index_of(connection, name)):
        raise PermissionDenied
    if not judgements.has_view_permission(request):
        raise PermissionDenied
    if request.method == "POST":
        _require(judgements, request)
    detail = find_index(object_id)
    if not detail.status.model:
        raise Http404("There is no such index.")
    definition = get_definition(name, connection)
    text = printable(request.GET.get("q", ""))[:MOST_CHARACTERS].strip()
    try:
        search = find_search(definition, request.GET.get("search", ""))
    except SearchUnknown as error:
        raise Http404(str(error)) from error
    shown, problem = None, detail.connection.error
    filters, order = (printable(request.GET.get(name, "")) for name in ("filters", "order"))
    try:
        if text and not problem:
            shown = read_results(definition, search, text, filters=filters, order=order)
    except ElasticsearchAdminError as error:
        problem = str(error)
    if request.method == "POST" and shown:
        _grade(judgements, request, object_id, search, shown)
        return HttpResponseRedirect(request.get_full_path())
    context = frame(
        pages, request, object_id, detail, tab=DOCUMENTS, subtitle=_("Judge the results")
    )
    links = model_links(context["available_apps"], pages.admin_site.name)
    results = shown.results if shown else ()
    context |= {
        "text": text,
        "searches": [
            (one.name, title_of(one), one.name == search.name) for one in searches_of(definition)
        ],
        "filters": filters,
        "order": order,
        "shown": shown,
        "results": [(one, links.change(detail.status.model, one.key)) for one in results],
        "grades": Judgement.Grade.choices[::-1],
        "may_judge": all(_rights(judgements, request)),
        "problem": problem or (shown.error if shown else ""),
    }
    request.current_app = pages.admin_site.name
    return TemplateResponse(
        request,
        "admin/elasticsearch/index/judge.html",
        context,
        status=409 if request.method == "POST" else 200,
    )


def _rights(
    judgements: "admin.ModelAdmin[Judgement]", request: HttpRequest
) -> tuple[bool, bool, bool]:
    """Return whether the user may add, change and delete judgements, all of which a form can do."""
    return (
        judgements.has_add_permission(request),
        judgements.has_change_permission(request),
        judgements.has_delete_permission(request),
    )


def _require(judgements: "admin.ModelAdmin[Judgement]", request: HttpRequest) -> None:
    if not all(_rights(judgements, request)):
        raise PermissionDenied


def _grade(
    judgements: "admin.ModelAdmin[Judgement]",
    request: HttpRequest,
    object_id: str,
    search: KnownSearch,
    shown: GradedResults,
) -> None:
    connection, name = parse_id(object_id)
    given = _given(request, shown)
    done = grade(get_definition(name, connection), search, shown.words, given)
    if done.set:
        LogEntry.objects.log_actions(
            str(request.user.pk), done.set, CHANGE, change_message="Judged on a page of results."
        )
    count = len(done.set) + done.removed
    text = ngettext("%(count)s judgement was changed.", "%(count)s judgements were changed.", count)
    messages.info(request, text % {"count": number(count)})


def _given(request: HttpRequest, shown: GradedResults) -> Mapping[str, int | None]:
    """Return key -> grade from the form. An invalid grade counts as none."""
    known = {str(value): value for value in Judgement.Grade.values}
    given: dict[str, int | None] = {}
    for one in shown.results:
        value = request.POST.get(f"grade:{one.key}")
        if value in known:
            given[one.key] = known[value]
        elif value == "":
            given[one.key] = None
    return given
