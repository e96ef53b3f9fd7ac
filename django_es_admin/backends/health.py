"""The health of each connection: one request each, in parallel, with a time limit."""

import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from typing import ParamSpec, TypeVar
from weakref import WeakKeyDictionary

from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import get_language, override

from ..exceptions import ElasticsearchAdminError
from .abstracts import Base
from .display import ConnectionDetails, details
from .errors import timed_out, translated, understood
from .transport.deadline import Deadline, until

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class ConnectionHealth:
    """The answer of a connection. If it did not answer, ``error`` is set and the rest is empty.

    Args:
        details: the public details of its settings.
        cluster: the name of the cluster.
        version: Elasticsearch's version, such as ``"9.4.3"``.
        status: ``green``, ``yellow`` or ``red``.
        nodes: number of nodes.
        latency: milliseconds that the health request took.
        error: one line that says what is wrong and how to fix it.
    """

    details: ConnectionDetails
    cluster: str = ""
    version: str = ""
    status: str = ""
    nodes: int = 0
    latency: float = 0.0
    error: str = ""

    @property
    def available(self) -> bool:
        """Whether the connection answered."""
        return not self.error


def probe(connection: Base, deadline: Deadline) -> ConnectionHealth:
    """Ask one connection for its version and health. It never raises because of the server."""
    try:
        with translated(connection), understood(connection):
            return _probe(connection, deadline)
    except (ElasticsearchAdminError, ImproperlyConfigured) as error:
        # Invalid parameters are noticed only when the client is created, which is now.
        return ConnectionHealth(details(connection), error=str(error))


def _probe(connection: Base, deadline: Deadline) -> ConnectionHealth:
    client = connection.client.options(request_timeout=deadline.remaining)
    version = client.info()["version"]["number"]
    started = time.monotonic()
    client = connection.client.options(request_timeout=deadline.remaining)
    health = client.cluster.health()
    return ConnectionHealth(
        details(connection),
        cluster=health["cluster_name"],
        version=version,
        status=health["status"],
        nodes=health["number_of_nodes"],
        latency=(time.monotonic() - started) * 1000,
    )


def for_each(connections: Iterable[Base], ask: Callable[[Base], T]) -> list[T]:
    """Return ``ask(connection)`` for each, in parallel, so that one does not delay the others.

    ``ask`` must not use the database: it runs in a thread of its own.
    """
    every = list(connections)
    if not every:
        return []
    in_language = _in_this_language(ask)
    with ThreadPoolExecutor(max_workers=len(every)) as pool:
        # Only one thread at a time can enter a context.
        asked = [pool.submit(copy_context().run, in_language, each) for each in every]
        return [future.result() for future in asked]


def _in_this_language(function: Callable[P, T]) -> Callable[P, T]:
    """Return a function that uses the current language in another thread."""
    language = get_language()

    def speaking(*args: P.args, **kwargs: P.kwargs) -> T:
        # override() accepts None as a language, which turns translation off.
        with override(language):
            return function(*args, **kwargs)

    return speaking


# After the deadline, so that a request can still raise its own error.
_GRACE = 0.1
# Requests that took too long and have not ended yet. These connections are not asked again in the
# meantime.
_given_up: WeakKeyDictionary[Base, list[threading.Thread]] = WeakKeyDictionary()
_giving_up = threading.Lock()


def in_time(connection: Base, deadline: Deadline, ask: Callable[[], T]) -> T:
    """Return ``ask()``, unless it takes longer than allowed.

    Requests end at the deadline by themselves. The lookup of a host name has no deadline, so it is
    left running. Until it ends, the connection is not asked again, because each request would leave
    another thread. ``ask`` must not use the database, because it runs in another thread.

    Raises:
        ConnectionTimedOut: the deadline has passed, or an earlier request is still waiting.
    """
    if _waits(connection):
        raise timed_out(connection)
    future: Future[T] = Future()
    ask_in_language = _in_this_language(ask)
    context = copy_context()

    def run() -> None:
        try:
            with until(deadline):
                future.set_result(ask_in_language())
        except BaseException as error:  # noqa: BLE001 (raised again by the thread that waits)
            future.set_exception(error)

    # A daemon thread, so that no process has to wait for it at exit.
    thread = threading.Thread(
        target=context.run, args=(run,), name=f"ask {connection.alias}", daemon=True
    )
    thread.start()
    try:
        return future.result(deadline.remaining + _GRACE)
    except TimeoutError:
        if future.done():
            raise
        with _giving_up:
            # Other requests that began at the same time may still wait, too.
            _given_up.setdefault(connection, []).append(thread)
        raise timed_out(connection) from None


def _waits(connection: Base) -> bool:
    """Return whether an earlier request that was given up has not ended."""
    with _giving_up:
        alive = [thread for thread in _given_up.get(connection, ()) if thread.is_alive()]
        if alive:
            _given_up[connection] = alive
        else:
            _given_up.pop(connection, None)
    return bool(alive)
