"""The key of an object as its row stores it, however the instance spells it.

``Decimal("1.5")`` finds the row ``1.50``, a time in any time zone finds the same row, and a
collation may find ``abc`` for ``ABC``. The document always has the key of the row.
"""

from collections.abc import Iterable, Iterator
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import Any

from django.db import connections, models

from ...documents import Document
from ...documents.described.kin import link_to, way_down
from ..rows.keys import text_of

Model = type[models.Model]

_NUMBERS = frozenset(
    (
        models.AutoField,
        models.BigAutoField,
        models.SmallAutoField,
        models.IntegerField,
        models.BigIntegerField,
        models.SmallIntegerField,
        models.PositiveIntegerField,
        models.PositiveBigIntegerField,
        models.PositiveSmallIntegerField,
        models.UUIDField,
    )
)
_TEXTS = frozenset((models.CharField, models.SlugField, models.TextField))


def value_in(model: Model, instance: models.Model) -> Any:
    """Return the key, as given, of the object of ``model`` that ``instance`` is or is part of."""
    link = link_to(type(instance), model)
    if link is not None:
        return getattr(instance, link.attname)
    way = way_down(type(instance), model)
    if way:
        whole = _keys(type(instance), instance._state.db).filter(pk=instance.pk)
        for found in whole.exclude(**{way: None}).values_list(way, flat=True):
            return found
    return instance.pk


def key_in(model: Model, instance: models.Model) -> str:
    """Return the text of the key of the object of ``model`` that ``instance`` is or is part of."""
    return key_text(model, value_in(model, instance))


def key_of_row(document: type[Document], instance: models.Model, using: str) -> str:
    """Return the text of the key of a document's object, as its row stores it."""
    model = document.django.model
    return row_key(model, value_in(model, instance), using)


def key_text(model: Model, key: Any) -> str:
    """Return the text that a key has once it is read from the database, if there is only one.

    For example, a UUID may be given without its hyphens, or a number as text.
    """
    return text_of(model, key)


def row_key(model: Model, key: Any, using: str) -> str:
    """Return the text of the key as the row stores it, or of ``key`` if there is no row."""
    if not _has_one_spelling(model, using):
        for value in (key, _rounded(model, key)):
            for found in _keys(model, using).filter(pk=value)[:1]:
                return text_of(model, found)
    return key_text(model, key)


def row_keys(model: Model, keys: Iterable[Any], using: str) -> Iterator[str]:
    """Yield the text of each row's key, as the row stores it."""
    if _has_one_spelling(model, using):
        yield from (key_text(model, key) for key in keys)
    else:
        found = _keys(model, using).filter(pk__in=list(keys))
        yield from (text_of(model, key) for key in found)


def keys_of_rows(model: Model, keys: list[Any], using: str) -> list[str]:
    """Return :func:`row_key` of each key, with one query if rows may spell keys differently."""
    known = set(row_keys(model, keys, using))
    texts = ((key, key_text(model, key)) for key in keys)
    return [text if text in known else row_key(model, key, using) for key, text in texts]


def _keys(model: Model, using: str | None) -> models.QuerySet[Any, Any]:
    # Not with a manager of the project, which may hide rows.
    return models.QuerySet(model).using(using).values_list("pk", flat=True)


def _rounded(model: Model, key: Any) -> Any:
    """Return a number rounded as PostgreSQL stores it, because more decimals would find no row."""
    field = _key_field(model)
    if not isinstance(field, models.DecimalField) or key is None:
        return key
    number: Decimal = field.to_python(key)
    places = Decimal(1).scaleb(-(field.decimal_places or 0))
    return number.quantize(places, ROUND_HALF_UP)


def _key_field(model: Model) -> Any:
    """Return the primary key field, or the field that it refers to if it is a foreign key."""
    field: Any = model._meta.pk
    while field is not None and field.remote_field is not None:
        field = field.target_field
    return field


@cache
def _has_one_spelling(model: Model, using: str) -> bool:
    """Return whether every value that finds a row has the same text as the row's key."""
    field = _key_field(model)
    if type(field) in _NUMBERS:
        return True
    exact = connections[using].vendor in ("postgresql", "sqlite") and model._meta.managed
    return type(field) in _TEXTS and exact and not field.db_collation
