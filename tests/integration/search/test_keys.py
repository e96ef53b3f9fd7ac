"""Querysets restricted to many primary keys."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.contrib.sessions.models import Session
from django.db import connection, connections, models
from django.db.models import Count
from django.db.models.lookups import In
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from shop.models import Category, Product

from django_es_admin.search.querysets.keys import among
from tests.testapp.models import Label, Note, StarredNote

pytestmark = pytest.mark.django_db

MANY = 120_000


@pytest.fixture
def labels() -> list[Label]:
    return Label.objects.bulk_create(Label(word=f"w{n}") for n in range(5))


def test_the_rows_of_the_keys_and_no_others(labels: list[Label]) -> None:
    wanted = [labels[3].pk, labels[1].pk, -1, 2**63 - 1]
    assert set(among(Label.objects.all(), wanted)) == {labels[1], labels[3]}
    assert list(among(Label.objects.all(), ())) == []
    assert among(Label.objects.all(), ()).count() == 0


def test_keys_that_the_column_cannot_hold_are_of_no_row() -> None:
    group = Group.objects.create(name="staff")
    # Its key is of 32 bits.
    assert list(among(Group.objects.all(), [2**31, group.pk, 2**63 - 1, -(2**63 - 1)])) == [group]


def test_one_parameter_for_any_number(labels: list[Label]) -> None:
    keys = [label.pk for label in labels[:2]] + list(range(10**6, 10**6 + MANY))
    rows = among(Label.objects.filter(word__startswith="w"), keys)
    sql, parameters = rows.query.sql_with_params()
    assert len(parameters) == 2
    assert len(sql) < 300
    with CaptureQueriesContext(connection):
        assert set(rows) == set(labels[:2])


def test_uuids_and_proxies() -> None:
    notes = [Note.objects.create(title=str(n), kind="plain", stars=9) for n in range(3)]
    keys = [notes[0].pk, notes[2].pk, *(uuid.uuid4() for _ in range(MANY))]
    assert set(among(Note.objects.all(), keys)) == {notes[0], notes[2]}
    assert among(StarredNote.objects.all(), keys).count() == 2


def test_texts_of_any_length_and_content() -> None:
    keys = ["a", 'quo"te', "com,ma", "{brace}", "back\\slash", "x" * 40]
    for key in keys[:-1]:
        Session.objects.create(session_key=key, expire_date=timezone.now())
    # A key that is longer than the column is no other key that begins like it.
    Session.objects.create(session_key="y" * 40, expire_date=timezone.now())
    found = among(Session.objects.all(), [*keys, "y" * 41])
    assert {row.session_key for row in found} == set(keys[:-1])


def test_counts_updates_subqueries_and_other_conditions() -> None:
    category = Category.objects.create(name="Lamps", slug="lamps")
    keys = [
        Product.objects.create(
            sku=str(n), name=f"Lamp {n}", brand="b", price=n, category=category
        ).pk
        for n in range(4)
    ]
    rows = among(Product.objects.all(), keys[:3])
    assert among(Category.objects.annotate(n=Count("product")), [category.pk]).get().n == 4
    assert rows.filter(price__gt=0).count() == 2
    assert (rows | Product.objects.filter(pk=keys[3])).count() == 4
    assert Category.objects.filter(product__in=rows).distinct().get() == category
    assert rows.update(brand="c") == 3
    assert rows.exclude(price=0).order_by("-price").first().pk == keys[2]
    assert rows.dates("created_at", "year").count() == 1
    assert rows.select_related("category").aggregate(highest=models.Max("price"))["highest"] == 2


@pytest.fixture
def other_vendor(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A database that this app has no way around many parameters for."""
    monkeypatch.setattr(connections["default"], "vendor", "mysql")
    return


def test_other_databases_get_the_stock_list(labels: list[Label], other_vendor: Any) -> None:
    rows = among(Label.objects.all(), [labels[0].pk, labels[1].pk])
    stock = Label.objects.filter(In(models.F("pk"), [labels[0].pk, labels[1].pk]))
    assert rows.query.sql_with_params() == stock.query.sql_with_params()
