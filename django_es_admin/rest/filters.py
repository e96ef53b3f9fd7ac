"""Let a service search in a list of Django REST Framework."""

from collections.abc import Callable
from typing import Any, ClassVar

from django.db.models import Case, IntegerField, QuerySet, Value, When
from rest_framework.filters import BaseFilterBackend
from rest_framework.request import Request
from rest_framework.views import APIView

from ..search import SearchService
from .refusals import SearchUnavailable, refused
from .schema import describe

# The parameters of the page, which belong to the paginator.
_PAGING = ("page", "page_size", "after")


class SearchFilterBackend(BaseFilterBackend):
    """Restrict a queryset to the results of the view's ``search_service_class``, the best first.

    A view may have ``get_search_service()``, which restricts the service to rows for the request.
    The restrictions of the view's queryset still apply. Only the best ``max_hits`` hits are used. A
    request without a search parameter gets the whole queryset.
    """

    max_hits: ClassVar[int] = 1_000

    def filter_queryset(
        self, request: Request, queryset: "QuerySet[Any]", view: APIView
    ) -> "QuerySet[Any]":
        """Return the rows that were found, in the order of the service.

        Raises:
            ValidationError: a parameter is invalid.
            SearchUnavailable: Elasticsearch does not answer.
        """
        service = _service_of(view)
        with refused():
            asked = service.read_parameters(request.query_params)
            chosen = {name: value for name, value in asked.items() if name not in _PAGING}
            if not chosen:
                return queryset
            keys = service.find_keys(limit=self.max_hits, meant=_is_first_page(request), **chosen)
        if keys is None:
            raise SearchUnavailable
        found = queryset.filter(pk__in=keys)
        if not keys:
            return found
        ranks = [When(pk=key, then=Value(rank)) for rank, key in enumerate(keys)]
        return found.order_by(Case(*ranks, output_field=IntegerField()))

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        """Return the parameters for OpenAPI."""
        service = view.search_service_class()
        found = [each for each in service.parameters() if each.name not in _PAGING]
        return [
            {
                "name": each.name,
                "in": "query",
                "required": False,
                "description": str(each.description),
                "schema": each.type,
            }
            for each in describe(found)
        ]


def _is_first_page(request: Request) -> bool:
    """Return whether this is a new search, and not a further page of one, with any pagination."""
    given = request.query_params
    further = any(given.get(name) for name in ("after", "cursor", "offset"))
    return given.get("page", "1") in ("", "1") and not further


def _service_of(view: APIView) -> SearchService:
    get: Callable[[], SearchService] = getattr(
        view, "get_search_service", view.search_service_class
    )
    return get()
