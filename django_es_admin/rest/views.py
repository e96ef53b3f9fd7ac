"""A site's search as views of Django REST Framework."""

from collections.abc import Sequence
from typing import Any, ClassVar

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from ..search import SearchService
from ..search.site.visitor.parameters import Parameter
from .refusals import refused
from .schema import SearchSchema
from .serializers import SearchResultsSerializer, SuggestionsSerializer


class _ServiceAPIView(APIView):
    service_class: ClassVar[type[SearchService]]
    serializer_class: ClassVar[type[BaseSerializer]]
    schema = SearchSchema()

    def get_service(self) -> SearchService:
        """Return the service; override it to restrict it to rows for ``self.request``."""
        return self.service_class()

    def _describe_service(self) -> tuple[Parameter, ...]:
        # There is no request yet, so the service cannot be restricted to its rows.
        declared: type[SearchService] | None = getattr(self, "service_class", None)
        return (declared() if declared else self.get_service()).parameters()

    def get_serializer_class(self) -> type[BaseSerializer]:
        """Return the class of the serializer of the answer."""
        return self.serializer_class

    def get_parameters(self) -> tuple[Parameter, ...]:
        """Return the parameters of the URL, for the schema."""
        raise NotImplementedError


class SearchAPIView(_ServiceAPIView):
    """The results of ``service_class``, with facets if it has any.

    The status is 400, with ``error`` and ``parameter``, for invalid parameters; and 503, with an
    ``error``, if Elasticsearch does not answer.
    """

    serializer_class = SearchResultsSerializer

    def get_parameters(self) -> tuple[Parameter, ...]:
        """Return the parameters of the service."""
        return self._describe_service()

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return one page of results."""
        with refused():
            results = self.get_service().answer(request.query_params)
        body = self.get_serializer_class()(results).data
        return Response(body, status=503 if "error" in results else 200)


class AutocompleteAPIView(_ServiceAPIView):
    """Suggestions for the text in a search box, ``q``; at most ``size`` suggestions."""

    serializer_class = SuggestionsSerializer
    size: ClassVar[int] = 10
    service_needs: ClassVar[Sequence[str]] = ("suggest_field",)

    def get_parameters(self) -> tuple[Parameter, ...]:
        """Return only ``q``."""
        return tuple(each for each in self._describe_service() if each.name == "q")

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return the suggestions, the best first."""
        with refused():
            typed = request.query_params.get("q", "")
            found = self.get_service().autocomplete(typed, self.size)
        return Response(self.get_serializer_class()({"suggestions": found}).data)
