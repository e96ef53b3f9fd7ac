"""Primary keys as the text that the outbox stores, and back."""

import json
from typing import Any

from django.db import models


def text_of(model: type[models.Model], key: Any) -> str:
    """Return the text that a key has once it is read from the database.

    An instance may have another spelling: a UUID without its hyphens, or a number as text. For a
    composite key, the text is a JSON list of texts.
    """
    primary = model._meta.pk
    if isinstance(primary, models.CompositePrimaryKey):
        parts = zip(_columns(primary), key, strict=True)
        return json.dumps([str(column.to_python(part)) for column, part in parts])
    return str(primary.to_python(key))


def value_of(model: type[models.Model], text: str) -> Any:
    """Return the key for a text that :func:`text_of` returned.

    Raises:
        ValueError: the text is not a key. It may also be a ``ValidationError``.
    """
    primary = model._meta.pk
    if isinstance(primary, models.CompositePrimaryKey):
        parts = zip(_columns(primary), json.loads(text), strict=True)
        return tuple(column.to_python(part) for column, part in parts)
    return primary.to_python(text)


def has_key(instance: models.Model) -> bool:
    """Return whether an instance has a primary key, with all its columns."""
    key = instance.pk
    return None not in (key if isinstance(key, tuple) else (key,))


def _columns(primary: models.CompositePrimaryKey) -> "list[models.Field[Any, Any]]":
    return [field for field in primary.fields if isinstance(field, models.Field)]
