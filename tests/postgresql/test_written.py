"""Documents that PostgreSQL writes as JSON are those that Python writes, byte for byte."""

import random
from collections.abc import Callable, Iterator
from datetime import UTC
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, models
from django.test import override_settings
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from django_es_admin.documents import Document, fields, registry
from django_es_admin.documents.reading.columns import ColumnSource
from django_es_admin.documents.reading.database import (
    LONGEST_PAUSE,
    DatabaseSource,
    NotWritten,
)
from django_es_admin.documents.reading.querysets import queryset_of
from django_es_admin.documents.written.encoded import Encoded
from django_es_admin.indices.encoding import encode_document
from tests.rows.models import Specimen, Splinter

pytestmark = pytest.mark.django_db

Declare = Callable[..., type[Document]]

PLAIN = (
    "id letters text flag small number big real exact fine day moment hour identifier address"
).split()
OTHERWISE = ("data", "span", "raw")


@pytest.fixture
def declare() -> Iterator[Declare]:
    registered: list[type[Document]] = []

    def add(model: type[models.Model], **attributes: Any) -> type[Document]:
        attributes |= {
            "Index": type("Index", (), {"name": "written"}),
            "Django": type("Django", (), {"model": model}),
        }
        document = type("WrittenDocument", (Document,), attributes)
        registered.append(registry.register_document(document))
        return registered[-1]

    yield add
    for document in registered:
        registry.unregister_document(document)


def specimens(**more: Any) -> dict[str, Any]:
    """The fields of a document with all that PostgreSQL writes."""
    part = {name: fields.KeywordField() for name in ("letters", "exact")}
    kin = {name: fields.KeywordField() for name in PLAIN}
    return {
        **{name: fields.KeywordField() for name in PLAIN},
        "kin_letters": fields.KeywordField(attr="kin.letters"),
        "kin": fields.ObjectField(
            properties={**kin, "kin": fields.ObjectField(properties={"id": fields.LongField()})}
        ),
        "kin_listed": fields.ListField(fields.ObjectField(attr="kin", properties=dict(part))),
        "splinters": fields.NestedField(
            properties={**part, "of": fields.KeywordField(attr="specimen.letters")}
        ),
        **more,
    }


def by_python(document: type[Document], queryset: Any = None) -> dict[Any, bytes]:
    rows = queryset_of(document).order_by("pk") if queryset is None else queryset
    mapping = document._doc_type.mapping
    found = ColumnSource(document).read(rows)
    return {one.key: encode_document(one.source or {}, mapping) for one in found}


def by_database(document: type[Document], queryset: Any = None) -> dict[Any, bytes] | None:
    rows = queryset_of(document).order_by("pk") if queryset is None else queryset
    found = DatabaseSource(document, ColumnSource(document), "default").read(rows)
    if found is None:
        return None
    assert all(isinstance(one.source, Encoded) for one in found)
    return {one.key: encode_document(one.source or {}) for one in found}


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=100)
MOMENTS = st.datetimes(timezones=st.just(UTC))
# Of sizes and with digits that both sides write in the same way.
SAME: dict[str, st.SearchStrategy[Any]] = {
    "letters": TEXTS,
    "text": TEXTS,
    "flag": st.booleans(),
    "small": st.integers(-(2**15), 2**15 - 1),
    "number": st.integers(-(2**31), 2**31 - 1),
    "big": st.integers(-(2**63), 2**63 - 1),
    "real": st.floats(1e-4, 1e15, exclude_max=True) | st.floats(-1e14, -1e-4) | st.just(-0.0),
    "exact": st.decimals(-99_999_999, 99_999_999, places=2),
    "fine": st.decimals(-99_999_999, 99_999_999, places=7).filter(
        lambda value: not value or abs(value) >= Decimal("0.0001")
    ),
    "day": st.dates(),
    "moment": MOMENTS,
    "hour": st.times(),
    "identifier": st.uuids(),
    "address": st.ip_addresses().map(str),
}
ANYTHING = {
    **SAME,
    "real": st.floats(allow_nan=False, allow_infinity=False),
    "fine": st.decimals(-(10**19), 10**19, places=20),
}


