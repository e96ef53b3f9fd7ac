"""Rows whose number is already known."""

import datetime
from typing import Any

import pytest
from django.db.models import Max, Min, QuerySet

from django_es_admin.admin.mixins.rows.known import Known, with_known
from tests.testapp.models import Note

from .searching import make_notes

pytestmark = pytest.mark.django_db


class NoteRows(QuerySet[Note]):
    """A project's own."""


def test_they_tell_what_is_known_without_the_database(django_assert_num_queries: Any) -> None:
    days = [datetime.date(2025, 1, 31), datetime.date(2025, 1, 2), datetime.date(2026, 3, 1)]
    rows = with_known(NoteRows(Note), Known(5, sorted(days)))
    with django_assert_num_queries(0):
        assert rows.count() == 5
        ends = rows.aggregate(first=Min("written"), last=Max("written"))
        assert ends == {"first": datetime.date(2025, 1, 2), "last": datetime.date(2026, 3, 1)}
        assert [str(day) for day in rows.dates("written", "month")] == ["2025-01-01", "2026-03-01"]
    assert rows.aggregate(most=Max("stars")) == {"most": None}


def test_what_is_made_from_them_asks_the_database() -> None:
    make_notes("Lamp", written="2026-11-21")
    rows = with_known(NoteRows(Note), Known(5, []))
    assert isinstance(rows, NoteRows)
    for copy in (rows.all(), rows.filter(title="Lamp"), with_known(rows, Known(3)).all()):
        assert type(copy) is NoteRows
        assert copy.count() == 1
        assert len(copy.dates("written", "day")) == 1
    assert [note.title for note in rows] == ["Lamp"]


def test_days_that_are_not_known_are_asked_for() -> None:
    make_notes("Lamp", written="2026-11-21")
    rows = with_known(Note.objects.all(), Known(5))
    assert list(rows.dates("written", "year")) == [datetime.date(2026, 1, 1)]
    assert rows.aggregate(first=Min("written"), last=Max("written"))["first"].year == 2026
