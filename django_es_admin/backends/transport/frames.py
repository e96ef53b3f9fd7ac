"""Errors without the frames that contain credentials.

Error reports show the variables of frames, and those of the client contain headers. Django hides
variables with secret-looking names; other error collectors may not.
"""

import logging
from collections.abc import Iterator
from typing import Any, TypeVar

from ...conf import get_options

Failure = TypeVar("Failure", bound=BaseException)
# Attributes of exceptions of requests and http.client: a request with its headers, a socket.
_HELD = frozenset(("request", "response", "conn", "pool", "_conn", "_pool"))


def without_frames(error: Failure) -> Failure:
    """Return ``error`` without the frames of it and of all its causes."""
    todo: list[BaseException] = [error]
    seen: set[int] = set()
    while todo:
        each = todo.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        each.__traceback__ = None
        for name in vars(each).keys() & _HELD:
            setattr(each, name, None)
        todo += _behind(each)
    return error


def _behind(error: BaseException) -> Iterator[BaseException]:
    parts: list[Any] = [
        error.__cause__,
        error.__context__,
        getattr(error, "reason", None),
        *error.args,
        *(getattr(error, "errors", None) or ()),
    ]
    yield from (part for part in parts if isinstance(part, BaseException))


class _WithoutFrames(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info and record.exc_info[1] is not None:
            error = without_frames(record.exc_info[1])
            record.exc_info = (type(error), error, None)
        return True


class _WithoutWords(logging.Filter):
    """Client logs of requests contain URLs with keys, and bodies with words."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno >= logging.WARNING or get_options().log_search_words


def keep_frames_out_of_logs() -> None:
    """Keep frames out of the client's own logs of failed requests.

    If ``LOG_SEARCH_WORDS`` is off, the requests are left out, too.
    """
    for name in ("elastic_transport.transport", "elastic_transport.node"):
        logger = logging.getLogger(name)
        if not any(isinstance(each, _WithoutFrames) for each in logger.filters):
            logger.addFilter(_WithoutFrames())
            logger.addFilter(_WithoutWords())
