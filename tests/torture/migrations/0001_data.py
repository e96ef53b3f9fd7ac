"""Changes the shop's data, forwards and backwards, by models that no receiver knows."""

import random

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def change(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Change, make and delete products, and give some to another category, where there are any."""
    rows = apps.get_model("shop", "Product")._default_manager
    tags = apps.get_model("shop", "Tag")._default_manager
    last = rows.order_by("pk").last()
    if last is None:
        return
    first = random.randint(1, last.pk)
    some = list(rows.filter(pk__gte=first).order_by("pk")[:6])
    word = f"{random.getrandbits(40):010x}"
    rows.filter(pk__in=[one.pk for one in some[:3]]).update(name=f"migrated {word}")
    for one in some[3:5]:
        one.category = last.category
        one.save()
        one.tags.set(tags.order_by("pk")[:2])
    for one in some[5:]:
        one.delete()
    rows.bulk_create(
        rows.model(
            name=f"migrated {number}", price=1, category=last.category, sku=f"{word}-{number}"
        )
        for number in range(2)
    )


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial"), ("elasticsearch", "__latest__")]
    operations = [migrations.RunPython(change, change)]
