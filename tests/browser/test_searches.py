"""What visitors search and open, and the page that shows it, as a browser does."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from django_es_admin.insight.log import note
from tests.browser.conftest import OpenPage
from tests.browser.test_pages import visit_strictly

pytestmark = pytest.mark.usefixtures("products")
LATE = "/admin/elasticsearch/loggedsearch/?of=default:products&list=late"


@pytest.fixture(autouse=True)
def _log(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(note, "FLUSH_SECONDS", 0.0)
    settings.ES_ADMIN = {**settings.ES_ADMIN, "SEARCH_LOG": {"CLICKS": True}}
    note.forget_all()
    yield
    note.forget_all()


@pytest.mark.few(1)
@pytest.mark.parametrize("javascript", [True, False])
def test_from_the_box_of_the_shop_to_the_list_of_what_is_clicked_late(
    open_page: OpenPage, javascript: bool
) -> None:
    page = open_page("/?q=trail", java_script_enabled=javascript)
    third = page.locator(".products h2 a").nth(2)
    name = third.inner_text()
    third.click()
    expect(page).to_have_url(re.compile(r"/products/\d+/$"))
    expect(page.locator("h1")).to_have_text(name)
    key = page.url.rstrip("/").rpartition("/")[2]
    # Back and once more: the same page of results is one visit.
    page.go_back()
    page.locator(".products h2 a").nth(2).click()
    if javascript:
        assert visit_strictly(page, LATE) == []
    page.goto(LATE)
    row = page.locator("#searches tbody tr")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("3.0")
    expect(row).to_contain_text("1 time, rank 3.0")
    expect(row.get_by_role("link", name=key, exact=True)).to_be_visible()
    row.get_by_role("link", name="trail", exact=True).click()
    expect(page.locator("#results tbody tr").nth(2)).to_contain_text(name)
    page.go_back()
    row.get_by_role("link", name="why not found?").click()
    page.get_by_label("Key of the object").fill(key)
    page.get_by_role("button", name="Explain").click()
    expect(page.locator("#why-answer")).to_contain_text("Found, as number")
