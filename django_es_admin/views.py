"""A site's search as JSON, with only Django."""

import logging
from collections.abc import Sequence
from typing import Any, ClassVar

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import NoReverseMatch, reverse
from django.utils.cache import add_never_cache_headers
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from .exceptions import ClickForged, SearchMisdeclared, SearchParameterInvalid
from .insight.log.clicks import Clicked, read_mark
from .insight.log.note import note_click
from .search import SearchService

logger = logging.getLogger(__name__)


class _ServiceView(View):
    service_class: ClassVar[type[SearchService]]

    http_method_names = ("get", "head", "options")

    def get_service(self) -> SearchService:
        """Return the service; override it to restrict it to rows for ``self.request``."""
        return self.service_class()

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> JsonResponse:
        """Return the answer: 400 with an ``error`` for invalid parameters, 503 if there is none."""
        try:
            body = self.answer(request)
        except SearchParameterInvalid as error:
            body = {"error": str(error), "parameter": error.parameter}
            return JsonResponse(body, status=400)
        return JsonResponse(body, status=503 if "error" in body else 200)

    def answer(self, request: HttpRequest) -> dict[str, Any]:
        """Return the answer as plain data."""
        raise NotImplementedError


class SearchView(_ServiceView):
    """The results of ``service_class``, with facets if it has any.

    The parameters are those of ``SearchService.parameters()``: ``q``, ``sort``, ``page``,
    ``page_size``, ``after``, the filters by name, and the ranges as ``min_…`` and ``max_…``.
    """

    def answer(self, request: HttpRequest) -> dict[str, Any]:
        """Return one page of results."""
        return dict(self.get_service().answer(request.GET))


class AutocompleteView(_ServiceView):
    """``{"suggestions": […]}`` for the text in a search box, ``q``."""

    size: ClassVar[int] = 10
    service_needs: ClassVar[Sequence[str]] = ("suggest_field",)

    def answer(self, request: HttpRequest) -> dict[str, Any]:
        """Return the suggestions."""
        typed = request.GET.get("q", "")
        try:
            return {"suggestions": self.get_service().autocomplete(typed, self.size)}
        except SearchMisdeclared as problem:
            # A system check also reports this. Visitors must not see it.
            logger.error("%s", problem)  # noqa: TRY400 (it says enough)
            return {"suggestions": [], "error": _("Search service temporarily unavailable")}


@method_decorator(csrf_exempt, name="dispatch")
class ClickView(View):
    """Counts an opened result, and redirects to it. The URL contains the ``click`` of a result.

    A POST only counts, for ``navigator.sendBeacon()``. A form on another site cannot count anything
    but real results, because a click is signed.
    """

    pattern_name: ClassVar[str] = ""
    """The name of the URL pattern of an object's page, whose only argument is the object's key."""

    http_method_names = ("get", "head", "post", "options")

    def get_url(self, clicked: Clicked) -> str:
        """Return the URL of the object's page.

        Raises:
            Http404: the object has no page.
        """
        if not self.pattern_name:
            raise Http404("ClickView has no pattern_name.")
        try:
            return reverse(self.pattern_name, args=[clicked.key])
        except NoReverseMatch as error:
            raise Http404("The object has no page.") from error

    def get(self, request: HttpRequest, click: str) -> HttpResponse:
        """Redirect to the object's page.

        Raises:
            Http404: this site has not signed the click, or the object has no page.
        """
        clicked = self._read(click)
        response = HttpResponseRedirect(self.get_url(clicked))
        add_never_cache_headers(response)
        # A page that a browser loads in advance was not opened by a user.
        purpose = request.headers.get("Sec-Purpose", request.headers.get("Purpose", ""))
        if request.method == "GET" and "prefetch" not in purpose:
            note_click(click, clicked)
        return response

    def post(self, request: HttpRequest, click: str) -> HttpResponse:
        """Only count the click.

        Raises:
            Http404: this site has not signed the click.
        """
        note_click(click, self._read(click))
        return HttpResponse(status=204)

    def _read(self, click: str) -> Clicked:
        try:
            return read_mark(click)
        except ClickForged as error:
            raise Http404(str(error)) from error
