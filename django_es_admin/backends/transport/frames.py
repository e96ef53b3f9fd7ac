"""Errors without the frames that hold credentials.

Every report of an error shows the variables of its frames, and those of the client have headers in
them. Django hides what is named as a secret; what else collects errors may not.
"""

import logging
from collections.abc import Iterator
from typing import Any, TypeVar

from ...conf import get_options

Failure = TypeVar("Failure", bound=BaseException)
# What exceptions of requests and http.client hold on to: a request with its headers, a socket.
_HELD = frozenset(("request", "response", "conn", "pool", "_conn", "_pool"))


def without_frames(error: Failure) -> Failure:
    """Return ``error`` without the frames that it and all its causes went through."""
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
    """Its logs of each request have addresses with keys, and bodies with words."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno >= logging.WARNING or get_options().log_search_words


def keep_frames_out_of_logs() -> None:
    """Let the client's own logs of failed requests have no frames, either.

    Nor what was asked, if ``LOG_SEARCH_WORDS`` is off.
    """
    for name in ("elastic_transport.transport", "elastic_transport.node"):
        logger = logging.getLogger(name)
        if not any(isinstance(each, _WithoutFrames) for each in logger.filters):
            logger.addFilter(_WithoutFrames())
            logger.addFilter(_WithoutWords())
