"""Links to a model's own pages."""

from typing import Any

from django.test.utils import isolate_apps
from shop.models import Product

from django_es_admin.admin.pages.parts.links import model_links


def app(**model: Any) -> dict[str, Any]:
    return {"models": [{"model": Product, "admin_url": "/admin/shop/product/", **model}]}


def test_of_a_model_that_the_site_shows() -> None:
    links = model_links([app()], "admin")
    assert links.changelist("shop.Product") == "/admin/shop/product/"
    assert links.change("shop.Product", "a/b") == "/admin/shop/product/a_2Fb/change/"


def test_of_a_model_that_it_does_not_show() -> None:
    for apps in ([], [app(admin_url=None)]):
        links = model_links(apps, "admin")
        assert links.changelist("shop.Product") == ""
        assert links.change("shop.Product", "1") == ""


@isolate_apps("shop")
def test_of_a_model_whose_pages_have_other_names() -> None:
    class Elsewhere(Product):
        class Meta:
            app_label = "shop"
            proxy = True

    links = model_links([app(model=Elsewhere, admin_url="/x/")], "admin")
    assert links.changelist("shop.Elsewhere") == "/x/"
    assert links.change("shop.Elsewhere", "1") == ""
