"""Find the objects of a document that were changed since a given time."""

from datetime import datetime

from django.conf import settings
from django.core.exceptions import FieldError
from django.db import models
from django.db.models.constants import LOOKUP_SEP
from django.db.models.sql import Query
from django.utils import timezone
from django.utils.translation import gettext as _

from ...exceptions import DocumentMisdeclared
from ..described.declared import Declared


def modified_fields(document: type[Declared]) -> tuple[str, ...]:
    """Return the fields with the time of the last change: declared, or the ``auto_now`` fields."""
    declared: tuple[str, ...] = document.django.modified_fields
    return declared or tuple(
        field.name
        for field in document.django.model._meta.get_fields()
        if isinstance(field, models.DateField) and field.auto_now
    )


def find_since_refusal(document: type[Declared]) -> str:
    """Return why the objects changed since a time are unknown; "" if they are known."""
    if modified_fields(document):
        return ""
    text = _(
        "%(document)s does not say when an object was changed: %(model)s has no field with "
        "auto_now=True. Name its fields in the document's class Django: "
        'modified_fields = ["…"].'
    )
    values = {"document": document.__name__, "model": document.django.model._meta.label}
    return text % values


def changed_since(document: type[Declared], moment: datetime) -> models.Q:
    """Return the rows of the model that were changed since a time.

    Args:
        moment: an aware time. A field with dates includes the whole day.

    Raises:
        DocumentMisdeclared: a name in ``modified_fields`` is not a field of the model.
    """
    condition = models.Q()
    for name in modified_fields(document):
        kind = _field(document, name)
        here = timezone.localtime(moment)
        if not isinstance(kind, models.DateTimeField):
            condition |= models.Q(**{f"{name}__gte": here.date()})
        elif settings.USE_TZ:
            condition |= models.Q(**{f"{name}__gte": moment})
        else:
            condition |= models.Q(**{f"{name}__gte": timezone.make_naive(here)})
    return condition


def _field(document: type[Declared], name: str) -> object:
    model = document.django.model
    try:
        found, rest = Query(model).names_to_path(
            name.split(LOOKUP_SEP), model._meta, fail_on_missing=True
        )[1::2]
    except FieldError:
        found, rest = None, []
    if rest or not isinstance(found, models.DateField):
        raise DocumentMisdeclared(
            f"{document.__name__}.Django names {name!r} in modified_fields, which is no date or "
            f"time of {model._meta.label}: name a DateTimeField."
        )
    return found
