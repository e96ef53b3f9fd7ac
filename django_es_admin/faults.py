"""Whose fault an error of a database is: told by its class, its code and the connection.

Texts of errors differ from database to database, and from language to language.
"""

from contextlib import AbstractContextManager, nullcontext
from enum import Enum, auto
from typing import Any

from django.db import Error, InterfaceError, OperationalError, connections
from django.db.transaction import TransactionManagementError, atomic


class Fault(Enum):
    """What an error is about."""

    DATA = auto()
    """The request is wrong: a value, an object, a statement; or it is no error of a database."""

    TIME = auto()
    """How much was asked: the statement took longer than it may."""

    MOMENT = auto()
    """What others did just then: a deadlock, a lock. The same statement may do in a moment."""

    CONNECTION = auto()
    """The connection, or the server: nothing else can be asked there now, either."""


# SQLSTATE, or its first characters (PostgreSQL: "PostgreSQL Error Codes"). 25006 and 25P02 are a
# server that became a replica, and a transaction that has failed already.
_SQLSTATES = {
    "08": Fault.CONNECTION,
    "25006": Fault.CONNECTION,
    "25P02": Fault.CONNECTION,
    "40": Fault.MOMENT,
    "53": Fault.CONNECTION,
    "55P03": Fault.MOMENT,
    "57014": Fault.TIME,
    "57P": Fault.CONNECTION,
}
# SQLite's primary result codes ("Result and Error Codes").
_SQLITE = {
    5: Fault.MOMENT,  # BUSY
    6: Fault.MOMENT,  # LOCKED
    7: Fault.CONNECTION,  # NOMEM
    8: Fault.CONNECTION,  # READONLY
    9: Fault.TIME,  # INTERRUPT
    10: Fault.CONNECTION,  # IOERR
    11: Fault.CONNECTION,  # CORRUPT
    13: Fault.CONNECTION,  # FULL
    14: Fault.CONNECTION,  # CANTOPEN
    15: Fault.MOMENT,  # PROTOCOL
    26: Fault.CONNECTION,  # NOTADB
}
# Numbers of MySQL and MariaDB ("Server Error Message Reference", "Client Error Message Reference").
_MYSQL = {
    # A lock, or what others did to a row, a table or the next key of one: also 1020, 1412, 1467.
    **dict.fromkeys((1020, 1205, 1206, 1213, 1412, 1467, 3101, 3572), Fault.MOMENT),
    **dict.fromkeys((1317, 1969, 3024), Fault.TIME),
    **dict.fromkeys((1021, 1040, 1047, 1053, 1203, 1290, 1836), Fault.CONNECTION),
    **dict.fromkeys((1927, 2002, 2003, 2006, 2013, 2055, 4031), Fault.CONNECTION),
}


def fault_of(error: BaseException) -> Fault:
    """Return what an error is about; ask in the thread that got it, before anything is closed."""
    if not isinstance(error, Error):
        return Fault.DATA
    if isinstance(error, TransactionManagementError):
        return Fault.CONNECTION
    known = _by_code(error.__cause__ or error)
    if known is not None:
        return known
    if isinstance(error, (InterfaceError, OperationalError)) and any(map(_is_broken, _failed())):
        return Fault.CONNECTION
    return Fault.DATA


def close_broken() -> None:
    """Close the connections that cannot be used any more, for the next statement to open new ones.

    Also those that Ctrl-C left in the middle of a statement, of which no error tells. Inside a
    transaction they stay: what belongs to it must not go on without it.
    """
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block and _is_broken(connection):
            connection.close()


def savepoint(using: str) -> AbstractContextManager[None]:
    """Let a statement that fails inside a transaction, as that of a test case, not end it."""
    return atomic(using=using) if connections[using].in_atomic_block else nullcontext()


def _by_code(error: BaseException) -> Fault | None:
    """Return what the driver's code says; None if there is none, or it is not known."""
    state = getattr(error, "sqlstate", None) or getattr(error, "pgcode", None)
    if isinstance(state, str):
        prefixes = (state[:length] for length in (5, 3, 2))
        return next((_SQLSTATES[p] for p in prefixes if p in _SQLSTATES), Fault.DATA)
    number = getattr(error, "sqlite_errorcode", None)
    if isinstance(number, int):
        return _SQLITE.get(number & 0xFF, Fault.DATA)
    if error.args and isinstance(error.args[0], int):
        return _MYSQL.get(error.args[0], Fault.DATA)
    return None


def _failed() -> list[Any]:
    """Return the connections of this thread that had an error which may have broken them."""
    return [one for one in connections.all(initialized_only=True) if one.errors_occurred]


def _is_broken(connection: Any) -> bool:
    return connection.connection is None or not connection.is_usable()
