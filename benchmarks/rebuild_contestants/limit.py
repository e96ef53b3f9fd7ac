"""A hand-written load for this one index, made for speed."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.db.models import Max
from elastic_transport import OrjsonSerializer
from elasticsearch import Elasticsearch, helpers
from shop.models import Product

COLUMNS = "id name description brand sku price is_active created_at updated_at".split()
BATCH = 1000


def load(index: str, part: int, parts: int) -> None:
    """Write one of that many equal ranges of the products' keys."""
    client = Elasticsearch(settings.ES_URL, serializer=OrjsonSerializer())
    highest = Product.objects.aggregate(highest=Max("pk"))["highest"]
    after, until = (highest * edge // parts for edge in (part, part + 1))
    for _ in helpers.streaming_bulk(client, _actions(after, until), index=index, chunk_size=BATCH):
        pass


def _actions(after: int, until: int) -> Iterator[dict[str, Any]]:
    products = Product.objects.order_by("pk").filter(pk__lte=until)
    # In the order of the model, as in our documents.
    links = Product.tags.through.objects.order_by("tag__name")
    while True:
        page = list(
            products.filter(pk__gt=after).values_list(
                *COLUMNS, "category_id", "category__name", "category__slug"
            )[:BATCH]
        )
        if not page:
            return
        keys = [row[0] for row in page]
        tags = defaultdict(list)
        for product, tag, name in links.filter(product_id__in=keys).values_list(
            "product_id", "tag_id", "tag__name"
        ):
            tags[product].append({"id": tag, "name": name})
        for row in page:
            # zip() ends with the columns' names, before those of the category.
            source = dict(zip(COLUMNS, row, strict=False))
            source["category"] = {"id": row[-3], "name": row[-2], "slug": row[-1]}
            source["tags"] = tags[row[0]]
            yield {"_id": row[0], "_source": source}
        after = keys[-1]
