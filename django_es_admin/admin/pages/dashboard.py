"""What the dashboard shows, to this user and with this filter."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest
from django.utils import timezone

from ...backends.display import ConnectionDetails
from ...backends.health import ConnectionHealth
from ...indices.names import is_generation_name, short_generation_name
from ...lifecycle.status import IndexStatus, Status, get_status
from ...models import Connection, Index
from .links import ModelLinks, model_links


@dataclass(frozen=True)
class Filter:
    """What the address asks for.

    Args:
        query: words that must all be in an index's names or model.
        unmanaged: show indices that the project does not declare.
        hidden: show those of them that are hidden.
    """

    query: str = ""
    unmanaged: bool = False
    hidden: bool = False

    @classmethod
    def read(cls, parameters: Mapping[str, str]) -> "Filter":
        """Return the filter of a query string."""
        return cls(
            query=parameters.get("q", "").strip(),
            unmanaged=parameters.get("unmanaged") == "1",
            hidden=parameters.get("hidden") == "1",
        )

    @property
    def asks(self) -> bool:
        """Whether it asks for anything."""
        return bool(self.query or self.unmanaged or self.hidden)

    def admits(self, index: IndexStatus) -> bool:
        """Whether an index is of a kind that is asked for."""
        return index.declared or (self.hidden if index.hidden else self.unmanaged)

    def matches(self, index: IndexStatus) -> bool:
        """Whether each word is found in a name, an alias or the model of an index."""
        names = [index.name, index.alias, *index.aliases, *index.generations, index.model]
        text = "\n".join(names).lower()
        return all(word in text for word in self.query.lower().split())


@dataclass(frozen=True)
class IndexRow:
    """One line of the table of indices.

    Args:
        connection: what may be shown of its connection.
        generation: name of the live generation, its end if that tells it; "" where the index
            has none, or is not declared, so that its own name says it.
        model_url: address of the model's list; "" if this user sees none.
    """

    status: IndexStatus
    connection: ConnectionDetails
    generation: str
    model_url: str


@dataclass(frozen=True)
class Dashboard:
    """All that the page shows.

    Args:
        connections: None for a user who may not see them.
        indices: likewise; those that the filter leaves.
        total: number of indices before the words of the filter were looked for.
        declared: whether the project declares any index.
        waiting: changes that are not in their index yet.
        parked: changes that were given up.
        several: whether there is more than one connection.
        read: when Elasticsearch and the database were asked.
        error: why there is nothing to show: the settings are wrong.
    """

    filter: Filter
    connections: tuple[ConnectionHealth, ...] | None = None
    indices: tuple[IndexRow, ...] | None = None
    total: int = 0
    declared: bool = True
    waiting: int = 0
    parked: int = 0
    several: bool = False
    read: datetime | None = None
    error: str = ""


def get_dashboard(
    request: HttpRequest, available_apps: Iterable[Mapping[str, Any]], site: str
) -> Dashboard:
    """Return what the dashboard shows to the user of this request; never raises for a cluster.

    Args:
        available_apps: what the site shows to the user, as ``AdminSite.each_context`` gives it.
        site: the site's name.
    """
    chosen = Filter.read(request.GET)
    try:
        status = get_status(unmanaged=chosen.unmanaged or chosen.hidden)
    except ImproperlyConfigured as error:
        return Dashboard(chosen, error=str(error))
    links = model_links(available_apps, site)
    admitted = [index for index in status.indices if chosen.admits(index)]
    # A site lists to a user those models only whose ModelAdmin lets this user view.
    sees_connections = links.changelist(Connection._meta.label)
    sees_indices = links.changelist(Index._meta.label)
    return Dashboard(
        chosen,
        connections=status.connections if sees_connections else None,
        indices=_rows(filter(chosen.matches, admitted), status, links) if sees_indices else None,
        total=len(admitted),
        declared=any(index.declared for index in status.indices),
        waiting=sum(index.outbox.waiting for index in status.indices),
        parked=sum(index.outbox.parked for index in status.indices),
        several=len(status.connections) > 1,
        read=timezone.now(),
    )


def _rows(
    indices: Iterable[IndexStatus], status: Status, links: ModelLinks
) -> tuple[IndexRow, ...]:
    details = {health.details.alias: health.details for health in status.connections}
    return tuple(
        IndexRow(
            status=index,
            connection=details[index.connection],
            generation=_short(index),
            model_url=links.changelist(index.model),
        )
        for index in indices
    )


def _short(index: IndexStatus) -> str:
    if not (index.exists and index.declared):
        return ""
    name = index.generations[0]
    return short_generation_name(name) if is_generation_name(index.alias, name) else name
