"""Read a server's answer up to the allowed size, and make errors that may be shown."""

import json
import zlib
from collections.abc import Iterator

from elastic_transport import (
    ApiResponseMeta,
    HttpHeaders,
    SerializationError,
    TransportError,
)
from elastic_transport._node import NodeApiResponse
from urllib3.response import BaseHTTPResponse

_PIECE = 65_536
_FIRST_ERROR = 300
_GZIP = 16 + zlib.MAX_WBITS


class AnswerExceededError(TransportError):
    """An answer is larger than the connection allows."""


def read_body(response: BaseHTTPResponse, limit: int) -> bytes:
    """Return the body of an answer, decompressed.

    urllib3 and requests would read the whole answer first, and some MB of gzip can become some GB.

    Args:
        response: a response whose body was neither read nor decoded.
        limit: the maximum size in bytes, before and after decompression.

    Raises:
        AnswerExceededError: the answer is larger.
        SerializationError: the answer is broken, or compressed in an unexpected way.
    """
    encoding = (response.headers.get("content-encoding") or "identity").strip().lower()
    pieces = _pieces(response)
    if encoding in ("gzip", "x-gzip"):
        pieces = _decompressed(pieces)
    elif encoding != "identity":
        raise SerializationError("The answer is compressed in a way that is not known")
    body = bytearray()
    for piece in pieces:
        body += piece
        if len(body) > limit:
            raise exceeded(limit)
    return bytes(body)


def exceeded(limit: int) -> AnswerExceededError:
    """Return the error for an answer that is too large."""
    return AnswerExceededError(f"The answer has more bytes than {limit}")


def _pieces(response: BaseHTTPResponse) -> Iterator[bytes]:
    while piece := response.read(_PIECE, decode_content=False):
        yield piece


def _decompressed(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Decompress in pieces, so that no result is longer than a piece."""
    one = None
    try:
        for piece in pieces:
            data = piece
            while data:
                # Several consecutive compressed parts are one answer.
                one = zlib.decompressobj(_GZIP) if one is None or one.eof else one
                yield one.decompress(data, _PIECE)
                data = one.unused_data or one.unconsumed_tail
    except zlib.error as error:
        raise SerializationError("The answer is not compressed as it says") from error
    if one is not None and not one.eof:
        raise SerializationError("The end of the compressed answer is missing")


def told_by_status(answer: NodeApiResponse) -> NodeApiResponse:
    """Return an answer whose status counts even if its body cannot be decoded.

    If the client cannot decode an answer, it ignores the status. So a proxy's 413 in HTML, labelled
    as JSON, would look as if the server were not Elasticsearch.
    """
    if answer.meta.status < _FIRST_ERROR or _is_json(answer):
        return answer
    meta = ApiResponseMeta(
        node=answer.meta.node,
        duration=answer.meta.duration,
        http_version=answer.meta.http_version,
        status=answer.meta.status,
        headers=HttpHeaders({**answer.meta.headers, "content-type": "text/plain"}),
    )
    return NodeApiResponse(meta, answer.body.decode(errors="replace").encode())


def _is_json(answer: NodeApiResponse) -> bool:
    if not answer.body:
        return True
    if not (answer.meta.mimetype or "json").endswith("json"):
        return False
    try:
        json.loads(answer.body)
    except (ValueError, RecursionError):
        return False
    return True
