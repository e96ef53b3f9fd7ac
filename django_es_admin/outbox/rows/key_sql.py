"""The text of a key in SQL, the same text as :func:`.keys.text_of` makes."""

from typing import Any

from django.db import connections, models

_NUMBERS = (
    models.AutoField,
    models.BigAutoField,
    models.SmallAutoField,
    models.IntegerField,
    models.BigIntegerField,
    models.SmallIntegerField,
    models.PositiveIntegerField,
    models.PositiveBigIntegerField,
    models.PositiveSmallIntegerField,
)
_TEXTS = (models.CharField, models.SlugField, models.TextField, models.EmailField, models.URLField)

# The positions of the hyphens in a UUID that is stored as 32 characters.
_PARTS = ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12))


def key_sql(model: type[models.Model], using: str, column: str) -> str | None:
    """Return SQL for the text of a key of ``model``; None if only Python can make the text.

    Args:
        using: alias of the database.
        column: SQL for the value of the key.
    """
    field: Any = model._meta.pk
    while field is not None and field.remote_field is not None:
        field = field.target_field
    vendor = connections[using].vendor
    if type(field) in _NUMBERS or type(field) in _TEXTS:
        return _as_text(vendor, column)
    if type(field) is models.UUIDField:
        return _uuid(using, column)
    return None


def _as_text(vendor: str, column: str) -> str:
    if vendor == "mysql":
        # With a fixed collation, not that of whoever creates a trigger: keys may differ only in
        # case.
        return f"CAST({column} AS CHAR CHARACTER SET utf8mb4) COLLATE utf8mb4_bin"
    return f"CAST({column} AS text)"


def _uuid(using: str, column: str) -> str:
    connection = connections[using]
    if connection.features.has_native_uuid_field:
        return _as_text(connection.vendor, column)
    parts = (f"substr({column}, {start}, {size})" for start, size in _PARTS)
    if connection.vendor == "mysql":
        return f"CONCAT_WS('-', {', '.join(parts)})"
    return " || '-' || ".join(parts)
