"""Whose fault an error of a database is."""

import sqlite3

import psycopg
import pytest
from django.db import (
    DatabaseError,
    DataError,
    InterfaceError,
    NotSupportedError,
    OperationalError,
    ProgrammingError,
)
from django.db.transaction import TransactionManagementError

from django_es_admin.faults import Fault, fault_of


def caused(by: BaseException, kind: type[Exception] = OperationalError) -> Exception:
    error = kind("some text")
    error.__cause__ = by
    return error


def of_sqlite(code: int) -> sqlite3.Error:
    error = sqlite3.OperationalError("x")
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("state", "fault"),
    [
        ("08006", Fault.CONNECTION),
        ("57P01", Fault.CONNECTION),
        ("57P03", Fault.CONNECTION),
        ("53300", Fault.CONNECTION),
        ("25006", Fault.CONNECTION),
        ("25P02", Fault.CONNECTION),
        ("40001", Fault.MOMENT),
        ("40P01", Fault.MOMENT),
        ("55P03", Fault.MOMENT),
        ("57014", Fault.TIME),
        ("22012", Fault.DATA),
        ("42P01", Fault.DATA),
        ("55000", Fault.DATA),
        ("XX001", Fault.DATA),
    ],
)
def test_a_sqlstate(state: str, fault: Fault) -> None:
    assert fault_of(caused(psycopg.errors.lookup(state)("x"))) is fault


@pytest.mark.parametrize(
    ("code", "fault"),
    [(1, Fault.DATA), (5, Fault.MOMENT), (517, Fault.MOMENT), (778, Fault.CONNECTION)],
)
def test_a_code_of_sqlite(code: int, fault: Fault) -> None:
    assert fault_of(caused(of_sqlite(code))) is fault


@pytest.mark.parametrize(
    ("number", "fault"),
    [
        (1205, Fault.MOMENT),
        (1213, Fault.MOMENT),
        # MariaDB: the next key of a table that others fill; a row that is newer than the snapshot.
        (1467, Fault.MOMENT),
        (1020, Fault.MOMENT),
        (1317, Fault.TIME),
        (1047, Fault.CONNECTION),
        (2006, Fault.CONNECTION),
        (3024, Fault.TIME),
        (1365, Fault.DATA),
    ],
)
def test_a_number_of_mysql(number: int, fault: Fault) -> None:
    assert fault_of(OperationalError(number, "x")) is fault


@pytest.mark.parametrize(
    "error",
    [
        ValueError("x"),
        UnicodeDecodeError("utf-8", b"x", 0, 1, "x"),
        caused(psycopg.DataError("timestamp too large"), DataError),
        NotSupportedError("x"),
        ProgrammingError("x"),
        DatabaseError("x"),
        # SQLite says so of text that it cannot decode: no code, and nothing is broken.
        OperationalError("Could not decode to UTF-8"),
        InterfaceError("x"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_is_of_the_data(error: Exception) -> None:
    assert fault_of(error) is Fault.DATA


def test_a_transaction_that_has_failed() -> None:
    assert fault_of(TransactionManagementError("x")) is Fault.CONNECTION
