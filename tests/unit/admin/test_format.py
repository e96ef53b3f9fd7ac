"""Numbers, sizes, times and definitions as the pages show them."""

from datetime import UTC, datetime

import pytest
from django.utils import timezone, translation

from django_es_admin.admin.pages.parts import format as formatting

NBSP = "\N{NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "—"), (0, "0"), (999, "999"), (21302, "21,302"), (9_000_120, "9,000,120"), (-3, "-3")],
)
def test_numbers_are_grouped(value: int | None, text: str) -> None:
    assert formatting.number(value) == text


def test_numbers_follow_the_language() -> None:
    with translation.override("de"):
        assert formatting.number(21302) == "21.302"
        assert formatting.size(1_234_567) == f"1,2{NBSP}MB"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0 B"),
        (227, "227 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (9_949, "9.9 kB"),
        (9_960, "10 kB"),
        (17_900_000, "18 MB"),
        (999_499, "999 kB"),
        (999_500, "1.0 MB"),
        (4_100_000_000, "4.1 GB"),
        (5 * 10**12, "5.0 TB"),
        (7 * 10**15, "7.0 PB"),
        (12_345 * 10**15, "12,345 PB"),
    ],
)
def test_sizes_are_in_si_units(value: int, text: str) -> None:
    assert formatting.size(value) == text.replace(" ", NBSP)


def test_no_size() -> None:
    assert formatting.size(None) == "—"


@pytest.mark.parametrize(
    ("value", "text"), [(0.2, f"<{NBSP}1 ms"), (1.4, "1 ms"), (12.6, "13 ms"), (1500, "1,500 ms")]
)
def test_latency(value: float, text: str) -> None:
    assert formatting.latency(value) == text


def test_moments_are_in_the_current_zone_with_the_full_value_as_title() -> None:
    value = datetime(2026, 11, 21, 23, 30, 5, 999, tzinfo=UTC)
    with timezone.override("Asia/Tokyo"):
        assert formatting.moment(value) == (
            '<time datetime="2026-11-22T08:30:05+09:00" title="2026-11-22 08:30:05 JST">'
            "Nov. 22, 2026, 08:30:05</time>"
        )
    with translation.override("de"):
        assert ">21. November 2026, 23:30:05</time>" in formatting.moment(value)


def test_a_moment_without_a_zone_is_shown_as_it_is() -> None:
    """A project with USE_TZ off has such dates in its tables."""
    value = datetime(2026, 1, 2, 3, 4, 5)  # noqa: DTZ001
    assert 'title="2026-01-02 03:04:05"' in formatting.moment(value)


def test_no_moment() -> None:
    assert formatting.moment(None) == "—"


def test_definitions_have_their_type_first() -> None:
    assert formatting.definition({"analyzer": "english", "type": "text", "norms": False}) == (
        "text, analyzer: english, norms: false"
    )
    assert formatting.definition({"dynamic": "strict"}) == "object, dynamic: strict"
    assert formatting.definition(None) == ""


def test_values_that_json_does_not_know_are_shown_as_text() -> None:
    assert formatting.plain(datetime(2026, 1, 2, tzinfo=UTC)) == '"2026-01-02 00:00:00+00:00"'
    assert formatting.pretty_json({"ü": {1}}) == '{\n  "ü": "{1}"\n}'
