"""Random changes of the shop's data, by every way that is captured."""

import os
import random
import time
from collections import Counter
from contextlib import nullcontext
from decimal import Decimal
from typing import Any, TypeVar

from django.core.exceptions import ObjectDoesNotExist
from django.db import (
    DatabaseError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    connection,
    transaction,
)
from django.db.models import Model
from shop.models import Category, Product, Tag

from django_es_admin.outbox import captured

TRIGGERS = os.environ.get("TORTURE_CAPTURE") == "triggers"
"""Whether the database captures, in place of signals."""

ROWS = int(os.environ.get("TORTURE_ROWS") or 150)
SIZES = {Product: ROWS, Category: max(20, ROWS // 50), Tag: max(20, ROWS // 50)}
"""How many there are, about."""

HOT = {Product: 6, Category: 3, Tag: 3}
"""How many of them all processes change at a time, so that their changes meet."""

SECONDS_HOT = 0.7
"""After which it is others: a mistake must not be mended by the next change of the same object."""

REFUSED = (OperationalError, InterfaceError, IntegrityError)
"""A lock, a connection that was lost, a row that another one has made or deleted."""

M = TypeVar("M", bound=Model)


class Undo(Exception):
    """Raised by a change to be rolled back."""


class NothingThere(Exception):
    """A change has nothing to be made on."""


class Changes:
    """Makes changes, one after the other.

    Args:
        seed: of the run: which objects are changed at a time.
        own: with it, what is chosen, as far as no other process comes between.
    """

    def __init__(self, seed: str, own: str) -> None:
        self._seed = seed
        self._random = random.Random(f"{seed} {own}")
        self._kept: list[Product] = []  # loaded once, and older than the database by now
        self._deleted: list[int] = []
        self.made: Counter[str] = Counter()
        """How many changes of each kind were made, whether committed or rolled back."""
        self.skipped: Counter[str] = Counter()
        """How many the database refused, by the exception: locks, deadlocks, vanished objects."""

    def make(self) -> None:
        """Make one change, or a transaction with several.

        Raises:
            Exception: something else than the database refused it: a defect.
        """
        style = self._random.choices(list(_STYLES), list(_STYLES.values()))[0]
        try:
            getattr(self, f"_{style}")()
            self.made[style] += 1
        except (*REFUSED, ObjectDoesNotExist, NothingThere) as error:
            self.skipped[type(error).__name__] += 1
        except DatabaseError as error:
            # What save() says where another process has deleted the row meanwhile.
            if "did not affect any rows" not in str(error):
                raise
            self.skipped["vanished"] += 1
        except Undo:
            self.made[f"{style}, rolled back"] += 1

    # How changes are put together

    def _autocommit(self) -> None:
        self._change()

    def _together(self) -> None:
        with transaction.atomic():
            for _ in range(self._random.randint(2, 5)):
                self._change()

    def _undone(self) -> None:
        with transaction.atomic():
            for _ in range(self._random.randint(1, 3)):
                self._change()
            raise Undo

    def _nested(self) -> None:
        with transaction.atomic():
            for _ in range(self._random.randint(1, 4)):
                if self._chance(0.4):
                    self._change()
                elif self._chance(0.5):
                    self._savepoint(self._chance(0.5))
                else:
                    self._deeper()

    def _savepoint(self, undo: bool) -> None:
        try:
            with transaction.atomic():
                for _ in range(self._random.randint(1, 2)):
                    self._change()
                self._undo_if(undo)
        except Undo:
            self.made["savepoint, rolled back"] += 1

    def _deeper(self) -> None:
        try:
            with transaction.atomic():
                self._change()
                self._savepoint(self._chance(0.5))
                self._undo_if(self._chance(0.3))
        except Undo:
            self.made["savepoint around a savepoint, rolled back"] += 1

    def _undo_if(self, undo: bool) -> None:
        if undo:
            raise Undo

    def _delete_and_revive_in_vain(self) -> None:
        """Delete, and make it anew in a savepoint that is rolled back."""
        with transaction.atomic():
            product = self._one(Product)
            key = product.pk
            product.delete()
            try:
                with transaction.atomic():
                    self.create_product(pk=key)
                    self._undo_if(True)
            except Undo:
                self._deleted.append(key)

    # The changes

    def _change(self) -> None:
        kind = self._random.choices(list(_CHANGES), list(_CHANGES.values()))[0]
        getattr(self, kind)()
        self.made[kind] += 1

    def create_product(self, pk: int | None = None) -> None:
        category = self._one(Category)
        if pk is None and self._many(Product):
            return self.delete_product()
        product = Product(
            pk=pk,
            name=self._word(),
            description=self._word() * self._random.randint(0, 20),
            price=Decimal(self._random.randint(0, 10**6)) / 100,
            category=category,
            brand=self._word(),
            sku=f"{self._word()}-{self._random.getrandbits(64):x}",
            is_active=self._chance(0.7),
        )
        product.save(force_insert=True)
        if self._chance(0.5):
            product.tags.set(self._some(Tag))
        return None

    def revive_product(self) -> None:
        """Make a product with the key of one that was deleted."""
        if not self._deleted:
            raise NothingThere
        self.create_product(pk=self._deleted.pop(self._random.randrange(len(self._deleted))))

    def change_product(self) -> None:
        product = self._product()
        product.name, product.price = self._word(), Decimal(self._random.randint(0, 10**6)) / 100
        product.save(force_update=True)

    def change_field(self) -> None:
        product = self._product()
        field = self._random.choice(("name", "description", "brand"))
        setattr(product, field, self._word())
        product.save(update_fields=[field])

    def switch_product(self) -> None:
        product = self._product()
        product.is_active = not product.is_active
        product.save(update_fields=["is_active"])

    def move_product(self) -> None:
        product = self._product()
        product.category = self._one(Category)
        product.save(**self._random.choice(({}, {"update_fields": ["category"]})))

    def adopt_products(self) -> None:
        self._one(Category).product_set.add(*self._some(Product), bulk=False)

    def update_products(self) -> None:
        """Change products in one statement, and move them out of its own filter."""
        rows = Product.objects.filter(pk__in=[product.pk for product in self._some(Product)])
        values: dict[str, Any] = {"name": self._word(), "is_active": self._chance(0.7)}
        if self._chance(0.5):
            values["category"] = self._one(Category)
        rows.filter(is_active=not values["is_active"]).update(**values)

    def rename_categories(self) -> None:
        keys = [category.pk for category in self._some(Category)]
        Category.objects.filter(pk__in=keys).update(name=self._word())

    def insert_products(self) -> None:
        Product.objects.bulk_create(
            Product(
                name=self._word(),
                price=1,
                category=self._one(Category),
                brand=self._word(),
                sku=f"{self._word()}-{self._random.getrandbits(64):x}",
            )
            for _ in range(self._random.randint(1, 3))
        )

    def rewrite_products(self) -> None:
        """Change products by SQL, of which triggers need not be told."""
        rows = Product.objects.filter(pk__in=[product.pk for product in self._some(Product)])
        keys = list(rows.values_list("pk", flat=True))
        with nullcontext() if TRIGGERS else captured(rows), connection.cursor() as cursor:
            for key in keys:
                cursor.execute(
                    "UPDATE shop_product SET name = %s, category_id = %s WHERE id = %s",
                    [self._word(), self._one(Category).pk, key],
                )

    def delete_product(self) -> None:
        if self._few_products():
            return self.insert_products()
        product = self._product()
        key = product.pk
        product.delete()
        self._deleted.append(key)
        return None

    def delete_products(self) -> None:
        if self._few_products():
            return self.insert_products()
        keys = [product.pk for product in self._some(Product)]
        Product.objects.filter(pk__in=keys).delete()
        self._deleted += keys
        return None

    def rename_category(self) -> None:
        category = self._one(Category)
        category.name = self._word()
        category.save()

    def create_category(self) -> None:
        if self._many(Category):
            return self.delete_category()
        word = self._word()
        Category.objects.create(name=word, slug=f"{word}-{self._random.getrandbits(64):x}")
        return None

    def delete_category(self) -> None:
        """Delete a category and its products."""
        if self._few_products():
            return self.insert_products()
        category = self._one(Category)
        self._deleted += category.product_set.values_list("pk", flat=True)
        if self._chance(0.5):
            category.delete()
        else:
            Category.objects.filter(pk=category.pk).delete()
        return None

    def rename_tag(self) -> None:
        tag = self._one(Tag)
        tag.name = f"{self._word()}-{self._random.getrandbits(64):x}"
        tag.save(**self._random.choice(({}, {"update_fields": ["name"]})))

    def create_tag(self) -> None:
        if self._many(Tag):
            return self.delete_tag()
        tag = Tag.objects.create(name=f"{self._word()}-{self._random.getrandbits(64):x}")
        tag.product_set.add(*self._some(Product))
        return None

    def delete_tag(self) -> None:
        tag = self._one(Tag)
        if self._chance(0.5):
            tag.delete()
        else:
            Tag.objects.filter(pk=tag.pk).delete()

    def tag_product(self) -> None:
        self._relate(self._product().tags, Tag)

    def label_products(self) -> None:
        self._relate(self._one(Tag).product_set, Product)

    def _relate(self, manager: Any, model: type[Model]) -> None:
        how = self._random.choice(("add", "add", "remove", "set", "clear", "create"))
        if how == "clear":
            manager.clear()
        elif how == "set":
            manager.set(self._some(model), clear=self._chance(0.3))
        elif how == "create" and model is Tag:
            manager.create(name=f"{self._word()}-{self._random.getrandbits(64):x}")
        elif how == "remove":
            manager.remove(*self._some(model))
        else:
            manager.add(*self._some(model))

    # What is chosen

    def _chance(self, share: float) -> bool:
        return self._random.random() < share

    def _word(self) -> str:
        return f"{self._random.getrandbits(40):010x}"

    def _many(self, model: type[Model]) -> bool:
        return model._default_manager.count() > SIZES[model] and self._chance(0.7)

    def _few_products(self) -> bool:
        """Return whether another deletion could make fewer than half of them.

        A search that finds less than half has to mean an index that is not full, however long the
        site has been writing.
        """
        return Product._default_manager.count() < SIZES[Product] * 3 // 4

    def _hot(self, model: type[Model]) -> list[Any]:
        """Return the keys that everybody chooses from now."""
        keys = model._default_manager.order_by("pk").values_list("pk", flat=True)
        largest = keys.last()
        if largest is None:
            raise NothingThere
        # The same points for all; a key stays hot or cold whichever others come and go elsewhere.
        chosen = random.Random(f"{self._seed} {int(time.time() / SECONDS_HOT)} {model.__name__}")
        points = [chosen.random() for _ in range(HOT[model])]
        found = [keys.filter(pk__gte=int(point * largest)).first() for point in points]
        return [key for key in dict.fromkeys(found) if key is not None]

    def _one(self, model: type[M]) -> M:
        return model._default_manager.get(pk=self._random.choice(self._hot(model)))

    def _some(self, model: type[M]) -> list[M]:
        hot = self._hot(model)
        chosen = self._random.sample(hot, min(len(hot), self._random.randint(1, 4)))
        return list(model._default_manager.filter(pk__in=chosen))

    def _product(self) -> Product:
        """Return a product as it is, or as it was when it was loaded some changes ago."""
        if self._kept and self._chance(0.3):
            return self._kept.pop(self._random.randrange(len(self._kept)))
        product = self._one(Product)
        if self._chance(0.3):
            # Its category is loaded, too, as a form or a view would have done.
            self._kept.append(Product.objects.select_related("category").get(pk=product.pk))
        return product


_STYLES = {
    "autocommit": 10,
    "together": 4,
    "undone": 2,
    "nested": 4,
    "delete_and_revive_in_vain": 1,
}

_CHANGES = {
    "create_product": 10,
    "revive_product": 3,
    "change_product": 8,
    "change_field": 6,
    "switch_product": 4,
    "move_product": 6,
    "adopt_products": 2,
    "update_products": 5,
    "rename_categories": 1,
    "insert_products": 3,
    "rewrite_products": 3,
    "delete_product": 5,
    "delete_products": 2,
    "rename_category": 3,
    "create_category": 2,
    "delete_category": 1,
    "rename_tag": 3,
    "create_tag": 2,
    "delete_tag": 2,
    "tag_product": 8,
    "label_products": 6,
}
