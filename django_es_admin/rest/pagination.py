"""Pages of a list, in the format of a service's pages."""

from typing import Any

from rest_framework.pagination import PageNumberPagination
from rest_framework.response import Response


class SearchPagination(PageNumberPagination):
    """``results``, ``total``, ``page``, ``page_size`` and ``total_pages``."""

    page_size = 20
    page_size_query_param = "page_size"
    max_page_size = 100

    def get_paginated_response(self, data: Any) -> Response:
        """Return one page."""
        paginator = self.page.paginator
        return Response(
            {
                "results": data,
                "total": paginator.count,
                "page": self.page.number,
                "page_size": paginator.per_page,
                "total_pages": paginator.num_pages if paginator.count else 0,
            }
        )

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Return the schema of a page."""
        numbers = ("total", "page", "page_size", "total_pages")
        return {
            "type": "object",
            "required": ["results", *numbers],
            "properties": {
                "results": schema,
                **{name: {"type": "integer"} for name in numbers},
            },
        }
