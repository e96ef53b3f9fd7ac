"""Rows in the order of hits, in the database."""

from typing import Any

import pytest
from django.db import connection
from django.db.models import Count, QuerySet
from django.forms import modelformset_factory
from django.test.utils import CaptureQueriesContext

from django_es_admin.admin.mixins.rows import ranking
from django_es_admin.admin.mixins.rows.ranking import (
    best_first,
    in_order,
    matching,
    may_repeat,
)
from tests.guide.models import Board, Memo
from tests.testapp.models import Label, Note, Shelf

from .searching import make_notes

pytestmark = pytest.mark.django_db


@pytest.fixture
def notes(monkeypatch: pytest.MonkeyPatch) -> dict[str, Note]:
    monkeypatch.setattr(ranking, "MAX_RANKED", 2)
    return {note.title: note for note in make_notes("C", "A", "F", "B", "E", "D")}


def titles(rows: QuerySet[Note]) -> str:
    return "".join(row.title for row in rows)


def test_the_best_come_first_and_the_others_as_they_were_sorted(notes: dict[str, Note]) -> None:
    ids = [notes[title].pk for title in "EBFDAC"]
    rows = Note.objects.all()
    assert titles(best_first(rows, ids)) == "EBACDF"
    assert titles(best_first(rows.order_by("-title"), ids)) == "EBFDCA"
    assert titles(best_first(rows.order_by(), ids))[:2] == "EB"


def test_each_page_is_ranked(notes: dict[str, Note]) -> None:
    ids = [notes[title].pk for title in "EBFDAC"]
    rows = Note.objects.all()
    pages = [titles(best_first(rows, ids, start)[start : start + 2]) for start in (0, 2, 4, 6)]
    assert pages == ["EB", "FD", "AC", ""]


def test_rows_that_are_no_hits_come_last(notes: dict[str, Note]) -> None:
    ids = [notes[title].pk for title in "EB"]
    rows = Note.objects.exclude(title="B")
    assert matching(rows, ids) == [notes[title].pk for title in "EACDF"]
    assert matching(rows.order_by("-title"), ids) == [notes[title].pk for title in "EFDCA"]


def test_rows_that_were_reversed_still_have_the_best_first(notes: dict[str, Note]) -> None:
    keys = [notes[title].pk for title in "FBDA"]
    rows = Note.objects.order_by("title").reverse()
    words = [Label.objects.create(word=word) for word in ("red", "blue")]
    for note in notes.values():
        note.labels.set(words)
    assert titles(best_first(rows, keys)) == "FBEDCA"
    for found in (rows, rows.distinct(), rows.filter(labels__in=words)):
        assert titles(in_order(found, keys)) == "FBDA"
    assert titles(in_order(rows, keys).select_related("shelf")) == "FBDA"


def test_rows_that_a_filter_repeats_are_each_there_once(notes: dict[str, Note]) -> None:
    words = [Label.objects.create(word=word) for word in ("red", "blue")]
    for note in notes.values():
        note.labels.set(words)
    keys = [notes[title].pk for title in "FBD"]
    rows = Note.objects.filter(labels__in=words)
    assert titles(in_order(rows.distinct(), keys)) == "FBD"


@pytest.mark.parametrize(
    ("rows", "repeats"),
    [
        (Note.objects.filter(shelf__name="Attic"), False),
        (Memo.objects.filter(content_type__model="board"), False),
        (Note.objects.filter(labels__word="red"), True),
        (Note.objects.filter(labels__word="red").distinct(), False),
        (Note.objects.alias(number=Count("labels")).filter(number=1), False),
        (Shelf.objects.filter(note__title="A"), True),
        (Board.objects.filter(memos__text="seen"), True),
        (Label.objects.filter(note__shelf__name="Attic"), True),
        (Note.objects.extra(tables=["testapp_label"]), True),
    ],
)
def test_whether_a_join_may_repeat_a_row(rows: QuerySet[Any], repeats: bool) -> None:
    assert may_repeat(rows) == repeats


def test_rows_in_order_are_so_whoever_reads_or_copies_them(notes: dict[str, Note]) -> None:
    keys = [notes[title].pk for title in "FBDA"]
    rows = in_order(Note.objects.order_by("title"), keys)
    with CaptureQueriesContext(connection) as queries:
        assert titles(rows) == "FBDA"
    assert "CASE" not in queries[0]["sql"]
    assert "ORDER BY" not in queries[0]["sql"]
    assert rows.ordered
    assert (len(rows), rows.count(), rows[1].title) == (4, 4, "B")
    # What is not read yet is sorted by the database.
    fresh = in_order(Note.objects.order_by("title"), keys)
    assert fresh[1].title == "B"
    assert fresh.first().title == "F"
    assert fresh.last().title == "A"
    assert "".join(note.title for note in fresh.iterator()) == "FBDA"
    for copy in (
        fresh.all(),
        fresh.select_related("shelf"),
    ):
        assert titles(copy) == "FBDA"
    assert titles(fresh.exclude(title="B")) == "FDA"
    assert titles(fresh.order_by("title")) == "ABDF"
    assert list(fresh.values_list("title", flat=True)) == list("FBDA")
    forms = modelformset_factory(Note, fields=["stars"])(
        queryset=in_order(Note.objects.all(), keys)
    )
    assert "".join(form.instance.title for form in forms.initial_forms) == "FBDA"
