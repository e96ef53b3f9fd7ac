"""Real servers that misbehave, each in a context that provides its URL and stops it.

Broken networks, proxies and wrong addresses are tested with these servers, and not with a mocked
client.
"""

import http.client
import socket
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

HTML = "<!doctype html><title>Welcome</title><p>It works</p>"
UNAUTHORIZED_JSON = (
    '{"error":{"root_cause":[{"type":"security_exception","reason":"missing authentication '
    'credentials for REST request [/]"}],"type":"security_exception","reason":"missing '
    'authentication credentials for REST request [/]"},"status":401}'
)
BUSY_JSON = (
    '{"error":{"root_cause":[{"type":"es_rejected_execution_exception","reason":"rejected '
    'execution of coordinating operation"}],"type":"es_rejected_execution_exception",'
    '"reason":"rejected execution of coordinating operation"},"status":429}'
)
# The answer of 8.19 to a client of version 9.
TOO_OLD_JSON = (
    '{"error":{"root_cause":[{"type":"media_type_header_exception","reason":"Invalid media-type '
    'value on headers [Content-Type, Accept]"}],"type":"media_type_header_exception","reason":'
    '"Invalid media-type value on headers [Content-Type, Accept]","caused_by":{"type":'
    '"status_exception","reason":"Accept version must be either version 8 or 7, but found 9. '
    'Accept=application/vnd.elasticsearch+json; compatible-with=9"}},"status":400}'
)


@dataclass(frozen=True)
class Answer:
    """One HTTP answer.

    Args:
        elasticsearch: whether to send the header by which the client recognizes Elasticsearch.
    """

    status: int = HTTPStatus.OK
    body: str | bytes = HTML
    content_type: str = "text/html; charset=utf-8"
    elasticsearch: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)


Reply = Callable[[str, str, bytes], Answer | None]
"""Gets method, path with query, and body of a request; None passes the request on."""


@contextmanager
def answering(
    status: int = HTTPStatus.OK,
    body: str | bytes = HTML,
    content_type: str = "text/html; charset=utf-8",
    *,
    elasticsearch: bool = False,
) -> Iterator[str]:
    """Run a server that gives the same answer to every request."""
    answer = Answer(status, body, content_type, elasticsearch)
    with _serving(lambda method, path, sent: answer) as url:
        yield url


@contextmanager
def standing_between(target: str, reply: Reply) -> Iterator[str]:
    """Run a proxy for a real server, which answers itself if ``reply`` returns an answer.

    Args:
        target: the URL of the real server.
        reply: called for each request in the proxy's threads; it may also just wait or count.
    """

    def forward(method: str, path: str, sent: bytes, headers: Mapping[str, str]) -> Answer:
        parts = urlsplit(target)
        onward = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=60)
        try:
            # Without compression, so that the body can be passed on unchanged.
            kept = {k: v for k, v in headers.items() if k.lower() not in _HOP_BY_HOP}
            onward.request(method, path, sent or None, kept)
            response = onward.getresponse()
            return Answer(
                response.status,
                response.read(),
                response.getheader("Content-Type", "application/json"),
                headers={"X-Elastic-Product": response.getheader("X-Elastic-Product", "")},
            )
        finally:
            onward.close()

    with _serving(reply, forward) as url:
        yield url


_HOP_BY_HOP = frozenset(("accept-encoding", "connection", "content-length", "host"))


@contextmanager
def hanging() -> Iterator[str]:
    """Run a server that accepts every connection, but never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        # Nothing accepts: the kernel opens the connection, and buffers what is sent.
        yield _url(listener)


@contextmanager
def refusing_port() -> Iterator[str]:
    """Provide the URL of a port that refuses connections, and that nothing else can use."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield _url(bound)


@contextmanager
def sending(data: bytes) -> Iterator[str]:
    """Run a server that sends ``data`` to every client, and closes the connection."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        thread = threading.Thread(target=_send_to_each, args=(listener, data))
        thread.start()
        try:
            yield _url(listener)
        finally:
            # close() alone does not wake up a thread that waits in accept().
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def closing() -> Any:
    """Run a server that closes every connection immediately."""
    return sending(b"")


@contextmanager
def streaming(pieces: Callable[[], Iterable[bytes]], *, pause: float = 0) -> Iterator[str]:
    """Run a server that sends pieces one after the other, while the client reads.

    Args:
        pieces: returns the pieces of one answer, including its headers; they may be endless.
        pause: the seconds before each piece.
    """
    over = threading.Event()

    def serve(peer: socket.socket) -> None:
        with peer, suppress(OSError):
            peer.recv(65536)
            for piece in pieces():
                if over.wait(pause):
                    return
                peer.sendall(piece)

    def accept() -> None:
        while True:
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            # The thread may wait for a client that does not close the connection.
            threading.Thread(target=serve, args=(peer,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield _url(listener)
        finally:
            over.set()
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def _send_to_each(listener: socket.socket, data: bytes) -> None:
    while True:
        try:
            peer, _ = listener.accept()
        except OSError:
            return
        with peer, suppress(OSError):
            if data:
                peer.settimeout(1)
                peer.recv(65536)
                peer.sendall(data)


def _url(bound: socket.socket) -> str:
    return f"http://127.0.0.1:{bound.getsockname()[1]}"


@contextmanager
def _serving(reply: Reply, forward: Callable[..., Answer] | None = None) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        # HTTP/1.0 closes the connection after each answer, so no thread waits for another request.
        def handle_one_request(self) -> None:
            with suppress(OSError):
                super().handle_one_request()

        def answer(self) -> None:
            sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            answer = reply(self.command, self.path, sent)
            if answer is None and forward is not None:
                answer = forward(self.command, self.path, sent, dict(self.headers))
            assert answer is not None
            self._send(answer)

        do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = answer  # noqa: N815 (http.server's names)

        def _send(self, answer: Answer) -> None:
            body = answer.body.encode() if isinstance(answer.body, str) else answer.body
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(body)))
            if answer.elasticsearch:
                self.send_header("X-Elastic-Product", "Elasticsearch")
            for name, value in answer.headers.items():
                if value:
                    self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (its name there)
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    # Waits at the end for answers that are being sent.
    server.daemon_threads = False
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
