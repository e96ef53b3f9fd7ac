"""The client's nodes, with limits for the time and the size of an answer."""

import gzip
import time
from dataclasses import replace
from typing import Any, ClassVar

from elastic_transport import (
    ApiResponseMeta,
    BaseNode,
    ConnectionTimeout,
    HttpHeaders,
    NodeConfig,
    RequestsHttpNode,
    TlsError,
    TransportError,
    Urllib3HttpNode,
)
from elastic_transport import ConnectionError as ClientConnectionError
from elastic_transport._node import NodeApiResponse
from elastic_transport.client_utils import DEFAULT
from urllib3.exceptions import HTTPError
from urllib3.response import BaseHTTPResponse
from urllib3.util import Retry, Timeout

from ..guard.limits import Guard
from .answers import exceeded, read_body, told_by_status
from .deadline import Deadline, current_deadline, until
from .sockets import seconds_left, time_pool, time_pools

_TIMEOUTS = ("TimeoutError", "Timeout", "EmptyPoolError")
# The headers that the client's log of requests may contain; others may be secrets of PARAMS.
_PLAIN_HEADERS = frozenset(
    "accept accept-encoding connection content-encoding content-type user-agent "
    "x-elastic-client-meta x-opaque-id".split()
)


class NotConnected(ClientConnectionError):
    """No connection to the node was made, so no part of the request was sent."""


class LimitedNode(BaseNode):
    """A node with a time limit for the whole of each request.

    It is added to a project's own node class: each request is checked before it is sent, its
    time-out never exceeds the remaining time, and an answer that is too large is refused after it
    was read.
    """

    guard: ClassVar[Guard]
    max_answer_bytes: ClassVar[int]

    def __init__(self, config: NodeConfig) -> None:
        super().__init__(config)
        self._shown_config = replace(config, headers=HttpHeaders())
        session = getattr(self, "session", None)
        if session is not None:
            # requests would send the documents again, to any address that a redirect names.
            session.max_redirects = 0

    def perform_request(
        self,
        method: str,
        target: str,
        body: bytes | None = None,
        headers: HttpHeaders | None = None,
        request_timeout: Any = DEFAULT,
    ) -> NodeApiResponse:
        """Send a request and return the answer.

        Raises:
            ElasticsearchAdminError: the connection may not send the request; see
                :class:`.guard.Guard`.
            ConnectionTimeout: no time is left, or it was not enough.
            AnswerExceededError: the answer is too large.
        """
        self.guard.check(
            method, target, body, str((headers or HttpHeaders()).get("content-type", ""))
        )
        seconds = self.config.request_timeout if request_timeout is DEFAULT else request_timeout
        deadline = current_deadline()
        if deadline is not None and deadline.passed:
            raise ConnectionTimeout("No time is left for the request")
        if seconds is not None:
            deadline = Deadline(seconds).earlier(deadline)
        if deadline is None:
            return self._perform(method, target, body, headers, None)
        with until(deadline):
            return self._perform(method, target, body, headers, deadline.remaining)

    def _perform(
        self,
        method: str,
        target: str,
        body: bytes | None,
        headers: HttpHeaders | None,
        seconds: float | None,
    ) -> NodeApiResponse:
        answer = super().perform_request(
            method, target, body=body, headers=headers, request_timeout=seconds
        )
        # An error of the client keeps it, and it contains the headers of each request.
        answer = answer._replace(meta=replace(answer.meta, node=self._shown_config))
        if len(answer.body) > self.max_answer_bytes:
            raise exceeded(self.max_answer_bytes)
        return told_by_status(answer)


class _ReadingNode(BaseNode):
    """A node that reads the answer itself, in pieces, until the deadline."""

    max_answer_bytes: ClassVar[int]

    def _send(
        self, method: str, target: str, body: bytes | None, headers: HttpHeaders
    ) -> BaseHTTPResponse:
        """Send a request; only the headers of the answer are read."""
        raise NotImplementedError

    def perform_request(
        self,
        method: str,
        target: str,
        body: bytes | None = None,
        headers: HttpHeaders | None = None,
        request_timeout: Any = DEFAULT,
    ) -> NodeApiResponse:
        all_headers = self._headers.copy()
        all_headers.update(headers or {})
        sent = body or None
        if sent and self._http_compress:
            sent = gzip.compress(sent)
            all_headers["content-encoding"] = "gzip"
        seen: dict[str, Any] = {"method": method, "target": target, "body": body}
        seen["headers"] = HttpHeaders(
            {name: value for name, value in all_headers.items() if name.lower() in _PLAIN_HEADERS}
        )
        started = time.time()
        unfit = False
        try:
            response = self._send(method, target, sent, all_headers)
            data = self._read(response)
        except ValueError:
            # The text of the error quotes the invalid header.
            unfit = True
        except (TransportError, HTTPError, OSError) as error:
            failure = _client_error(error)
            self._log_request(**seen, exception=failure)
            raise failure from error
        if unfit:
            raise TransportError(
                "A header cannot be sent: check credentials and headers for blanks and line ends"
            )
        meta = ApiResponseMeta(
            node=self.config,
            duration=time.time() - started,
            http_version="1.1",
            status=response.status,
            headers=HttpHeaders(response.headers),
        )
        self._log_request(**seen, meta=meta, response=data)
        return NodeApiResponse(meta, data)

    def _read(self, response: BaseHTTPResponse) -> bytes:
        whole = False
        try:
            data = read_body(response, self.max_answer_bytes)
            whole = True
        finally:
            if not whole:
                # The rest of the answer must not be read as the next answer.
                response.close()
            response.release_conn()
        return data


