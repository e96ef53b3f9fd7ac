"""What an index holds: declare a ``Document`` per model, as with django-elasticsearch-dsl."""

from . import fields
from .document import Document
from .registry import registry
from .synonyms import synonyms

__all__ = ["Document", "fields", "registry", "synonyms"]
