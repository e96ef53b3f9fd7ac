"""A network before Elasticsearch that loses, delays and repeats requests, or is cut altogether."""

import http.client
import json
import random
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, TypeVar
from urllib.parse import urlsplit

Mode = Literal["clean", "faulty", "deaf"]

FATES = {
    "pass": 300,
    "drop": 4,  # hangs up, nothing was forwarded
    "lose": 8,  # forwards it, and hangs up without the answer
    "late": 12,  # hangs up, and forwards it all the same, later
    "slow": 6,  # forwards it later, and answers
    "slow answer": 2,  # forwards it, and answers later
    "repeat": 20,  # forwards it, answers, and forwards it once more, later
    "busy": 2,  # answers 429, nothing was forwarded
    "unavailable": 2,  # answers 503, nothing was forwarded
    "item": 4,  # forwards a bulk request without one of its documents, and says so
    "deaf": 1,  # neither forwards nor answers
}
"""What may become of a request, with the weight that it has in mode "faulty"."""

HOST = "127.0.0.1"
SECONDS_FOR_ANSWER = 30.0
SECONDS_IDLE = 60.0
_OWN_HEADERS = frozenset(
    ("accept-encoding", "connection", "content-length", "host", "transfer-encoding")
)

_JSON = [("Content-Type", "application/json"), ("X-Elastic-Product", "Elasticsearch")]
_FAILED_ITEM = {
    "status": 503,
    "error": {"type": "unavailable_shards_exception", "reason": "made up by the proxy"},
}

T = TypeVar("T")


@dataclass(frozen=True)
class Request:
    """What came in, to be forwarded any number of times."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Response:
    """What Elasticsearch, or the proxy in its place, answers."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


