"""Errors of a search as those of Django REST Framework."""

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
    """Raise a ``ValidationError`` (400) for what cannot be meant.

    And ``SearchUnavailable`` (503) for a service that does not declare what it is asked for.
    """
    try:
        yield
    except SearchMisdeclared as problem:
        # A system check says so, too; a visitor is not to see it.
        logger.error("%s", problem)  # noqa: TRY400 (it says enough)
        raise SearchUnavailable from problem
    except SearchParameterInvalid as error:
        raise ValidationError({"error": str(error), "parameter": error.parameter}) from error
