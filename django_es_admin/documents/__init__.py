"""What an index holds: declare a ``Document`` per model, as with django-elasticsearch-dsl.

How documents are read is in ``reading``; nothing here writes to Elasticsearch.
"""

from . import fields
from .document import Document
from .registry import registry
from .synonyms import synonyms

__all__ = ["Document", "fields", "registry", "synonyms"]
