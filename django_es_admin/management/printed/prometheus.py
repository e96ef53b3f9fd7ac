"""The status as metrics for Prometheus; needs the package ``prometheus_client``."""

from collections.abc import Iterator
from datetime import datetime

from django.utils import timezone
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from ...status.status import IndexStatus, Status

_HEALTH = {"green": 0, "yellow": 1, "red": 2}


def make_metrics(status: Status) -> str:
    """Return the status in Prometheus's text format. Unknown values have no sample."""
    registry = CollectorRegistry()
    registry.register(_Gauges(status))
    return generate_latest(registry).decode()


class _Gauges(Collector):
    """The metrics of one status.

    These are not the client's own gauges, which store their values in files for other processes if
    ``PROMETHEUS_MULTIPROC_DIR`` is set.
    """

    def __init__(self, status: Status) -> None:
        self._status = status

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield each gauge with its samples."""
        status = self._status
        attention = _gauge("needs_attention", "1 if es_status --check would end with 2")
        attention.add_metric((), status.needs_attention)
        yield attention
        up = _gauge("connection_up", "Whether the connection answers", "connection", "label")
        nodes = _gauge("connection_nodes", "Nodes of the cluster", "connection", "label")
        health = _gauge("connection_health", "0 green, 1 yellow, 2 red", "connection", "label")
        for one in status.connections:
            names = (one.details.alias, str(one.details.label))
            up.add_metric(names, one.available)
            if one.available:
                nodes.add_metric(names, one.nodes)
            if one.available and one.status in _HEALTH:
                health.add_metric(names, _HEALTH[one.status])
        yield from (up, nodes, health)
        gauges = {
            name: _gauge(f"index_{name}", told, "index", "connection")
            for name, told in _TOLD.items()
        }
        seen: set[tuple[str, str]] = set()
        # An undeclared index may have the same name as a declared one.
        for index in sorted(status.indices, key=lambda index: not index.declared):
            labels = index.name, index.connection
            for name, value in () if labels in seen else _values(index):
                gauges[name].add_metric(labels, value)
            seen.add(labels)
        yield from gauges.values()


def _gauge(name: str, told: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"django_es_admin_{name}", told, labels=labels)


_TOLD = {
    "documents": "Documents that a search finds",
    "rows": "Objects in the database that belong into the index",
    "size_bytes": "Bytes of the primary shards",
    "health": "0 green, 1 yellow, 2 red",
    "mapping_differences": "Fields in which the live mapping differs from the declared one",
    "problems": "What es_status lists",
    "outbox_waiting": "Changes that are not yet in the index",
    "outbox_oldest_seconds": "For how long the oldest of them waits",
    "outbox_failing": "Changes that were refused, and are tried again",
    "outbox_parked": "Changes that were refused too often",
    "outbox_refused": "Documents that do not fit the live mapping",
    "stale_share": "Share of writes for which the index held a newer version",
}


def _values(index: IndexStatus) -> Iterator[tuple[str, float]]:
    outbox = index.outbox
    if index.declared:
        yield "problems", len(index.problems)
        yield "outbox_waiting", outbox.waiting
        yield "outbox_oldest_seconds", _age(outbox.oldest)
        yield "outbox_failing", outbox.failing
        yield "outbox_parked", outbox.parked
        yield "outbox_refused", outbox.refused
    if outbox.stale_share is not None:
        yield "stale_share", outbox.stale_share
    if not index.known:
        return
    yield "mapping_differences", len(index.differences)
    if index.documents is not None:
        yield "documents", index.documents
    if index.rows is not None:
        yield "rows", index.rows
    if index.size is not None:
        yield "size_bytes", index.size
    if index.health in _HEALTH:
        yield "health", _HEALTH[index.health]


def _age(since: datetime | None) -> float:
    return max((timezone.now() - since).total_seconds(), 0.0) if since else 0.0
