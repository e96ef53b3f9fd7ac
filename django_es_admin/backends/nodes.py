"""What carries requests: the client's nodes, whose refusals can always be told by their status."""

import json
from typing import Any

from elastic_transport import (
    ApiResponseMeta,
    BaseNode,
    HttpHeaders,
    NodeConfig,
    RequestsHttpNode,
    Urllib3HttpNode,
)
from elastic_transport._node import NodeApiResponse

_FIRST_ERROR = 300
_TEXT = "text/plain"


class ToldByStatus(BaseNode):
    """A node whose refusals are read whatever they are written in.

    The client gives up on an answer that it cannot decode, and forgets its status: a proxy's 413 in
    HTML that says it is JSON would look like a server that is not Elasticsearch.
    """

    def perform_request(self, *args: Any, **kwargs: Any) -> NodeApiResponse:
        """Send a request; an error that is no JSON becomes text."""
        answer = super().perform_request(*args, **kwargs)
        if answer.meta.status < _FIRST_ERROR or _is_json(answer):
            return answer
        headers = HttpHeaders({**answer.meta.headers, "content-type": _TEXT})
        meta = ApiResponseMeta(
            node=answer.meta.node,
            duration=answer.meta.duration,
            http_version=answer.meta.http_version,
            status=answer.meta.status,
            headers=headers,
        )
        return NodeApiResponse(meta, answer.body.decode(errors="replace").encode())


def _is_json(answer: NodeApiResponse) -> bool:
    mimetype = answer.meta.mimetype
    if not answer.body:
        return True
    if mimetype is not None and not mimetype.endswith("json"):
        return False
    try:
        json.loads(answer.body)
    except (ValueError, RecursionError):
        return False
    return True


def told_by_status(node_class: type[BaseNode]) -> type[BaseNode]:
    """Return a node class of a project with what ours have."""
    if issubclass(node_class, ToldByStatus):
        return node_class
    return type(node_class.__name__, (ToldByStatus, node_class), {})


class Urllib3Node(ToldByStatus, Urllib3HttpNode):
    """Elastic's node on urllib3."""


class RequestsNode(ToldByStatus, RequestsHttpNode):
    """Elastic's node on requests, for which ``PARAMS`` go before the environment.

    requests would take REQUESTS_CA_BUNDLE instead of ``ca_certs``, and the credentials of a
    .netrc file instead of those that are given.
    """

    def __init__(self, config: NodeConfig) -> None:
        from requests.utils import get_environ_proxies  # noqa: PLC0415 (it may be missing)

        super().__init__(config)
        self.session.proxies = get_environ_proxies(self.base_url)
        self.session.trust_env = False
