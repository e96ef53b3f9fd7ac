"""The shards of an index and its other generations, their nodes, and why some have none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...backends.abstracts import Base
from ...backends.errors import translated, understood
from ...backends.transport.deadline import Deadline
from ...exceptions import ElasticsearchAdminError
from ..described import ask_despite_blocks, in_parts
from ..names import alias_of_generation, is_generation_name

MOST_TASKS = 50


@dataclass(frozen=True)
class Shard:
    """One copy of a shard.

    Args:
        index: the name of the physical index.
        primary: whether it is the primary copy.
        state: ``STARTED``, ``INITIALIZING``, ``RELOCATING`` or ``UNASSIGNED``.
        documents: the number of documents, including nested ones; None if it is on no node.
        size: the size in bytes; None if it is on no node.
        node: the name of the node; "" if it is on no node.
        reason: Elasticsearch's name for why it left its node; "" if it is on a node.
    """

    index: str
    number: int
    primary: bool
    state: str
    documents: int | None
    size: int | None
    node: str
    reason: str


@dataclass(frozen=True)
class Explanation:
    """Why a copy of a shard is on no node.

    Args:
        summary: Elasticsearch's summary in one sentence.
        deciders: name of each rule that prevents it -> the reason.
    """

    shard: Shard
    summary: str
    deciders: Mapping[str, str]


@dataclass(frozen=True)
class ClusterTask:
    """A task that Elasticsearch itself runs on one of the indices now.

    Args:
        action: Elasticsearch's name of the task.
        seconds: for how long it has been running.
    """

    action: str
    node: str
    seconds: float
    cancellable: bool


@dataclass(frozen=True)
class Shards:
    """All copies of the shards.

    Args:
        explanation: the explanation for the most important copy without a node; None if each has a
            node, or the reason is unknown.
        tasks: the tasks, the longest first; None if the cluster's user may not see them.
    """

    copies: tuple[Shard, ...]
    explanation: Explanation | None
    tasks: tuple[ClusterTask, ...] | None

    @property
    def homeless(self) -> tuple[Shard, ...]:
        """The copies that are on no node, primaries first."""
        found = [copy for copy in self.copies if copy.state == "UNASSIGNED"]
        return tuple(sorted(found, key=lambda copy: not copy.primary))


def read_shards(connection: Base, index: str, deadline: Deadline) -> Shards:
    """Return the shards of a physical index, and of all generations with the same alias.

    Raises:
        ElasticsearchAdminError: as :func:`~django_es_admin.backends.errors.translated`.
    """
    alias = alias_of_generation(index)
    told = ask_despite_blocks(
        connection,
        f"{alias}-*" if alias else index,
        deadline,
        lambda client, names: client.cat.shards(
            index=names,
            format="json",
            bytes="b",
            h="index,shard,prirep,state,docs,store,node,unassigned.reason",
        ),
    )
    rest = _read_routing(connection, list(told.blocked), deadline)
    with understood(connection):
        rows = [row for answer in told.answers for row in answer.body]
        copies = [_shard(row) for row in (*rows, *rest)]
        # The pattern also matches other indices.
        ours = [c for c in copies if not alias or is_generation_name(alias, c.index)]
    found = Shards(tuple(sorted(ours, key=_place)), None, None)
    explanation = _explain(connection, found.homeless, deadline)
    tasks = _tasks(connection, {copy.index for copy in ours}, deadline)
    return Shards(found.copies, explanation, tasks)


def _read_routing(
    connection: Base, names: list[str], deadline: Deadline
) -> list[Mapping[str, Any]]:
    """Return the shards of indices whose metadata are blocked, as far as the cluster's state goes.

    It has neither their sizes nor their documents.
    """
    rows: list[Mapping[str, Any]] = []
    for part in in_parts(names):
        with translated(connection):
            client = connection.client.options(request_timeout=deadline.remaining)
            answer = client.cluster.state(
                metric=["nodes", "routing_table"],
                index=part,
                ignore_unavailable=True,
                filter_path=["nodes.*.name", "routing_table.indices"],
            )
        with understood(connection):
            nodes = answer.body.get("nodes", {})
            rows += [
                {
                    "index": copy["index"],
                    "shard": copy["shard"],
                    "prirep": "p" if copy["primary"] else "r",
                    "state": copy["state"],
                    "node": nodes.get(copy["node"], {}).get("name"),
                    "unassigned.reason": copy.get("unassigned_info", {}).get("reason"),
                }
                for index in answer.body.get("routing_table", {}).get("indices", {}).values()
                for copies in index["shards"].values()
                for copy in copies
            ]
    return rows


def _place(copy: Shard) -> tuple[str, int, bool]:
    return copy.index, copy.number, not copy.primary


def _shard(row: Mapping[str, Any]) -> Shard:
    documents, size = row.get("docs"), row.get("store")
    return Shard(
        index=str(row["index"]),
        number=int(row["shard"]),
        primary=row["prirep"] == "p",
        state=str(row["state"]),
        documents=int(documents) if documents else None,
        size=int(size) if size else None,
        node=str(row.get("node") or ""),
        reason=str(row.get("unassigned.reason") or ""),
    )


def _explain(connection: Base, homeless: Sequence[Shard], deadline: Deadline) -> Explanation | None:
    if not homeless:
        return None
    worst = homeless[0]
    try:
        with translated(connection):
            client = connection.client.options(request_timeout=deadline.remaining)
            answer = client.cluster.allocation_explain(
                index=worst.index, shard=worst.number, primary=worst.primary
            )
        with understood(connection):
            deciders = {
                str(rule["decider"]): str(rule["explanation"])
                for node in answer.body.get("node_allocation_decisions", ())
                for rule in node.get("deciders", ())
                if rule.get("decision") != "YES"
            }
            summary = answer.body.get("allocate_explanation") or answer.body.get("note") or ""
            return Explanation(worst, str(summary), deciders)
    except ElasticsearchAdminError:
        # This needs another privilege than the rest, or the shard has found a node in the meantime.
        return None


def _tasks(connection: Base, names: set[str], deadline: Deadline) -> tuple[ClusterTask, ...] | None:
    try:
        with translated(connection):
            client = connection.client.options(request_timeout=deadline.remaining)
            # The client's own method warns that the request may change.
            answer = client.perform_request(
                "GET",
                "/_tasks",
                params={"actions": "indices:*", "detailed": "true"},
                headers={"accept": "application/json"},
            )
        with understood(connection):
            found = [
                ClusterTask(
                    action=str(task["action"]),
                    node=str(node.get("name", "")),
                    seconds=float(task["running_time_in_nanos"]) / 1e9,
                    cancellable=bool(task.get("cancellable")),
                )
                for node in answer.body.get("nodes", {}).values()
                for task in node.get("tasks", {}).values()
                # Tasks of other projects, and their searches, are not shown.
                if any(name in str(task.get("description", "")) for name in names)
            ]
    except ElasticsearchAdminError:
        return None
    return tuple(sorted(found, key=lambda task: -task.seconds)[:MOST_TASKS])
