"""The SQL that turns the rows of a query into JSON. The query itself is not changed."""

from collections.abc import Mapping, Sequence

from .shape import DocumentShape, ObjectShape
from .values import Kind

Kinds = Mapping[int, Kind]
"""The place of a column in a row -> its type."""


def columns(count: int) -> str:
    """Return the names of the columns of a row."""
    return ", ".join(f"c{place}" for place in range(count))


def write_document(shape: DocumentShape, kinds: Kinds) -> str:
    """Return an expression for the beginning of a document, without its lists and closing brace."""
    named = {name: _column(place, kinds) for place, name in enumerate(shape.plain, 1)}
    named |= {name: write_object(inner, kinds) for name, inner in shape.objects}
    return _joined(["'{'", *_members(named)])


def write_object(shape: ObjectShape, kinds: Kinds) -> str:
    """Return an expression for an object, or for the list that contains it."""
    named = {name: _column(place, kinds) for name, place in shape.columns}
    named |= {name: write_object(inner, kinds) for name, inner in shape.objects}
    opening, closing, nothing = ("[{", "}]", "[]") if shape.listed else ("{", "}", "null")
    made = _joined([f"'{opening}'", *_members(named), f"'{closing}'"])
    return f"CASE WHEN c{shape.key} IS NULL THEN '{nothing}' ELSE {made} END"


def aggregate(rows: str, count: int, shape: ObjectShape, kinds: Kinds, order: Sequence[str]) -> str:
    """Return SQL for each key and the list of all objects with this key, as JSON.

    Args:
        rows: the query, whose first column is the key.
        count: the number of its columns.
        order: the order of the objects in a list, as SQL.
    """
    made = write_object(shape, kinds)
    ordered = ", ".join(order)
    # A null object would be left out of the list.
    return (
        f"SELECT c0, CASE WHEN count(*) = count(made) "  # noqa: S608 (names of columns, and SQL of the ORM)
        f"THEN '[' || string_agg(made, ',' ORDER BY {ordered}) || ']' END "
        f"FROM (SELECT *, {made} AS made FROM ({rows}) AS found({columns(count)})) AS objects "
        f"GROUP BY c0"
    )


def _column(place: int, kinds: Kinds) -> str:
    return kinds[place].write(f"c{place}")


def _members(named: Mapping[str, str]) -> list[str]:
    parts = []
    for number, (name, value) in enumerate(named.items()):
        parts += [f"'{',' if number else ''}\"{name}\":'", value]
    return parts


def _joined(parts: Sequence[str]) -> str:
    """Return an expression that joins all parts; null if one of them is null.

    The parts are joined in halves, because PostgreSQL copies both sides each time.
    """
    if len(parts) == 1:
        return parts[0]
    half = len(parts) // 2
    return f"({_joined(parts[:half])} || {_joined(parts[half:])})"
