"""What ``get_queryset()`` may be: the same rows and numbers, whoever filters and counts."""

import re
from collections.abc import Callable
from datetime import date
from functools import reduce
from operator import or_
from typing import Any

import pytest
from django.contrib import admin
from django.db.models import (
    Case,
    Count,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
    lookups,
)
from django.http import HttpRequest
from django.test import Client
from django.test.utils import register_lookup

from django_es_admin.admin.mixins import search
from django_es_admin.models import OutboxEntry
from django_es_admin.search.page import PageHits
from tests.testapp.models import Label, Note, Shelf
from tests.testapp.site import NoteAdmin, StarsFilter

from .searching import index_notes, make_notes, open_list, summary_of, text_of

pytestmark = [
    pytest.mark.django_db(databases=["default", "other"]),
    pytest.mark.usefixtures("es"),
]
URLS = "tests.testapp.site"

Rows = QuerySet[Note]


@pytest.fixture
def notes(monkeypatch: pytest.MonkeyPatch) -> list[Note]:
    """Twenty notes of two tenants; as many as there are, they are many."""
    attic = Shelf.objects.create(name="Attic")
    Shelf.objects.create(name="Cellar")
    labels = [Label.objects.create(word=word) for word in ("brass", "glass")]
    made = []
    for number in range(20):
        (note,) = make_notes(
            f"lantern {number:02}",
            code=("", "AB-1", "ab-1")[number % 3],
            kind=("plain", "odd")[number % 4 == 0],
            stars=number - 3,
            shelf=attic if number % 5 == 0 else None,
            written=f"{2025 + number % 2}-0{1 + number % 9}-0{1 + number % 3}",
            tenant=("ours", "theirs")[number % 3 == 2],
        )
        note.labels.set(labels[: number % 3])
        made.append(note)
    index_notes()
    OutboxEntry.objects.all().delete()
    monkeypatch.setattr(search, "MAX_CHECKED", 0)
    monkeypatch.setattr(NoteAdmin, "list_filter", [StarsFilter, "tenant", "code"])
    return made


TRANSLATED: dict[str, Callable[[Rows], Rows]] = {
    "all": lambda rows: rows,
    "or": lambda rows: rows.filter(Q(tenant="ours") | Q(stars__gte=12)),
    "not": lambda rows: rows.exclude(tenant="theirs"),
    "neither": lambda rows: rows.filter(~(Q(tenant="theirs") | Q(stars__in=[3, 4]))),
    "not not": lambda rows: rows.exclude(~Q(tenant="ours")),
    "nothing": lambda rows: rows.filter(Q(stars__in=[]) | Q(tenant="ours")),
    "columns": lambda rows: rows.filter(tenant="ours").defer("body").select_related("shelf"),
    "only": lambda rows: rows.filter(tenant="ours").only("title").prefetch_related("labels"),
    "case": lambda rows: rows.filter(code="ab-1"),
    "empty": lambda rows: rows.filter(code=""),
    "days": lambda rows: rows.filter(written__gt=date(2025, 2, 1), written__lte="2026-06-03"),
    "between": lambda rows: rows.filter(stars__range=(-2, 11)),
    "year": lambda rows: rows.filter(written__gte="2026-01-01", written__lt="2027-01-01"),
    "name": lambda rows: rows.annotate(points=F("stars")).filter(points__gte=3),
    "fraction": lambda rows: rows.filter(stars__gte=2.5, stars__lt=11.5),
    "reversed": lambda rows: rows.filter(tenant="ours").reverse(),
    "database": lambda rows: rows.using("default").filter(tenant="ours"),
}

# Each of them leaves the whole to the database.
UNTRANSLATED: dict[str, Callable[[Rows], Rows]] = {
    "partly": lambda rows: rows.filter(tenant="ours", kind="odd"),
    "partly or": lambda rows: rows.filter(Q(tenant="ours") | Q(kind="odd")),
    "partly not": lambda rows: rows.filter(~Q(tenant="theirs", kind="odd")),
    "exists": lambda rows: rows.filter(
        Exists(Note.labels.through.objects.filter(note=OuterRef("pk")))
    ),
    "annotated": lambda rows: rows.annotate(more=F("stars") * 2).filter(more__gt=5),
    "counted": lambda rows: rows.alias(number=Count("labels")).filter(number__gt=1),
    "when": lambda rows: rows.alias(
        mine=Case(When(kind="odd", then=Value(1)), default=Value(0))
    ).filter(mine=1),
    "distinct": lambda rows: rows.filter(labels__isnull=False).distinct(),
    "none": lambda rows: rows.none(),
    "of another column": lambda rows: rows.filter(stars__lt=F("stars") + F("stars")),
    "no shelf": lambda rows: rows.filter(shelf=None),
    "some shelf": lambda rows: rows.exclude(shelf=None),
    "another shelf": lambda rows: rows.exclude(shelf__name="Cellar"),
    "month": lambda rows: rows.filter(written__month=3),
    "text": lambda rows: rows.filter(code__iexact="ab-1"),
    "greater text": lambda rows: rows.filter(code__gt="A"),
    "query": lambda rows: rows.filter(pk__in=Note.objects.filter(tenant="ours").values("pk")),
    "either": lambda rows: rows.filter(Q(tenant="ours") ^ Q(stars__gt=9)),
    "own sql": lambda rows: rows.extra(where=["stars > 4"]),
    "many": lambda rows: rows.filter(stars__in=range(20_000)),
}

