"""A few documents of an index, to look at."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..backends.abstracts import Base
from ..backends.errors import translated
from ..backends.health import Deadline


@dataclass(frozen=True)
class Sample:
    """One document.

    Args:
        key: its ``_id``.
        source: its ``_source``.
    """

    key: str
    source: Mapping[str, Any]


def read_samples(
    connection: Base, index: str, deadline: Deadline, size: int = 10
) -> tuple[Sample, ...]:
    """Return up to ``size`` documents of ``index``.

    Raises:
        ElasticsearchAdminError: as :func:`~django_es_admin.backends.errors.translated`.
    """
    with translated(connection):
        client = connection.client.options(request_timeout=deadline.remaining)
        answer = client.search(index=index, size=size, track_total_hits=False)
    return tuple(Sample(hit["_id"], hit.get("_source", {})) for hit in answer["hits"]["hits"])
