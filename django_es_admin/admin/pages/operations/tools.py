"""The buttons of an index: what this user may do to it, and why some of it is not possible."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .... import connections
from ....exceptions import ConnectionDoesNotExist
from ....status.status import IndexStatus
from ...rights import index_of, quoted
from .actions import ACTIONS, CREATE, DRAIN, PRUNE, REBUILD, Action

if TYPE_CHECKING:
    from ..indices.index import IndexAdmin

READ_ONLY = _("The connection is read-only.")


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
    pages: "IndexAdmin", request: HttpRequest, index: IndexStatus, *, readonly: bool
) -> tuple[Tool, ...]:
    """Return the buttons of a declared index, those alone that the user has the right to.

    Args:
        readonly: whether the connection only reads.
    """
    stands_for = index_of(index.connection, index.name)
    return tuple(
        Tool(
            action.name,
            action.title,
            ""
            if readonly
            else reverse(
                f"admin:{action.url_name}",
                args=[quoted(stands_for)],
                current_app=pages.admin_site.name,
            ),
            READ_ONLY if readonly else "",
        )
        for action in ACTIONS
        if _fits(action, index) and pages.may(action.right, request, stands_for)
    )


def _fits(action: Action, index: IndexStatus) -> bool:
    if not (index.declared and action.whole):
        return False
    if action in (REBUILD, DRAIN) and not index.model:
        return False
    if action is CREATE:
        return index.known and not index.exists
    return index.exists or action in (REBUILD, DRAIN, PRUNE)
