"""Methods of a document class that other libraries call, and this package does not."""

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase

from elasticsearch import dsl

from .document import Document

_QUERYSET = "Return the objects to index from get_queryset()."
_DECLARE = "Declare that field in the document, and remove its name from `fields`."
_WRITES = (
    "Change the document in prepare_<field>(), or what is indexed in should_index_object(); "
    "to record changes yourself, call capture()."
)

FOREIGN_HOOKS: Mapping[str, str] = {
    # django-elasticsearch-dsl and django-opensearch-dsl.
    "generate_id": "Remove it: the _id is the primary key. To find documents by something else, "
    "index that as a field.",
    "get_indexing_queryset": _QUERYSET,
    "prepare_*_with_related": "Name it prepare_<field>(self, instance).",
    "to_field": _DECLARE,
    "get_model_field_class_to_field_class": _DECLARE,
    "init_prepare": "Remove it: this package finds out by itself how to read a document.",
    "update": _WRITES,
    "bulk": _WRITES,
    "parallel_bulk": _WRITES,
    "_bulk": _WRITES,
    "_get_actions": _WRITES,
    "_prepare_action": _WRITES,
    # Haystack and Wagtail.
    "index_queryset": _QUERYSET,
    "build_queryset": _QUERYSET,
    "get_indexed_objects": _QUERYSET,
    "should_update": "Say which objects are indexed in should_index_object(self, obj).",
    "get_indexed_instance": "Return the objects that change with a related one from "
    "get_instances_from_related().",
    # Common mistakes in these names.
    "should_index": "Name it should_index_object(self, obj).",
    "get_instance_from_related": "Name it get_instances_from_related(self, related_instance).",
}
"""A name, or a pattern of names -> what to do instead."""


_BASES = frozenset((*Document.__mro__, *dsl.InnerDoc.__mro__))
_PACKAGE = f"{__name__.partition('.')[0]}."


def foreign_hooks(document: type[Document]) -> Iterator[tuple[str, str]]:
    """Yield each method of a document class that is never called, and what to do instead.

    The methods in ``supported_hooks`` of the class are called by the code that added them there.
    """
    patterns = FOREIGN_HOOKS.keys() - document.supported_hooks
    fields = document._doc_type.mapping
    for name in own_methods(document):
        if name.startswith("prepare_") and name.removeprefix("prepare_") in fields:
            continue
        for pattern in FOREIGN_HOOKS:
            if pattern in patterns and fnmatchcase(name, pattern):
                yield name, FOREIGN_HOOKS[pattern]
                break


def is_supported(document: type[Document], name: str) -> bool:
    """Return whether a method with this name, from another library, is called here."""
    return any(fnmatchcase(name, pattern) for pattern in document.supported_hooks)


def own_methods(holder: type) -> list[str]:
    """Return the names of the methods that the project gave a document class, or an inner one."""
    found: dict[str, None] = {}
    for parent in holder.__mro__:
        if parent in _BASES or parent.__module__.startswith(_PACKAGE):
            continue
        found |= {
            name: None
            for name, value in vars(parent).items()
            if callable(value) or isinstance(value, (classmethod, staticmethod, property))
        }
    return [name for name in found if not name.startswith("__")]
