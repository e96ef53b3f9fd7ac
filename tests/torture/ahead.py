"""`python -m tests.torture.ahead`: delete, revive and change what a rebuild has not loaded yet.

Prints JSON: how many objects of which nobody had loaded the range, neither before nor after.
"""

import json
import random
import sys
import time

import django

SECONDS_AT_MOST = 120.0


def main() -> int:
    """Do so until all is loaded, or a quarter of it is deleted; return the exit status."""
    django.setup()
    from django.db import DatabaseError
    from shop.models import Category, Product

    from django_es_admin.models import Generation, LoadRange

    chosen = random.Random(0)
    deadline = time.monotonic() + SECONDS_AT_MOST
    deleted = revived = 0
    print("{}")
    category = Category.objects.all()[:1].get()
    most = Product.objects.count() / 4
    while time.monotonic() < deadline and deleted < most:
        building = Generation.objects.filter(
            role=Generation.Role.BUILDING, alias__endswith="products"
        )
        generation = building.first()
        if generation is None or not LoadRange.objects.filter(generation=generation).exists():
            time.sleep(0.01)
            continue
        unread = LoadRange.objects.filter(
            generation=generation, loaded_at__isnull=True, leased_until__isnull=True
        )
        # The last one is for keys beyond all that there were when the ranges were made.
        for last in unread.order_by("-number"):
            there = Product.objects.filter(pk__gt=int(last.after or 0)).order_by("pk")
            keys = list(there.values_list("pk", flat=True)[:5])
            if len(keys) == 5:
                break
        else:
            break
        try:
            Product.objects.filter(pk__in=keys[1:]).delete()
            there.get(pk=keys[0]).delete()
            if chosen.random() < 0.5:
                Product.objects.create(
                    pk=keys[0],
                    name="Revived",
                    price=1,
                    category=category,
                    sku=f"revived-{keys[0]}-{chosen.random()}",
                )
                revived += 1
        except (DatabaseError, Product.DoesNotExist):
            # Another process was first, or has the lock.
            continue
        if unread.filter(pk=last.pk).exists():
            deleted += len(keys)
    print(json.dumps({"deleted": deleted, "revived": revived}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
