"""Values after the name of a field, in each kind of field that a server has."""

from typing import Any

import pytest
from elasticsearch import BadRequestError, Elasticsearch

from django_es_admin.exceptions import SearchUnreadable
from django_es_admin.search.operators.build import build_advanced
from django_es_admin.search.text.fields import SearchField
from django_es_admin.search.text.query import Matching, build_query
from django_es_admin.search.text.words import read_words

NUMBERS = ("byte", "short", "integer", "long", "half_float", "float", "double", "scaled_float")
DATES = ("date", "date_nanos")
OTHERS = ("keyword", "text", "boolean", "unsigned_long", "ip", "integer_range")
VALUES = (-5, -3, 0, 4, 5)
DAYS = ("2024-02-29T10:00:00Z", "2024-12-31", "2025-01-01", "1999-07-20", "2026-11-21")


def options(kind: str) -> dict[str, Any]:
    """Return the mapping of a field of a kind; its dates have a form that nobody types."""
    if kind == "scaled_float":
        return {"type": kind, "scaling_factor": 100}
    if kind == "date":
        return {"type": kind, "format": "epoch_second||strict_date_optional_time"}
    return {"type": kind}


@pytest.fixture
def fields(es: Elasticsearch, prefix: str) -> dict[str, SearchField]:
    """An index with a field of each kind that the server has, and five documents."""
    kinds = []
    for kind in (*NUMBERS, *DATES, *OTHERS):
        try:
            es.indices.create(
                index=f"{prefix}one-{kind}", mappings={"properties": {"one": options(kind)}}
            )
        except BadRequestError:
            # A module that this server does not have.
            assert kind in ("scaled_float", "unsigned_long")
        else:
            kinds.append(kind)
    es.indices.create(
        index=f"{prefix}kinds",
        mappings={"properties": {f"f.{kind}": options(kind) for kind in kinds}, "dynamic": False},
    )
    for value, day in zip(VALUES, DAYS, strict=True):
        document: dict[str, Any] = {f"f.{kind}": value for kind in NUMBERS if kind in kinds}
        document |= {f"f.{kind}": day for kind in DATES}
        document |= {"f.keyword": str(value), "f.text": f"{value} degrees", "f.boolean": value > 0}
        document |= {"f.ip": f"10.0.0.{value + 10}"}
        document |= {"f.integer_range": {"gte": value, "lt": value + 1}}
        if "unsigned_long" in kinds:
            document["f.unsigned_long"] = abs(value)
        es.index(index=f"{prefix}kinds", id=str(value), document=document)
    es.indices.refresh(index=f"{prefix}kinds")
    return {kind: SearchField(f"f.{kind}", 1, kind) for kind in kinds}


class Asked:
    """Asks for hits."""

    def __init__(self, es: Elasticsearch, prefix: str, fields: dict[str, SearchField]) -> None:
        self._es = es
        self._index = f"{prefix}kinds"
        self._fields = fields
        self._names = {field.path: field for field in fields.values()}

    def operators(self, term: str, *kinds: str) -> list[int]:
        searched = [self._fields[kind] for kind in kinds or ("text",)]
        return self._find(build_advanced(searched, self._names, term, Matching()))

    def words(self, term: str, *kinds: str) -> list[int]:
        searched = [self._fields[kind] for kind in kinds]
        return self._find(build_query(searched, read_words(term), Matching()))

    def _find(self, query: dict[str, Any]) -> list[int]:
        answer = self._es.search(index=self._index, query=query)
        return sorted(int(hit["_id"]) for hit in answer["hits"]["hits"])


def test_values_of_each_kind(
    es: Elasticsearch, prefix: str, fields: dict[str, SearchField]
) -> None:
    asked = Asked(es, prefix, fields)
    for kind in (kind for kind in NUMBERS if kind in fields):
        for value, expected in {
            "-5": [-5],
            "(-5)": [-5],
            '"-5"': [-5],
            "\N{MINUS SIGN}5": [-5],
            "\N{EN DASH}5": [-5],
            "\N{FULLWIDTH HYPHEN-MINUS}5": [-5],
            ">\N{EM DASH}3": [0, 4, 5],
            "[* TO \N{EN DASH}3]": [-5, -3],
            "“-5”": [-5],
            "+4": [4],
            "4.0": [4],
            "4.": [4],
            "4e0": [4],
            ">=-2.50": [0, 4, 5],
            ">= -2.50": [0, 4, 5],
            ">+4": [5],
            "<-3": [-5],
            ">-.5": [0, 4, 5],
            "(>-5 <5)": [-3, 0, 4],
            "(-5 OR >=5)": [-5, 5],
            "[-5 TO -1]": [-5, -3],
            "{-5 TO 4}": [-3, 0],
            "([-5 TO -4] OR 5)": [-5, 5],
            "NOT 5": [-5, -3, 0, 4],
        }.items():
            assert asked.operators(f"f.{kind}:{value}") == expected, (kind, value)
            assert asked.operators(f"F.{kind.upper()}:{value}") == expected, (kind, value)
        assert asked.operators(f"-f.{kind}:-5") == [-3, 0, 4, 5]
        for value in ("- 5", "+-5", "5-", "--5", "5,5", "x", "-", "1e", "."):
            with pytest.raises(SearchUnreadable):
                asked.operators(f"f.{kind}:{value}")


