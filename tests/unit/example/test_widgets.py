"""From cells to values."""

from decimal import Decimal

import pytest
from django.utils import translation
from shop.widgets import FlagWidget, PriceWidget, TagsWidget, TextWidget


def test_text_is_stripped_only_where_asked() -> None:
    assert TextWidget(strip=True).clean("  a b ") == "a b"
    assert TextWidget().clean("  a b ") == "  a b "


def test_text_with_a_nul_is_refused() -> None:
    with pytest.raises(ValueError, match="NUL"):
        TextWidget().clean("a\x00b")


@pytest.mark.parametrize("cell", ["abc", "NaN", "Infinity", "-Infinity", "1,5"])
def test_a_price_that_is_no_number_is_refused(cell: str) -> None:
    with pytest.raises(ValueError, match=f"“{cell}” is not a number"):
        PriceWidget().clean(cell)


def test_an_empty_price_is_none() -> None:
    assert PriceWidget().clean("") is None


@pytest.mark.parametrize("language", ["en", "de", "fr"])
def test_a_price_is_written_as_it_is_read_in_every_language(language: str) -> None:
    with translation.override(language):
        text = PriceWidget().render(Decimal("1234.50"))
        assert text == "1234.50"
        assert PriceWidget().clean(text) == Decimal("1234.50")


@pytest.mark.parametrize(
    ("cell", "flag"), [("1", True), ("true", True), ("True", True), ("0", False), ("FALSE", False)]
)
def test_flags(cell: str, flag: bool) -> None:
    assert FlagWidget().clean(cell) is flag


@pytest.mark.parametrize("cell", ["maybe", "yes", "2", "", None])
def test_a_flag_that_is_neither_yes_nor_no_is_refused(cell: str | None) -> None:
    with pytest.raises(ValueError, match="neither 1 nor 0"):
        FlagWidget().clean(cell)


def test_tag_names_are_trimmed_and_taken_once() -> None:
    assert TagsWidget().split(" b;a ;; b;") == ["b", "a"]
    assert TagsWidget().split(None) == []