def some(strategies: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[list[dict[str, Any]]]:
    kept = {name: st.none() | values for name, values in strategies.items()}
    return st.lists(st.fixed_dictionaries(kept), min_size=1, max_size=4)


def fill(rows: list[dict[str, Any]]) -> None:
    Specimen.objects.all().delete()
    made = Specimen.objects.bulk_create(Specimen(**row) for row in rows)
    for number, one in enumerate(made):
        one.kin = made[number - 1] if number else None
    Specimen.objects.bulk_update(made, ["kin"])
    Splinter.objects.bulk_create(
        Splinter(specimen=one, letters=other.letters, exact=other.exact)
        for number, one in enumerate(made)
        for other in made[max(number - 3, 0) : number]
    )


AGAIN = settings(
    max_examples=40,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@AGAIN
@given(rows=some(SAME))
@example(rows=[dict.fromkeys(SAME), dict.fromkeys(SAME)])
def test_both_write_the_same_bytes(declare: Declare, rows: list[dict[str, Any]]) -> None:
    document = declare(Specimen, **specimens())
    fill(rows)
    assert by_database(document) == by_python(document)


@AGAIN
@given(rows=some(ANYTHING))
def test_what_is_not_the_same_is_left_to_python(
    declare: Declare, rows: list[dict[str, Any]]
) -> None:
    document = declare(Specimen, **specimens())
    fill(rows)
    assert by_database(document) in (None, by_python(document))
    read = document.django.source.read(queryset_of(document).order_by("pk"), encoded=True)
    assert {one.key: encode_document(one.source or {}) for one in read} == by_python(document)


ODD = {
    "real": ["'NaN'", "'Infinity'", "'-Infinity'", "1e15", "5e-324", "-9.5367431640625e-07"],
    "exact": ["'NaN'"],
    "fine": ["'NaN'", "0.00001", "12345678.12345678", "-1000000000000000", "0.1234567890123456"],
    "day": ["'infinity'", "'-infinity'", "'10000-01-01'", "'0044-03-15 BC'"],
    "moment": ["'infinity'", "'10000-01-01 00:00+00'", "'0001-01-01 00:00+01'"],
    "hour": ["'24:00'"],
}


@pytest.mark.parametrize(("column", "value"), [(c, v) for c, vs in ODD.items() for v in vs])
def test_a_value_that_python_may_write_otherwise(declare: Declare, column: str, value: str) -> None:
    document = declare(Specimen, **specimens())
    fill([dict.fromkeys(SAME), dict.fromkeys(SAME)])
    assert by_database(document)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE rows_specimen SET {column} = {value} WHERE id = %s",  # noqa: S608 (of this test)
            [Specimen.objects.order_by("-pk").values_list("pk", flat=True)[0]],
        )
    assert by_database(document) is None


@pytest.mark.parametrize(
    "text",
    [
        "".join(map(chr, range(1, 0x100))),
        "\u2028\u2029\ufeff\uffff\ufffd\U0010ffff\u0301",
        "\\ud800 \\u0000 \\\" %s %% {0} '' $1",
        "\x7f\x80\x9f",
        "",
    ],
)
def test_texts(declare: Declare, text: str) -> None:
    document = declare(Specimen, **specimens())
    fill([{"text": text}, {"text": None}])
    assert by_database(document) == by_python(document) != {}


def test_every_character(declare: Declare) -> None:
    document = declare(Specimen, text=fields.TextField())
    every = [n for n in range(1, 0x11_0000) if not 0xD800 <= n < 0xE000]
    size = 10_000
    fill([{"text": "".join(map(chr, every[at : at + size]))} for at in range(0, len(every), size)])
    assert by_database(document) == by_python(document)


def test_many_numbers(declare: Declare) -> None:
    document = declare(Specimen, real=fields.DoubleField(), fine=fields.DoubleField())
    dice = random.Random(7)  # noqa: S311 (no secret)
    reals = [dice.choice((-1, 1)) * dice.random() * 10 ** dice.randint(-3, 15) for _ in range(600)]
    reals += [float(f"{dice.random():.{dice.randint(4, 17)}f}") for _ in range(600)]
    fill([{"real": real} for real in reals if 1e-4 <= abs(real) < 1e15])
    fines = [
        {"fine": Decimal(dice.randrange(10 ** dice.randint(1, 15))).scaleb(-dice.randint(0, 4))}
        for _ in range(600)
    ]
    Specimen.objects.bulk_create(Specimen(**one) for one in fines)
    assert by_database(document) == by_python(document)


def test_a_table_of_such_values_is_not_read_twice_for_ever(
    declare: Declare, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    document = declare(Specimen, real=fields.DoubleField())
    fill([{"real": 1e300}])
    source = document.django.source
    rows = queryset_of(document).order_by("pk")
    source.why_columns("default")
    # It is asked before the batches 1, 3, 6, 11, 20, ..., and found to write nothing.
    asked = {1, 3, 6, 11, 20, 37, 70, 135, 200}
    for number in range(1, 201):
        with django_assert_num_queries(2 if number in asked else 1):
            [one] = source.read(rows, encoded=True)
        assert one.source == {"real": 1e300}
    assert LONGEST_PAUSE == 64
    Specimen.objects.update(real=2.5)
    read = [source.read(rows, encoded=True)[0].source for _ in range(LONGEST_PAUSE + 2)]
    assert isinstance(read[-1], Encoded)
    assert all(one == {"real": 2.5} for one in read)


@pytest.mark.parametrize("name", OTHERWISE)
def test_a_type_that_is_written_otherwise(declare: Declare, name: str) -> None:
    document = declare(Specimen, letters=fields.TextField(), **{name: fields.KeywordField()})
    why = document.django.source.why_columns("default")
    assert list(why) == [name]
    with pytest.raises(NotWritten, match=name):
        DatabaseSource(document, ColumnSource(document), "default")
    fill([{"letters": "a"}])
    [one] = document.django.source.read(queryset_of(document).all(), encoded=True)
    assert not isinstance(one.source, Encoded)


def test_every_column_that_is_written_otherwise_is_named(declare: Declare) -> None:
    inner = {"data": fields.ObjectField(), "letters": fields.TextField()}
    document = declare(
        Splinter,
        letters=fields.TextField(),
        span=fields.KeywordField(attr="specimen.span"),
        specimen=fields.ObjectField(properties=inner),
    )
    assert set(document.django.source.why_columns("default")) == {"specimen.span", "specimen.data"}
    listed = declare(
        Specimen,
        raw=fields.KeywordField(),
        splinters=fields.NestedField(properties={"raw": fields.KeywordField(attr="specimen.raw")}),
    )
    assert set(listed.django.source.why_columns("default")) == {"raw", "splinters.specimen.raw"}


def test_the_lists_have_the_order_of_their_model(declare: Declare) -> None:
    document = declare(
        Specimen, splinters=fields.NestedField(properties={"letters": fields.KeywordField()})
    )
    fill([{"letters": "only"}, {"letters": None}])
    one = Specimen.objects.latest("pk")
    Splinter.objects.all().delete()
    for letters in ("b", None, "A", "a", "b", "ä", None):
        Splinter.objects.create(specimen=one, letters=letters)
    assert by_database(document) == by_python(document)
    [other, last] = (by_database(document) or {}).values()
    assert other == b'{"splinters":[]}'
    assert last.startswith(b'{"splinters":[{"letters":null},{"letters":null},{"letters":"')


def why_a_time_is_not_written(declare: Declare) -> list[str]:
    document = declare(Specimen, moment=fields.DateField(), day=fields.DateField())
    return list(document.django.source.why_columns("default"))


def test_times_of_another_zone(declare: Declare) -> None:
    assert why_a_time_is_not_written(declare) == []
    with connection.cursor() as cursor:
        # In winter, it has the time of UTC.
        cursor.execute("SET LOCAL TimeZone = 'Europe/London'")
    assert why_a_time_is_not_written(declare) == ["moment"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("zone", "aware"), [("Europe/Berlin", False), ("UTC", False)])
def test_times_without_a_zone(declare: Declare, zone: str, aware: bool) -> None:
    connection.close()
    try:
        with override_settings(TIME_ZONE=zone, USE_TZ=aware):
            assert why_a_time_is_not_written(declare) == ["moment"]
    finally:
        connection.close()


def test_digits_that_the_session_leaves_out(declare: Declare) -> None:
    document = declare(Specimen, real=fields.DoubleField())
    fill([{"real": 0.1}, {"real": 123456.789}, {"real": 9e14}])
    source = DatabaseSource(document, ColumnSource(document), "default")
    rows = queryset_of(document).order_by("pk")
    for digits in (-15, -3, 0, 3):
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL extra_float_digits = {digits}")
        found = source.read(rows)
        written = found and {one.key: encode_document(one.source or {}) for one in found}
        # Python reads fewer digits then, too.
        assert written in (None, by_python(document))


def test_a_list_with_such_a_value(declare: Declare) -> None:
    document = declare(
        Specimen, splinters=fields.NestedField(properties={"exact": fields.DoubleField()})
    )
    fill([{"exact": Decimal(1)}, {"exact": Decimal(2)}])
    assert by_database(document) == by_python(document)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE rows_splinter SET exact = 'NaN'")
    assert by_database(document) is None


def test_no_object_at_all(declare: Declare) -> None:
    document = declare(Specimen, **specimens())
    assert by_database(document) == {}
    assert by_database(document, queryset_of(document).filter(pk__in=[])) == {}
