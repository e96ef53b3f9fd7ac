"""Rewrite a query to use the analyzers for trials instead of those of visitors' searches."""

from collections.abc import Mapping, Sequence
from typing import Any

from ...indices.definition import IndexDefinition
from ...indices.diff import flatten
from ...indices.synonyms import TRIAL

_OF_A_FIELD = frozenset(("match", "match_phrase", "match_phrase_prefix", "match_bool_prefix"))
_OF_TEXTS = frozenset(("query_string", "simple_query_string", "combined_fields"))
_SUMS = frozenset(("most_fields", "bool_prefix"))
"""The types of `multi_match` that add up the scores of all fields by default."""


def trial_analyzers(definition: IndexDefinition) -> dict[str, str]:
    """Return path of each field whose search uses synonyms -> the analyzer for trials."""
    analyzers = (definition.settings.get("analysis") or {}).get("analyzer") or {}
    twins = {name for name in analyzers if f"{name}{TRIAL}" in analyzers}
    default = "default_search" if "default_search" in analyzers else "default"
    found = {}
    for path, field in flatten(definition.mappings).items():
        if field["type"] in {"text", "match_only_text", "search_as_you_type", "annotated_text"}:
            used = field.get("search_analyzer") or field.get("analyzer") or default
            if used in twins:
                found[path] = f"{used}{TRIAL}"
    return found


def on_trial(query: Any, analyzers: Mapping[str, str]) -> Any:
    """Return a query with other analyzers for its words.

    Args:
        query: the whole query as it is sent.
        analyzers: the result of :func:`trial_analyzers`.
    """
    if isinstance(query, Mapping):
        return _clauses(query, analyzers)
    if isinstance(query, (list, tuple)):
        return [on_trial(each, analyzers) for each in query]
    return query


def _clauses(query: Mapping[str, Any], analyzers: Mapping[str, str]) -> Any:
    changed: dict[str, Any] = {}
    for name, body in query.items():
        if name in _OF_A_FIELD and isinstance(body, Mapping):
            changed[name] = {
                path: _matched(each, analyzers.get(path)) for path, each in body.items()
            }
        elif name == "multi_match" and isinstance(body, Mapping):
            if len(query) == 1:
                return _several(body, analyzers)
            changed[name] = body
        elif name in _OF_TEXTS and isinstance(body, Mapping):
            changed[name] = _texts(body, analyzers)
        else:
            changed[name] = on_trial(body, analyzers)
    return changed


def _matched(body: Any, analyzer: str | None) -> Any:
    if analyzer is None:
        return body
    whole = dict(body) if isinstance(body, Mapping) else {"query": body}
    whole["analyzer"] = _twin(whole.get("analyzer"), analyzer)
    return whole


def _twin(given: str | None, analyzer: str) -> str:
    """Return the analyzer to use. One that the query names stays, unless it is the field's own."""
    return analyzer if given is None or f"{given}{TRIAL}" == analyzer else given


def _several(body: Mapping[str, Any], analyzers: Mapping[str, str]) -> Any:
    fields = body.get("fields") or ()
    tried = [analyzers.get(_path(field)) for field in fields]
    if not any(tried):
        return {"multi_match": body}
    if len(set(tried)) == 1:
        return {"multi_match": _matched(body, tried[0])}
    # One query for each field, as Elasticsearch does itself, so that each has its own analyzer.
    # Fields that are searched together are grouped by analyzer.
    kind = body.get("type", "best_fields")
    groups = (
        _grouped(fields, tried)
        if kind == "cross_fields"
        else [([field], analyzer) for field, analyzer in zip(fields, tried, strict=True)]
    )
    whole = {key: value for key, value in body.items() if key != "boost"}
    return {
        "dis_max": {
            "queries": [
                {"multi_match": _matched({**whole, "fields": some}, analyzer)}
                for some, analyzer in groups
            ],
            "tie_breaker": body.get("tie_breaker", 1.0 if kind in _SUMS else 0.0),
            "boost": body.get("boost", 1.0),
        }
    }


def _grouped(
    fields: Sequence[str], tried: Sequence[str | None]
) -> list[tuple[list[str], str | None]]:
    return [
        ([field for field, one in zip(fields, tried, strict=True) if one == analyzer], analyzer)
        for analyzer in dict.fromkeys(tried)
    ]


def _texts(body: Mapping[str, Any], analyzers: Mapping[str, str]) -> Any:
    fields = body.get("fields") or ([body["default_field"]] if "default_field" in body else ())
    tried = {analyzers.get(_path(field)) for field in fields}
    if len(tried) == 1:
        return _matched(body, tried.pop())
    return body


def _path(field: str) -> str:
    return field.partition("^")[0]
