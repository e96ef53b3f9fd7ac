"""Columns of a change list in which matches are marked."""

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

# How many seconds a page waits for its marks.
MARKING = 1.0

logger = logging.getLogger(__name__)

Marks = Mapping[str, Mapping[str, Pieces]]


class HighlightedColumn:
    """A column in ``list_display`` that shows a model's field with marked matches.

    Args:
        name: the name of the field.
        model: the model.
        paths: the document's fields that are made from this field.
        marks: the matches on this page.
        empty: the text for an empty value.
        is_link: whether the cell links to the row, and so has no other link.
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
        # Django itself makes links for files and URLs.
        self._has_link = isinstance(self._field, FileField | URLField) and not is_link

    def __call__(self, row: Model) -> Any:
        """Return the cell, with marks if the index found matches in exactly this text."""
        value = getattr(row, self.__name__)
        cell = display_for_field(value, self._field, self._empty, avoid_link=self._is_link)
        found = self._marks.get(str(row.pk), {})
        for path in self._paths:
            # The indexed text may be outdated. Then the row is shown without marks.
            if path in found and text_of(found[path]) == str(value):
                marked = mark(found[path])
                # Do not trust the value itself: a text may be wrongly marked as safe.
                if self._has_link and isinstance(cell, SafeString):
                    url = escape(str(getattr(value, "url", value)))
                    return format_html('<a href="{}">{}</a>', url, marked)
                return marked
        return cell


def mark(pieces: Pieces) -> SafeString:
    """Return a text as HTML, with each piece escaped."""
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
    """Return column -> the searched fields that are made from it, for columns with such fields.

    A column with choices is left out: its cells show labels, and not the searched values.
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
    """Return column -> a column with marks, for columns that may have matches.

    Args:
        term: the search.
        rows: the rows of the page.
        columns: the columns of the page.
        links: the columns whose cells link to the rows.
        exact: whether all these rows contain the words exactly as typed.
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
    """Return the matches in these rows, or none if Elasticsearch fails."""
    keys = [row.pk for row in rows]
    if not keys or not marking:
        return {}
    try:
        return find_highlights(document, marking, keys, timeout=deadline.remaining)
    except ElasticsearchAdminError as error:
        logger.warning("A search result is shown without highlights: %s", reason_of(error))
        return {}
