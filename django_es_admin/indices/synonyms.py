"""Synonym sets: which sets an index uses, and what Elasticsearch's synonyms API knows about them.

For each analyzer with a set there is a twin with a set for trials. Visitors' searches do not use
it, so rules can be tried on real searches without any effect on visitors.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from http import HTTPStatus
from typing import Any

from ..backends.abstracts import Base
from ..backends.errors import translated, understood
from ..backends.transport.deadline import Deadline
from ..exceptions import IndexBlocked

TRIAL = "-trial"
"""The suffix of a twin's name, for sets, filters and analyzers."""
MOST_RULES = 10_000
"""The maximum number of rules in a set ("Create or update synonyms set API" in the reference)."""
FIRST_VERSION = (8, 10)
"""The first version with the synonyms API."""

_KINDS = ("synonym", "synonym_graph")
_BEFORE = ("tokenizer", "char_filter")


def with_sets(settings: Mapping[str, Any], prefixed: Callable[[str], str]) -> Mapping[str, Any]:
    """Return the settings of an index with the sets' names in Elasticsearch.

    Args:
        prefixed: returns the name in Elasticsearch for a declared name.
    """
    if not names_of(settings):
        return settings
    changed = deepcopy(dict(settings))
    analysis = changed["analysis"]
    filters, analyzers = analysis["filter"], analysis.get("analyzer") or {}
    twins = {}
    for name, definition in _filters(settings):
        declared = prefixed(definition["synonyms_set"])
        filters[name]["synonyms_set"] = declared
        filters[f"{name}{TRIAL}"] = {**filters[name], "synonyms_set": f"{declared}{TRIAL}"}
        twins[name] = f"{name}{TRIAL}"
    for name, chain in _analyzers(analyzers):
        if twins.keys() & set(chain):
            swapped = [twins.get(one, one) for one in chain]
            analyzers[f"{name}{TRIAL}"] = {**analyzers[name], "filter": swapped}
    return changed


