"""The client for a search for which a user waits."""

from elasticsearch import Elasticsearch


def searcher(client: Elasticsearch, timeout: float) -> Elasticsearch:
    """Return ``client`` for a search with a time limit.

    If a node fails, another one is asked, as with every read. Otherwise a search is never repeated,
    whatever ``PARAMS`` say: a search that used up all its time would do so again.

    Args:
        timeout: the time limit of one request, in seconds.
    """
    return client.options(
        request_timeout=timeout,
        max_retries=len(client.transport.node_pool) - 1,
        retry_on_timeout=False,
    )
