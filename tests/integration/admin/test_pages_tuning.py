"""The page of two settings: who may, what it says, and that it changes nothing."""

from collections.abc import Callable

import pytest
from django.urls import reverse
from elasticsearch import Elasticsearch
from shop.models import Product
from shop.search import ProductSearchService

from django_es_admin.indices.definition import get_definition
from django_es_admin.models import Operation
from tests.integration.insight.test_tuning import logged  # noqa: F401 (a fixture)

from .visitors import visitor

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_page_changes_nothing(
    products: list[Product],
    logged: Callable[..., None],  # noqa: F811
    es: Elasticsearch,
) -> None:
    es.indices.refresh(index=get_definition("products").alias)
    service = "ProductSearchService"
    logged(products[0].name.lower(), index="products", search=service)
    url = reverse("admin:elasticsearch_index_tuning", args=["default_3Aproducts"])
    for rights in ((), ("elasticsearch.view_index",), ("elasticsearch.view_loggedsearch",)):
        assert visitor(*rights).get(url).status_code == 403
    some = visitor("elasticsearch.view_index", "elasticsearch.view_loggedsearch")
    assert some.get(url).status_code == 403
    client = visitor(superuser=True)
    assert client.post(url).status_code == 405
    before = (ProductSearchService.fields, ProductSearchService.operator)
    assert "tuning-answer" not in client.get(url).content.decode()
    asked = {"search": service, "fields": "brand", "operator": "or", "fuzziness": "0"}
    page = client.get(url, asked).content.decode()
    assert "Of 1 search 0 are the same" in page
    assert "fields = (&quot;brand&quot;,)" in page
    assert (ProductSearchService.fields, ProductSearchService.operator) == before
    assert not Operation.objects.filter(kind=Operation.Kind.UPDATE).exists()
    for wrong in ({"fields": "<b>"}, {"search": "nope"}, {"fuzziness": "x"}, {"fields": "a\0"}):
        text = client.get(url, {**asked, **wrong}).content.decode()
        assert 'class="error"' in text
        assert "<b>" not in text


def test_the_search_box_can_be_tuned(
    products: list[Product],
    logged: Callable[..., None],  # noqa: F811
    es: Elasticsearch,
) -> None:
    es.indices.refresh(index=get_definition("products").alias)
    logged(products[0].name.lower(), index="products", search="admin")
    url = reverse("admin:elasticsearch_index_tuning", args=["default_3Aproducts"])
    asked = {"search": "admin", "fields": "sku", "operator": "and", "fuzziness": "0"}
    page = visitor(superuser=True).get(url, asked).content.decode()
    assert "Of 1 search 0 are the same" in page
    assert "search_fields = (&quot;sku&quot;,)" in page
