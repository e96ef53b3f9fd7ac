"""Report synonym rules that have no effect."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.core.checks import CheckMessage

from ..indices.definition import IndexDefinition
from ..indices.synonyms import analyzers_with, filters_with
from .messages import warning


def check_synonyms(definitions: Iterable[IndexDefinition]) -> Iterator[CheckMessage]:
    """Check each set in the settings of an index."""
    for definition in definitions:
        for name, real in definition.synonyms.items():
            yield from _check_set(definition, name, real)


def _check_set(definition: IndexDefinition, name: str, real: str) -> Iterator[CheckMessage]:
    filters: Mapping[str, Mapping[str, Any]] = dict(filters_with(definition.settings, real))
    for each, declared in filters.items():
        if str(declared.get("updateable", False)).lower() != "true":
            yield warning(
                "W080",
                f"The filter {each!r} of the index {definition.name!r} names the set of synonyms "
                f"{name!r} without updateable: rules that are saved act only after a rebuild.",
                "Add 'updateable': True to the filter, and use it in a search_analyzer; or declare "
                "it with synonyms().",
                definition.document,
            )
    if not any(analyzers_with(definition.settings, real)):
        yield warning(
            "W081",
            f"The filter {', '.join(map(repr, filters))} of the index {definition.name!r} names "
            f"the set of synonyms {name!r}, and no analyzer uses it: its rules never act.",
            "Add the filter to the analyzer that is the search_analyzer of a field.",
            definition.document,
        )
