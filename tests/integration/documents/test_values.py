"""Values that a document may hold are written as they are; what would be lost is refused."""

import math
import uuid
from collections import OrderedDict, namedtuple
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateRange, NumericRange
from django.utils.functional import lazystr
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy, override
from elasticsearch import dsl

from django_es_admin.documents import fields
from tests.guide.models import Category, Product
from tests.integration.documents.declared import Declared

Declare = Callable[..., Declared]
Pair = namedtuple("Pair", "left right")


class Shade(StrEnum):
    DARK = "dark"


def category() -> Category:
    return Category.objects.create(name="n", slug="s")


def holding(value: Any, name: str = "value") -> dict[str, Any]:
    return {f"prepare_{name}": lambda self, instance: value}


TAKEN: dict[str, tuple[Any, Any, Any]] = {
    "bytes": (fields.BinaryField(), b"\x00\xff", "AP8="),
    "a view of bytes": (fields.BinaryField(), memoryview(b"abc"), "YWJj"),
    "several bytes": (fields.BinaryField(), [b"a", bytearray(b"b")], ["YQ==", "Yg=="]),
    "bytes under a field of the dsl": (dsl.Binary(), b"abc", "YWJj"),
    "bytes of no object": (fields.BinaryField(), None, None),
    "a lazy text": (fields.KeywordField(), gettext_lazy("Yes"), "Yes"),
    "a lazy text of any kind": (fields.KeywordField(), lazystr(5), "5"),
    "lazy texts in a list": (fields.KeywordField(), [gettext_lazy("No"), "a"], ["No", "a"]),
    "lazy texts in objects": (
        fields.ObjectField(),
        {"a": [{"b": gettext_lazy("Yes")}]},
        {"a": [{"b": "Yes"}]},
    ),
    "a lazy text as a key": (fields.ObjectField(), {lazystr("a"): 1}, {"a": 1}),
    "numbers as keys": (fields.ObjectField(), {1: "a", 2: {3: "b"}}, {"1": "a", "2": {"3": "b"}}),
    "other keys": (fields.ObjectField(enabled=False), {True: 1, None: 2}, {"true": 1, "null": 2}),
    "dates as keys": (fields.ObjectField(), {date(2026, 1, 2): 1}, {"2026-01-02": 1}),
    "a named tuple": (fields.KeywordField(), Pair("a", "b"), ["a", "b"]),
    "named tuples in a list": (fields.ObjectField(), {"a": [Pair(1, None)]}, {"a": [[1, None]]}),
    "a duration": (fields.KeywordField(), timedelta(days=1, minutes=2), "P1DT00H02M00S"),
    "a duration that is a number": (fields.DoubleField(), timedelta(minutes=1), 60.0),
    "a duration in whole seconds": (fields.LongField(), timedelta(minutes=1), 60.0),
    "a range": (fields.IntegerRangeField(), NumericRange(1, 5), {"gte": 1, "lt": 5}),
    "a closed range": (fields.LongRangeField(), NumericRange(1, 5, "(]"), {"gt": 1, "lte": 5}),
    "a range without end": (fields.FloatRangeField(), NumericRange(1.5, None), {"gte": 1.5}),
    "ranges of decimals": (
        fields.DoubleRangeField(),
        [NumericRange(Decimal("1.5"), Decimal(2))],
        [{"gte": 1.5, "lt": 2.0}],
    ),
    "a range of dates": (
        fields.DateRangeField(),
        DateRange(date(2026, 1, 1), date(2026, 2, 1)),
        {"gte": "2026-01-01", "lt": "2026-02-01"},
    ),
    "a range that is empty": (fields.IntegerRangeField(), NumericRange(empty=True), None),
    "a range of Python": (dsl.IntegerRange(), range(1, 4), {"gte": 1, "lt": 4}),
    "a range as a dict": (fields.IntegerRangeField(), {"gte": 1}, {"gte": 1}),
    "a network": (fields.IpRangeField(), "10.0.0.0/8", "10.0.0.0/8"),
    "an enumeration": (fields.KeywordField(), Shade.DARK, "dark"),
    "a safe text": (fields.TextField(), mark_safe("<b>"), "<b>"),
    "a decimal": (fields.DoubleField(), Decimal("1.50"), 1.5),
    "a number beyond 64 bits": (fields.KeywordField(), 2**70, 2**70),
    "a moment": (fields.DateField(), datetime(2026, 1, 1, tzinfo=UTC), "2026-01-01T00:00:00+00:00"),
    "a time with a zone": (fields.KeywordField(), time(1, 2, tzinfo=UTC), "01:02:00+00:00"),
    "a UUID": (fields.KeywordField(), uuid.UUID(int=1), str(uuid.UUID(int=1))),
    "a dict of another kind": (fields.ObjectField(), OrderedDict(a=1), {"a": 1}),
    "a mapping that is no dict": (fields.ObjectField(), MappingProxyType({"a": 1}), {"a": 1}),
    "null in a text": (fields.TextField(), "null", "null"),
    "an object of the dsl": (
        fields.ObjectField(),
        dsl.InnerDoc(a=[dsl.InnerDoc(b=1)]),
        {"a": [{"b": 1}]},
    ),
}


