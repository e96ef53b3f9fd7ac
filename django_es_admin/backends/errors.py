"""Turn the client's errors into one-line errors that name the connection and how to fix them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

from django.utils.translation import gettext as _
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
from elasticsearch import __version__ as CLIENT_VERSION  # noqa: N812 (a constant)

from ..exceptions import (
    AccessRefused,
    AnswerTooLarge,
    ClientTooNew,
    ConnectionTimedOut,
    ConnectionUnavailable,
    ElasticsearchAdminError,
    IndexBlocked,
    IndexMissing,
    NotElasticsearch,
    RequestTooLarge,
    ServerBusy,
    ServerNotReady,
    ServerRefused,
)
from .abstracts import Base
from .transport.answers import AnswerExceededError
from .transport.frames import without_frames
from .transport.reasons import is_block, reason

# The type of the error with which a server refuses a client of the next version.
_TOO_NEW = "media_type_header_exception"


@contextmanager
def translated(connection: Base) -> Iterator[None]:
    """Raise errors of :mod:`django_es_admin.exceptions` instead of the client's errors.

    Raises:
        ConnectionUnavailable: there was no answer, no TLS, no time left, or the answer is not from
            Elasticsearch.
        AccessRefused: 401 or 403.
        RequestTooLarge: 413, from Elasticsearch or a proxy.
        IndexBlocked: the index is closed, or a block forbids the request.
        ServerBusy: 429.
        ServerNotReady: 503.
        IndexMissing: 404 about an index or alias.
        ClientTooNew: the server has an older major version than the client.
        ServerRefused: any other refusal. The message contains Elasticsearch's reason.
    """
    try:
        yield
    except (TransportError, ApiError) as error:
        # Frames of a foreign client contain its headers.
        raise _translate(connection, error) from without_frames(error)


@contextmanager
def understood(connection: Base) -> Iterator[None]:
    """Raise ``NotElasticsearch`` if an answer is valid JSON, but does not have the expected shape.

    Use it only around code that reads an answer: it would report a mistake in other code as a
    mistake in the answer.
    """
    try:
        yield
    except (AttributeError, LookupError, TypeError, ValueError, OverflowError) as error:
        raise _not_elasticsearch(connection) from error


def _names(connection: Base) -> dict[str, str]:
    """Return the names of a connection and its settings in messages."""
    alias = repr(connection.alias)
    return {"connection": alias, "setting": f"ES_SERVERS[{alias}]"}


def _not_elasticsearch(connection: Base) -> NotElasticsearch:
    text = _(
        "The connection %(connection)s was answered by something that is not Elasticsearch: "
        "correct HOSTS in %(setting)s."
    )
    return NotElasticsearch(text % _names(connection))


def timed_out(connection: Base) -> ConnectionTimedOut:
    """Return the error for a connection that did not answer in time."""
    text = _(
        "The connection %(connection)s did not answer in time: "
        "check that Elasticsearch is up and not overloaded."
    )
    return ConnectionTimedOut(text % _names(connection))


def _translate(connection: Base, error: TransportError | ApiError) -> ElasticsearchAdminError:
    names = _names(connection)
    if isinstance(error, ConnectionTimeout):
        return timed_out(connection)
    if isinstance(error, TlsError):
        text = _(
            "The connection %(connection)s refused TLS: "
            "check the scheme in HOSTS and ca_certs in PARAMS of %(setting)s."
        )
        return ConnectionUnavailable(text % names)
    if isinstance(error, ClientConnectionError):
        text = _(
            "The connection %(connection)s is unreachable: "
            "start Elasticsearch, or correct HOSTS in %(setting)s."
        )
        return ConnectionUnavailable(text % names)
    if isinstance(error, AnswerExceededError):
        text = _(
            "The connection %(connection)s gave an answer that is too large: ask for less at once, "
            "or raise MAX_ANSWER_BYTES in %(setting)s."
        )
        return AnswerTooLarge(text % names)
    if isinstance(error, (SerializationError, UnsupportedProductError)):
        return _not_elasticsearch(connection)
    if isinstance(error, ApiError):
        return _translate_status(names, error)
    text = _("The connection %(connection)s failed (%(kind)s): check %(setting)s.")
    return ConnectionUnavailable(text % {**names, "kind": type(error).__name__})


def _translate_status(names: Mapping[str, str], error: ApiError) -> ElasticsearchAdminError:
    status = error.meta.status
    explained = isinstance(error.body, dict) and "error" in error.body
    values = {**names, "status": status, "reason": reason(error.body) if explained else ""}
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        text = _(
            "The connection %(connection)s refused a request as too large (413): lower "
            "BULK_MAX_BYTES in ES_ADMIN, or raise http.max_content_length of Elasticsearch or the "
            "limit of the proxy before it."
        )
        return RequestTooLarge(text % values)
    if is_block(error.body) and status != HTTPStatus.SERVICE_UNAVAILABLE:
        text = _(
            "The connection %(connection)s has an index that is closed or blocked (%(reason)s): "
            "open it, or remove the block with the request that `manage.py es_status` names; "
            "changes wait until then."
        )
        return IndexBlocked(text % values)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return ServerBusy(
            _("The connection %(connection)s is overloaded (429): try again later.") % values
        )
    if not explained:
        # Elasticsearch explains every refusal in JSON; a proxy before it does not.
        return _translate_proxy(values)
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        text = _(
            "The connection %(connection)s was refused (%(status)s): correct the credentials "
            "in PARAMS of %(setting)s, or give that user the right."
        )
        return AccessRefused(text % values)
    if status == HTTPStatus.NOT_FOUND:
        text = _(
            "The connection %(connection)s has no such index (%(reason)s): `manage.py es_status` "
            "says what is missing, and how to fix it."
        )
        return IndexMissing(text % values)
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        text = _("The connection %(connection)s is not ready (503: %(reason)s): try again later.")
        return ServerNotReady(text % values)
    if error.message == _TOO_NEW:
        major = CLIENT_VERSION[0]
        text = _(
            "The connection %(connection)s is an older Elasticsearch, which refuses the installed "
            "client of version %(client)s: pip install 'django-es-admin[es%(server)s]', the extra "
            "with a client of version %(server)s."
        )
        return ClientTooNew(text % {**values, "client": major, "server": major - 1})
    text = _("The connection %(connection)s refused the request (%(status)s): %(reason)s.")
    return ServerRefused(text % values)


def _translate_proxy(values: Mapping[str, Any]) -> ElasticsearchAdminError:
    if values["status"] == HTTPStatus.UNAUTHORIZED:
        text = _(
            "The connection %(connection)s was refused (401): "
            "correct the credentials in %(setting)s."
        )
        return AccessRefused(text % values)
    text = _(
        "The connection %(connection)s was answered %(status)s by something that is not "
        "Elasticsearch: correct HOSTS in %(setting)s, or start the server behind that proxy."
    )
    return NotElasticsearch(text % values)
