"""Documents as they are in an index, by their keys: what was just written is there, too."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from ...backends.abstracts import Base
from ...backends.errors import translated, understood
from ..ids import named


def read_stored(
    connection: Base,
    index: str,
    keys: Sequence[str],
    *,
    timeout: float,
    vectors: bool = False,
    filter_path: str = "",
) -> list[dict[str, Any]]:
    """Return what Elasticsearch says of the document of each key, in their order.

    Args:
        index: name of a physical index or an alias.
        timeout: seconds.
        vectors: also ask for those that the ``_source`` leaves out.
        filter_path: the parts of the answer that are wanted; all of them if omitted.

    Raises:
        ElasticsearchAdminError: as :func:`~django_es_admin.backends.errors.translated`.
    """
    asked = {"filter_path": filter_path} if filter_path else {}
    if vectors:
        asked["_source_exclude_vectors"] = "false"
    client = connection.client.options(request_timeout=timeout)
    with translated(connection):
        # The client's own `mget()` has no word for the vectors.
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
        return docs
