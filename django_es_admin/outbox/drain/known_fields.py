"""Write only fields that a generation has, if the generation was built for other code.

Otherwise the dynamic mapping of an older generation would guess the type of a field that only newer
code has. This cannot be undone: the field stays in the live mapping, even if the rebuild fails.
"""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from ...backends.transport.deadline import Deadline
from ...conf import get_options
from ...documents.reading.prepared import Prepared
from ...indices.definition import IndexDefinition
from ...indices.live import read_mappings
from ...models import Generation
from .targets import Target

LOOK_AGAIN = 30.0
"""The seconds for which a process assumes that a mapping has not changed."""

_known: dict[tuple[str, str, int], tuple[Mapping[str, Any], float]] = {}


def only_known(
    definition: IndexDefinition, target: Target, batch: Sequence[Prepared]
) -> list[Prepared]:
    """Return a batch without the fields that a generation of other code lacks.

    Call it after the tick was taken: an operation that adds a field to the mapping writes all
    objects again, with later ticks.

    Raises:
        ElasticsearchAdminError: the mapping could not be read.
    """
    live = _mapping(definition, target)
    return [
        one
        if one.source is None
        else one._replace(source=_trimmed(one.source, definition.mappings, live))
        for one in batch
    ]


def _mapping(definition: IndexDefinition, target: Target) -> Mapping[str, Any]:
    rows = Generation.objects.using(definition.database).filter(pk=target.pk)
    revision = rows.values_list("revision", flat=True).first() or 0
    key = (definition.using, target.name, revision)
    found = _known.get(key)
    if found and time.monotonic() - found[1] < LOOK_AGAIN:
        return found[0]
    deadline = Deadline(get_options().write_timeout)
    mappings = read_mappings(definition.connection, [target.name], deadline)
    if target.name not in mappings:
        # The generation no longer exists; the write itself finds that out.
        return definition.mappings
    # Keep only the newest mapping of each generation.
    for old in [old for old in _known if old[:2] == key[:2]]:
        _known.pop(old, None)
    _known[key] = (mappings[target.name], time.monotonic())
    return mappings[target.name]


def _trimmed(
    source: Mapping[str, Any], declared: Mapping[str, Any], live: Mapping[str, Any]
) -> dict[str, Any]:
    ours, theirs = declared.get("properties", {}), live.get("properties", {})
    trimmed = {}
    for name, value in source.items():
        if name in ours and name not in theirs:
            continue
        inner = name in ours and "properties" in ours[name] and _has_properties(theirs[name])
        trimmed[name] = _inside(value, ours[name], theirs[name]) if inner else value
    return trimmed


def _inside(value: Any, declared: Mapping[str, Any], live: Mapping[str, Any]) -> Any:
    if isinstance(value, (list, tuple)):
        return [_inside(one, declared, live) for one in value]
    return _trimmed(value, declared, live) if isinstance(value, Mapping) else value


def _has_properties(field: Mapping[str, Any]) -> bool:
    if field.get("enabled") in (False, "false"):
        return False
    return field.get("type", "object") in ("object", "nested")
