"""What an index contains: declare a ``Document`` per model, as with django-elasticsearch-dsl.

The room ``reading`` reads documents from the database. Nothing here writes to Elasticsearch.
"""

from . import fields
from .document import Document
from .registry import registry
from .synonyms import synonyms

__all__ = ["Document", "fields", "registry", "synonyms"]