def names_of(settings: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of the sets in settings, without the sets for trials."""
    found = {definition["synonyms_set"] for _name, definition in _filters(settings)}
    return tuple(sorted(found))


def filters_with(settings: Mapping[str, Any], real: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield name and definition of each filter with a set, without those for trials.

    Args:
        settings: the settings of the index, with the sets' names in Elasticsearch.
        real: the name of the set in Elasticsearch.
    """
    for name, definition in _filters(settings):
        if definition["synonyms_set"] == real:
            yield name, definition


def analyzers_with(settings: Mapping[str, Any], real: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each analyzer with a set: its name, and the parts before the set, for ``_analyze``.

    Args:
        settings: the settings of the index, with the sets' names in Elasticsearch.
        real: the name of the set in Elasticsearch.
    """
    using = {name for name, _definition in filters_with(settings, real)}
    analyzers = (settings.get("analysis") or {}).get("analyzer") or {}
    for name, chain in _analyzers(analyzers):
        place = next((n for n, one in enumerate(chain) if one in using), None)
        if place is not None and not name.endswith(TRIAL):
            before = {key: analyzers[name][key] for key in _BEFORE if key in analyzers[name]}
            yield name, {"tokenizer": "standard", **before, "filter": chain[:place]}


def inlined(settings: Mapping[str, Any], rules: Mapping[str, Sequence[str]]) -> Mapping[str, Any]:
    """Return settings that contain the rules themselves, for a server without the synonyms API.

    Args:
        rules: name of a set in Elasticsearch -> the rules.
    """
    changed = deepcopy(dict(settings))
    analysis = changed.get("analysis") or {}
    for name, _definition in _filters(changed):
        one = analysis["filter"][name]
        one.pop("updateable", None)
        one["synonyms"] = list(rules.get(one.pop("synonyms_set"), ()))
        analysis["filter"].pop(f"{name}{TRIAL}", None)
    for name in [name for name in analysis.get("analyzer") or {} if name.endswith(TRIAL)]:
        del analysis["analyzer"][name]
    return changed


def rules_within(settings: Mapping[str, Any], live: Mapping[str, str], real: str) -> str | None:
    """Return the rules of a set in an index's settings, as one text; None if it uses a real set.

    Args:
        settings: the declared settings.
        live: the settings of the physical index, flat, as text.
        real: the name of the set in Elasticsearch.
    """
    for name, definition in _filters(settings):
        if definition["synonyms_set"] == real:
            kept = f"index.analysis.filter.{name}"
            if f"{kept}.type" in live and f"{kept}.synonyms_set" not in live:
                return live.get(f"{kept}.synonyms", "")
    return None


def uses_set(settings: Mapping[str, Any], live: Mapping[str, str], real: str) -> bool:
    """Return whether a physical index has a filter with a set.

    Args:
        settings: the declared settings.
        live: the settings of the physical index, flat, as text.
    """
    return any(
        live.get(f"index.analysis.filter.{name}.synonyms_set") == real
        for name, _definition in filters_with(settings, real)
    )


def _filters(settings: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    analysis = settings.get("analysis")
    filters = analysis.get("filter") if isinstance(analysis, Mapping) else None
    return [
        (name, definition)
        for name, definition in (filters or {}).items()
        if isinstance(definition, Mapping)
        and definition.get("type") in _KINDS
        and isinstance(definition.get("synonyms_set"), str)
        and not name.endswith(TRIAL)
    ]


def _analyzers(analyzers: Mapping[str, Any]) -> list[tuple[str, list[str]]]:
    found = []
    for name, definition in analyzers.items():
        chain = definition.get("filter") if isinstance(definition, Mapping) else None
        if chain:
            found.append((name, [chain] if isinstance(chain, str) else list(chain)))
    return found


def has_api(connection: Base, deadline: Deadline) -> bool:
    """Return whether the server has the synonyms API.

    Raises:
        ElasticsearchAdminError: as :func:`~django_es_admin.backends.errors.translated`.
    """
    with translated(connection):
        answer = connection.client.options(request_timeout=deadline.remaining).info()
    with understood(connection):
        number = str(answer["version"]["number"])
    return tuple(int(part) for part in re.findall(r"\d+", number)[:2]) >= FIRST_VERSION


def read_set(connection: Base, real: str, deadline: Deadline) -> tuple[str, ...] | None:
    """Return the rules of a set, in their order; None if the set does not exist.

    Raises:
        ElasticsearchAdminError: as :func:`~django_es_admin.backends.errors.translated`.
    """
    client = connection.client.options(
        request_timeout=deadline.remaining, ignore_status=HTTPStatus.NOT_FOUND
    )
    with translated(connection):
        answer = client.synonyms.get_synonym(id=real, size=MOST_RULES)
    if answer.meta.status == HTTPStatus.NOT_FOUND:
        return None
    with understood(connection):
        return tuple(str(rule["synonyms"]) for rule in answer["synonyms_set"])


def put_set(
    connection: Base, real: str, rules: Sequence[str], deadline: Deadline, users: Sequence[str]
) -> None:
    """Replace the rules of a set. Searches use the new rules immediately.

    Args:
        users: the names of the indices whose analyzers use the set. They need not exist.

    Raises:
        ServerRefused: Elasticsearch refuses the rules.
        IndexBlocked: one of these indices is blocked.
        ElasticsearchAdminError: as :func:`~django_es_admin.backends.errors.translated`.
    """
    client = connection.client.options(request_timeout=deadline.remaining)
    named = [{"synonyms": rule} for rule in rules]
    try:
        with translated(connection):
            client.synonyms.put_synonym(id=real, synonyms_set=named)
    except IndexBlocked:
        # Elasticsearch stores the rules, and then reloads the analyzers of all indices in one
        # request. It refuses that if any index of the cluster is read-only.
        if read_set(connection, real, deadline) != tuple(rules):
            raise
        for name in users:
            client = connection.client.options(request_timeout=deadline.remaining)
            with translated(connection):
                client.indices.reload_search_analyzers(index=name, ignore_unavailable=True)
