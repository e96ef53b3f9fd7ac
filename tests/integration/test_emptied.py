"""Tables are empty after a test that commits; permissions are there, whatever it did to them."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.contrib.contenttypes.models import ContentType
from django.db.models import QuerySet
from django.test import TransactionTestCase
from shop.models import Category, Product

from django_es_admin.models import OutboxEntry
from tests.emptied import empty

pytestmark = pytest.mark.django_db(transaction=True)


class Committing(TransactionTestCase):
    """A test case as pytest makes it for each test that commits."""

    databases = {"default"}


def of_migrate() -> list[list[tuple[str, ...]]]:
    """Return what ``migrate`` writes: content types and permissions by name."""
    names = "content_type__app_label", "content_type__model", "codename"
    return [
        sorted(ContentType.objects.values_list("app_label", "model")),
        sorted(Permission.objects.values_list(*names)),
    ]


def to_see_products() -> QuerySet[Permission]:
    return Permission.objects.filter(codename="view_product", content_type__app_label="shop")


def add_rights() -> None:
    group = Group.objects.create(name="Staff")
    group.permissions.add(to_see_products().get())
    User.objects.create_user("grace").groups.add(group)


def add_rows() -> None:
    category = Category.objects.create(name="Shoes", slug="shoes")
    Product.objects.create(sku="A-1", name="Shoe", category=category, price="1.00")


def add_permission() -> None:
    kind = ContentType.objects.get_for_model(Product)
    Permission.objects.create(codename="weigh_product", name="Can weigh", content_type=kind)


CHANGES: dict[str, Callable[[], object]] = {
    "rows with rights": add_rights,
    "rows and rows of the outbox": add_rows,
    "one permission more": add_permission,
    "one permission less": lambda: to_see_products().delete(),
    "a permission with another name": lambda: to_see_products().update(codename="see_product"),
    "a content type less": lambda: ContentType.objects.filter(model="product").delete(),
    "a content type more": lambda: ContentType.objects.create(app_label="shop", model="gone"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_after_a_test(change: str) -> None:
    before = of_migrate()
    for _time in range(2):
        CHANGES[change]()
        empty(Committing())
        assert of_migrate() == before
        for model in (User, Group, User.groups.through, Category, Product, OutboxEntry):
            assert not model._base_manager.exists()
    # What is kept of the types in memory is that of the table.
    kind = ContentType.objects.get_for_model(Product)
    assert ContentType.objects.get(pk=kind.pk).model == "product"
