"""Find the field of a document that identifies its object."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from ...documents import Document
from ...documents.described.overrides import is_made_by_code, is_overridden
from ...documents.described.paths import path_of

# The types of fields that Elasticsearch stores in columns, and returns unchanged.
_BY_COLUMN = frozenset(("keyword", "integer", "long", "short"))


@cache
def key_field(document: type[Document]) -> str:
    """Return the document's field with the primary key in a column; "" if there is none.

    Elasticsearch reads a column directly, but has to decompress a block of documents for each
    ``_id``. For 10,000 hits the column takes a tenth of the time.
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
    """Return the parts of a body for a search that needs only keys.

    Args:
        field: the result of :func:`key_field`.
    """
    if field:
        return {"stored_fields": "_none_", "docvalue_fields": [field]}
    return {"_source": False}


def identity_of(hit: Mapping[str, Any], field: str) -> Any:
    """Return the key in a hit; None if the document does not have ``field``."""
    if not field:
        return str(hit["_id"])
    values = hit.get("fields", {}).get(field)
    return values[0] if values else None
