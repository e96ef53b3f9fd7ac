"""The shop's pages in the admin."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from shop.admin import ProductAdmin
from shop.models import Category, Product, Tag

pytestmark = pytest.mark.django_db

HEADER = "sku,name,description,category,brand,price,tags,is_active\n"
PRODUCTS = "admin:shop_product_changelist"
IMPORT = "admin:shop_product_import"


def make_products(count: int) -> None:
    for number in range(count):
        category = Category.objects.create(name=f"Category {number}", slug=f"category-{number}")
        product = Product.objects.create(
            sku=f"A{number}",
            name=f"Product {number}",
            brand="Hearth",
            price="12.50",
            category=category,
        )
        product.tags.add(Tag.objects.create(name=f"tag {number}"))


def staff_client(*codenames: str) -> Client:
    user = User.objects.create_user("clerk", password="clerk", is_staff=True)
    user.user_permissions.set(
        Permission.objects.filter(content_type__app_label="shop", codename__in=codenames)
    )
    assert user.user_permissions.count() == len(codenames)
    client = Client()
    client.force_login(user)
    return client


def page(client: Client, name: str, **query: str) -> str:
    response = client.get(reverse(name), query)
    assert response.status_code == 200
    text: str = response.content.decode()
    return text


def upload(client: Client, text: str) -> Any:
    """Send the sheet and return the preview."""
    return client.post(
        reverse(IMPORT),
        {"format": "0", "import_file": SimpleUploadedFile("a.csv", (HEADER + text).encode())},
    )


def confirm(client: Client, preview: Any) -> Any:
    data = preview.context["confirm_form"].initial
    return client.post(reverse("admin:shop_product_process_import"), data, follow=True)


def test_products_are_listed_filtered_and_drilled_by_date(admin_client: Client) -> None:
    make_products(3)
    Product.objects.filter(sku="A1").update(is_active=False)
    text = page(admin_client, PRODUCTS)
    assert all(f"Product {number}" in text for number in range(3))
    assert "Product 1" not in page(admin_client, PRODUCTS, is_active__exact="1")
    wanted = str(Category.objects.get(slug="category-2").pk)
    by_category = page(admin_client, PRODUCTS, category__id__exact=wanted)
    assert "Product 2" in by_category
    assert "Product 0" not in by_category
    assert (
        "Product"
        not in page(admin_client, PRODUCTS, created_at__year="1999")
        .split("<main")[1]
        .split("0 products")[1]
    )


def test_facets_count_per_category(admin_client: Client) -> None:
    make_products(2)
    assert "Category 0 (1)" in page(admin_client, PRODUCTS, _facets="True")


@pytest.mark.parametrize("model", ["product", "category", "tag"])
def test_lists_ask_the_database_no_more_for_more_rows(admin_client: Client, model: str) -> None:
    name = f"admin:shop_{model}_changelist"
    make_products(2)
    with CaptureQueriesContext(connection) as few:
        page(admin_client, name)
    Product.objects.all().delete()
    Category.objects.all().delete()
    Tag.objects.all().delete()
    make_products(12)
    with CaptureQueriesContext(connection) as many:
        page(admin_client, name)
    assert len(many) == len(few)


def test_categories_and_tags_show_and_sort_by_their_numbers_of_products(
    admin_client: Client,
) -> None:
    make_products(3)
    crowded = Category.objects.get(slug="category-1")
    Product.objects.update(category=crowded)
    response = admin_client.get(reverse("admin:shop_category_changelist"), {"o": "-3"})
    listed = list(response.context["cl"].result_list)
    assert listed[0] == crowded
    assert [category.product_count for category in listed] == [3, 0, 0]
    response = admin_client.get(reverse("admin:shop_tag_changelist"))
    assert [tag.product_count for tag in response.context["cl"].result_list] == [1, 1, 1]


def test_a_category_is_found_by_autocomplete(admin_client: Client) -> None:
    make_products(3)
    response = admin_client.get(
        reverse("admin:autocomplete"),
        {
            "term": "category 1",
            "app_label": "shop",
            "model_name": "product",
            "field_name": "category",
        },
    )
    assert [result["text"] for result in response.json()["results"]] == ["Category 1"]


def test_a_product_is_edited_with_its_tags(admin_client: Client) -> None:
    make_products(2)
    product = Product.objects.get(sku="A0")
    other = Tag.objects.get(name="tag 1")
    address = reverse("admin:shop_product_change", args=[product.pk])
    assert "autocomplete" in admin_client.get(address).content.decode()
    response = admin_client.post(
        address,
        {
            "name": "Renamed",
            "description": "",
            "price": "3",
            "category": product.category_id,
            "brand": "Hearth",
            "sku": "A0",
            "tags": [other.pk],
            "is_active": "on",
        },
    )
    assert response.status_code == 302
    product.refresh_from_db()
    assert product.name == "Renamed"
    assert list(product.tags.all()) == [other]


def test_an_import_is_previewed_before_it_changes_anything(admin_client: Client) -> None:
    make_products(2)
    preview = upload(
        admin_client,
        "A0,Renamed,,Category 0,Hearth,12.50,tag 0;new,1\n"
        "A1,Product 1,,Category 1,Hearth,12.50,tag 1,1\n"
        "A9,Fresh,,Brand new,Hearth,3,new,0\n",
    )
    assert preview.context["result"].totals["update"] == 1
    assert preview.context["result"].totals["skip"] == 1
    assert preview.context["result"].totals["new"] == 1
    assert not Product.objects.filter(name="Renamed").exists()
    assert not Category.objects.filter(name="Brand new").exists()

    assert confirm(admin_client, preview).status_code == 200
    assert {tag.name for tag in Product.objects.get(name="Renamed").tags.all()} == {"tag 0", "new"}
    assert Product.objects.get(sku="A9").category.slug == "brand-new"


def test_each_portion_of_an_import_may_name_what_the_one_before_creates(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ProductAdmin, "import_portion", 2)
    preview = upload(
        admin_client,
        "".join(f"B{n},Lamp {n},,Brand new,Hearth,3,new;newer,1\n" for n in range(5)),
    )
    # The preview undoes each portion before the next one.
    assert preview.context["result"].totals["new"] == 5
    assert not Category.objects.filter(name="Brand new").exists()
    confirm(admin_client, preview)
    assert Product.objects.filter(category__name="Brand new", tags__name="newer").count() == 5
    assert Tag.objects.filter(name__startswith="new").count() == 2


def test_an_import_shows_what_is_wrong_with_a_row(admin_client: Client) -> None:
    preview = upload(
        admin_client,
        f"A1,One,,C,b,abc,{'x' * 51},1\nA2,Two,,C,b,1,,1\nA2,Two,,C,b,1,,maybe\n",
    )
    text = preview.content.decode()
    assert "“abc” is not a number." in text
    assert "longer than 50 characters" in text
    assert "stands in the sheet twice" in text
    assert not preview.context["result"].has_errors()
    assert "confirm_form" not in preview.context
    assert not Category.objects.exists()


def test_who_may_not_add_categories_does_not_by_an_import_either() -> None:
    make_products(1)
    client = staff_client("view_product", "add_product", "change_product")
    preview = upload(client, "B1,One,,Category 0,b,1,tag 0;unheard of,1\nB2,Two,,Unseen,b,1,,1\n")
    text = preview.content.decode()
    assert "there is no “unheard of”" in text
    assert "there is no “Unseen”" in text


@pytest.mark.parametrize("right", ["add_product", "change_product"])
def test_an_import_takes_both_rights(right: str) -> None:
    client = staff_client("view_product", right)
    assert 'class="import_link"' not in page(client, PRODUCTS)
    assert client.get(reverse(IMPORT)).status_code == 403


def test_an_export_takes_the_right_to_view() -> None:
    export = reverse("admin:shop_product_export")
    assert staff_client("view_category").get(export).status_code == 403


def test_an_export_can_be_imported_again(admin_client: Client) -> None:
    make_products(2)
    response = admin_client.post(
        reverse("admin:shop_product_export"),
        {
            "format": "0",
            "resource": "0",
            **{f"productresource_{column}": "on" for column in HEADER.strip().split(",")},
        },
    )
    text = response.getvalue().decode()
    assert text.splitlines()[0] == HEADER.strip()
    preview = upload(admin_client, text.split("\n", 1)[1])
    assert preview.context["result"].totals["skip"] == 2


def test_an_export_asks_the_database_no_more_for_more_rows(admin_client: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            admin_client.post(
                reverse("admin:shop_product_export"),
                {
                    "format": "0",
                    "resource": "0",
                    "productresource_category": "on",
                    "productresource_tags": "on",
                },
            )
        return len(captured)

    make_products(2)
    few = queries()
    Product.objects.all().delete()
    Category.objects.all().delete()
    Tag.objects.all().delete()
    make_products(12)
    assert queries() == few
