"""The fastest way to read documents: PostgreSQL writes them as JSON, and Python makes no object.

This is possible if documents are read as columns, and PostgreSQL writes the type of each column as
Python does. The same queries are wrapped in others that turn the rows into JSON. A batch with a
value that may be written differently is read as columns.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from django.core.exceptions import EmptyResultSet
from django.db import connections, models

from ..described.declared import Declared
from ..written.encoded import Encoded
from ..written.shape import ObjectShape
from ..written.statement import Kinds, aggregate, columns, write_document
from ..written.values import KINDS, Kind, is_as_expected
from .columns import ColumnSource, RelatedList
from .prepared import Prepared
from .querysets import among, order_of

LONGEST_PAUSE = 64
"""For how many batches the database is not asked, after it could not write many of them."""

_VENDOR = "postgresql"


class NotWritten(Exception):
    """The database cannot write a document as Python does.

    Args:
        why: name of a column -> the reason; "" for all columns.
    """

    def __init__(self, why: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{name} {text}".strip() for name, text in why.items()))
        self.why = why


@dataclass(frozen=True)
class _List:
    """A list of related objects that the database writes.

    Args:
        name: the name of the field.
        related: how the list is read as columns.
        lookups: its lookups, followed by the columns of its order.
        order: the order of its objects in SQL.
        kinds: the types of its columns.
    """

    name: str
    related: RelatedList
    lookups: Sequence[str]
    order: Sequence[str]
    kinds: Kinds

    def read(self, using: str, keys: list[Any]) -> dict[Any, str | None]:
        """Return key of the document's object -> the list; None if Python has to write it."""
        chosen = self.related.select(using, **among(self.related.back, keys, using))
        compiled = _compile(chosen.order_by().values_list(*self.lookups))
        if compiled is None:
            return {}
        sql, params = compiled
        count, shape = len(self.lookups), self.related.shape
        return dict(_run(using, aggregate(sql, count, shape, self.kinds, self.order), params))


class DatabaseSource:
    """Reads documents as JSON.

    Args:
        document: the document class.
        source: how the documents are read as columns.
        using: alias of the database.

    Raises:
        NotWritten: the database would write a different document.
    """

    def __init__(self, document: type[Declared], source: ColumnSource, using: str) -> None:
        if connections[using].vendor != _VENDOR:
            raise NotWritten({"": "the database is not PostgreSQL"})
        self._count = len(source.lookups)
        self._lookups = source.lookups
        model = document.django.model
        lists = [(name, related, *_order_of(related)) for name, related in source.lists]
        asked = _Asked(using)
        kinds = asked.look_at(model, source.lookups, _places(source.shape.objects), "")
        plain = range(1, len(source.shape.plain) + 1)
        kinds |= asked.look_at(model, source.lookups, plain, "")
        self._lists = [
            _List(
                name,
                related,
                (*related.lookups, *ordered),
                order,
                asked.look_at(
                    related.model, related.lookups, _places([(name, related.shape)]), name
                ),
            )
            for name, related, ordered, order in lists
        ]
        _refuse_names(_names(source))
        asked.require()
        self._document = write_document(source.shape, kinds)
        self._empty = not (source.shape.plain or source.shape.objects)
        self._pause = self._skip = 0

    def read(self, queryset: models.QuerySet[Any]) -> list[Prepared] | None:
        """Return the document of each object of ``queryset``, in its order.

        Returns:
            None if a document has a value that Python has to write.
        """
        if self._skip:
            self._skip -= 1
            return None
        found = self._read(queryset)
        # A table with many such values must not be read twice each time.
        self._pause = 0 if found is not None else min(max(self._pause * 2, 1), LONGEST_PAUSE)
        self._skip = self._pause
        return found

    def _read(self, queryset: models.QuerySet[Any]) -> list[Prepared] | None:
        using = queryset.db
        compiled = _compile(queryset.prefetch_related(None).values_list(*self._lookups))
        if compiled is None:
            return []
        sql, params = compiled
        # The database usually keeps the order of a subquery, but guarantees it only with ORDER BY.
        order = " ORDER BY c0" if _is_by_key(queryset) else ""
        rows = _run(
            using,
            f"SELECT c0, {self._document} FROM ({sql}) AS found({columns(self._count)}){order}",  # noqa: S608 (SQL of the ORM, and names of columns)
            params,
        )
        if any(body is None for _, body in rows):
            return None
        if not self._lists:
            return [Prepared(key, Encoded(f"{body}}}".encode())) for key, body in rows]
        keys = [key for key, _ in rows]
        found = [(one.name, one.read(using, keys) if keys else {}) for one in self._lists]
        if any(None in lists.values() for _, lists in found):
            return None
        return list(self._with_lists(rows, found))

    def _with_lists(
        self, rows: list[tuple[Any, str]], found: list[tuple[str, dict[Any, str | None]]]
    ) -> Iterator[Prepared]:
        heads = [
            (f'{"" if self._empty and not number else ","}"{name}":', lists)
            for number, (name, lists) in enumerate(found)
        ]
        for key, body in rows:
            tail = "".join([head + (lists.get(key) or "[]") for head, lists in heads])
            yield Prepared(key, Encoded(f"{body}{tail}}}".encode()))


