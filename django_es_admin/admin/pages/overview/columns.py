"""The columns of the table of indices, and how they are sorted."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ....status.status import IndexStatus

Key = Callable[[IndexStatus], Any]
_HEALTHS = ("red", "yellow", "", "green")


@dataclass(frozen=True)
class Column:
    """One column.

    Args:
        name: the name in the URL.
        title: the text of its heading.
        key: returns the sort key of an index; None comes last in both orders.
        numeric: whether it contains numbers.
        hint: an explanation.
        css: the classes of its cells.
        heads_row: whether its cells are the headings of the rows.
        of_several: whether it is only shown if there are several connections.

    ``columns/<name>.html`` renders its cells; it gets ``row`` and ``index``.
    """

    name: str
    title: str | Promise
    key: Key
    numeric: bool = False
    hint: str | Promise = ""
    css: str = ""
    heads_row: bool = False
    of_several: bool = False

    @property
    def template(self) -> str:
        """The template of its cells."""
        return f"admin/elasticsearch/columns/{self.name}.html"


def _name(index: IndexStatus) -> str:
    return index.name


def _last(index: IndexStatus) -> Any:
    return index.operation.row.created_at if index.operation else None


COLUMNS = (
    Column("index", _("Index"), _name, css="esa-name", heads_row=True),
    Column("connection", _("Connection"), lambda index: index.connection, of_several=True),
    Column("model", _("Model"), lambda index: index.model or None),
    Column("generation", _("Live generation"), lambda index: index.created, css="esa-generation"),
    Column("health", _("Health"), lambda index: _HEALTHS.index(index.health)),
    Column(
        "documents", _("Documents"), lambda index: index.documents, numeric=True, css="esa-number"
    ),
    Column(
        "rows",
        _("Rows"),
        lambda index: index.rows,
        numeric=True,
        css="esa-number",
        hint=_("Objects in the database that belong in the index, as last counted or estimated"),
    ),
    Column("mapping", _("Mapping"), lambda index: len(index.differences) or None),
    Column(
        "size",
        _("Size"),
        lambda index: index.size,
        numeric=True,
        css="esa-number",
        hint=_("Of the primary shards"),
    ),
    Column("operation", _("Last operation"), _last),
)


@dataclass(frozen=True)
class Head:
    """The heading of one column.

    Args:
        url: the query string that sorts by the column, or reverses the order.
        direction: ``ascending`` or ``descending`` if the table is sorted by it, else "".
    """

    column: Column
    url: str
    direction: str


def heads(parameters: Mapping[str, str], order: str, *, several: bool) -> tuple[Head, ...]:
    """Return the headings of the columns.

    Args:
        parameters: the parameters of the URL, without order and page.
        order: the name of the sorted column, with a minus for descending; "" for none.
        several: whether there is more than one connection.
    """
    return tuple(
        _head(column, parameters, order) for column in COLUMNS if several or not column.of_several
    )


def _head(column: Column, parameters: Mapping[str, str], order: str) -> Head:
    directions = {column.name: "ascending", f"-{column.name}": "descending"}
    direction = directions.get(order, "")
    # For numbers, the first click sorts the largest first.
    first, other = column.name, f"-{column.name}"
    if column.numeric:
        first, other = other, first
    target = other if order == first else first
    return Head(column, f"?{urlencode({**parameters, 'o': target})}#indices", direction)


def sort(indices: Iterable[IndexStatus], order: str) -> list[IndexStatus]:
    """Return indices in the order of the URL, or unchanged if that is invalid."""
    found = list(indices)
    column = next((each for each in COLUMNS if each.name == order.removeprefix("-")), None)
    if column is None:
        return found
    known = [index for index in found if column.key(index) is not None]
    unknown = [index for index in found if column.key(index) is None]
    return sorted(known, key=column.key, reverse=order.startswith("-")) + unknown
