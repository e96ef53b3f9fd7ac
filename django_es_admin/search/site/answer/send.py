"""Send one search, and say so if it was slow."""

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
    """Return Elasticsearch's answer as it is: no object is made of a hit.

    Args:
        seconds: after which there has to be an answer.

    Raises:
        ElasticsearchAdminError: Elasticsearch did not answer, or not completely, or refused.
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
    """Return the request that sends a search which may take this many seconds."""
    body = {"timeout": f"{max(int(seconds * 1000), 1)}ms", **search.to_dict()}
    params: dict[str, Any] = {
        # Half an answer would look like a whole one.
        "allow_partial_search_results": False,
        "preference": preferred_copy(body.get("query", {})),
        **search._params,
    }
    return SearchRequest(",".join(search._index or ()), body, params)