def under(name: str) -> str:
    return name.replace(" ", "_").lower()


def test_values_that_are_taken(declare: Declare) -> None:
    attributes: dict[str, Any] = {under(name): field for name, (field, _, _) in TAKEN.items()}
    for name, (_, value, _) in TAKEN.items():
        attributes |= holding(value, under(name))
    index = declare(Category, **attributes)
    category()
    assert index.errors() == {}
    assert index.only() == {under(name): expected for name, (_, _, expected) in TAKEN.items()}


def test_values_within_an_object(declare: Declare) -> None:
    names = ("bytes", "a lazy text", "a range", "numbers as keys")
    inner = fields.ObjectField(properties={under(name): TAKEN[name][0] for name in names})
    held = {under(name): TAKEN[name][1] for name in names}
    index = declare(Category, inner=inner, **holding([held], "inner"))
    category()
    assert index.only() == {"inner": [{under(name): TAKEN[name][2] for name in names}]}


def test_lazy_texts_do_not_depend_on_who_asks(declare: Declare) -> None:
    index = declare(Category, value=fields.ObjectField(), **holding({"a": [gettext_lazy("Yes")]}))
    with override("de"):
        category()
    assert index.only() == {"value": {"a": ["Yes"]}}


def test_a_range_is_searched(declare: Declare) -> None:
    index = declare(Category, value=fields.IntegerRangeField(), **holding(NumericRange(1, 5)))
    category()
    assert index.count(term={"value": 4}) == 1
    assert index.count(term={"value": 5}) == 0


REFUSED: dict[str, tuple[Any, Any, str]] = {
    "no number": (fields.DoubleField(), math.nan, " holds a value of the type float that is nan"),
    "infinity": (fields.DoubleField(), -math.inf, " holds a value of the type float that is -inf"),
    "a decimal that is none": (
        fields.DoubleField(),
        Decimal("NaN"),
        " holds a value of the type Decimal",
    ),
    "no number in a list": (
        fields.DoubleField(),
        [1.0, math.inf],
        " holds a value of the type float that is inf",
    ),
    "no number in an object": (
        fields.ObjectField(),
        {"a": [{"b": math.nan}]},
        ".a.b holds a value of the type float",
    ),
    "a decimal beyond floats": (
        fields.DoubleField(),
        Decimal("1e999"),
        " holds a value of the type Decimal",
    ),
    "bytes": (fields.KeywordField(), b"abc", " holds a value of the type bytes"),
    "bytes in an object": (
        fields.ObjectField(),
        {"a": b"abc"},
        ".a holds a value of the type bytes",
    ),
    "a range": (fields.IntegerField(), NumericRange(1, 2), " holds a value of the type"),
    "an object": (fields.KeywordField(), object(), " holds a value of the type object"),
    "a set": (fields.KeywordField(), {"a"}, " holds a value of the type set"),
    "an object as a key": (fields.ObjectField(), {(1, 2): "a"}, " has a key of the type tuple"),
    "two keys that are one": (
        fields.ObjectField(),
        {1: "a", "1": "b"},
        " has two keys that are '1'",
    ),
    "half a character": (
        fields.KeywordField(),
        "a\ud800",
        " holds a value of the type str with half a character",
    ),
}


def test_values_that_are_refused(declare: Declare) -> None:
    attributes: dict[str, Any] = {"secret": fields.KeywordField()}
    attributes |= holding("what nobody needs to see", "secret")
    for name, (field, value, _) in REFUSED.items():
        attributes[under(name)] = field
        attributes |= bad_for(name, value)
    index = declare(Category, **attributes)
    made = {
        name: Category.objects.create(name=name, slug=under(name)) for name in (*REFUSED, "good")
    }
    assert list(index.read()) == [str(made["good"].pk)]
    errors = index.errors()
    for name, (_, _, expected) in REFUSED.items():
        error = errors[str(made[name].pk)]
        assert f"{under(name)}{expected}" in error
        assert "nobody needs" not in error
        assert len(error) < 250
    made["infinity"].name = "mended"
    made["infinity"].save()
    assert len(index.read()) == 2


def bad_for(name: str, value: Any) -> dict[str, Any]:
    return {f"prepare_{under(name)}": lambda self, c: value if c.name == name else None}


def test_an_object_that_holds_itself(declare: Declare) -> None:
    value: list[Any] = []
    value.append(value)
    index = declare(Category, value=fields.KeywordField(), **holding(value))
    bad = category()
    assert "It contains itself" in index.errors()[str(bad.pk)]


def test_a_model_instance_is_named_by_its_type(declare: Declare) -> None:
    index = declare(
        Product, value=fields.KeywordField(), prepare_value=lambda self, product: product.category
    )
    product = Product.objects.create(name="p", description="", price=1, category=category())
    assert "value holds a value of the type Category" in index.errors()[str(product.pk)]
