"""Documents in an index, by key, even if they are not yet searchable."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from ...backends.abstracts import Base
from ...backends.errors import translated, understood
from ..ids import named
from ..readable import require_readable


def read_stored(
    connection: Base,
    index: str,
    keys: Sequence[str],
    *,
    timeout: float,
    vectors: bool = False,
    filter_path: str = "",
) -> list[dict[str, Any]]:
    """Return Elasticsearch's answer for the document of each key, in the same order.

    Args:
        index: the name of a physical index or an alias.
        timeout: the time limit in seconds.
        vectors: whether to request vectors that ``_source`` leaves out.
        filter_path: the parts of the answer to return; all parts if omitted.

    Raises:
        ElasticsearchAdminError: as :func:`~django_es_admin.backends.errors.translated`.
    """
    asked = {"filter_path": filter_path} if filter_path else {}
    if vectors:
        asked["_source_exclude_vectors"] = "false"
    client = connection.client.options(request_timeout=timeout)
    with translated(connection):
        # The client's own `mget()` has no argument for the vectors.
        answer = client.perform_request(
            "POST",
            f"/{quote(index, safe='')}/_mget",
            params=asked,
            headers={"accept": "application/json", "content-type": "application/json"},
            body={"docs": named(keys)},
        )
    with understood(connection):
        docs: list[dict[str, Any]] = answer["docs"]
        if len(docs) != len(keys):
            raise TypeError(f"{len(docs)} answers to {len(keys)}")
        require_readable(connection, docs)
        return docs
