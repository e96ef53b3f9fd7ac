"""The modules, classes and functions of django-elasticsearch-dsl, under one name.

Replace ``django_elasticsearch_dsl`` by ``django_es_admin.dsl`` in a project's imports. What its
documents declare is indexed by the outbox, and rebuilt by the lifecycle.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from django.utils.module_loading import autodiscover_modules

if TYPE_CHECKING:
    from .documents import DocType as DocType
    from .documents import Document as Document
    from .fields import *  # noqa: F403
    from .indices import Index as Index
    from .registries import registry as registry

_MODULES = ("documents", "indices", "registries", "fields")


def __getattr__(name: str) -> Any:
    # Imported when first asked for: Django imports an app before any model may be.
    if not name.startswith("_"):
        for module in _MODULES:
            found = import_module(f".{module}", __name__)
            if name in getattr(found, "__all__", _EXPORTED.get(module, ())):
                return getattr(found, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


_EXPORTED = {
    "documents": ("Document", "DocType"),
    "indices": ("Index",),
    "registries": ("registry",),
}


def autodiscover() -> None:
    """Import the ``documents`` module of each app; done anyway when Django starts."""
    autodiscover_modules("documents")
