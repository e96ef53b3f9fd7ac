"""The client for a search, for which a person waits."""

from elasticsearch import Elasticsearch


def searcher(client: Elasticsearch, timeout: float) -> Elasticsearch:
    """Return ``client`` for a search that may take this many seconds.

    A further node answers for one that fails, as with every read. Nothing else is sent again,
    whatever ``PARAMS`` say: what took all the time that there is would take it once more.

    Args:
        timeout: seconds for one request.
    """
    return client.options(
        request_timeout=timeout,
        max_retries=len(client.transport.node_pool) - 1,
        retry_on_timeout=False,
    )