# Elasticsearch refuses them.
REFUSED: dict[str, Callable[[Rows], Rows]] = {
    "deep": lambda rows: rows.filter(
        reduce(
            lambda found, n: Q(found | Q(stars=n)) & Q(stars__gt=-n),
            range(18),
            Q(stars__gt=90),
        )
    ),
    "long": lambda rows: rows.filter(reduce(or_, (Q(stars=n, tenant="ours") for n in range(150)))),
}

CASES: list[dict[str, Any]] = [{}, {"o": "-3", "_facets": "True", "starred": "yes"}]


def restrict(monkeypatch: pytest.MonkeyPatch, condition: Callable[[Rows], Rows]) -> None:
    def rows(self: Any, request: HttpRequest) -> Rows:
        return condition(super(NoteAdmin, self).get_queryset(request))

    monkeypatch.setattr(NoteAdmin, "get_queryset", rows)


def seen(response: Any) -> Any:
    changelist = response.context["cl"]
    return {
        "rows": [row.pk for row in changelist.result_list],
        "counts": (changelist.result_count, changelist.full_result_count),
        "facets": re.findall(r">\s*([^<>]+ \(\d+\))", text_of(response)),
        "line": summary_of(response),
    }


@pytest.mark.few(1)
@pytest.mark.parametrize("group", [TRANSLATED, UNTRANSLATED, REFUSED], ids=["yes", "no", "refused"])
def test_whoever_counts_the_numbers_are_the_same(
    admin_client: Client,
    notes: list[Note],
    monkeypatch: pytest.MonkeyPatch,
    group: dict[str, Callable[[Rows], Rows]],
) -> None:
    for name, condition in group.items():
        with monkeypatch.context() as patched:
            restrict(patched, condition)
            expected = set(condition(Note.objects.all()).values_list("pk", flat=True))
            for case in CASES[: 1 + (group is TRANSLATED)]:
                patched.setattr(NoteAdmin, "search_unrestricted", False)
                exact = seen(open_list(admin_client, "lantern", **case))
                patched.setattr(NoteAdmin, "search_unrestricted", None)
                response = open_list(admin_client, "lantern", **case)
                assert seen(response) == exact, name
                assert set(exact["rows"]) <= expected, name
                assert "database" not in exact["line"], name
                if not case:
                    assert exact["counts"] == (len(expected), len(expected)), name
                    paged = isinstance(response.context["cl"].answer.hits, PageHits)
                    assert group is REFUSED or paged == (group is TRANSLATED), name


def test_a_lookup_of_the_project_is_left_to_the_database(
    admin_client: Client, notes: list[Note], monkeypatch: pytest.MonkeyPatch
) -> None:
    class InAnyCase(lookups.Exact):
        def process_lhs(self, compiler: Any, connection: Any, lhs: Any = None) -> Any:
            sql, params = super().process_lhs(compiler, connection, lhs)
            return f"UPPER({sql})", params

        def process_rhs(self, compiler: Any, connection: Any) -> Any:
            sql, params = super().process_rhs(compiler, connection)
            return f"UPPER({sql})", params

    monkeypatch.setattr(NoteAdmin, "search_unrestricted", None)
    restrict(monkeypatch, lambda rows: rows.filter(code="ab-1"))
    assert open_list(admin_client, "lantern").context["cl"].result_count == 6
    with register_lookup(Note._meta.get_field("code"), InAnyCase, lookup_name="exact"):
        assert open_list(admin_client, "lantern").context["cl"].result_count == 13


def test_rows_of_another_database_are_counted_there(
    admin_client: Client, notes: list[Note], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(NoteAdmin, "search_unrestricted", None)
    best = titles_of(open_list(admin_client, "lantern"))
    assert len(best) == 5
    for note in Note.objects.filter(title__in=best):
        note.shelf = None
        note.save(using="other")
    restrict(monkeypatch, lambda rows: rows.using("other"))
    response = open_list(admin_client, "lantern")
    assert titles_of(response) == best
    assert response.context["cl"].result_count == response.context["cl"].full_result_count == 5


def titles_of(response: Any) -> list[str]:
    return [row.title for row in response.context["cl"].result_list]


class Forgetful(admin.SimpleListFilter):
    """Begins with all rows, whatever rows it is given."""

    title = "code"
    parameter_name = "coded"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Coded")]

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        return Note.objects.filter(code="AB-1") if self.value() == "yes" else queryset


def test_no_number_beside_a_filter_counts_rows_of_others(
    admin_client: Client, notes: list[Note], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(NoteAdmin, "list_filter", [Forgetful])
    restrict(monkeypatch, lambda rows: rows.filter(stars__lt=5))
    expected = Note.objects.filter(code="AB-1", stars__lt=5).count()
    assert 0 < expected < Note.objects.filter(code="AB-1").count()
    for option in (False, None):
        monkeypatch.setattr(NoteAdmin, "search_unrestricted", option)
        response = open_list(admin_client, "lantern", _facets="True")
        assert re.findall(r">\s*Coded \((\d+)\)", text_of(response)) == [str(expected)]
