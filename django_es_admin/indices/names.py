"""Names of indices: which ones Elasticsearch takes, and how a generation is called."""

import re
import secrets
from datetime import UTC, datetime

MAX_BYTES = 255
_SUFFIX = "-20261121072512-3f9a-WRITE"
_FORBIDDEN = re.compile(r'[\\/*?"<>| ,#:]')
WRITE_SUFFIX = "-WRITE"
_GENERATION = re.compile(r"(.+)-[0-9]{14}-[0-9a-f]{4}", re.DOTALL)


def find_name_problem(name: str) -> str:
    """Return why Elasticsearch, or we, cannot have an index called ``name``; "" if it is fine.

    The rules are those of "Create index API" in the Elasticsearch reference; the length leaves
    room for what a generation's name adds.
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
    """Return a name for a new generation of ``alias``, as ``products-20261121072512-3f9a``.

    The time is UTC; the random end keeps two that begin in one second apart.
    """
    moment = datetime.now(UTC).strftime("%Y%m%d%H%M%S")
    return f"{alias}-{moment}-{secrets.token_hex(2)}"


def is_generation_name(alias: str, name: str) -> bool:
    """Whether ``name`` is that of a generation of ``alias``, and of no other index."""
    return alias_of_generation(name) == alias


def alias_of_generation(name: str) -> str | None:
    """Return the alias whose generation ``name`` would be; None for any other name."""
    found = _GENERATION.fullmatch(name)
    return found[1] if found else None


def short_generation_name(name: str) -> str:
    """Return the end of a generation's name that tells it from its siblings."""
    return f"…-{name.rpartition('-')[2]}"


def write_alias(generation: str) -> str:
    """Return the alias through which a generation is written.

    No index can have a name with capitals, so nothing is ever created under it by mistake.
    """
    return f"{generation}{WRITE_SUFFIX}"
