"""Names of indices: which names are valid, and how generations are named."""

import re
import secrets
from datetime import UTC, datetime

MAX_BYTES = 255
_SUFFIX = "-20261121072512-3f9a-WRITE"
_FORBIDDEN = re.compile(r'[\\/*?"<>| ,#:]')
WRITE_SUFFIX = "-WRITE"
_GENERATION = re.compile(r"(.+)-[0-9]{14}-[0-9a-f]{4}", re.DOTALL)


def find_name_problem(name: str) -> str:
    """Return why an index cannot be called ``name``; "" if it can.

    The rules are in "Create index API" of the Elasticsearch reference. The maximum length is
    reduced by the length of a generation's suffix.
    """
    if not name:
        return "it is empty"
    if name != name.lower():
        return "it has capital letters"
    if name in (".", ".."):
        return "it is a dot"
    if name[0] in "-_+":
        return f"it begins with {name[0]!r}"
    found = _FORBIDDEN.search(name)
    if found:
        return f"it contains {found.group()!r}"
    if len(name.encode()) > MAX_BYTES - len(_SUFFIX):
        return f"it is longer than {MAX_BYTES - len(_SUFFIX)} bytes"
    return ""


def new_generation_name(alias: str) -> str:
    """Return a name for a new generation of ``alias``, such as ``products-20261121072512-3f9a``.

    The time is UTC. The random suffix distinguishes two generations of the same second.
    """
    moment = datetime.now(UTC).strftime("%Y%m%d%H%M%S")
    return f"{alias}-{moment}-{secrets.token_hex(2)}"


def is_generation_name(alias: str, name: str) -> bool:
    """Return whether ``name`` is a generation of ``alias``, and of no other index."""
    return alias_of_generation(name) == alias


def alias_of_generation(name: str) -> str | None:
    """Return the alias of the generation ``name``; None for any other name."""
    found = _GENERATION.fullmatch(name)
    return found[1] if found else None


def short_generation_name(name: str) -> str:
    """Return the last part of a generation's name, which tells it from other generations."""
    return f"…-{name.rpartition('-')[2]}"


def write_alias(generation: str) -> str:
    """Return the alias for writes to a generation.

    An index name cannot contain capital letters, so no index is created under this name by mistake.
    """
    return f"{generation}{WRITE_SUFFIX}"
