"""Turn what the client raises into our one-line errors that name the connection and the mend."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

from elastic_transport import (
    ConnectionError as ClientConnectionError,
)
from elastic_transport import (
    ConnectionTimeout,
    SerializationError,
    TlsError,
    TransportError,
)
from elasticsearch import ApiError, UnsupportedProductError

from ..exceptions import (
    AccessRefused,
    ConnectionTimedOut,
    ConnectionUnavailable,
    ElasticsearchAdminError,
    IndexMissing,
    NotElasticsearch,
    ServerBusy,
    ServerRefused,
)
from .abstracts import Base

_REASON_CHARACTERS = 300


@contextmanager
def translated(connection: Base) -> Iterator[None]:
    """Raise errors of :mod:`django_es_admin.exceptions` for those of the client.

    Raises:
        ConnectionUnavailable: no answer, no TLS, no time left, or an answer that is not of
            Elasticsearch.
        AccessRefused: 401 or 403.
        ServerBusy: 429.
        IndexMissing: 404 about an index or alias.
        ServerRefused: any other refusal; its message has Elasticsearch's reason.
    """
    try:
        yield
    except (TransportError, ApiError) as error:
        raise _translate(connection, error) from error


@contextmanager
def understood(connection: Base) -> Iterator[None]:
    """Raise ``NotElasticsearch`` where an answer, good JSON though, is not of the shape it must be.

    Put nothing but the reading of an answer into it: it takes a defect of ours for one of theirs.
    """
    try:
        yield
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise _not_elasticsearch(connection) from error


def _not_elasticsearch(connection: Base) -> NotElasticsearch:
    return NotElasticsearch(
        f"The connection {connection.alias!r} was answered by something that is not "
        f"Elasticsearch: correct HOSTS in ES_SERVERS[{connection.alias!r}]."
    )


def timed_out(connection: Base) -> ConnectionTimedOut:
    """Return the error of a connection that was given up."""
    return ConnectionTimedOut(
        f"The connection {connection.alias!r} did not answer in time: "
        f"check that Elasticsearch is up and not overloaded."
    )


def _translate(connection: Base, error: TransportError | ApiError) -> ElasticsearchAdminError:
    who = f"The connection {connection.alias!r}"
    setting = f"ES_SERVERS[{connection.alias!r}]"
    if isinstance(error, ConnectionTimeout):
        return timed_out(connection)
    if isinstance(error, TlsError):
        return ConnectionUnavailable(
            f"{who} refused TLS: check the scheme in HOSTS and ca_certs in PARAMS of {setting}."
        )
    if isinstance(error, ClientConnectionError):
        return ConnectionUnavailable(
            f"{who} is unreachable: start Elasticsearch, or correct HOSTS in {setting}."
        )
    if isinstance(error, (SerializationError, UnsupportedProductError)):
        return _not_elasticsearch(connection)
    if isinstance(error, ApiError):
        return _translate_status(who, setting, error)
    return ConnectionUnavailable(f"{who} failed ({type(error).__name__}): check {setting}.")


def _translate_status(who: str, setting: str, error: ApiError) -> ElasticsearchAdminError:
    status = error.meta.status
    if not isinstance(error.body, dict) or "error" not in error.body:
        # Elasticsearch explains every refusal in JSON; a proxy before it does not.
        if status == HTTPStatus.UNAUTHORIZED:
            return AccessRefused(f"{who} was refused (401): correct the credentials in {setting}.")
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            return ServerBusy(f"{who} is overloaded (429): try again in a while.")
        return NotElasticsearch(
            f"{who} was answered {status} by something that is not Elasticsearch: "
            f"correct HOSTS in {setting}, or start what stands behind that proxy."
        )
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return AccessRefused(
            f"{who} was refused ({status}): correct the credentials in PARAMS of {setting}, "
            f"or give that user the right."
        )
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return ServerBusy(f"{who} is overloaded (429): try again in a while.")
    if status == HTTPStatus.NOT_FOUND:
        return IndexMissing(
            f"{who} has no such index ({reason(error.body)}): create it with `manage.py es_create`."
        )
    return ServerRefused(f"{who} refused the request ({status}): {reason(error.body)}.")


def reason(body: Any) -> str:
    """Return Elasticsearch's own reason from an error body or a bulk item's ``error``."""
    error = body.get("error", body) if isinstance(body, dict) else body
    if not isinstance(error, dict):
        return _shortened(str(error))
    roots = error.get("root_cause") or [error]
    text = _shortened(str(roots[0].get("reason") or error.get("reason") or error.get("type")))
    cause = error.get("caused_by")
    if isinstance(cause, dict) and cause.get("reason"):
        text = f"{text}: {_shortened(cause['reason'])}"
    return text


def _shortened(text: str) -> str:
    """Cut what quotes a whole document, so that the cause behind it can be read."""
    return text if len(text) <= _REASON_CHARACTERS else f"{text[:_REASON_CHARACTERS]}…"
