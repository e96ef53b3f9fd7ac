"""Which field of a document identifies its object."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from ...documents import Document
from ...documents.described.overrides import is_made_by_code, is_overridden
from ...documents.described.paths import path_of

# Kinds of fields that Elasticsearch keeps by column, and gives back as they are.
_BY_COLUMN = frozenset(("keyword", "integer", "long", "short"))


@cache
def key_field(document: type[Document]) -> str:
    """Return the document's field that holds the primary key, by column; "" if it has none.

    Elasticsearch reads such a column at once, where for each ``_id`` it has to unpack a block of
    documents: for 10,000 hits that is a tenth of the time.
    """
    if is_overridden(document, "prepare"):
        return ""
    key = document.django.model._meta.pk
    mapping = document._doc_type.mapping
    for name in mapping:
        field = mapping[name]
        described = field.to_dict()
        if (
            path_of(name, field) in (("pk",), (key.attname,))
            and described.get("type") in _BY_COLUMN
            and described.get("doc_values", True)
            and not described.keys() & {"ignore_above", "normalizer"}
            and not is_made_by_code(document, name, field)
        ):
            return str(name)
    return ""


def asked_for(field: str) -> dict[str, Any]:
    """Return the parts of a body that wants nothing but keys.

    Args:
        field: that of :func:`key_field`.
    """
    if field:
        return {"stored_fields": "_none_", "docvalue_fields": [field]}
    return {"_source": False}


def identity_of(hit: Mapping[str, Any], field: str) -> Any:
    """Return the key that a hit tells; None if the document there does not have ``field``."""
    if not field:
        return str(hit["_id"])
    values = hit.get("fields", {}).get(field)
    return values[0] if values else None
