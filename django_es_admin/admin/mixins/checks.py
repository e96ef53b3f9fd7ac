"""System checks of an admin whose search box asks Elasticsearch."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from django.core.checks import CheckMessage, Error

from ...documents import Document
from ...exceptions import SearchMisdeclared
from ...search.text.fields import find_field_problem, find_key_problem, read_fields
from .highlight import paths_of
from .options import SearchOptionsMixin

OPERATORS = ("and", "or")
_FUZZINESS = re.compile(r"[012]|AUTO(:\d+,\d+)?")


def check_search(admin: SearchOptionsMixin) -> Iterator[CheckMessage]:
    """Yield the problems with the search of a model admin."""
    yield from _check_options(admin)
    try:
        document = admin.get_search_document()
    except SearchMisdeclared as error:
        yield _error(
            "E020",
            str(error),
            "Register a document for the model, or name one as search_document.",
            admin,
        )
        return
    problems = list(_check_document(admin, document))
    # The fields of another document are unknown.
    yield from problems or _check_fields(admin, document)


def _check_document(admin: SearchOptionsMixin, document: type[Document]) -> Iterator[CheckMessage]:
    if not hasattr(document, "django"):
        yield _error(
            "E021",
            f"{_name(admin)}.search_document is {document!r}, which is not a registered document.",
            "Decorate that class with @registry.register_document.",
            admin,
        )
    elif document.django.model._meta.concrete_model is not admin.model._meta.concrete_model:
        yield _error(
            "E022",
            f"{_name(admin)}.search_document is {document.__name__}, which belongs to the model "
            f"{document.django.model._meta.label}, not to {admin.model._meta.label}.",
            "Name a document of the model that the admin shows.",
            admin,
        )
    elif problem := find_key_problem(document):
        yield _error(
            "E027",
            f"{_name(admin)} searches {document.__name__}, and finds its rows by primary keys: "
            f"{problem}.",
            "Name a document as search_document whose _id is the primary key, and whose index is "
            "its own.",
            admin,
        )


def _check_fields(admin: SearchOptionsMixin, document: type[Document]) -> Iterator[CheckMessage]:
    specs: Any = admin.search_fields
    if not _is_list(specs):
        # Django's own check reports this.
        return
    readable = True
    for spec in specs:
        problem = find_field_problem(document, spec)
        if problem:
            readable = False
            yield _error(
                "E023",
                f"{_name(admin)}.{problem}",
                "Name a field of the document, as Elasticsearch does: 'name', 'name^3' to let it "
                "count three times, 'category.name' inside an object.",
                admin,
            )
    names = admin.advanced_search_fields
    for spec in names if _is_list(names) else ():
        problem = find_field_problem(document, spec)
        if problem:
            yield _error(
                "E026",
                f"{_name(admin)}.{problem}".replace("search_fields", "advanced_search_fields", 1),
                "Name a field of the document, as Elasticsearch does: 'price', 'category.name'.",
                admin,
            )
    if not readable or not _is_list(admin.search_highlight):
        return
    found = paths_of(document, read_fields(document, specs), admin.search_highlight)
    for column in admin.search_highlight:
        if column not in found:
            problem = (
                "whose cells show the labels of choices"
                if _has_choices(admin, column)
                else "which none of the search_fields is made from"
            )
            yield _error(
                "E025",
                f"{_name(admin)}.search_highlight has {column!r}, {problem}.",
                "Name a column of the model that is searched as text, and shown unchanged.",
                admin,
            )


def _has_choices(admin: SearchOptionsMixin, column: str) -> bool:
    return any(f.name == column and f.choices for f in admin.model._meta.concrete_fields)


def _check_options(admin: SearchOptionsMixin) -> Iterator[CheckMessage]:
    for option, is_good, hint in _OPTIONS:
        value = getattr(admin, option)
        if not is_good(value):
            yield _error("E024", f"{_name(admin)}.{option} is {value!r}.", hint, admin)


def _is_list(value: Any) -> bool:
    return isinstance(value, (list, tuple))


_OPTIONS: tuple[tuple[str, Callable[[Any], bool], str], ...] = (
    (
        "search_operator",
        lambda value: value in OPERATORS,
        "Give 'and' (every word has to match) or 'or' (one is enough).",
    ),
    (
        "search_fuzziness",
        lambda value: bool(_FUZZINESS.fullmatch(str(value))),
        "Give 'AUTO', or 0, 1 or 2 letters.",
    ),
    ("search_highlight", _is_list, "Give a list of columns of list_display."),
    (
        "advanced_search_fields",
        _is_list,
        "Give a list of fields of the document that a search can name.",
    ),
    (
        "search_unrestricted",
        lambda value: value is None or isinstance(value, bool),
        "Remove it, or set it to True if Elasticsearch should always count, or to False if it "
        "never should.",
    ),
    (
        "fallback_search_fields",
        lambda value: value is None or _is_list(value),
        "Give a list of lookups as for Django's search_fields, or remove it.",
    ),
)


def _error(number: str, message: str, hint: str, admin: Any) -> Error:
    return Error(message, hint=hint, obj=type(admin), id=f"elasticsearch.{number}")


def _name(admin: Any) -> str:
    return type(admin).__name__
