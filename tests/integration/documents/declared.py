"""An index of a test's own, and what is in it."""

from dataclasses import dataclass
from typing import Any

from elasticsearch import Elasticsearch

from django_es_admin.documents import Document
from django_es_admin.indices.definition import IndexDefinition, definition_of
from django_es_admin.models import OutboxEntry


@dataclass(frozen=True)
class Declared:
    """An index of the test's own.

    Args:
        document: its class.
        es: the client.
    """

    document: type[Document]
    es: Elasticsearch

    @property
    def definition(self) -> IndexDefinition:
        return definition_of(self.document)

    def read(self) -> dict[str, Any]:
        """Return all documents: key -> source."""
        alias = self.definition.alias
        self.es.indices.refresh(index=alias)
        hits = self.es.search(index=alias, size=1000)["hits"]["hits"]
        return {hit["_id"]: hit["_source"] for hit in hits}

    def only(self) -> Any:
        """Return the one document."""
        [source] = self.read().values()
        return source

    def count(self, **query: Any) -> int:
        """Return how many documents a query finds."""
        self.es.indices.refresh(index=self.definition.alias)
        return int(self.es.count(index=self.definition.alias, query=query)["count"])

    def errors(self) -> dict[str, str]:
        """Return key -> why its object has no document."""
        return dict(OutboxEntry.objects.exclude(error="").values_list("key", "error"))
