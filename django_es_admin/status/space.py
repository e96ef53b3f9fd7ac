"""What uses the disks of a cluster, and what Elasticsearch does when they are full."""

from dataclasses import dataclass
from typing import Any, cast

from django_es_admin import connections

from ..backends.abstracts import Base
from ..backends.errors import translated, understood
from ..backends.health import in_time
from ..backends.transport.deadline import Deadline
from ..conf import get_options
from ..exceptions import ElasticsearchAdminError
from ..indices.blocks import forbidding
from ..indices.definition import get_definitions
from ..indices.live import LiveIndex, read_indices
from ..indices.names import alias_of_generation
from .block_problems import problems_of_blocks
from .figures import read_figures
from .problem import Problem

WATERMARKS = ("low", "high", "flood_stage")
_WATERMARK = "cluster.routing.allocation.disk.watermark."


@dataclass(frozen=True)
class NodeDisk:
    """The disk of one node.

    Args:
        indices: the size of all shards on the node, in bytes.
        used: the used space, in bytes.
    """

    name: str
    indices: int
    used: int
    total: int

    @property
    def share(self) -> float:
        """The used share of the disk, from 0 to 1."""
        return self.used / self.total if self.total else 0.0


@dataclass(frozen=True)
class Occupant:
    """One physical index.

    Args:
        index: the declared name; "" if the project does not declare the index.
        role: the role in the table of generations, ``live`` for an index with the alias; "" if it
            is not registered.
        size: the size of the primary shards, in bytes; None if unknown.
        replicas: the number of replicas of each shard.
        block: the block that forbids writes; "" if there is none.
        problems: one for each of its other blocks.
    """

    name: str
    index: str
    role: str
    size: int | None
    replicas: str
    block: str
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class Space:
    """The space used in the cluster of a connection.

    Args:
        occupants: the indices, the largest first.
        nodes: the disks of the nodes; empty if unknown.
        watermarks: the settings ("85%"), in the order of :data:`WATERMARKS`; empty if the user may
            not see them.
        error: why nothing is known.
    """

    occupants: tuple[Occupant, ...] = ()
    nodes: tuple[NodeDisk, ...] = ()
    watermarks: tuple[tuple[str, str], ...] = ()
    error: str = ""

    @property
    def blocked(self) -> tuple[Occupant, ...]:
        """The indices that refuse writes, or that refuse to be read or described."""
        return tuple(each for each in self.occupants if each.block or each.problems)

    @property
    def size(self) -> int:
        """The size of all primary shards, in bytes."""
        return sum(each.size or 0 for each in self.occupants)


def read_space(connection: str) -> Space:
    """Return what uses space. It does not raise if the cluster does not answer.

    Args:
        connection: alias of the connection.
    """
    backend = connections[connection]
    deadline = Deadline(get_options().page_timeout)
    try:
        live = in_time(backend, deadline, lambda: read_indices(backend, deadline))
    except ElasticsearchAdminError as error:
        return Space(error=str(error))
    definitions = [d for d in get_definitions(connection) if d.using == connection]
    figures = read_figures(definitions)
    names = {definition.alias: definition.name for definition in definitions}
    roles = {
        generation.name: generation.role
        for definition in definitions
        for generation in figures.generations(definition)
    }

    def occupant(index: LiveIndex) -> Occupant:
        held = next((alias for alias in index.aliases if alias in names), None)
        alias = held or alias_of_generation(index.name) or ""
        return Occupant(
            name=index.name,
            index=names.get(alias, ""),
            role="live" if held else roles.get(index.name, ""),
            size=index.size,
            replicas=index.settings.get("index.number_of_replicas", ""),
            block=next(iter(forbidding("write", index.blocks)), ""),
            problems=tuple(problems_of_blocks([index], searched=(), written=())),
        )

    occupants = sorted(map(occupant, live.by_name.values()), key=lambda one: -(one.size or 0))
    return Space(tuple(occupants), _nodes(backend, deadline), _watermarks(backend, deadline))


def _nodes(backend: Base, deadline: Deadline) -> tuple[NodeDisk, ...]:
    def ask() -> Any:
        with translated(backend):
            return backend.client.options(request_timeout=deadline.remaining).cat.allocation(
                format="json", bytes="b", h="node,disk.indices,disk.used,disk.total"
            )

    try:
        answer = in_time(backend, deadline, ask)
        with understood(backend):
            return tuple(
                NodeDisk(
                    str(row["node"]),
                    int(row["disk.indices"]),
                    int(row["disk.used"]),
                    int(row["disk.total"]),
                )
                for row in cast("list[dict[str, Any]]", answer.body)
                # Shards without a node are also listed, but have no disk.
                if row.get("disk.used") and row.get("disk.total")
            )
    except ElasticsearchAdminError:
        return ()


def _watermarks(backend: Base, deadline: Deadline) -> tuple[tuple[str, str], ...]:
    def ask() -> Any:
        with translated(backend):
            client = backend.client.options(request_timeout=deadline.remaining)
            return client.cluster.get_settings(include_defaults=True, flat_settings=True)

    try:
        answer = in_time(backend, deadline, ask)
        with understood(backend):
            body = answer.body
            # Transient settings have precedence over persistent settings.
            found = {**body["defaults"], **body["persistent"], **body["transient"]}
            return tuple(
                (name, str(found[_WATERMARK + name]))
                for name in WATERMARKS
                if _WATERMARK + name in found
            )
    except ElasticsearchAdminError:
        return ()