def test_days_of_each_kind(es: Elasticsearch, prefix: str, fields: dict[str, SearchField]) -> None:
    asked = Asked(es, prefix, fields)
    for kind in DATES:
        for value, expected in {
            "2024": [-5, -3],
            "2024-02": [-5],
            "2024-02-29": [-5],
            "2024\N{EN DASH}02\N{HYPHEN}29": [-5],
            "2024-02-29T10:00": [-5],
            "2024-02-29T10:00:00": [-5],
            "2024-02-29T10:01": [],
            ">2024": [0, 5],
            "<=2024-02": [-5, 4],
            "(>=2024-02 <2024-12)": [-5],
            "[2024-02 TO 2024]": [-5, -3],
            "1999": [4],
        }.items():
            found = asked.operators(f"f.{kind}:{value}")
            assert found == expected, (kind, value)
            if value[0].isdigit():
                # In plain words, the same.
                assert asked.words(value, kind, "keyword") == expected, (kind, value)
                assert asked.operators(value, kind, "keyword") == expected, (kind, value)
        for value in ("-2024", "+2024", ">-2024", "2024-13", "24", "today", "2024-02-30"):
            with pytest.raises(SearchUnreadable):
                asked.operators(f"f.{kind}:{value}")
    for year in ("1969", "2262", "9999"):
        assert asked.operators(f"f.date:{year}") == []
        with pytest.raises(SearchUnreadable):
            asked.operators(f"f.date_nanos:{year}")
        # Among other words it is just not found there.
        assert asked.words(year, "date_nanos", "text") == []


def test_yes_and_no_in_both_modes(
    es: Elasticsearch, prefix: str, fields: dict[str, SearchField]
) -> None:
    asked = Asked(es, prefix, fields)
    for values, expected in ((("yes", "YES", "true"), [4, 5]), (("no", "No"), [-5, -3, 0])):
        for value in values:
            assert asked.operators(f"f.boolean:{value}") == expected
            assert asked.words(value, "boolean", "text") == expected
            assert asked.operators(value, "boolean", "text") == expected


def test_a_sign_and_a_digit_after_any_field_are_a_value(
    es: Elasticsearch, prefix: str, fields: dict[str, SearchField]
) -> None:
    asked = Asked(es, prefix, fields)
    assert asked.operators("f.keyword:-5") == [-5]
    assert asked.operators("f.keyword:(-5 OR -3)") == [-5, -3]
    assert asked.operators("f.integer_range:-5") == [-5]
    assert asked.operators("f.ip:-5") == []
    assert 0 not in asked.operators("f.text:-5")
    assert asked.operators('f.ip:"10.0.0.5"') == [-5]
    assert asked.operators('-f.ip:"10.0.0.5"') == [-3, 0, 4, 5]
    assert asked.operators("f.ip:“10.0.0.0/29”") == [-5, -3]
    for value in ("5", "a word", "2024"):
        assert asked.operators(f'f.ip:"{value}"') == []
    assert asked.operators('f.integer_range:"-5"') == [-5]
    assert asked.operators('f.integer_range:"a word"') == []
    for value in ("1e99", "-1e99", "[1e99 TO *]"):
        assert asked.operators(f"f.double:{value}") == []
        assert asked.operators(f"f.half_float:{value}") == []
    if "unsigned_long" in fields:
        assert asked.operators("f.unsigned_long:>=4") == [-5, 4, 5]
        assert asked.operators("f.unsigned_long:18446744073709551615") == []
        with pytest.raises(SearchUnreadable):
            asked.operators("f.unsigned_long:18446744073709551616")
    assert asked.operators("f.long:9223372036854775807") == []
    assert asked.operators("f.long:-9223372036854775808") == []
    with pytest.raises(SearchUnreadable):
        asked.operators("f.long:9223372036854775808")
