"""Errors from other packages: shown as type and reference, and logged in full.

An error of a driver may quote rows, the URL of a broker contains a password, and code of the
project may say anything. Users of the pages may not be allowed to see that; readers of the log find
the error by the reference.
"""

import logging
import secrets
import threading
import time
import traceback
from collections import OrderedDict

from .exceptions import ElasticsearchAdminError
from .faults import Fault, fault_of

# If the same error occurs again within this time, it has the same reference and no traceback.
SAME_SECONDS = 60.0
_REMEMBERED = 1_000

logger = logging.getLogger(__name__)

_Key = tuple[str, str, str]
_noted: "OrderedDict[_Key, tuple[str, float]]" = OrderedDict()
_lock = threading.Lock()


class Explained(Exception):
    """Base class of errors whose texts are our own and quote no values, but whose types are not."""


def tell(error: BaseException, what: str, level: int = logging.ERROR) -> str:
    """Return what users may see of an error: our own text, or the type and a reference.

    If there is a reference, the text and the traceback are logged with it.

    Args:
        what: what failed, for the log.
        level: the level of the log record. A temporary error is always a warning.
    """
    if isinstance(error, ElasticsearchAdminError):
        return str(error)
    # The exception's own Python class.
    kinds = (kind for kind in type(error).__mro__ if not issubclass(kind, Explained))
    name = next(kinds).__name__
    if isinstance(error, Explained):
        return f"{name}: {error}"
    # A short lock of another process needs no attention.
    passing = fault_of(error) in (Fault.MOMENT, Fault.TIME)
    level = logging.WARNING if passing else level
    reference, is_new = _reference(error)
    if is_new and _is_loggable(error):
        logger.log(level, "Incident %s: %s failed.", reference, what, exc_info=error)
    elif is_new:
        lines = "".join(traceback.format_exception(error))
        logger.log(level, "Incident %s: %s failed.\n%s", reference, what, _escaped(lines))
    else:
        logger.log(level, "Incident %s: %s failed again: %s", reference, what, _text(error))
    return f"{name}: incident {reference}, see the log"


def _reference(error: BaseException) -> tuple[str, bool]:
    """Return the reference of an error, and whether its traceback has to be logged."""
    key, now = (type(error).__name__, _place(error), _text(error)), time.monotonic()
    with _lock:
        reference, since = _noted.pop(key, ("", 0.0))
        is_new = not reference or now - since >= SAME_SECONDS
        reference = reference or secrets.token_hex(4)
        _noted[key] = (reference, now if is_new else since)
        while len(_noted) > _REMEMBERED:
            _noted.popitem(last=False)
    return reference, is_new


def _is_loggable(error: BaseException) -> bool:
    """Return whether a log file can store the text: a surrogate would lose the whole record."""
    try:
        str(error).encode()
    except Exception:  # noqa: BLE001 (the project's own code)
        return False
    return True


def _escaped(text: str) -> str:
    return text.encode(errors="backslashreplace").decode()


def _text(error: BaseException) -> str:
    try:
        return _escaped(str(error))
    except Exception:  # noqa: BLE001 (the project's own code)
        return ""


def _place(error: BaseException) -> str:
    """Return where the error was raised."""
    step, place = error.__traceback__, ""
    while step is not None:
        place, step = f"{step.tb_frame.f_code.co_filename}:{step.tb_lineno}", step.tb_next
    return place
