"""The key of a document is that of the row, whatever spelling an instance was given."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, transaction
from pytest_django import DjangoAssertNumQueries

from django_es_admin.documents import fields
from django_es_admin.indices.definition import IndexDefinition
from django_es_admin.models import OutboxEntry
from django_es_admin.outbox.capture.changes import capture
from django_es_admin.outbox.drainers.worker import drain_due
from tests.rows.models import Alias, Amount, Moment

from .conftest import Index

pytestmark = pytest.mark.django_db(transaction=True)

AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def aliases() -> Iterator[None]:
    """The table whose keys are the same in capitals."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "CREATE COLLATION rows_nocase "
                "(provider = icu, locale = 'und-u-ks-level2', deterministic = false)"
            )
    with connection.schema_editor() as editor:
        editor.create_model(Alias)
    yield
    with connection.schema_editor() as editor:
        editor.delete_model(Alias)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("DROP COLLATION rows_nocase")


SPELLINGS = [
    (Amount, "value", Decimal("1.50"), Decimal("1.5")),
    (Amount, "value", Decimal("1.50"), Decimal("1.500")),
    (Amount, "value", Decimal("1.50"), "1.5"),
    (Amount, "value", Decimal("100.00"), Decimal("1E+2")),
    (Amount, "value", Decimal("0.00"), Decimal("-0")),
    (Amount, "value", Decimal("2.00"), 2),
    (Moment, "at", AT, AT.astimezone(ZoneInfo("Asia/Tokyo"))),
    (Moment, "at", AT, AT.astimezone(timezone(timedelta(hours=-3, minutes=-30)))),
    (Moment, "at", AT, "2026-03-01T13:00:00+01:00"),
    (Alias, "name", "Ada", "ADA"),
]
NAMES = {Alias: "meaning"}


def how_many_failed() -> int:
    return OutboxEntry.objects.filter(attempts__gt=0).count()


@pytest.mark.few(4)
@pytest.mark.usefixtures("aliases")
@pytest.mark.parametrize(("model", "key", "stored", "given"), SPELLINGS)
def test_a_delete_and_a_save(index: Index, model: Any, key: str, stored: Any, given: Any) -> None:
    name = NAMES.get(model, "name")
    read = index(model, **{name: fields.KeywordField()})
    model.objects.create(**{key: stored, name: "first"})
    [identity] = read()
    other = model(**{key: given, name: "second"})
    other._state.adding = False
    other.save()
    assert read() == {identity: {name: "second"}}
    # No row waits for a document of the other spelling.
    assert not OutboxEntry.objects.exists()
    other.delete()
    assert read() == {}
    assert OutboxEntry.objects.get().key == identity
    assert not model.objects.exists()


@pytest.mark.few(4)
@pytest.mark.usefixtures("aliases")
@pytest.mark.parametrize(("model", "key", "stored", "given"), SPELLINGS)
def test_created_with_another_spelling(
    index: Index, model: Any, key: str, stored: Any, given: Any
) -> None:
    name = NAMES.get(model, "name")
    read = index(model, **{name: fields.KeywordField()})
    created = model.objects.create(**{key: given, name: "first"})
    [row] = model.objects.all()
    assert set(read()) == {str(row.pk)}
    with transaction.atomic():
        model.objects.update(**{name: "second"})
        assert capture([created]) == 1
    assert read() == {str(row.pk): {name: "second"}}
    created.delete()
    assert read() == {}


def test_deletes_by_other_ways(index: Index) -> None:
    read = index(Amount, name=fields.KeywordField())
    for number in range(5):
        Amount.objects.create(value=Decimal(number) / 2, name=str(number))
    Amount.objects.filter(value=Decimal("0.5")).delete()
    with transaction.atomic():
        Amount(value=Decimal("1.5")).delete()
        Amount(value=1).delete()
    assert set(read()) == {"0.00", "2.00"}
    assert how_many_failed() == 0


def test_links_with_another_spelling(index: Index) -> None:
    read = index(
        Amount,
        name=fields.KeywordField(),
        moment_set=fields.NestedField(properties={"name": fields.KeywordField()}),
        related_models=(Moment,),
        get_instances_from_related=lambda self, moment: moment.amounts.all(),
    )
    moment = Moment.objects.create(at=AT, name="noon")
    Amount.objects.create(value=Decimal("1.50"), name="a")

    def moments() -> list[str]:
        return [one["name"] for one in read()["1.50"]["moment_set"]]

    moment.amounts.add(Decimal("1.5"))
    assert moments() == ["noon"]
    moment.amounts.remove(Decimal("1.5"))
    assert moments() == []
    moment.amounts.set([Decimal("1.500")])
    Moment(at=AT.astimezone(ZoneInfo("Asia/Tokyo"))).amounts.clear()
    assert moments() == []
    moment.amounts.add(Decimal("1.5"))
    Moment(at=AT.astimezone(ZoneInfo("Asia/Tokyo"))).delete()
    assert moments() == []
    assert set(read()) == {"1.50"}


def test_an_error_is_noted_for_the_row(
    index: Index, definition: Callable[[], IndexDefinition]
) -> None:
    read = index(Amount, number=fields.IntegerField(attr="name"))
    amount = Amount.objects.create(value=Decimal("1.5"), name="no number")
    assert read() == {}
    assert how_many_failed() == 1
    assert OutboxEntry.objects.get().key == "1.50"
    amount.name = "3"
    amount.save()
    assert read() == {"1.50": {"number": "3"}}


@pytest.mark.skipif(
    connection.vendor == "sqlite",
    reason="SQLite stores all decimals, and Django reads fewer: it does not find such a row either",
)
def test_more_decimals_than_a_row_has(index: Index) -> None:
    read = index(Amount, name=fields.KeywordField())
    amount = Amount.objects.create(value=Decimal("1.4999"), name="a")
    assert read() == {"1.50": {"name": "a"}}
    Amount.objects.create(value=2.675, name="b")
    assert set(read()) == {str(row.pk) for row in Amount.objects.all()}
    Amount.objects.get(name="a").delete()
    assert set(read()) == {str(Amount.objects.get().pk)}
    assert amount.pk == Decimal("1.4999")


def test_many_that_are_captured_by_hand(
    index: Index, django_assert_max_num_queries: DjangoAssertNumQueries, by_worker: Any
) -> None:
    read = index(Amount, name=fields.KeywordField())
    made = Amount.objects.bulk_create(Amount(value=number, name="a") for number in range(20))
    gone = Amount(value=Decimal("99.00"))
    spelled_as_rows = [*Amount.objects.all(), gone]
    with transaction.atomic(), django_assert_max_num_queries(4):
        assert capture(spelled_as_rows) == 21
    with transaction.atomic():
        assert capture(made) == 20
    drain_due()
    assert set(read()) == {f"{number}.00" for number in range(20)}
