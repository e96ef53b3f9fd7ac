"""The fingerprint of a plan, which shows whether the plan has changed since it was confirmed."""

import hashlib
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from ..backends.elasticsearch import JSON
from ..indices.definition import IndexDefinition

# Values that change all the time, and do not change what the operation does.
_VOLATILE = frozenset(
    (
        "definition documents_before documents_after rows refused takes_long waiting warnings wait "
        "found sizes"
    ).split()
)


def fingerprint(kind: str, plan: Any) -> str:
    """Return sixteen hex digits that change when the plan would do something else.

    Args:
        kind: the kind of the operation.
        plan: a frozen plan. Its counts are left out, because they change all the time on a site in
            use.
    """
    definition: IndexDefinition = plan.definition
    parts = {
        "kind": kind,
        "index": [definition.using, definition.name, definition.digest],
        "plan": {
            field.name: _fixed(getattr(plan, field.name))
            for field in fields(plan)
            if field.name not in _VOLATILE and not (kind == "create" and field.name == "generation")
        },
    }
    return hashlib.sha256(JSON.dumps(parts)).hexdigest()[:16]


def _fixed(value: Any) -> Any:
    if is_dataclass(value):
        return str(value)
    if isinstance(value, Mapping):
        # Of a dict of generation -> documents, only the generations count.
        return {str(k): "" if isinstance(v, int | None) else _fixed(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_fixed(item) for item in value]
    return value
