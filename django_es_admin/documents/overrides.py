"""Tell a project's own methods of a document class from those of the base class."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .document import Document


def is_overridden(document: "type[Document]", *names: str) -> bool:
    """Whether the project gave ``document`` a method of one of these names."""
    ours = f"{__package__}.document"
    return any(getattr(document, name).__module__ != ours for name in names)
