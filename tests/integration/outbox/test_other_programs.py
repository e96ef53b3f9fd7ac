"""The client of each database, in another process, writes to a table that has triggers."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from tests.clients import Client
from tests.guide.models import Category, Product, Tag
from tests.triggered import Triggered, kept, make, products

pytestmark = pytest.mark.django_db(transaction=True)


def client() -> Client:
    """Return the client of the database of the tests."""
    at = {name: str(value) for name, value in connection.settings_dict.items()}
    found = Client(connection.vendor, at)
    if not found.is_there:
        pytest.skip(f"The client of {connection.vendor} is not installed")
    return found


def run(sql: str) -> None:
    """Run statements in the client of the database."""
    client().run(sql)


def dump(table: str) -> str:
    """Return the rows of a table as the database's own program writes them."""
    return client().dump(table)


def expected() -> dict[str, Any]:
    """Return what the index has to hold, as the database says."""
    return {
        str(one.pk): {
            "name": one.name,
            "category": {"name": one.category.name} if one.category else None,
            "tags": [{"name": tag.name} for tag in one.tags.order_by("name")],
        }
        for one in Product.objects.select_related("category")
    }


def equal(read: Callable[[], dict[str, Any]]) -> bool:
    """Whether the index is as the database, once what is noted is drained."""
    found = read()
    for source in found.values():
        source["tags"].sort(key=lambda tag: tag["name"])
    assert found == expected()
    assert kept() == []
    return True


def fill() -> None:
    shoes, hats = (Category.objects.create(name=name, slug=name) for name in ("Shoes", "Hats"))
    tags = [Tag.objects.create(name=name) for name in ("a", "b")]
    for number in range(12):
        one = make(f"p{number}", category=(shoes, hats, None)[number % 3])
        one.tags.set(tags[: number % 3])


def test_statements_of_every_kind(triggered: Triggered) -> None:
    read = products(triggered)
    fill()
    assert equal(read)
    keys = list(Product.objects.order_by("pk").values_list("pk", flat=True))
    shoes, hats = Category.objects.order_by("pk")
    run(
        f"""
        INSERT INTO guide_product (name, description, price, is_active, photo, category_id)
            SELECT 'copied', description, price, is_active, photo, {hats.pk} FROM guide_product
            WHERE id < {keys[4]};
        UPDATE guide_product SET name = 'moved', category_id = {shoes.pk} WHERE id = {keys[1]};
        UPDATE guide_category SET name = 'Footwear' WHERE id = {shoes.pk};
        UPDATE guide_tag SET name = 'z' WHERE name = 'b';
        DELETE FROM guide_product_tags WHERE product_id = {keys[2]};
        DELETE FROM guide_product_tags WHERE product_id = {keys[5]};
        DELETE FROM guide_product WHERE id = {keys[5]};
        """  # noqa: S608 (our own keys)
    )
    assert Product.objects.filter(name="copied").count() == 4
    assert equal(read)
    run(
        """
        BEGIN; UPDATE guide_product SET name = 'never'; ROLLBACK;
        BEGIN; UPDATE guide_product SET name = 'often' WHERE name = 'copied';
        DELETE FROM guide_product WHERE name = 'often'; COMMIT;
        """
    )
    assert not Product.objects.filter(name__in=["never", "often"]).exists()
    assert equal(read)


def test_a_restore_of_the_objects(triggered: Triggered) -> None:
    read = products(triggered)
    fill()
    saved = dump("guide_product")
    before = expected()
    Product.objects.filter(name__endswith="1").update(name="changed")
    Product.objects.filter(name="p2").delete()
    make("made since")
    assert equal(read)
    run("DELETE FROM guide_product_tags; DELETE FROM guide_product;")
    run(saved)
    assert expected() == {key: source | {"tags": []} for key, source in before.items()}
    assert equal(read)


def test_a_restore_of_the_links(triggered: Triggered) -> None:
    read = products(triggered)
    fill()
    saved = dump("guide_product_tags")
    before = expected()
    for product in Product.objects.all():
        product.tags.set(Tag.objects.filter(name="b"))
    assert equal(read)
    run("DELETE FROM guide_product_tags;")
    assert equal(read)
    run(saved)
    assert expected() == before
    assert equal(read)
