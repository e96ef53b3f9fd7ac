"""Errors of a search as errors of Django REST Framework."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import APIException, ValidationError

from ..exceptions import SearchMisdeclared, SearchParameterInvalid

logger = logging.getLogger(__name__)


class SearchUnavailable(APIException):
    """503: Elasticsearch does not answer the search."""

    status_code = 503
    default_detail = _("Search service temporarily unavailable")
    default_code = "search_unavailable"


@contextmanager
def refused() -> Iterator[None]:
    """Raise ``ValidationError`` (400) for invalid parameters.

    Raise ``SearchUnavailable`` (503) for a service without the declaration that the view needs.
    """
    try:
        yield
    except SearchMisdeclared as problem:
        # A system check also reports this. Visitors must not see it.
        logger.error("%s", problem)  # noqa: TRY400 (it says enough)
        raise SearchUnavailable from problem
    except SearchParameterInvalid as error:
        raise ValidationError({"error": str(error), "parameter": error.parameter}) from error
