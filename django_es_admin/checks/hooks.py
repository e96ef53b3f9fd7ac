"""Declarations of a document that are never called or read."""

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

from django.core.checks import CheckMessage
from elasticsearch import dsl

from ..documents import Document
from ..documents.described.valued import valued
from ..documents.hooks import foreign_hooks, is_supported, own_methods
from .messages import error, warning

HOOKS = ("get_queryset", "should_index_object", "get_instances_from_related", "prepare")
_INDEX_OPTIONS = ("name", "using", "settings", "aliases", "analyzers")


def check_hooks(document: type[Document]) -> Iterator[CheckMessage]:
    foreign = dict(foreign_hooks(document))
    for name, mend in foreign.items():
        yield error(
            "E040",
            f"{document.__name__} has a method {name}(), which is never called.",
            mend,
            document,
        )
    known = {*foreign, *(n for n in own_methods(document) if is_supported(document, n))}
    for name in own_methods(document):
        meant = get_close_matches(name, HOOKS, 1, cutoff=0.85)
        if meant and name not in HOOKS and name not in known:
            yield _never_called(
                document, name, f"Name it {meant[0]}(), or give it a different name."
            )
    yield from _check_prepares(document, document, document._doc_type.mapping, known)
    own = "get_instances_from_related" in vars(document)
    if own and not document.django.related_models:
        yield _never_called(
            document,
            "get_instances_from_related",
            "Name the models in related_models that it gives the objects of.",
        )
    if document.fields_read_by_themselves:
        # There is another check for this.
        return
    for name in vars(getattr(document, "Index", object)):
        if not name.startswith("_") and name not in _INDEX_OPTIONS:
            yield warning(
                "W011",
                f"{document.__name__}.Index has {name!r}, which is not used.",
                f"The options are {', '.join(_INDEX_OPTIONS)}. The fields and `class Meta` of the "
                f"document define its mapping.",
                document,
            )


def _check_prepares(
    document: type[Document], holder: type, mapping: Any, known: set[str]
) -> Iterator[CheckMessage]:
    names = list(valued(mapping))
    for method in own_methods(holder):
        field = method.removeprefix("prepare_")
        if method != field and field not in names and method not in known:
            close = get_close_matches(field, names, 1)
            yield _never_called(
                document,
                method,
                f"Name it prepare_{close[0]}(), or declare a field {field!r}."
                if close
                else f"Declare a field {field!r}, or give the method another name.",
            )
    for name in names:
        if isinstance(mapping[name], dsl.Object):
            yield from _check_prepares(
                document, mapping[name]._doc_class, mapping[name]._mapping, known
            )


def _never_called(document: type[Document], name: str, mend: str) -> CheckMessage:
    return warning(
        "W010",
        f"{document.__name__} has a method {name}(), which is never called.",
        mend,
        document,
    )
