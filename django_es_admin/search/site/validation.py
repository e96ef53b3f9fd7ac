"""Find mistakes in the declaration of a service."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_type_hints

from ...conf import Options
from ..text.fields import TEXTS, SearchField, find_field_problem, find_key_problem
from .facets import Facet, StatsFacet, TermsFacet
from .service import SearchService
from .visitor.criteria import find_field

Kind = Literal["document", "field", "option"]

_FUZZINESS = re.compile(r"[012]|AUTO(:\d+,\d+)?")
_UNSORTED = TEXTS | {"object", "nested", "completion", "binary"}
_NUMBERS = frozenset(
    "byte short integer long unsigned_long half_float float double scaled_float".split()
)
_BOUNDED = _NUMBERS | {"date"}


@dataclass(frozen=True)
class InvalidDeclaration:
    """One mistake in a declaration.

    Args:
        kind: whether it concerns the document, a named field, or another option.
        message: what is wrong, without the service's name.
        hint: how to fix it.
    """

    kind: Kind
    message: str
    hint: str


def find_problems(service: type[SearchService]) -> Iterator[InvalidDeclaration]:
    """Yield the mistakes in the declaration of a service."""
    document: Any = getattr(service, "document", None)
    if not hasattr(document, "django"):
        yield InvalidDeclaration(
            "document",
            f"document is {document!r}, which is not a registered document.",
            "Decorate that class with @registry.register_document.",
        )
        return
    if problem := find_key_problem(document):
        yield InvalidDeclaration(
            "document",
            f"document is {document.__name__}, but hits must lead to objects by primary keys: "
            f"{problem}.",
            "Name a document whose _id is the primary key, and whose index is its own.",
        )
    for spec in service.fields:
        if problem := find_field_problem(document, spec):
            yield InvalidDeclaration(
                "field",
                problem.replace("search_fields", "fields", 1),
                "Name a field of the document, as Elasticsearch does: 'name^3', 'category.name'.",
            )
    for attribute, path, field in _named(service):
        if found := _field_problem(attribute, path, field, service):
            yield found
    yield from _option_problems(service)


def _named(service: type[SearchService]) -> Iterator[tuple[str, str, SearchField]]:
    """Yield each named field, except the searched ones, with the attribute that names it."""
    facets: dict[str, Facet] = dict(getattr(service, "facets", {}))
    paths = [
        *(("filters", path) for path in service.filters.values()),
        *(("default_filters", path) for path in service.default_filters),
        *(("ranges", path) for path in service.ranges.values()),
        *(("sorts", spec.removeprefix("-")) for spec in service.sorts.values()),
        *(("highlight", path) for path in service.highlight),
        *(
            ("facets" if isinstance(facet, TermsFacet) else "facets of numbers", facet.field)
            for facet in facets.values()
        ),
        *((name, getattr(service, name)) for name in ("suggest_field", "spelling_field")),
    ]
    for attribute, path in paths:
        if path and path != "_score":
            yield attribute, path, find_field(service.document, path)


def _field_problem(
    attribute: str, path: str, field: SearchField, service: type[SearchService]
) -> InvalidDeclaration | None:
    named = f"{attribute.partition(' ')[0]} has {path!r}, which"
    if not field.type:
        if not find_field_problem(service.document, path):
            return None
        return InvalidDeclaration(
            "field", f"{named} {service.document.__name__} does not have.", "Correct its name."
        )
    typed = f"{named} is of the type {field.type}"
    if attribute in ("filters", "default_filters", "facets", "sorts") and field.type in _UNSORTED:
        return InvalidDeclaration(
            "field", f"{typed}.", "Name one that is indexed as a whole, as a keyword is."
        )
    if attribute == "suggest_field" and field.type != "completion":
        return InvalidDeclaration("field", f"{typed}.", "Name a CompletionField.")
    if attribute == "spelling_field" and field.type not in TEXTS:
        return InvalidDeclaration("field", f"{typed}.", "Name a TextField.")
    if attribute == "ranges" and field.type not in _BOUNDED:
        return InvalidDeclaration("field", f"{typed}.", "Name a number or a date.")
    if attribute == "facets of numbers" and field.type not in _NUMBERS:
        return InvalidDeclaration("field", f"{typed}.", "Name a number.")
    return None


def _option_problems(service: type[SearchService]) -> Iterator[InvalidDeclaration]:
    words = get_args(get_type_hints(Options)["search_fallback"])
    wrong = {
        "operator": (service.operator not in ("and", "or"), "Give 'and' or 'or'."),
        "fuzziness": (
            not _FUZZINESS.fullmatch(str(service.fuzziness)),
            "Give 'AUTO', or 0, 1 or 2 letters.",
        ),
        "sorts": (not service.sorts, "Give one order at least."),
        "fallback": (
            service.fallback not in ("", *words),
            f"Give one of {', '.join(words)}, or nothing.",
        ),
        **{
            name: (getattr(service, name) < 1, "Give a number of 1 or more.")
            for name in ("page_size", "max_page_size", "max_query_length", "min_prefix_length")
        },
    }
    for name, (is_wrong, hint) in wrong.items():
        if is_wrong:
            yield InvalidDeclaration("option", f"{name} is {getattr(service, name)!r}.", hint)
    for name, facet in getattr(service, "facets", {}).items():
        if not isinstance(facet, TermsFacet | StatsFacet) and not facet.ranges:
            yield InvalidDeclaration(
                "option", f"facets has {name!r} without ranges.", "Give it some."
            )
