"""What an error of a database concerns, from its class, its code and the connection.

The texts of errors differ between databases, and between languages.
"""

from contextlib import AbstractContextManager, nullcontext
from enum import Enum, auto
from typing import Any

from django.db import Error, InterfaceError, OperationalError, connections
from django.db.transaction import TransactionManagementError, atomic


class Fault(Enum):
    """What an error concerns."""

    DATA = auto()
    """The request: a value, an object or a statement. Or it is not an error of a database."""

    TIME = auto()
    """The amount: the statement took longer than allowed."""

    MOMENT = auto()
    """Another transaction: a deadlock or a lock. The same statement may soon succeed."""

    CONNECTION = auto()
    """The connection or the server, so that other statements will fail, too."""


# SQLSTATE, or its first characters (PostgreSQL: "PostgreSQL Error Codes"). 25006 means that a
# server became a replica, 25P02 that the transaction has already failed.
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
    # A lock, or a concurrent change of a row, a table or its next key: also 1020, 1412, 1467.
    **dict.fromkeys((1020, 1205, 1206, 1213, 1412, 1467, 3101, 3572), Fault.MOMENT),
    **dict.fromkeys((1317, 1969, 3024), Fault.TIME),
    **dict.fromkeys((1021, 1040, 1047, 1053, 1203, 1290, 1836), Fault.CONNECTION),
    **dict.fromkeys((1927, 2002, 2003, 2006, 2013, 2055, 4031), Fault.CONNECTION),
}


def fault_of(error: BaseException) -> Fault:
    """Return what an error concerns. Call it in the same thread, before connections are closed."""
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
    """Close the connections that can no longer be used, so that new ones are opened.

    This includes connections that Ctrl-C interrupted during a statement. Connections in a
    transaction stay, because the rest of the transaction must not continue on a new connection.
    """
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block and _is_broken(connection):
            connection.close()


def savepoint(using: str) -> AbstractContextManager[None]:
    """Let a statement fail without ending the transaction, such as that of a test case."""
    return atomic(using=using) if connections[using].in_atomic_block else nullcontext()


def _by_code(error: BaseException) -> Fault | None:
    """Return the meaning of the driver's code; None if there is no code, or it is unknown."""
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
    """Return the connections of this thread with an error that may have broken them."""
    return [one for one in connections.all(initialized_only=True) if one.errors_occurred]


def _is_broken(connection: Any) -> bool:
    return connection.connection is None or not connection.is_usable()