class Proxy:
    """Listens on a port of the loopback interface while the context lasts.

    Args:
        target: URL of the real server.
        seed: of what becomes of the requests.
        patience: seconds; no request is forwarded, again or at all, later than this.
    """

    def __init__(self, target: str, *, seed: int, patience: float) -> None:
        self.mode: Mode = "clean"
        self.fates = dict(FATES)
        """With weights: what mode "faulty" chooses from."""
        self.seen: Counter[str] = Counter()
        """How many requests met which fate."""
        self._target = urlsplit(target)
        self._random = random.Random(seed)
        self._patience = patience
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._late: set[threading.Thread] = set()
        self._under_way = 0
        self._connections: set[socket.socket] = set()
        self._port = 0
        self._server: ThreadingHTTPServer | None = None
        self._placeholder: socket.socket | None = None

    @property
    def url(self) -> str:
        """Where to find Elasticsearch, with the user and password of the real one."""
        user, at, _ = self._target.netloc.rpartition("@")
        return f"http://{user}{at}{HOST}:{self._port}"

    def __enter__(self) -> "Proxy":
        self._listen()
        return self

    def __exit__(self, *error: object) -> None:
        self._closing.set()
        self.cut()
        self.wait_until_quiet(2 * self._patience + SECONDS_FOR_ANSWER)
        assert self._placeholder is not None
        self._placeholder.close()

    def cut(self) -> None:
        """Be down: connections end, new ones are refused."""
        assert self._server is not None
        self._server.shutdown()
        self._server.server_close()
        self._server = None
        # Bound, not listening: the port stays ours, and the kernel refuses connections to it.
        self._placeholder = _until_free(lambda: _bound(self._port))
        with self._lock:
            open_connections = list(self._connections)
        for connection in open_connections:
            _hang_up(connection)

    def mend(self) -> None:
        """Be up again after ``cut()``."""
        assert self._placeholder is not None
        self._placeholder.close()
        self._placeholder = None
        self._listen()

    def wait_until_quiet(self, seconds: float) -> None:
        """Wait until nothing is under way any more, repeated requests included.

        Raises:
            TimeoutError: something still is, after ``seconds``.
        """
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            with self._lock:
                if not self._late and not self._under_way:
                    return
            time.sleep(0.02)
        raise TimeoutError(f"Requests are under way after {seconds} s.")

    def _listen(self) -> None:
        handler = type("Handler", (_Handler,), {"proxy": self})
        self._server = _until_free(lambda: _Server((HOST, self._port), handler))
        self._port = self._server.server_port
        serve = self._server.serve_forever
        threading.Thread(target=serve, args=(0.02,), daemon=True).start()

    def answer(self, request: Request) -> Response | None:
        """Let a request meet its fate; None is to hang up."""
        fate, delay = self._fate(request)
        with self._lock:
            self.seen[fate] += 1
            self._under_way += 1
        try:
            return self._meet(fate, delay, request)
        finally:
            with self._lock:
                self._under_way -= 1

    def _fate(self, request: Request) -> tuple[str, float]:
        with self._lock:
            fate = self._random.choices(list(self.fates), list(self.fates.values()))[0]
            delay = self._random.uniform(0, self._patience)
        if self.mode == "clean":
            return "pass", 0
        if self.mode == "deaf":
            return "deaf", SECONDS_FOR_ANSWER
        if fate == "item" and not request.path.partition("?")[0].endswith("/_bulk"):
            fate = "busy"
        return fate, delay

    def _meet(self, fate: str, delay: float, request: Request) -> Response | None:
        match fate:
            case "drop":
                return None
            case "late":
                self._forward_later(delay, request)
                return None
            case "busy":
                return _refusal(429, "es_rejected_execution_exception")
            case "unavailable":
                return _refusal(503, "unavailable_shards_exception")
            case "deaf":
                self._be_deaf(delay)
                return None
            case "item":
                return self._forward_without_item(delay / self._patience, request)
            case _:
                return self._forward(fate, delay, request)

    def _forward(self, fate: str, delay: float, request: Request) -> Response | None:
        if fate == "slow":
            time.sleep(delay)
        response = self.forward(request)
        match fate:
            case "lose":
                return None
            case "slow answer":
                time.sleep(delay)
            case "repeat":
                self._forward_later(delay, request)
        return response

    def _forward_without_item(self, choice: float, request: Request) -> Response | None:
        """Forward a bulk request but for one document, for which a failure is answered."""
        items = _bulk_items(request.body)
        number = min(int(choice * len(items)), len(items) - 1)
        kept = b"".join(items[:number] + items[number + 1 :])
        response = self.forward(replace(request, body=kept)) if kept else _bulk_answer([])
        if response is None or response.status != 200:
            return response
        answered = json.loads(response.body)["items"]
        answered.insert(number, {_action(items[number]): _FAILED_ITEM})
        return _bulk_answer(answered)

    def _be_deaf(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while self.mode != "clean" and time.monotonic() < deadline:
            if self._closing.wait(0.05):
                break

    def _forward_later(self, delay: float, request: Request) -> None:
        def forward() -> None:
            time.sleep(delay)
            self.forward(request)
            with self._lock:
                self._late.discard(thread)

        thread = threading.Thread(target=forward)
        with self._lock:
            self._late.add(thread)
        thread.start()

    def forward(self, request: Request) -> Response | None:
        """Pass a request on; None if there is no answer."""
        kinds = {"http": http.client.HTTPConnection, "https": http.client.HTTPSConnection}
        onward = kinds[self._target.scheme](
            self._target.hostname or "", self._target.port, timeout=SECONDS_FOR_ANSWER
        )
        try:
            onward.request(request.method, request.path, request.body or None, request.headers)
            response = onward.getresponse()
            return Response(response.status, response.getheaders(), response.read())
        except (OSError, http.client.HTTPException):
            return None
        finally:
            onward.close()

    def opened(self, connection: socket.socket) -> None:
        """Know of a connection, to end it when the network is cut."""
        with self._lock:
            self._connections.add(connection)

    def closed(self, connection: socket.socket) -> None:
        """Forget a connection."""
        with self._lock:
            self._connections.discard(connection)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: whoever asked may have been killed meanwhile."""


class _Handler(BaseHTTPRequestHandler):
    proxy: Proxy
    protocol_version = "HTTP/1.1"
    timeout = SECONDS_IDLE
    # An answer in two packets would wait 40 ms for the client's acknowledgement of the first.
    wbufsize = -1
    disable_nagle_algorithm = True

    def setup(self) -> None:
        super().setup()
        self.proxy.opened(self.connection)

    def finish(self) -> None:
        self.proxy.closed(self.connection)
        with suppress(OSError):
            super().finish()

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except OSError:
            self.close_connection = True

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {k: v for k, v in self.headers.items() if k.lower() not in _OWN_HEADERS}
        response = self.proxy.answer(Request(self.command, self.path, headers, body))
        if response is None:
            self.close_connection = True
            _hang_up(self.connection)
        else:
            self._send(response)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = answer  # noqa: N815 (http.server's names)

    def _send(self, response: Response) -> None:
        self.send_response_only(response.status)
        for name, value in response.headers:
            if name.lower() not in _OWN_HEADERS:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(response.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (its name there)
        """Say nothing."""


def _refusal(status: int, kind: str) -> Response:
    error = {"type": kind, "reason": "made up by the proxy"}
    body = json.dumps({"error": {"root_cause": [error], **error}, "status": status}).encode()
    return Response(status, _JSON, body)


def _bulk_items(body: bytes) -> list[bytes]:
    """Return each action of a bulk request, with the line of its document if it has one."""
    lines = iter(body.splitlines(keepends=True))
    return [line if _action(line) == "delete" else line + next(lines) for line in lines]


def _action(item: bytes) -> str:
    return str(next(iter(json.loads(item.partition(b"\n")[0]))))


def _bulk_answer(items: list[Any]) -> Response:
    body = json.dumps({"errors": True, "items": items}).encode()
    return Response(200, _JSON, body)


def _hang_up(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def _bound(port: int) -> socket.socket:
    placeholder = socket.socket()
    placeholder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        placeholder.bind((HOST, port))
    except OSError:
        placeholder.close()
        raise
    return placeholder


def _until_free(make: Callable[[], T], seconds: float = 5.0) -> T:
    """Return what ``make`` makes once the port is free."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return make()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
