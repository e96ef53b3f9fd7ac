"""Ours: what the guide shows, and does not test. Saves are committed here, as on a site."""

from django.core.management import call_command
from django.test import TransactionTestCase
from products.bulk_index import bulk_index_products
from products.documents import ProductDocument
from products.models import Product
from products.search import (
    ProductSearchService,
    force_refresh_index,
    get_autocomplete_suggestions,
    get_search_suggestions,
    optimized_search,
    resilient_search,
    search_products,
)
from related.documents import ProductDocument as RelatedDocument
from related.models import Category, Tag
from related.models import Product as RelatedProduct

URLS = "products.urls"


def add(number, **values):
    return Product.objects.create(
        **{
            "name": f"Running Shoe {number}",
            "description": "Light and fast",
            "price": 50 + number,
            "category": "Shoes",
            "brand": "Acme",
            "sku": f"SKU-{number}",
            **values,
        }
    )


class ProductCase(TransactionTestCase):
    def setUp(self):
        call_command("search_index", "--rebuild", "-f", verbosity=0)
        self.shoe = add(1)
        add(2, brand="Other", price=200)
        self.hidden = add(3, is_active=False)
        force_refresh_index()

    def test_a_save_is_in_the_index_and_what_is_not_active_is_not(self):
        names = {hit.name for hit in search_products("runing")}
        self.assertEqual(names, {"Running Shoe 1", "Running Shoe 2"})
        self.shoe.is_active = False
        self.shoe.save()
        force_refresh_index()
        self.assertEqual(len(search_products("running")), 1)

    def test_pages_and_orders(self):
        service = ProductSearchService()
        found = service.search(sort_by="price_desc", page=2, page_size=1)
        self.assertEqual([hit["name"] for hit in found["results"]], ["Running Shoe 1"])
        self.assertEqual((found["total"], found["total_pages"]), (2, 2))

    def test_suggestions(self):
        texts = [each["text"] for each in get_autocomplete_suggestions("run")]
        self.assertEqual(texts, ["Running Shoe 1", "Running Shoe 2"])
        self.assertIn("running", [each["text"] for each in get_search_suggestions("runing")])

    def test_highlights(self):
        found = optimized_search("light")
        self.assertEqual(found["total"], 2)
        self.assertIn("<mark>Light</mark>", found["results"][0]["highlights"]["description"][0])
        self.assertNotIn("description", found["results"][0])

    def test_errors(self):
        self.assertEqual(resilient_search("running")["total"], 2)

    def test_views(self):
        with self.settings(ROOT_URLCONF=URLS):
            found = self.client.get("/search/", {"q": "running", "max_price": "60"}).json()
            self.assertEqual(found["total"], 1)
            self.assertEqual(found["facets"]["brands"], [{"name": "Acme", "count": 1}])
            self.assertEqual(found["facets"]["price_ranges"][1]["count"], 1)
            found = self.client.get("/autocomplete/", {"q": "run"}).json()
            self.assertEqual(len(found["suggestions"]), 2)
            self.assertEqual(self.client.get("/autocomplete/", {"q": "r"}).json(), {"suggestions": []})

    def test_rest(self):
        with self.settings(ROOT_URLCONF=URLS):
            found = self.client.get("/api/search/", {"q": "running", "page_size": "1"}).json()
        self.assertEqual((found["total"], found["total_pages"], found["page"]), (2, 2, 1))
        self.assertGreater(found["results"][0]["score"], 0)
        self.assertEqual(found["facets"]["price_stats"]["max"], 200)

    def test_bulk_index(self):
        Product.objects.update(brand="Changed")
        self.assertEqual(bulk_index_products(), (2, []))
        force_refresh_index()
        self.assertEqual(ProductSearchService().search(brand="Changed")["total"], 2)

    def test_each_command(self):
        ProductDocument._index.delete(ignore=404)
        call_command("search_index", "--create", verbosity=0)
        self.assertEqual(ProductDocument.search().count(), 0)
        call_command("search_index", "--populate", "--refresh", verbosity=0)
        self.assertEqual(ProductDocument.search().count(), 2)
        call_command("search_index", "--populate", "-f", verbosity=0)
        call_command("search_index", "--rebuild", "-f", "--refresh", verbosity=0)
        self.assertEqual(ProductDocument.search().count(), 2)


class RelatedCase(TransactionTestCase):
    def setUp(self):
        call_command("search_index", "--rebuild", "-f", "--models", "related", verbosity=0)

    def test_a_change_of_what_is_related_reaches_the_index(self):
        category = Category.objects.create(name="Tools", slug="tools")
        tag = Tag.objects.create(name="new")
        product = RelatedProduct.objects.create(
            name="Drill", description="For walls", price=9, category=category
        )
        product.tags.add(tag)
        category.name = "Machines"
        category.save()
        tag.name = "old"
        tag.save()
        document = RelatedDocument.get(id=product.pk)
        self.assertEqual(document.category.name, "Machines")
        self.assertEqual([each.name for each in document.tags], ["old"])
        category.delete()
        self.assertFalse(RelatedDocument.exists(id=product.pk))
