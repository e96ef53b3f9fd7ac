"""The buttons of an index: what this user may do to it, and why some of it is not possible."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .... import connections
from ....exceptions import ConnectionDoesNotExist
from ....models import Index
from ....status.problem import Problem
from ....status.status import IndexStatus
from ...rights import IndexPages, index_of, quoted
from .actions import ACTIONS, BY_NAME, Action

READ_ONLY = _("The connection is read-only.")
NO_ANSWER = _("Its connection does not answer.")
NO_RIGHT = _("You do not have the right to do this.")


@dataclass(frozen=True)
class Tool:
    """One button.

    Args:
        url: of the plan; "" where there is none to make.
        why: the reason for that.
    """

    name: str
    title: str | Promise
    url: str
    why: str | Promise = ""


def reads_only(connection: str) -> bool:
    """Whether a connection is known, and only reads."""
    try:
        return connections[connection].readonly
    except ConnectionDoesNotExist:
        return False


def tools_of(
    pages: IndexPages, request: HttpRequest, index: IndexStatus, *, readonly: bool
) -> tuple[Tool, ...]:
    """Return the buttons of a declared index, those alone that the user has the right to.

    Args:
        readonly: whether the connection only reads.
    """
    stands_for = index_of(index.connection, index.name)
    return tuple(
        tool_for(
            action,
            pages,
            stands_for,
            why=READ_ONLY if readonly else "" if index.known else NO_ANSWER,
        )
        for action in ACTIONS
        if index.declared and action.fits(index) and pages.may(action.right, request, stands_for)
    )


def problems_of(
    pages: IndexPages, request: HttpRequest, index: IndexStatus, *, readonly: bool
) -> tuple[tuple[Problem, Tool | None], ...]:
    """Return what is wrong with an index, each with the button of what solves it.

    The button is None where no verb of ours solves it. Where this user has no right to the verb,
    it has no address and says so.

    Args:
        readonly: whether the connection only reads.
    """
    stands_for = index_of(index.connection, index.name)

    def tool(problem: Problem) -> Tool | None:
        fitting = [
            (BY_NAME[mend.verb], mend)
            for mend in problem.mends
            if BY_NAME[mend.verb].fits(index) or BY_NAME[mend.verb].parameter in mend.parameters
        ]
        if not fitting:
            return None
        allowed = [each for each in fitting if pages.may(each[0].right, request, stands_for)]
        action, mend = (allowed or fitting)[0]
        why = READ_ONLY if readonly else "" if allowed else NO_RIGHT
        return tool_for(action, pages, stands_for, why=why, parameters=mend.parameters)

    return tuple((problem, tool(problem)) for problem in index.problems)


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
        title: what people read on it; that of the action if omitted.
        why: there is no plan to make; "" if there is.
        parameters: of its address.
    """
    url = reverse(
        f"admin:{action.url_name}", args=[quoted(index)], current_app=pages.admin_site.name
    )
    query = f"?{urlencode(parameters)}" if parameters else ""
    return Tool(action.name, title or action.title, "" if why else f"{url}{query}", why)
