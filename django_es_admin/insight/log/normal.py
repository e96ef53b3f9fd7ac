"""What names a search in the log, beside its words."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any


def filters_text(filters: Mapping[str, Any]) -> str:
    """Return filters as text, in a fixed order; "" for none."""
    given = {name: value for name, value in filters.items() if value not in (None, "", [], ())}
    if not given:
        return ""
    return json.dumps(given, sort_keys=True, default=str, ensure_ascii=False)


def digest(*parts: str) -> str:
    """Return what names a search in the table."""
    joined = "\x1f".join(parts).encode(errors="replace")
    return hashlib.blake2b(joined, digest_size=16).hexdigest()
