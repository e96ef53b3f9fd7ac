"""The filter of an analyzer that uses synonym rules from the admin."""

from typing import Any

from elasticsearch import dsl


def synonyms(name: str, *, filter_name: str | None = None) -> Any:
    """Return a filter for the ``search_analyzer`` of a field, which uses a set of synonyms.

    Args:
        name: the name of the set, without the connection's ``INDEX_PREFIX``.
        filter_name: the name of the filter in the index; ``<name>-synonyms`` if omitted.
    """
    return dsl.token_filter(
        filter_name or f"{name}-synonyms",
        type="synonym_graph",
        synonyms_set=name,
        updateable=True,
    )
