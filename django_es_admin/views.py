"""A site's search as JSON, without any framework on top of Django."""

import logging
from collections.abc import Sequence
from typing import Any, ClassVar

from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext as _
from django.views import View

from .exceptions import SearchMisdeclared, SearchParameterInvalid
from .search import SearchService

logger = logging.getLogger(__name__)


class _ServiceView(View):
    service_class: ClassVar[type[SearchService]]

    http_method_names = ("get", "head", "options")

    def get_service(self) -> SearchService:
        """Return the service that is asked; override it to narrow it to ``self.request``'s rows."""
        return self.service_class()

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> JsonResponse:
        """Answer with 400 and an ``error`` for invalid parameters, with 503 without an answer."""
        try:
            body = self.answer(request)
        except SearchParameterInvalid as error:
            body = {"error": str(error), "parameter": error.parameter}
            return JsonResponse(body, status=400)
        return JsonResponse(body, status=503 if "error" in body else 200)

    def answer(self, request: HttpRequest) -> dict[str, Any]:
        """Return what is shown."""
        raise NotImplementedError


class SearchView(_ServiceView):
    """The results of ``service_class``, with facets if it has any.

    Parameters are those of ``SearchService.parameters()``: ``q``, ``sort``, ``page``,
    ``page_size``, ``after``, the filters by their names, the ranges as ``min_…`` and ``max_…``.
    """

    def answer(self, request: HttpRequest) -> dict[str, Any]:
        """Return one page of results."""
        return dict(self.get_service().answer(request.GET))


class AutocompleteView(_ServiceView):
    """``{"suggestions": […]}`` for what was typed into a search box, ``q``."""

    size: ClassVar[int] = 10
    service_needs: ClassVar[Sequence[str]] = ("suggest_field",)

    def answer(self, request: HttpRequest) -> dict[str, Any]:
        """Return the suggestions."""
        typed = request.GET.get("q", "")
        try:
            return {"suggestions": self.get_service().autocomplete(typed, self.size)}
        except SearchMisdeclared as problem:
            # A system check says so, too; a visitor is not to see it.
            logger.error("%s", problem)  # noqa: TRY400 (it says enough)
            return {"suggestions": [], "error": _("Search service temporarily unavailable")}
