"""Errors of a search as those of Django REST Framework."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import APIException, ValidationError

from ..exceptions import SearchParameterInvalid


class SearchUnavailable(APIException):
    """503: nobody answers the search."""

    status_code = 503
    default_detail = _("Search service temporarily unavailable")
    default_code = "search_unavailable"


@contextmanager
def refused() -> Iterator[None]:
    """Raise a ``ValidationError`` (400) for what cannot be meant."""
    try:
        yield
    except SearchParameterInvalid as error:
        raise ValidationError({"error": str(error), "parameter": error.parameter}) from error
