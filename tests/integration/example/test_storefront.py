"""The shop's pages, without a browser."""

import gettext
import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import shop as shop_package
from django.test import Client
from django.urls import reverse
from shop.models import Product
from shop.search import FacetedSearchService

from tests.integration.admin.searching import no_elasticsearch

from .storefront import ACTIVE

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shop")]

HOME = reverse("home")


def page(client: Client, status: int = 200, language: str = "en", **query: Any) -> str:
    response = client.get(HOME, query, headers={"accept-language": language})
    assert response.status_code == status
    text: str = response.content.decode()
    return text


def products(html: str) -> list[str]:
    found = re.findall(r"<h2>(.*?)</h2>", html)
    return [unescape(re.sub("<[^>]+>", "", each)) for each in found]


def links(html: str) -> dict[str, str]:
    """Return the text of each link -> where it leads."""
    found = re.findall(r'<a[^>]*?href="([^"]*)"[^>]*>(.*?)</a>', html)
    return {re.sub("<[^>]+>", "", text): unescape(address) for address, text in found}


def test_the_front_page_shows_what_there_is(client: Client) -> None:
    html = page(client)
    assert sorted(products(html)) == sorted(product["name"] for product in ACTIVE)
    assert "9 products" in html
    assert 'href="#filters"' in html
    assert "Secret Lantern" not in html
    assert re.search(r'value="Lighting"> Lighting <span class="count">3</span>', html)


def test_words_are_marked_and_what_a_seller_wrote_is_text(client: Client) -> None:
    html = page(client, q="desk lantern")
    assert "<mark>Desk</mark> <mark>Lantern</mark> &lt;b&gt;&amp; more" in html
    assert "<b>" not in html
    assert "<i>" not in html
    hostile = page(client, q='"><script>alert(1)</script>')
    assert "<script>alert" not in hostile


def test_choices_stay_chosen_and_their_siblings_there(client: Client) -> None:
    html = page(client, category=["Shoes", "Care"], brand="Fleetfoot", sort="price_asc")
    assert products(html) == ["Shoe polish", "Running shoes"]
    for name in ("Shoes", "Care"):
        assert f'name="category" value="{name}" checked' in html
    assert 'name="category" value="Lighting"' not in html  # Fleetfoot has none
    assert 'name="brand" value="Northpath">' in html
    assert '<option value="price_asc" selected>' in html
    assert '<input type="hidden" name="brand" value="Fleetfoot">' in html
    assert 'value="Nobody" checked> Nobody <span class="count">0</span>' in page(
        client, brand="Nobody"
    )


def test_ranges_of_prices_lead_to_as_many_as_they_say(client: Client) -> None:
    html = page(client)
    ranges = re.findall(r'<li><a href="([^"]+)">([^<]+)</a> <span class="count">(\d+)</span>', html)
    assert [label for _, label, _ in ranges] == [
        "Under 50",
        "50 to 100",
        "100 to 200",
        "200 and more",
    ]
    for address, _, count in ranges:
        response = client.get(HOME + unescape(address))
        assert len(products(response.content.decode())) == int(count)


def test_pages_are_linked(client: Client) -> None:
    html = page(client, page_size="2", sort="newest", page="2")
    assert len(products(html)) == 2
    assert '<a aria-current="page"' in html
    third = client.get(HOME + links(html)["3"]).content.decode()
    assert products(third)
    assert not set(products(third)) & set(products(html))
    beyond = page(client, page_size="2", page="99")
    assert "There is no such page any more." in beyond
    assert (
        len(products(client.get(HOME + links(beyond)["To the first page"]).content.decode())) == 2
    )


def test_another_spelling_is_offered(client: Client) -> None:
    html = page(client, q="runing shoes")
    assert links(html)["running shoes"] == "?q=running+shoes"
    assert "<em>running</em> shoes" in html
    assert "Did you mean" not in page(client, q="running shoes")


def test_nothing_is_found(client: Client) -> None:
    assert "Nothing fits." in page(client, q="xylophagous")


@pytest.mark.parametrize(
    ("name", "value"),
    [("page", "x"), ("min_price", "nan"), ("q", "x" * 1_001), ("q", "\0"), ("after", "x")],
)
def test_what_cannot_be_meant_is_told(client: Client, name: str, value: str) -> None:
    html = page(client, 400, **{name: value})
    assert 'role="alert"' in html
    assert f"“{name}”" in html
    assert links(html)["Begin anew"] == HOME


def test_while_elasticsearch_is_down(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    with no_elasticsearch():
        assert "The search does not answer at the moment." in page(client, 503, q="lantern")
        monkeypatch.setattr(FacetedSearchService, "fallback", "database")
        html = page(client, q="lantern")
    assert "answered by the database" in html
    assert "Blue Lantern" in products(html)


def test_one_product(client: Client) -> None:
    product = Product.objects.get(name="Blue Lantern")
    response = client.get(reverse("product", args=[product.pk]))
    html = response.content.decode()
    assert "<h1>Blue Lantern</h1>" in html
    assert "sale" in html
    by_brand = client.get(links(html)["Lumen"]).content.decode()
    assert sorted(products(by_brand)) == ["Blue Lantern", "Red Lantern"]
    hidden = Product.objects.get(name="Secret Lantern")
    for key in (hidden.pk, 0, 2**70):
        assert client.get(f"/products/{key}/").status_code == 404


def test_nothing_is_loaded_or_run_but_what_is_the_shop_s(client: Client) -> None:
    product = Product.objects.get(name="Blue Lantern")
    for address in (f"{HOME}?q=lantern", reverse("product", args=[product.pk])):
        response = client.get(address)
        assert response["Content-Security-Policy"].startswith("default-src 'self';")
        html = response.content.decode()
        assert not re.search(r"<style|style=|<script(?![^>]*src=)|\son\w+=", html)


def test_the_pages_in_german(client: Client) -> None:
    html = page(client, language="de", q="runing shoes")
    assert "Meinten Sie" in html
    assert "2 Produkte" in page(client, language="de", category="Shoes")
    assert '<html lang="de">' in html
    assert "80,00" in page(client, language="de", q="running")


def test_the_compiled_catalogue_is_that_of_the_source() -> None:
    folder = Path(shop_package.__file__).parent / "locale/de/LC_MESSAGES"
    with (folder / "django.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)._catalog
    source = (folder / "django.po").read_text()
    texts = re.findall(r'^msgstr(?:\[\d\])? "(.+)"$', source, re.M)
    assert sorted(texts) == sorted(text for key, text in compiled.items() if key)
    shown = " ".join(
        path.read_text()
        for path in (*folder.parents[2].glob("*.py"), *folder.parents[2].rglob("*.html"))
    )
    for message in re.findall(r'^msgid "(.+)"$', source, re.M):
        assert re.sub(r"%\((\w+)\)s", r"{{ \1 }}", message) in shown, message
