"""What a test sees of an index: roles, problems, the alias, documents."""

from elasticsearch import Elasticsearch

from django_es_admin.indices.definition import IndexDefinition
from django_es_admin.models import Generation, OutboxEntry
from django_es_admin.outbox.drainers.worker import drain_due
from django_es_admin.status.status import get_status
from tests.guide.models import Product
from tests.integration.commands.products import INDEX


def roles() -> dict[str, str]:
    """Return generation -> role."""
    return dict(Generation.objects.values_list("name", "role"))


def problems() -> tuple[str, ...]:
    """Return what `es_status` tells."""
    return tuple(str(problem) for problem in get_status([INDEX]).indices[0].problems)


def holders(es: Elasticsearch, definition: IndexDefinition) -> set[str]:
    """Return what holds the alias."""
    return set(
        es.options(ignore_status=404)
        .indices.get_alias(index=definition.alias, name=definition.alias)
        .body
    ) - {
        "error",
        "status",
    }


def names(es: Elasticsearch, index: str) -> dict[str, str]:
    """Return key -> name of the products in an index."""
    es.indices.refresh(index=index)
    hits = es.search(index=index, size=1000)["hits"]["hits"]
    return {hit["_id"]: hit["_source"]["name"] for hit in hits}


def stored() -> dict[str, str]:
    """Return key -> name of the products in the database."""
    return {str(product.pk): product.name for product in Product.objects.all()}


def change(product: Product, name: str) -> None:
    """Give a product another name, and write what changed to the index."""
    Product.objects.filter(pk=product.pk).update(name=name)
    OutboxEntry.objects.create(connection="default", index=INDEX, key=product.pk)
    drain_due()
