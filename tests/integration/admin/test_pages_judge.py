"""The page of results on which staff give grades."""

import re
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from shop.models import Product

from django_es_admin.models import Judgement

from .searching import no_elasticsearch
from .visitors import visitor

pytestmark = pytest.mark.django_db(transaction=True)
URL = reverse("admin:elasticsearch_index_judge", args=["default_3Aproducts"])
ASKED = f"{URL}?search=ProductSearchService&q=Trail++shoe"
RIGHTS = [
    "elasticsearch.view_index",
    "shop.view_product",
    *(f"elasticsearch.{verb}_judgement" for verb in ("view", "add", "change", "delete")),
]


def grades() -> dict[str, int]:
    rows = Judgement.objects.filter(search="ProductSearchService", words="trail shoe")
    return dict(rows.values_list("key", "grade"))


def shown(client: Client, url: str = ASKED) -> list[str]:
    page = client.get(url)
    assert page.status_code == 200
    return re.findall(r'name="grade:([^"]*)"', page.content.decode())


def test_grades_are_given_changed_and_taken_back(products: list[Product]) -> None:
    client = visitor(*RIGHTS)
    keys = [str(product.pk) for product in products]
    assert sorted(shown(client)) == sorted(keys)
    response = client.post(ASKED, {f"grade:{keys[0]}": "3", f"grade:{keys[1]}": "0"})
    assert (response.status_code, response.headers["Location"]) == (302, ASKED)
    assert grades() == {keys[0]: 3, keys[1]: 0}
    assert LogEntry.objects.count() == 2
    page = client.get(ASKED).content.decode()
    assert 'value="ProductSearchService" selected' in page
    assert "2 judgements were changed." in page
    assert page.count('value="3" selected') == page.count('value="0" selected') == 1
    data = {f"grade:{keys[0]}": "", f"grade:{keys[1]}": "0", f"grade:{keys[2]}": "2"}
    client.post(ASKED, data)
    # What has the same grade already is left alone.
    assert LogEntry.objects.count() == 3
    assert grades() == {keys[1]: 0, keys[2]: 2}


def test_what_is_judged_and_not_found_is_shown(products: list[Product]) -> None:
    row = {"index": "products", "search": "ProductSearchService", "words": "trail shoe"}
    Judgement.objects.create(**row, key="987654", grade=3)
    client = visitor(*RIGHTS)
    assert shown(client)[-1] == "987654"
    client.post(ASKED, {"grade:987654": ""})
    assert grades() == {}


@pytest.mark.parametrize("value", ["4", "-1", "x", "3.0", "٣", "null"])
def test_another_grade_is_none(products: list[Product], value: str) -> None:
    key = str(products[0].pk)
    visitor(*RIGHTS).post(ASKED, {f"grade:{key}": value, "grade:1000000": "3", "grade:": "3"})
    assert grades() == {}


def test_who_may_not_judge_sees_the_grades(products: list[Product]) -> None:
    key = str(products[0].pk)
    reader = visitor(*RIGHTS[:4])
    assert "disabled" in reader.get(ASKED).content.decode()
    assert reader.post(ASKED, {f"grade:{key}": "3"}).status_code == 403
    assert grades() == {}
    assert visitor(*RIGHTS[:2]).get(ASKED).status_code == 403
    assert visitor(RIGHTS[0], *RIGHTS[2:]).get(ASKED).status_code == 403


def test_a_post_from_elsewhere_is_refused(products: list[Product]) -> None:
    client = visitor(superuser=True)
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client.cookies
    assert strict.post(ASKED, {f"grade:{products[0].pk}": "3"}).status_code == 403
    assert grades() == {}


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"search": "Nope"}, 404),
        ({"q": "\0"}, 200),
        ({"q": " "}, 200),
        ({"q": "x" * 3000}, 200),
        ({"q": "<script>alert(1)</script>"}, 200),
        ({"q": '"]}} OR *'}, 200),
        ({}, 200),
    ],
    ids=str,
)
def test_odd_addresses(products: list[Product], asked: dict[str, Any], status: int) -> None:
    response = visitor(*RIGHTS).get(URL, asked)
    assert response.status_code == status
    assert b"<script>alert" not in response.content


def test_without_elasticsearch(products: list[Product]) -> None:
    client = visitor(*RIGHTS)
    with no_elasticsearch():
        page = client.get(ASKED)
        answer = client.post(ASKED, {f"grade:{products[0].pk}": "3"})
    assert page.status_code == 200
    assert answer.status_code == 409
    assert b'class="error"' in page.content
    assert grades() == {}
