"""What the dashboard shows to this user with this filter."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.admin.sites import all_sites
from django.core.exceptions import ImproperlyConfigured
from django.core.paginator import Page, Paginator
from django.http import HttpRequest

from ....backends.disk import Disk
from ....backends.display import ConnectionDetails
from ....backends.health import ConnectionHealth
from ....indices.names import is_generation_name, short_generation_name
from ....models import Connection, Index, OutboxEntry
from ....operations.history import OperationStatus
from ....status.backlog import Backlog
from ....status.problem import Problem
from ....status.status import IndexStatus, Status, get_status
from ...rights import index_admin
from ..operations.several import ManyAlike, is_told, summarise
from ..operations.tools import problems_of, tools_of
from ..parts.links import ModelLinks, model_links
from ..parts.tool import Tool
from .columns import Head, heads, sort
from .filtering import DRIFTS, HEALTHS, Filter

PER_PAGE = 50


@dataclass(frozen=True)
class ConnectionRow:
    """One line of the table of connections.

    Args:
        disk: the disk space of its cluster; None if unknown.
    """

    health: ConnectionHealth
    disk: Disk | None


@dataclass(frozen=True)
class IndexRow:
    """One line of the table of indices.

    Args:
        connection: the public details of its connection.
        generation: the name of the live generation, or its last part; "" if there is none, or if
            the index is not declared.
        model_url: the URL of the model's list; "" if this user may not see it.
        tool: the suggested button; None if this user may do nothing.
        problems: the problems, each with the button that solves it; None if this user does not have
            the right to it.
    """

    status: IndexStatus
    connection: ConnectionDetails
    generation: str
    model_url: str
    tool: Tool | None = None
    problems: tuple[tuple[Problem, Tool | None], ...] = ()


@dataclass(frozen=True)
class Dashboard:
    """The content of the page.

    Args:
        connections: the connections; None for a user who may not see them.
        indices: one page of the filtered indices; None for a user who may not see them.
        pages: the pagination of the indices.
        heads: the headings of the columns.
        total: the number of indices of the kinds that are shown.
        summaries: one line for the same problem of several indices.
        declared: whether the project declares any index.
        backlog: the changes that are not in their index yet.
        outbox_url: the URL of the outbox; "" for a user who may not see it.
        running: the running operations, of indices that the user may see.
        several: whether there is more than one connection.
        only: the connection, if there is only one. Otherwise each index has a column for it.
        read: when Elasticsearch and the database were asked.
        error: why there is nothing to show, if the settings are invalid.
    """

    filter: Filter
    connections: tuple[ConnectionRow, ...] | None = None
    indices: tuple[IndexRow, ...] | None = None
    pages: "Page[IndexStatus] | None" = None
    heads: tuple[Head, ...] = ()
    total: int = 0
    summaries: tuple[ManyAlike, ...] = ()
    declared: bool = True
    backlog: Backlog = field(default_factory=Backlog)
    outbox_url: str = ""
    running: tuple[OperationStatus, ...] = ()
    several: bool = False
    only: ConnectionDetails | None = None
    read: datetime | None = None
    error: str = ""

    @property
    def sees_indices(self) -> bool:
        """Whether this user may see indices."""
        return self.indices is not None

    @property
    def healths(self) -> list[tuple[str, str]]:
        """The choices of health: value and title."""
        return [(value, str(title)) for value, title in HEALTHS.items()]

    @property
    def drifts(self) -> list[tuple[str, str]]:
        """The choices of drift: value and title."""
        return [(value, str(title)) for value, title in DRIFTS.items()]


def get_dashboard(
    request: HttpRequest, available_apps: Iterable[Mapping[str, Any]], site: str
) -> Dashboard:
    """Return what the dashboard shows to the user of this request. It never raises for a cluster.

    Args:
        available_apps: the apps that the site shows to the user, from ``AdminSite.each_context``.
        site: the name of the site.
    """
    chosen = Filter.read(request.GET)
    try:
        status = get_status(unmanaged=chosen.unmanaged or chosen.hidden, exact=False, shared=True)
    except ImproperlyConfigured as error:
        return Dashboard(chosen, error=str(error))
    links = model_links(available_apps, site)
    admitted = [index for index in status.indices if chosen.admits(index)]
    several = len(status.connections) > 1
    # A site lists only the models that this user may view.
    sees_connections = links.changelist(Connection._meta.label)
    sees_indices = links.changelist(Index._meta.label)
    pages = Paginator(sort(filter(chosen.matches, admitted), chosen.order), PER_PAGE).get_page(
        chosen.page
    )
    rows, summaries = (
        _rows(admitted, pages.object_list, status, links, request) if sees_indices else (None, ())
    )
    return Dashboard(
        chosen,
        connections=_connections(status) if sees_connections else None,
        indices=rows,
        pages=pages,
        heads=heads(chosen.parameters, chosen.order, several=several),
        total=len(admitted),
        summaries=summaries,
        declared=any(index.declared for index in status.indices),
        backlog=status.backlog,
        outbox_url=links.changelist(OutboxEntry._meta.label),
        running=status.running if sees_indices else (),
        several=several,
        only=None if several or not status.connections else status.connections[0].details,
        read=status.read,
    )


def _connections(status: Status) -> tuple[ConnectionRow, ...]:
    return tuple(
        ConnectionRow(health, status.disks.get(health.details.alias))
        for health in status.connections
    )


def _rows(
    admitted: list[IndexStatus],
    shown: Iterable[IndexStatus],
    status: Status,
    links: ModelLinks,
    request: HttpRequest,
) -> tuple[tuple[IndexRow, ...], tuple[ManyAlike, ...]]:
    """Return a line for each index on the page, and the common problems of all filtered indices."""
    details = {health.details.alias: health.details for health in status.connections}
    # A project may have another site with that name, which does not have the pages.
    site = next(s for s in all_sites if s.name == links.site and s.is_registered(Index))

    pages = index_admin(site)

    def tool(index: IndexStatus) -> Tool | None:
        readonly = details[index.connection].readonly
        found = tools_of(pages, request, index, readonly=readonly)
        by_name = {each.name: each for each in found}
        # The button that restores an alias is beside the problem.
        return None if index.former else by_name.get("rebuild") or by_name.get("create")

    def problems(index: IndexStatus) -> tuple[tuple[Problem, Tool | None], ...]:
        return problems_of(pages, request, index, readonly=details[index.connection].readonly)

    found = {id(index): problems(index) for index in admitted}
    summaries = summarise(links.site, ((index, found[id(index)]) for index in admitted))
    rows = tuple(
        IndexRow(
            status=index,
            connection=details[index.connection],
            generation=_short(index),
            model_url=links.changelist(index.model),
            tool=tool(index),
            problems=tuple(
                (problem, mend)
                for problem, mend in found[id(index)]
                if not is_told(problem, mend, summaries)
            ),
        )
        for index in shown
    )
    return rows, summaries


def _short(index: IndexStatus) -> str:
    if not (index.exists and index.declared):
        return ""
    name = index.generations[0]
    return short_generation_name(name) if is_generation_name(index.alias, name) else name
