"""The search box of a change list as a browser shows it."""

import pytest
from playwright.sync_api import expect

from .conftest import OpenPage

PRODUCTS = "/admin/shop/product/"

pytestmark = pytest.mark.usefixtures("products")


@pytest.mark.few(1)
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_help_opens_without_a_script(open_page: OpenPage, width: int, scheme: str) -> None:
    page = open_page(
        PRODUCTS,
        java_script_enabled=False,
        color_scheme=scheme,
        viewport={"width": width, "height": 900},
    )
    help_ = page.locator("#search-operators")
    expect(help_).not_to_be_visible()
    button = page.get_by_role("button", name="Search with operators")
    # It helps with the search, and must not look like what one came for.
    size = button.bounding_box()
    assert size is not None
    assert size["height"] < 25
    button.click()
    expect(help_).to_be_visible()
    expect(help_).to_contain_text("price:>10")
    box = help_.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    page.keyboard.press("Escape")
    expect(help_).not_to_be_visible()


def test_a_mistake_is_marked(open_page: OpenPage) -> None:
    page = open_page(f"{PRODUCTS}?q=shoe+price:>cheap")
    expect(page.locator("#search-summary mark")).to_have_text("cheap")
    expect(page.locator("#search-summary")).to_contain_text("A number belongs here.")
    page.get_by_role("link", name="shoe price cheap").click()
    expect(page.locator("#search-summary")).to_contain_text("No hits for shoe price cheap.")


def test_hits_are_marked(open_page: OpenPage) -> None:
    page = open_page(f"{PRODUCTS}?q=trail+-sandal")
    expect(page.locator("#result_list mark").first).to_have_text("Trail")
    expect(page.locator("#result_list tbody tr")).to_have_count(20)
