"""The options in ``class Django`` of a document, as django-elasticsearch-dsl reads them."""

from collections.abc import Iterator
from typing import Any

from django.db import models

from ..documents import Document
from ..documents.options import DjangoOptions
from .apps import DEDConfig

KNOWN = frozenset(
    (
        "model fields related_models ignore_signals auto_refresh queryset_pagination "
        "modified_fields"
    ).split()
)


class Options(DjangoOptions):
    """The ``django`` attribute of a document class. Its values may be changed.

    Attributes:
        unknown: names in ``class Django`` without a meaning.
    """

    unknown: tuple[str, ...]

    def __setattr__(self, name: str, value: Any) -> None:
        # The base class is frozen, and projects set `auto_refresh` for a while.
        object.__setattr__(self, name, value)

    def rename_index(self, name: str) -> None:
        """Write the documents to another index."""
        object.__setattr__(self, "index_name", name)

    @property
    def follows_changes(self) -> bool:
        """Whether a save reaches the index."""
        return not self.ignore_signals and DEDConfig.autosync_enabled()


def read_options(document: type[Document], declared: type, index: str, using: str) -> Options:
    """Return the options that ``class Django`` declares or inherits.

    Args:
        index: the name of the index; "" if the document has none yet.
    """
    model: type[models.Model] = declared.model  # type: ignore[attr-defined]
    options = Options(
        document=document,
        model=model,
        index_name=index,
        using=using,
        fields=getattr(declared, "fields", ()),
        related_models=getattr(declared, "related_models", ()),
        ignore_signals=getattr(declared, "ignore_signals", False),
        auto_refresh=getattr(declared, "auto_refresh", DEDConfig.auto_refresh_enabled()),
        queryset_pagination=getattr(declared, "queryset_pagination", None),
        modified_fields=tuple(getattr(declared, "modified_fields", ())),
    )
    options.unknown = tuple(sorted(set(_names(declared)) - KNOWN))
    return options


def _names(declared: type) -> Iterator[str]:
    """Yield the declarations of a class and its base classes."""
    for kind in declared.__mro__[:-1]:
        yield from (name for name in vars(kind) if not name.startswith("_"))