class _Asked:
    """What a database returns about the columns of queries.

    Args:
        using: alias of the database.
    """

    def __init__(self, using: str) -> None:
        self._using = using
        self._kinds: dict[str, Kind] = {}
        self._why: dict[str, str] = {}

    def look_at(
        self,
        model: type[models.Model],
        lookups: Sequence[str],
        places: Sequence[int],
        within: str,
    ) -> dict[int, Kind]:
        """Return the types of the columns of a query.

        Args:
            places: the places of the columns that are written.
            within: the name of the field that contains the columns; "" for the document itself.
        """
        rows: models.QuerySet[Any] = models.QuerySet(model, using=self._using)
        compiler = rows.order_by().values_list(*lookups).query.get_compiler(self._using)
        sql, params = compiler.as_sql()
        converted = compiler.get_converters([column for column, *_ in compiler.select])
        types = _types(self._using, sql, params)
        kinds = {}
        # Keys are not written as JSON, but must be equal to the rows' keys.
        for place in {0, *places}:
            name = lookups[place].replace("__", ".")
            name = f"{within}.{name}" if within and place else name
            kind = KINDS.get(types[place])
            if place in converted:
                self._why.setdefault(name, "is converted by its model field")
            elif place and kind is None:
                self._why.setdefault(name, "is of a type that the database writes in another way")
            elif place and kind is not None:
                kinds[place] = self._kinds[name] = kind
        return kinds

    def require(self) -> None:
        """Raise :class:`NotWritten` if there is a reason."""
        otherwise = {kind.name for kind in _read_otherwise(self._using, self._kinds.values())}
        for name, kind in self._kinds.items():
            if kind.name in otherwise:
                why = f"is of the type {kind.name}, which this project reads in a way of its own"
                self._why.setdefault(name, why)
        if self._why:
            raise NotWritten(self._why)


def _read_otherwise(using: str, kinds: Iterable[Kind]) -> Iterator[Kind]:
    """Yield the types whose values the driver, or this server, returns in an unknown form.

    The reason may be a time zone of the connection other than UTC, or an adapter of the project.
    """
    asked = list(dict.fromkeys(kinds))
    if not asked:
        return
    expressions = ", ".join(f"{kind.sample}, {kind.write(f'({kind.sample})')}" for kind in asked)
    [row] = _run(using, f"SELECT {expressions}", ())
    for place, kind in enumerate(asked):
        value, written = row[2 * place : 2 * place + 2]
        if (
            not is_as_expected(kind, value)
            or orjson.dumps(value, default=float) != written.encode()
        ):
            yield kind


def _types(using: str, sql: str, params: Sequence[Any]) -> list[int]:
    """Return the type number of each column of a query."""
    with connections[using].cursor() as cursor:
        cursor.execute(f"SELECT * FROM ({sql}) AS found LIMIT 0", params)  # noqa: S608 (SQL of the ORM)
        return [column[1] for column in cursor.description]


def _is_by_key(queryset: models.QuerySet[Any]) -> bool:
    query = queryset.query
    own = query.standard_ordering and not query.extra_order_by
    return own and order_of(queryset) == ("pk",)


def _order_of(related: RelatedList) -> tuple[list[str], list[str]]:
    """Return the columns of a list's order, and the order as SQL.

    These are columns of the list's own model; a list with another order is not read as columns.
    """
    rows = related.model._default_manager.all()
    ordered, order = [], []
    for place, name in enumerate((*order_of(rows), "pk"), len(related.lookups)):
        falling = name.startswith("-") is rows.query.standard_ordering
        ordered.append(name.removeprefix("-"))
        order.append(f"c{place} {'DESC' if falling else 'ASC'}")
    return ordered, order


def _places(objects: Sequence[tuple[str, ObjectShape]]) -> list[int]:
    found = []
    for _, shape in objects:
        found += [place for _, place in shape.columns]
        found += _places(shape.objects)
    return found


def _names(source: ColumnSource) -> Iterator[str]:
    yield from source.shape.plain
    yield from _names_in(source.shape.objects)
    yield from _names_in([(name, related.shape) for name, related in source.lists])


def _names_in(objects: Sequence[tuple[str, ObjectShape]]) -> Iterator[str]:
    for name, shape in objects:
        yield name
        yield from (column for column, _ in shape.columns)
        yield from _names_in(shape.objects)


def _refuse_names(names: Iterator[str]) -> None:
    """Refuse names that are written differently in SQL, in JSON or in Python."""
    for name in names:
        if not name.isidentifier():
            raise NotWritten({name: "is no plain name"})


def _compile(
    rows: models.QuerySet[Any, tuple[Any, ...]],
) -> tuple[str, tuple[Any, ...]] | None:
    """Return the SQL of a query, and its parameters; None if it finds nothing."""
    try:
        sql, params = rows.query.get_compiler(rows.db).as_sql()
    except EmptyResultSet:
        return None
    return sql, tuple(params)


def _run(using: str, sql: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connections[using].cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())
