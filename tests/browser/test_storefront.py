"""The shop's pages as a browser shows them."""

import re

import pytest
from playwright.sync_api import Page, expect

from .conftest import OpenPage

pytestmark = pytest.mark.usefixtures("products")


def suggestions(page: Page) -> list[str]:
    return page.locator("#suggestions li").all_inner_texts()


def test_names_are_suggested_and_chosen_by_keyboard(open_page: OpenPage) -> None:
    page = open_page("/")
    box = page.get_by_role("combobox", name="Search for products")
    box.press_sequentially("trail shoe 1")
    expect(page.locator("#suggestions [role=option]").first).to_be_visible()
    expect(page.locator("#suggestions [role=option]")).to_have_count(10)
    assert all(text.startswith("Trail shoe") for text in suggestions(page))
    box.press("ArrowDown")
    expect(box).to_have_value(suggestions(page)[0])
    box.press("ArrowUp")
    expect(box).to_have_value("trail shoe 1")
    box.press("Escape")
    expect(page.locator("#suggestions")).not_to_be_visible()
    box.press("Enter")
    expect(page).to_have_url(re.compile(r"q=trail\+shoe\+1"))
    expect(page.locator(".products mark").first).to_have_text("Trail")


def test_a_suggestion_is_chosen_by_mouse(open_page: OpenPage) -> None:
    page = open_page("/")
    page.get_by_role("combobox", name="Search for products").press_sequentially("trial")  # a typo
    option = page.locator("#suggestions [role=option]").first
    name = option.inner_text()
    option.click()
    expect(page).to_have_url(re.compile("q=Trail"))
    expect(page.locator(".products h2").first).to_have_text(name)


@pytest.mark.few(1)
@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_search_from_box_to_product_without_a_script(
    open_page: OpenPage, width: int, scheme: str
) -> None:
    page = open_page(
        "/",
        java_script_enabled=False,
        color_scheme=scheme,
        viewport={"width": width, "height": 800},
    )
    page.get_by_role("searchbox").fill("trail")
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page.locator(".total")).to_contain_text("20 products")
    page.get_by_label("Sort by").select_option("newest")
    page.get_by_label("Northpath").check()
    page.get_by_label("from").fill("50")
    page.get_by_role("button", name="Apply").click()
    expect(page).to_have_url(re.compile("brand=Northpath.*min_price=50"))
    expect(page.locator(".total")).to_contain_text("20 products")
    expect(page.get_by_label("Northpath")).to_be_checked()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_role("link", name="Trail shoe").first.click()
    expect(page.locator("h1")).to_contain_text("Trail shoe")
    page.wait_for_load_state("load")
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(255, 255, 255)") == (scheme == "light")
