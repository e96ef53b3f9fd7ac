"""Cells of a change list with marks: the same as without, but for the marks."""

from typing import Any

import pytest
from django.contrib.admin.utils import display_for_field
from django.db import models
from django.test.utils import isolate_apps
from django.utils.html import escape
from django.utils.safestring import mark_safe

from django_es_admin.admin.mixins.highlight import HighlightedColumn
from django_es_admin.search.highlight import Piece

URL = "https://example.org/lamp?a=1&b=2"
PIECES = (
    Piece("https://example.org/", marked=False),
    Piece("lamp", marked=True),
    Piece("?a=1&b=2", marked=False),
)


@pytest.fixture
def link() -> Any:
    """A model that lives nowhere."""
    with isolate_apps("tests.testapp"):

        class Link(models.Model):
            url = models.URLField(blank=True)
            name = models.TextField(blank=True)

            class Meta:
                app_label = "testapp"

            def __str__(self) -> str:
                return self.name

        yield Link


def cell(row: Any, name: str, *, marked: bool = False, is_link: bool = False) -> Any:
    marks = {str(row.pk): {name: PIECES}} if marked else {}
    return HighlightedColumn(name, type(row), [name], marks, empty="-", is_link=is_link)(row)


def test_a_url_stays_a_link(link: Any) -> None:
    row = link(pk=1, url=URL, name=URL)
    escaped = "https://example.org/lamp?a=1&amp;b=2"
    text = "https://example.org/<mark>lamp</mark>?a=1&amp;b=2"
    assert cell(row, "url") == f'<a href="{escaped}">{escaped}</a>'
    assert cell(row, "url", marked=True) == f'<a href="{escaped}">{text}</a>'
    # Where the cell leads to the row it leads nowhere else.
    assert cell(row, "url", is_link=True) == URL
    assert cell(row, "url", marked=True, is_link=True) == cell(row, "name", marked=True) == text


@pytest.mark.parametrize("url", ["", URL, "javascript:alert(1)", "<b>"])
def test_what_is_not_marked_is_as_ever(link: Any, url: str) -> None:
    row = link(pk=1, url=url)
    assert cell(row, "url") == display_for_field(url, link._meta.get_field("url"), "-")


@pytest.mark.parametrize("text", ["javascript:alert(1) lamp", '"><script>lamp</script>', "lamp"])
def test_a_text_that_is_marked_as_safe_becomes_no_link(link: Any, text: str) -> None:
    marks = {"1": {"name": (Piece(text, marked=True),), "url": (Piece(text, marked=True),)}}
    row = link(pk=1, name=mark_safe(text), url=mark_safe(text))  # noqa: S308 (to be escaped)
    for is_link in (False, True):
        column = HighlightedColumn("name", link, ["name"], marks, empty="-", is_link=is_link)
        assert column(row) == f"<mark>{escape(text)}</mark>"
    # The URL that a field holds is escaped, too, whatever it says of itself.
    column = HighlightedColumn("url", link, ["url"], marks, empty="-", is_link=False)
    assert column(row) == f'<a href="{escape(text)}"><mark>{escape(text)}</mark></a>'
