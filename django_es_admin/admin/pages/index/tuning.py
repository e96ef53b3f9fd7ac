"""The page that compares two settings of a search. It changes nothing."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from ....exceptions import ElasticsearchAdminError, SearchUnknown
from ....indices.definition import IndexDefinition, get_definition
from ....insight.compared import kept, sentence
from ....insight.searches import KnownSearch
from ....insight.tuning.setting import (
    FUZZINESS,
    OPERATORS,
    Setting,
    analyzers_to_choose,
    read_setting,
    setting_of,
)
from ....insight.tuning.tune import Tuning, tune
from ...permissions import PageAdmin
from ...rights import IndexPages
from ..parts.address import parse_id
from ..parts.changes import linked
from ..parts.links import model_links
from .frame import frame, open_searched
from .known_searches import searches_for, title_of
from .tabs import OVERVIEW


def tuning_view(
    pages: IndexPages, searches: PageAdmin, request: HttpRequest, object_id: str
) -> HttpResponse:
    """Send the logged and the judged searches with two settings, and show the differences.

    Args:
        pages, searches, object_id: see :func:`~.frame.open_searched`.
        request: its parameters are those of the form.

    Raises:
        PermissionDenied, Http404: see :func:`~.frame.open_searched`.
    """
    detail = open_searched(pages, searches, request, object_id)
    if isinstance(detail, HttpResponse):
        return detail
    connection, name = parse_id(object_id)
    definition = get_definition(name, connection)
    known = searches_for(pages, request, definition)
    asked = {key: str(value).replace("\0", "") for key, value in request.GET.items()}
    search = next((one for one in known if one.name == asked.get("search")), known[0])
    result: Tuning | None = None
    problem, now = detail.connection.error, setting_of(search)
    if asked.get("search", search.name) != search.name:
        problem = problem or str(SearchUnknown(_("There is no such search.")))
    given = _given(asked, now)
    if not problem and "fields" in asked:
        try:
            result = _tuned(definition, search, asked)
        except ElasticsearchAdminError as error:
            problem = str(error)
    context = frame(pages, request, object_id, detail, tab=OVERVIEW, subtitle=_("Two settings"))
    links = model_links(context["available_apps"], pages.admin_site.name)
    changes = kept(result.comparison)["changes"] if result else []
    context |= {
        "searches": [(one.name, title_of(one)) for one in known],
        "search": search.name,
        "now": now,
        "given": given,
        "operators": OPERATORS,
        "fuzzinesses": FUZZINESS,
        "analyzers": analyzers_to_choose(definition),
        "tuning": result,
        "sentence": sentence(result.comparison) if result else "",
        "changes": linked(changes, links, detail.status.model),
        "problem": problem,
    }
    request.current_app = pages.admin_site.name
    return TemplateResponse(request, "admin/elasticsearch/index/tuning.html", context)


def _given(asked: dict[str, str], now: Setting) -> dict[str, Any]:
    return {
        "fields": asked.get("fields", ", ".join(now.fields)),
        "operator": asked.get("operator", now.operator),
        "fuzziness": asked.get("fuzziness", now.fuzziness),
        "analyzer": asked.get("analyzer", ""),
    }


def _tuned(definition: IndexDefinition, search: KnownSearch, asked: dict[str, str]) -> Tuning:
    setting = read_setting(
        definition,
        asked.get("fields", ""),
        asked.get("operator", "and"),
        asked.get("fuzziness", "AUTO"),
        asked.get("analyzer", ""),
    )
    return tune(definition, search, setting)
