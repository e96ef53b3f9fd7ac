"""The health of each connection: one request each, all at once, each with a time limit."""

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
    """What a connection answered; ``error`` is set, and the rest empty, where it did not.

    Args:
        details: what may be shown of its settings.
        cluster: the cluster's name.
        version: Elasticsearch's version, as ``"9.4.3"``.
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
    """Ask one connection for its version and health; never raises for what the server does."""
    try:
        with translated(connection), understood(connection):
            return _probe(connection, deadline)
    except (ElasticsearchAdminError, ImproperlyConfigured) as error:
        # Parameters that do not fit are found out only when the client is made, which is now.
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
    """Return ``ask(connection)`` for each, all at once, so that a dead one delays no other.

    ``ask`` must not use the database: it runs in a thread of its own.
    """
    every = list(connections)
    if not every:
        return []
    in_language = _in_this_language(ask)
    with ThreadPoolExecutor(max_workers=len(every)) as pool:
        # A context can be entered by one thread at a time.
        asked = [pool.submit(copy_context().run, in_language, each) for each in every]
        return [future.result() for future in asked]


def _in_this_language(function: Callable[P, T]) -> Callable[P, T]:
    """Return what says its errors in the language of now, though another thread calls it."""
    language = get_language()

    def speaking(*args: P.args, **kwargs: P.kwargs) -> T:
        # None, where translation is switched off, is a language to override().
        with override(language):
            return function(*args, **kwargs)

    return speaking


# After the deadline, so that a request that ended at it can raise its own error.
_GRACE = 0.1
# Requests that took too long and have not ended yet: these connections are not asked again
# meanwhile.
_given_up: WeakKeyDictionary[Base, list[threading.Thread]] = WeakKeyDictionary()
_giving_up = threading.Lock()


def in_time(connection: Base, deadline: Deadline, ask: Callable[[], T]) -> T:
    """Return ``ask()``, unless it takes longer than allowed.

    Requests end at the deadline by themselves. The look-up of a host's name has no deadline: it is
    no longer waited for. Until it ends the connection is not asked again, as each request would
    leave a thread. ``ask`` must not use the database: it runs in a thread of its own.

    Raises:
        ConnectionTimedOut: the deadline has passed, or an earlier question still waits.
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

    # A daemon: no process has to wait for what took too long.
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
            # Others that began at the same moment may still wait, too.
            _given_up.setdefault(connection, []).append(thread)
        raise timed_out(connection) from None


def _waits(connection: Base) -> bool:
    """Return whether an earlier question that was given up has not ended."""
    with _giving_up:
        alive = [thread for thread in _given_up.get(connection, ()) if thread.is_alive()]
        if alive:
            _given_up[connection] = alive
        else:
            _given_up.pop(connection, None)
    return bool(alive)
