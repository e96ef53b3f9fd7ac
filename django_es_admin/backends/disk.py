"""The disk space of a cluster."""

from dataclasses import dataclass
from typing import Any, cast

from .abstracts import Base
from .errors import translated, understood
from .transport.deadline import Deadline


@dataclass(frozen=True)
class Disk:
    """The disks of all data nodes.

    Args:
        used: the used space, in bytes.
        total: the total space, in bytes.
    """

    used: int
    total: int

    @property
    def share(self) -> float:
        """The used share of the disks, from 0 to 1."""
        return self.used / self.total if self.total else 0.0


def read_disk(connection: Base, deadline: Deadline) -> Disk | None:
    """Return the disk space of a cluster; None if its nodes do not report it.

    Raises:
        ElasticsearchAdminError: as :func:`~django_es_admin.backends.errors.translated`.
    """
    with translated(connection):
        answer = connection.client.options(request_timeout=deadline.remaining).cat.allocation(
            format="json", bytes="b", h="disk.used,disk.total"
        )
    with understood(connection):
        # Shards without a node are also listed, but have no disk.
        nodes = [
            (int(row["disk.used"]), int(row["disk.total"]))
            for row in cast("list[dict[str, Any]]", answer.body)
            if row.get("disk.used") and row.get("disk.total")
        ]
    used, total = (sum(column) for column in zip(*nodes, strict=True)) if nodes else (0, 0)
    return Disk(used, total) if total else None
