"""A document that is captured by triggers, and what tests do with its rows."""

from collections.abc import Callable
from io import StringIO
from typing import Any

from django.core.management import call_command
from django.db import connection
from elasticsearch import Elasticsearch

from django_es_admin.documents import Document, fields, registry
from django_es_admin.indices.definition import definition_of
from django_es_admin.models import OutboxEntry
from django_es_admin.outbox.drainers.worker import drain_due
from django_es_admin.outbox.triggers.install import install, remove
from tests.guide.models import Category, Product, Tag
from tests.live import make_live

Read = Callable[[], dict[str, Any]]


class Triggered:
    """A document that is captured by triggers, with a live and empty index."""

    def __init__(self, es: Elasticsearch) -> None:
        self.es = es
        self.registered: list[type[Document]] = []

    def __call__(self, model: Any, related: Any = (), of_related: Any = None, **more: Any) -> Read:
        options = {"model": model, "related_models": list(related), "capture": "triggers"}
        more |= {
            "Index": type("Index", (), {"name": "triggered"}),
            "Django": type("Django", (), options),
        }
        if of_related:
            more["get_instances_from_related"] = lambda self, instance: of_related(instance)
        document = registry.register_document(type("TriggeredDocument", (Document,), more))
        self.registered.append(document)
        install("default")
        definition = definition_of(document)
        make_live(definition)

        def read() -> dict[str, Any]:
            drain_due()
            self.es.indices.refresh(index=definition.alias)
            hits = self.es.search(index=definition.alias, size=1000)["hits"]["hits"]
            return {hit["_id"]: hit["_source"] for hit in hits}

        return read

    def remove(self) -> None:
        """Forget the documents, and remove the triggers."""
        for document in self.registered:
            registry.unregister_document(document)
        remove("default")


def kept() -> list[tuple[str, str, str]]:
    rows = OutboxEntry.objects.filter(delete_sent=False, index="triggered")
    return sorted(rows.values_list("kind", "model", "key"))


def execute(sql: str, *params: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, params or None)


def make(name: str = "Boot", **values: Any) -> Product:
    return Product.objects.create(name=name, description="", price=1, **values)


def products(triggered: Triggered) -> Read:
    return triggered(
        Product,
        [Category, Tag],
        lambda related: related.product_set.all(),
        name=fields.KeywordField(),
        category=fields.ObjectField(properties={"name": fields.KeywordField()}),
        tags=fields.NestedField(properties={"name": fields.KeywordField()}),
    )


def run(*arguments: str) -> str:
    """Run ``es_triggers``, and return its output."""
    out = StringIO()
    call_command("es_triggers", *arguments, stdout=out, database="default")
    return out.getvalue()
