"""One action for several indices: their plans on one page, with one confirmation."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from django.contrib import messages
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, ngettext_lazy

from .... import connections
from ....backends.display import ConnectionDetails, details
from ....backends.transport.deadline import Deadline
from ....exceptions import ElasticsearchAdminError
from ....indices.definition import get_definition
from ....operations.acting import MAX_NOTE
from ....operations.fingerprint import fingerprint
from ....said import said_by, together
from ....status.problem import Problem
from ....status.status import IndexStatus, get_status
from ...rights import IndexPages
from ..parts.address import object_id
from ..parts.format import filled, number, shown
from ..parts.tool import Tool
from .action import Action, ForMany
from .actions import BY_NAME
from .operate import carry_out, find_refusals
from .tools import problems_of

FEWEST = 3
"""The number of indices with the same problem from which on one line has a button for all."""

MANY = 20
"""The number of missing indices from which on there is only that line."""

MOST = 100
"""The maximum number of indices at once, because each plan needs requests and queries."""

SECONDS = 20.0
"""No further index is started after this time, because web servers limit the time of a request."""

_MOST_TOLD = 10

Reason = Literal["missing", "differs"]

_MISSING = ngettext_lazy("%(count)s index is missing.", "%(count)s indices are missing.", "number")
_DIFFERS = ngettext_lazy(
    "%(count)s index differs from what is declared, or from its database.",
    "%(count)s indices differ from what is declared, or from their database.",
    "number",
)
_TEXTS: Mapping[Reason, Any] = {"missing": _MISSING, "differs": _DIFFERS}


@dataclass(frozen=True)
class ManyAlike:
    """One line for the same problem of several indices, with one button.

    Args:
        text: the problem, and the number of indices.
        title: the text of the button.
        url: the URL of the plan for all; "" if this user cannot solve it for any of them.
        why: the reason why not.
        list_url: the query string of the dashboard for only these indices; "" if there is none.
        count: the number of indices.
    """

    verb: str
    reason: Reason
    text: str
    title: str
    url: str
    why: str | Promise
    list_url: str
    count: int


@dataclass(frozen=True)
class Row:
    """One index on the page of plans.

    Args:
        value: the value that the form sends.
        mark: the fingerprint of its plan.
        count: the number of objects to load; None if unknown, or if nothing is loaded.
        refusals: why the plan cannot be carried out.
    """

    index: IndexStatus
    connection: ConnectionDetails
    value: str
    plan: Any
    mark: str
    count: int | None
    refusals: tuple[str, ...]


def summarise(
    site: str, found: Iterable[tuple[IndexStatus, tuple[tuple[Problem, Tool | None], ...]]]
) -> tuple[ManyAlike, ...]:
    """Return a line for each problem that at least ``FEWEST`` indices share.

    Args:
        site: the name of the admin site.
        found: the indices with their problems, as this user sees them.
    """
    every: Counter[tuple[str, Reason]] = Counter()
    able: Counter[tuple[str, Reason]] = Counter()
    why: dict[tuple[str, Reason], str | Promise] = {}
    for _index, problems in found:
        keys = {key: tool for problem, tool in problems if (key := _key(problem, tool))}
        for key, tool in keys.items():
            every[key] += 1
            able[key] += bool(tool and tool.url and tool.name == key[0])
            why.setdefault(key, tool.why if tool else "")
    return tuple(
        _summary(site, key, count, able[key], why[key])
        for key, count in every.items()
        if count >= FEWEST
    )


def is_told(problem: Problem, tool: Tool | None, summaries: Iterable[ManyAlike]) -> bool:
    """Return whether a common line shows this problem."""
    told = {(each.verb, each.reason) for each in summaries if each.count >= MANY}
    return problem.is_missing and _key(problem, tool) in told


def _key(problem: Problem, tool: Tool | None) -> tuple[str, Reason] | None:
    if problem.is_missing:
        return problem.mends[0].verb, "missing"
    if tool is None or not tool.url or "?" in tool.url or _for_many(tool.name) is None:
        return None
    return tool.name, "differs"


def _summary(
    site: str, key: tuple[str, Reason], count: int, able: int, why: str | Promise
) -> ManyAlike:
    verb, reason = key
    text, for_many = _TEXTS[reason], _for_many(verb)
    assert for_many is not None  # noqa: S101 (else there is no line)
    url = reverse("admin:elasticsearch_index_several", args=[verb], current_app=site)
    return ManyAlike(
        verb,
        reason,
        text % {"count": number(count), "number": count},
        for_many.button % {"count": number(able or count), "number": able or count},
        f"{url}?why={reason}" if able else "",
        why,
        "?health=missing#indices" if reason == "missing" else "",
        count,
    )


def several_view(pages: IndexPages, request: HttpRequest, verb: str) -> HttpResponse:
    """Show the plan for each index that needs an action; on POST, carry out the chosen ones.

    Args:
        pages: the pages of the indices.
        verb: the name of an action that is offered for many. The parameter ``why`` is a problem.

    Raises:
        PermissionDenied: the user may not view indices, or does not have the right of the action.
        Http404: there is no such action.
    """
    pages.require_view(request)
    for_many = _for_many(verb)
    if for_many is None:
        raise Http404(f"There is no {verb!r} for several indices.")
    action = BY_NAME[verb]
    if not pages.may(action.right, request):
        raise PermissionDenied
    problem, rows, left = "", [], 0
    try:
        wanted = _wanted(pages, request, action)
        if request.method == "POST":
            chosen = set(request.POST.getlist("of"))
            wanted = [each for each in wanted if object_id(each.connection, each.name) in chosen]
        rows = [_row(pages, request, action, index) for index in wanted[:MOST]]
        left = len(wanted) - len(rows)
    except (ElasticsearchAdminError, ImproperlyConfigured) as error:
        problem = str(error)
    if request.method == "POST" and not problem:
        if request.POST.getlist("of"):
            _carry_out(pages, request, action, rows)
            return HttpResponseRedirect(_after(pages, action))
        problem = _("Nothing was done: choose at least one index.")
        rows = [_row(pages, request, action, i) for i in _wanted(pages, request, action)[:MOST]]
    common = _common(rows)
    context = {
        **pages.admin_site.each_context(request),
        "title": for_many.title,
        "opts": pages.opts,
        "action": action,
        "rows": [
            replace(row, refusals=tuple(map(shown, _without(row.refusals, common)))) for row in rows
        ],
        "refusals": [shown(each) for each in common],
        "able": sum(not row.refusals for row in rows),
        "objects": sum(row.count or 0 for row in rows),
        "left": left,
        "problem": problem,
        "max_note": MAX_NOTE,
    }
    request.current_app = pages.admin_site.name
    status = 409 if request.method == "POST" else 200
    template = "admin/elasticsearch/index/several.html"
    return TemplateResponse(request, template, context, status=status)


def _for_many(verb: str) -> ForMany | None:
    action = BY_NAME.get(verb)
    return action.for_many if action else None


def _wanted(pages: IndexPages, request: HttpRequest, action: Action) -> list[IndexStatus]:
    """Return the indices with a problem that the action solves, and that this user may solve."""
    why = request.GET.get("why", "")

    def needs(index: IndexStatus) -> bool:
        readonly = connections[index.connection].readonly
        return any(
            tool is not None
            and bool(tool.url)
            and tool.name == action.name
            and (key := _key(problem, tool))
            and (not why or key[1] == why)
            for problem, tool in problems_of(pages, request, index, readonly=readonly)
        )

    status = get_status(exact=False, shared=request.method != "POST")
    return [index for index in status.indices if needs(index)]


def _row(pages: IndexPages, request: HttpRequest, action: Action, index: IndexStatus) -> Row:
    value = object_id(index.connection, index.name)
    connection = details(connections[index.connection])
    try:
        plan = action.plan(get_definition(index.name, index.connection), {})
    except ElasticsearchAdminError as error:
        return Row(index, connection, value, None, "", None, (said_by(error),))
    refusals = [*find_refusals(pages, request, action, plan)]
    if action.tell(plan).typed:
        text = _("It deletes a physical index: open its own page, and type its name there.")
        refusals.append(text)
    return Row(
        index,
        connection,
        value,
        plan,
        fingerprint(action.name, plan),
        getattr(plan, "rows", None),
        tuple(refusals),
    )


def _common(rows: list[Row]) -> tuple[str, ...]:
    """Return the refusals of all rows, without duplicates."""
    if len(rows) < 2:
        return ()
    return tuple(text for text in rows[0].refusals if all(text in row.refusals for row in rows))


def _without(refusals: tuple[str, ...], common: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(text for text in refusals if text not in common)


def _carry_out(pages: IndexPages, request: HttpRequest, action: Action, rows: list[Row]) -> None:
    begun, late, refused = 0, 0, []
    deadline = Deadline(SECONDS)
    for row in rows:
        if deadline.passed:
            late += 1
            continue
        reason: str = together(row.refusals)
        if not reason and request.POST.get(f"plan:{row.value}") != row.mark:
            reason = _("The plan has changed since you opened the page.")
        if not reason:
            operation, reason = carry_out(pages, request, action, row.plan)
            begun += operation is not None
        if reason:
            # Django capitalizes the first letter of a message, which must not happen to a name.
            told = _("Index %(name)s: %(reason)s")
            refused.append(filled(told, {"name": row.index.name, "reason": shown(reason)}))
    values = {"count": begun, "action": str(action.title).rstrip("…")}
    text = ngettext(
        "%(action)s: %(count)s operation started.",
        "%(action)s: %(count)s operations started.",
        begun,
    )
    pages.message_user(request, text % values, messages.SUCCESS if begun else messages.WARNING)
    missed = len(set(request.POST.getlist("of"))) - len(rows) + late
    if missed:
        text = ngettext(
            "%(count)s index was left out: it does not need it any more, or there were too many.",
            "%(count)s indices were left out: they do not need it any more, or there were too "
            "many.",
            missed,
        )
        pages.message_user(request, text % {"count": missed}, messages.WARNING)
    for line in refused[:_MOST_TOLD]:
        pages.message_user(request, line, messages.ERROR)
    if len(refused) > _MOST_TOLD:
        more = ngettext(
            "%(count)s more index was left as it is; its own page says why.",
            "%(count)s more indices were left as they are; their own pages say why.",
            len(refused) - _MOST_TOLD,
        ) % {"count": len(refused) - _MOST_TOLD}
        pages.message_user(request, more, messages.ERROR)


def _after(pages: IndexPages, action: Action) -> str:
    """Return the URL to show afterwards: the dashboard."""
    return reverse("admin:app_list", args=[pages.opts.app_label], current_app=pages.admin_site.name)
