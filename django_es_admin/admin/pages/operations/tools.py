"""The buttons of an index: what this user may do, and why some of it is not possible now."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .... import connections
from ....exceptions import ConnectionDoesNotExist
from ....models import Index
from ....operations.history import OperationStatus
from ....status.problem import Problem
from ....status.status import IndexStatus
from ...rights import IndexPages, index_of, quoted
from ..parts.address import quoted_id
from ..parts.tool import READ_ONLY, Tool
from .action import Action
from .actions import ACTIONS, BY_NAME

NO_ANSWER = _("Its connection does not answer.")
NO_DATABASE = _("Its database does not answer.")
REBUILDING = _("A rebuild is running.")
NO_RIGHT = _("You do not have the right to do this.")


def reads_only(connection: str) -> bool:
    """Return whether a connection is known, and read-only."""
    try:
        return connections[connection].readonly
    except ConnectionDoesNotExist:
        return False


def tools_of(
    pages: IndexPages, request: HttpRequest, index: IndexStatus, *, readonly: bool
) -> tuple[Tool, ...]:
    """Return the buttons of a declared index that the user has the right to.

    Args:
        readonly: whether the connection is read-only.
    """
    stands_for = index_of(index.connection, index.name)
    return tuple(
        tool_for(
            action,
            pages,
            stands_for,
            title=_with_note(action, index),
            why=_why_not(action, index, readonly=readonly),
        )
        for action in ACTIONS
        if index.declared and action.fits(index) and pages.may(action.right, request, stands_for)
    )


def problems_of(
    pages: IndexPages, request: HttpRequest, index: IndexStatus, *, readonly: bool
) -> tuple[tuple[Problem, Tool | None], ...]:
    """Return the problems of an index, each with the button that solves it.

    The button is None if no action solves the problem. If this user does not have the right to the
    action, the button has no URL and says so.

    Args:
        readonly: whether the connection is read-only.
    """
    stands_for = index_of(index.connection, index.name)

    def tool(problem: Problem) -> Tool | None:
        fitting = [
            (BY_NAME[mend.verb], mend)
            for mend in problem.mends
            if BY_NAME[mend.verb].fits(index)
            or BY_NAME[mend.verb].parameter in mend.parameters
            or BY_NAME[mend.verb].mends
        ]
        if problem.shown_by == "outbox":
            return _see_refused(pages, index)
        if problem.shown_by == "operation":
            return _see(pages, index, lambda each: each.unattended, _("See it"))
        if not fitting:
            return None
        allowed = [each for each in fitting if pages.may(each[0].right, request, stands_for)]
        action, mend = (allowed or fitting)[0]
        if problem.obstacle == "rebuild":
            return _see(pages, index, _is_rebuild, _("A rebuild is running: see it"))
        why = READ_ONLY if readonly else "" if allowed else NO_RIGHT
        return tool_for(action, pages, stands_for, why=why, parameters=mend.parameters)

    return tuple((problem, tool(problem)) for problem in index.problems)


def _with_note(action: Action, index: IndexStatus) -> str | Promise:
    """Return the text of the button of an action, with a note on how much it does or frees."""
    note = action.note(index)
    return f"{action.title} ({note})" if note else action.title


def _see(
    pages: IndexPages,
    index: IndexStatus,
    is_meant: Callable[[OperationStatus], bool],
    title: str | Promise,
) -> Tool | None:
    """Return a link to a running or queued operation, where it can be watched and cancelled."""
    found = next((each for each in index.running if is_meant(each)), None)
    if found is None:
        return None
    url = reverse(
        "admin:elasticsearch_operation_change",
        args=[quoted_id(found.using, str(found.row.pk))],
        current_app=pages.admin_site.name,
    )
    return Tool("operation", title, url)


def _is_rebuild(operation: OperationStatus) -> bool:
    return operation.is_rebuild


def _see_refused(pages: IndexPages, index: IndexStatus) -> Tool:
    """Return a link to the failed rows, which show the reasons."""
    url = reverse("admin:elasticsearch_outboxentry_changelist", current_app=pages.admin_site.name)
    asked = {"of": f"{index.connection}:{index.name}", "state": "refused"}
    return Tool("outbox", _("See why"), f"{url}?{urlencode(asked)}")


def _why_not(action: Action, index: IndexStatus, *, readonly: bool) -> str | Promise:
    if readonly:
        return READ_ONLY
    if not index.known:
        return NO_ANSWER
    if not index.database_known:
        return NO_DATABASE
    if action.waits_for_rebuild and any(each.is_rebuild for each in index.running):
        return REBUILDING
    return ""


NO_PARAMETERS: Mapping[str, str] = MappingProxyType({})


def tool_for(
    action: Action,
    pages: IndexPages,
    index: Index,
    *,
    title: str | Promise = "",
    why: str | Promise = "",
    parameters: Mapping[str, str] = NO_PARAMETERS,
) -> Tool:
    """Return the button of one action.

    Args:
        title: the text of the button; by default that of the action.
        why: why there is no plan; "" if there is one.
        parameters: the parameters of its URL.
    """
    url = reverse(
        f"admin:{action.url_name}", args=[quoted(index)], current_app=pages.admin_site.name
    )
    query = f"?{urlencode(parameters)}" if parameters else ""
    return Tool(action.name, title or action.title, "" if why else f"{url}{query}", why)
