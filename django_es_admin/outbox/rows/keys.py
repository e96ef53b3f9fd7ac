"""Primary keys as the text that rows of the outbox hold, and back."""

import json
from typing import Any

from django.db import models


def text_of(model: type[models.Model], key: Any) -> str:
    """Return a key's text as it is once read from the database: an instance may have another.

    A UUID may have been given without its hyphens, a number as text. Of a composite key it is a
    JSON list of texts.
    """
    primary = model._meta.pk
    if isinstance(primary, models.CompositePrimaryKey):
        parts = zip(_columns(primary), key, strict=True)
        return json.dumps([str(column.to_python(part)) for column, part in parts])
    return str(primary.to_python(key))


def value_of(model: type[models.Model], text: str) -> Any:
    """Return the key that a text of :func:`text_of` stands for.

    Raises:
        ValueError: it is not a key; or ``ValidationError``.
    """
    primary = model._meta.pk
    if isinstance(primary, models.CompositePrimaryKey):
        parts = zip(_columns(primary), json.loads(text), strict=True)
        return tuple(column.to_python(part) for column, part in parts)
    return primary.to_python(text)


def has_key(instance: models.Model) -> bool:
    """Whether an instance has a primary key, all columns of it."""
    key = instance.pk
    return None not in (key if isinstance(key, tuple) else (key,))


def _columns(primary: models.CompositePrimaryKey) -> "list[models.Field[Any, Any]]":
    return [field for field in primary.fields if isinstance(field, models.Field)]
