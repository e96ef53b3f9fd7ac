"""Columns of a change list in which the searched words are marked."""

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from django.contrib.admin.utils import display_for_field, label_for_field
from django.db.models import FileField, Model, URLField
from django.http import HttpRequest
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString

from ...backends.transport.deadline import Deadline
from ...documents import Document
from ...exceptions import ElasticsearchAdminError
from ...search.highlight import Pieces, find_highlights, text_of
from ...search.logged import reason_of
from ...search.text.fields import SearchField
from ...search.text.lookups import find_source
from ...search.text.query import AnyQuery
from .asking.searches import searches_of
from .options import SearchOptionsMixin

# Seconds that a page waits for its marks.
MARKING = 1.0

logger = logging.getLogger(__name__)

Marks = Mapping[str, Mapping[str, Pieces]]


class HighlightedColumn:
    """A column for ``list_display`` in the place of a model's field: the same, with marks.

    Args:
        name: the field.
        model: its model.
        paths: the document's fields that are made from it.
        marks: what is marked on this page.
        empty: what stands for no value.
        is_link: whether the cell is a link to the row, and has no other.
    """

    def __init__(
        self,
        name: str,
        model: type[Model],
        paths: Sequence[str],
        marks: Marks,
        *,
        empty: str,
        is_link: bool,
    ) -> None:
        self.__name__ = name
        self.short_description = label_for_field(name, model)
        self.admin_order_field = name
        self._field: Any = model._meta.get_field(name)
        self._paths = paths
        self._marks = marks
        self._empty = empty
        self._is_link = is_link
        # Django makes a link to a file, and to the URL that a field holds.
        self._has_link = isinstance(self._field, FileField | URLField) and not is_link

    def __call__(self, row: Model) -> Any:
        """Return the cell, with marks if the index found something in exactly this text."""
        value = getattr(row, self.__name__)
        cell = display_for_field(value, self._field, self._empty, avoid_link=self._is_link)
        found = self._marks.get(str(row.pk), {})
        for path in self._paths:
            # The index may hold what the row was a moment ago: the row is shown, unmarked.
            if path in found and text_of(found[path]) == str(value):
                marked = mark(found[path])
                # Not what the value says of itself: a text may be marked as safe, and be none.
                if self._has_link and isinstance(cell, SafeString):
                    url = escape(str(getattr(value, "url", value)))
                    return format_html('<a href="{}">{}</a>', url, marked)
                return marked
        return cell


def mark(pieces: Pieces) -> SafeString:
    """Return a text as HTML, each piece of it escaped."""
    return format_html_join(
        "",
        "{}",
        (
            (format_html("<mark>{}</mark>", piece.text) if piece.marked else piece.text,)
            for piece in pieces
        ),
    )


def paths_of(
    document: type[Document], fields: Iterable[SearchField], columns: Iterable[str]
) -> dict[str, tuple[str, ...]]:
    """Return column -> those searched fields that are made from it, for columns that have any.

    One with choices has none: its cells show labels, and not what is searched.
    """
    sources = {
        field.path: find_source(document, field.path)
        for field in fields
        if not field.nested and (field.is_text or field.is_keyword)
    }
    lookups = {
        path: source[0] for path, source in sources.items() if source and not source[1].choices
    }
    found = {
        column: tuple(path for path, lookup in lookups.items() if lookup == column)
        for column in columns
    }
    return {column: paths for column, paths in found.items() if paths}


def marked_columns(
    admin: SearchOptionsMixin,
    request: HttpRequest,
    term: str,
    rows: Iterable[Model],
    *,
    columns: Collection[Any],
    links: Collection[Any],
    exact: bool,
) -> dict[str, HighlightedColumn]:
    """Return column -> a column with marks, for those in which something may be marked.

    Args:
        term: what was searched for.
        rows: those of the page.
        columns: the page's.
        links: those of them whose cells lead to their rows.
        exact: whether all these rows have the words as they were typed.
    """
    wanted = [name for name in admin.get_search_highlight(request) if name in columns]
    document = admin.get_search_document()
    paths = paths_of(document, admin.get_searched_fields(request), wanted)
    if not paths:
        return {}
    every = [path for group in paths.values() for path in group]
    marking = admin.get_marking(request, term, every, exact=exact)
    deadline = Deadline(min(searches_of(request).deadline.remaining, MARKING))
    marks = find_marks(document, marking, rows, deadline)
    empty = admin.get_empty_value_display()
    return {
        name: HighlightedColumn(name, admin.model, group, marks, empty=empty, is_link=name in links)
        for name, group in paths.items()
    }


def find_marks(
    document: type[Document],
    marking: Mapping[str, AnyQuery],
    rows: Iterable[Model],
    deadline: Deadline,
) -> Marks:
    """Return what is marked in these rows; nothing if Elasticsearch fails: they do without."""
    keys = [row.pk for row in rows]
    if not keys or not marking:
        return {}
    try:
        return find_highlights(document, marking, keys, timeout=deadline.remaining)
    except ElasticsearchAdminError as error:
        logger.warning("A search result is shown without highlights: %s", reason_of(error))
        return {}
