"""An index that documents are added to: ``@index.document``."""

from copy import deepcopy
from typing import TypeVar

from .apps import DEDConfig
from .declared import DeclaredDocument
from .managed import ManagedIndex
from .registries import registry

D = TypeVar("D", bound=type[DeclaredDocument])


class Index(ManagedIndex):
    """An index that documents are added to. It registers them."""

    def __init__(self, name: str, using: str = "default") -> None:
        super().__init__(name, using=using)
        self.settings(**deepcopy(DEDConfig.default_index_settings()))

    def document(self, document: D) -> D:  # type: ignore[override]
        """Add a document class to the index, and register it; usable as a class decorator."""
        super().document(document)
        return registry.register_document(document)

    doc_type = document

    def __str__(self) -> str:
        return self.declared_name or ""