def _client_error(error: Exception) -> TransportError:
    """Return the client's error for an error of the system, urllib3 or requests."""
    if isinstance(error, TransportError):
        return error
    # requests may not be installed, so its classes are found by name.
    kinds = {kind.__name__ for kind in type(error).__mro__}
    if "SSLError" in kinds:
        return TlsError(str(error), errors=(error,))
    if not kinds.isdisjoint(_TIMEOUTS) and "NewConnectionError" not in kinds:
        return ConnectionTimeout("Connection timed out during request", errors=(error,))
    # requests wraps the reason of urllib3.
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    kinds |= {kind.__name__ for kind in type(reason).__mro__}
    kind = NotConnected if "NewConnectionError" in kinds else ClientConnectionError
    return kind(str(error), errors=(error,))


class Urllib3Node(LimitedNode, _ReadingNode, Urllib3HttpNode):
    """Elastic's node with urllib3."""

    def __init__(self, config: NodeConfig) -> None:
        super().__init__(config)
        time_pool(self.pool)

    def _send(
        self, method: str, target: str, body: bytes | None, headers: HttpHeaders
    ) -> BaseHTTPResponse:
        wait: Any = seconds_left()
        return self.pool.urlopen(
            method,
            f"{self.path_prefix}{target}",
            body=body,
            headers=headers,
            retries=Retry(False),
            redirect=False,
            timeout=Timeout(total=wait),
            pool_timeout=wait,
            preload_content=False,
            decode_content=False,
        )


class RequestsNode(LimitedNode, _ReadingNode, RequestsHttpNode):
    """Elastic's node with requests. ``PARAMS`` have precedence over the environment.

    requests would use REQUESTS_CA_BUNDLE instead of ``ca_certs``, and the credentials of a .netrc
    file instead of the given ones. It would follow redirects, and rewrite the path.
    """

    def __init__(self, config: NodeConfig) -> None:
        from requests.utils import get_environ_proxies, select_proxy  # noqa: PLC0415 (if there)

        super().__init__(config)
        self.session.proxies = get_environ_proxies(self.base_url)
        self.session.trust_env = False
        adapter: Any = self.session.get_adapter(self.base_url)
        time_pools(adapter.poolmanager)
        proxy = select_proxy(self.base_url, self.session.proxies)
        if proxy:
            time_pools(adapter.proxy_manager_for(proxy))
        self._adapter = adapter

    def _send(
        self, method: str, target: str, body: bytes | None, headers: HttpHeaders
    ) -> BaseHTTPResponse:
        from requests import Request  # noqa: PLC0415 (it may be missing)

        url = f"{self.base_url}{target}"
        request = self.session.prepare_request(
            Request(method=method, url=self.base_url, headers=headers, data=body)
        )
        # Send the URL as it was checked, because requests would decode and shorten it.
        request.url = url
        settings: Any = self.session.merge_environment_settings(url, {}, True, None, None)
        # Without the session, which would read the whole answer of a redirect.
        response = self._adapter.send(request, timeout=Timeout(total=seconds_left()), **settings)
        raw: BaseHTTPResponse = response.raw
        return raw


def limited(node_class: type[BaseNode], *, guard: Guard, max_answer_bytes: int) -> type[BaseNode]:
    """Return a node class that checks requests and limits answers.

    The client creates its nodes from a class, so the limits are attributes of the class.

    Args:
        node_class: our own class, or a project's.
        guard: checks each request, in the bytes that are sent.
        max_answer_bytes: the maximum size of a decompressed answer.
    """
    bases = (node_class,) if issubclass(node_class, LimitedNode) else (LimitedNode, node_class)
    return type(node_class.__name__, bases, {"guard": guard, "max_answer_bytes": max_answer_bytes})
