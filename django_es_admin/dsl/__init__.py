"""The modules, classes and functions of django-elasticsearch-dsl, in one place.

Replace ``django_elasticsearch_dsl`` by ``django_es_admin.dsl`` in a project's imports. The outbox
indexes its documents, and the lifecycle rebuilds its indices.
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
    # Imported on first use, because Django imports an app before models may be imported.
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
    """Import the ``documents`` module of each app, which also happens when Django starts."""
    autodiscover_modules("documents")
