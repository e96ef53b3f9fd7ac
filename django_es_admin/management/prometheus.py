"""The status as Prometheus reads it; needs the package ``prometheus_client``."""

from collections.abc import Iterator
from datetime import datetime

from django.utils import timezone
from prometheus_client import CollectorRegistry, Gauge, generate_latest

from ..status.status import IndexStatus, Status

_HEALTH = {"green": 0, "yellow": 1, "red": 2}


def make_metrics(status: Status) -> str:
    """Return the status in Prometheus's text format; what is not known has no sample."""
    registry = CollectorRegistry()

    def gauge(name: str, told: str, *labels: str) -> Gauge:
        return Gauge(f"django_es_admin_{name}", told, labels, registry=registry)

    attention = gauge("needs_attention", "1 if es_status --check would end with 2")
    attention.set(status.needs_attention)
    up = gauge("connection_up", "Whether the connection answers", "connection", "label")
    nodes = gauge("connection_nodes", "Nodes of the cluster", "connection", "label")
    health = gauge("connection_health", "0 green, 1 yellow, 2 red", "connection", "label")
    for one in status.connections:
        names = (one.details.alias, one.details.label)
        up.labels(*names).set(one.available)
        if one.available:
            nodes.labels(*names).set(one.nodes)
        if one.available and one.status in _HEALTH:
            health.labels(*names).set(_HEALTH[one.status])
    gauges = {
        name: gauge(f"index_{name}", told, "index", "connection") for name, told in _TOLD.items()
    }
    for index in status.indices:
        for name, value in _values(index):
            gauges[name].labels(index.name, index.connection).set(value)
    return generate_latest(registry).decode()


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
