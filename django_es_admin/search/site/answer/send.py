"""Send one search, and log it if it was slow."""

import logging
import time
from collections.abc import Mapping
from typing import Any

from elasticsearch import dsl
from elasticsearch.dsl.connections import get_connection

from ....backends.errors import translated
from ....backends.searcher import searcher
from ....conf import get_options
from ....documents import Document
from ...logged import body_of
from ...request import SearchRequest
from ...window import preferred_copy

logger = logging.getLogger("django_es_admin.search")


def send(document: type[Document], search: "dsl.Search[Any]", seconds: float) -> Mapping[str, Any]:
    """Return Elasticsearch's answer unchanged, without making an object for each hit.

    Args:
        seconds: the time limit of the answer.

    Raises:
        ElasticsearchAdminError: the request failed, or its answer is incomplete.
    """
    request = request_of(search, seconds)
    client = get_connection(search._using)
    started = time.perf_counter()
    with translated(document.django.connection):
        answer = request.send(searcher(client, seconds))
    taken = time.perf_counter() - started
    if taken >= get_options().slow_search:
        logger.warning(
            "Slow search of %s: %.0f ms, of which Elasticsearch took %s ms: %s",
            document.django.alias,
            taken * 1000,
            answer.get("took"),
            body_of(request.body),
        )
    return answer


def request_of(search: "dsl.Search[Any]", seconds: float) -> SearchRequest:
    """Return the request for a search, with a time limit in seconds."""
    body = {"timeout": f"{max(int(seconds * 1000), 1)}ms", **search.to_dict()}
    params: dict[str, Any] = {
        # An incomplete answer would look like a complete one.
        "allow_partial_search_results": False,
        "preference": preferred_copy(body.get("query", {})),
        **search._params,
    }
    return SearchRequest(",".join(search._index or ()), body, params)
