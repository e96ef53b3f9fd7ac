"""Values of PostgreSQL as JSON, byte for byte as `indices.encoding` writes them.

An expression is null if Python might write something else, or would refuse the value: a number with
too many digits, or a date that Python does not have. Python makes such documents.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID


@dataclass(frozen=True)
class Kind:
    """A type of PostgreSQL.

    Args:
        name: the name of the type.
        sql: SQL for the JSON of a value that is not null, with ``{}`` for the value.
        literal: an example of a value, as PostgreSQL reads it.
        value: the expected result of the driver for this example.
    """

    name: str
    sql: str
    literal: str
    value: Any

    def write(self, column: str) -> str:
        """Return an expression for the JSON of a column, which may be null."""
        return f"CASE WHEN {column} IS NULL THEN 'null' ELSE {self.sql.format(column)} END"

    @property
    def sample(self) -> str:
        """An expression for the literal."""
        return f"'{self.literal}'::{self.name}"


# PostgreSQL escapes the same characters in texts as orjson, in the same way.
_TEXT = "to_json({0})::text"
_NUMBER = "{0}::text"
_QUOTED = "'\"' || {0}::text || '\"'"

# Python has the years 1 to 9999, and no infinity.
_DATE = (
    "CASE WHEN {0} BETWEEN '0001-01-01'::date AND '9999-12-31'::date "
    "THEN '\"' || to_char({0}, 'YYYY-MM-DD') || '\"' END"
)


def _moment(value: str, zone: str) -> str:
    # orjson writes six digits of microseconds after a point, or none.
    text = f"replace(to_char({value}, 'YYYY-MM-DD\"T\"HH24:MI:SS.US'), '.000000', '')"
    return (
        f"CASE WHEN {value} >= '0001-01-01'::timestamp AND {value} < '10000-01-01'::timestamp "
        f"THEN '\"' || {text} || '{zone}\"' END"
    )


_TIME = (
    "CASE WHEN {0} < '24:00'::time "
    "THEN '\"' || replace(to_char({0}, 'HH24:MI:SS.US'), '.000000', '') || '\"' END"
)
# Within these limits, neither side writes an exponent. The shortest digits of a number are the same
# everywhere. With `extra_float_digits` below 1 there are fewer digits, in both ways.
_FLOAT = (
    "CASE WHEN ({0} = 0 OR (abs({0}) >= 0.0001 AND abs({0}) < 1e15)) "
    "AND strpos({0}::text, 'e') = 0 "
    "THEN {0}::text || CASE WHEN strpos({0}::text, '.') > 0 THEN '' ELSE '.0' END END"
)
# Fifteen digits survive the conversion to binary and back. Infinity and NaN are greater than all
# numbers.
_DECIMAL = (
    "CASE WHEN {0} = 0 THEN '0.0' "
    "WHEN abs({0}) >= 0.0001 AND abs({0}) < 1e15 AND length(trim_scale(abs({0}))::text) <= 16 "
    "THEN trim_scale({0})::text || CASE WHEN scale(trim_scale({0})) > 0 THEN '' ELSE '.0' END END"
)

KINDS: Mapping[int, Kind] = {
    16: Kind("boolean", _NUMBER, "true", True),
    20: Kind("bigint", _NUMBER, "12", 12),
    21: Kind("smallint", _NUMBER, "12", 12),
    23: Kind("integer", _NUMBER, "12", 12),
    25: Kind("text", _TEXT, "a", "a"),
    701: Kind("double precision", _FLOAT, "12.5", 12.5),
    869: Kind("inet", _TEXT, "10.0.0.1", "10.0.0.1"),
    1043: Kind("varchar", _TEXT, "a", "a"),
    1082: Kind("date", _DATE, "2004-02-29", date(2004, 2, 29)),
    1083: Kind("time", _TIME, "12:34:56.000789", time(12, 34, 56, 789)),
    1114: Kind(
        "timestamp",
        _moment("{0}", ""),
        "2004-07-29 12:34:56.000789",
        datetime(2004, 7, 29, 12, 34, 56, 789),  # noqa: DTZ001 (it has none)
    ),
    1184: Kind(
        "timestamptz",
        _moment("({0} AT TIME ZONE 'UTC')", "+00:00"),
        "2004-07-29 12:34:56.000789+00",
        datetime(2004, 7, 29, 12, 34, 56, 789, UTC),
    ),
    1700: Kind("numeric", _DECIMAL, "12.50", Decimal("12.50")),
    2950: Kind(
        "uuid",
        _QUOTED,
        "0b0e9c3e-5a3b-4d2e-9c1f-2b7a6d1c9e10",
        UUID("0b0e9c3e-5a3b-4d2e-9c1f-2b7a6d1c9e10"),
    ),
}
"""The number of a type in PostgreSQL, which is always the same -> how to write it."""


def is_as_expected(kind: Kind, found: Any) -> bool:
    """Return whether a driver returned the expected value for an example."""
    expected = kind.value
    if type(found) is not type(expected) or bool(found != expected):
        return False
    if isinstance(found, datetime):
        # A time zone may be equal to UTC on that day, but not on other days.
        return str(found.tzinfo) == str(expected.tzinfo)
    return not isinstance(found, Decimal) or found.as_tuple() == expected.as_tuple()
