"""Check search services."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Tags, register
from django.urls import URLResolver, get_resolver

from ..search import SearchService
from ..search.site.services import services
from ..search.site.validation import Kind, find_problems
from .messages import error

# Methods that a project's view may override.
_ANSWERS = ("get", "answer", "get_service")
_SERVICE_IDS: Mapping[Kind, str] = {"document": "E030", "field": "E031", "option": "E032"}


# Tagged as a check of URLs, because it imports them, and our commands must not depend on that.
@register(Tags.urls)
def check_services(**kwargs: Any) -> list[CheckMessage]:
    """Check the search services of the installed apps, as far as the project's URLs use them."""
    if _has_urls():
        # Only the URLs know in which modules the views are.
        import_module(settings.ROOT_URLCONF)
    return [*_check_declarations(), *_check_views()]


def _check_declarations() -> list[CheckMessage]:
    return [
        error(
            _SERVICE_IDS[problem.kind],
            f"{service.__name__}.{problem.message}",
            problem.hint,
            service,
        )
        for service in services()
        for problem in find_problems(service)
    ]


def _check_views() -> Iterator[CheckMessage]:
    """Yield each view in the project's URLs whose service lacks a declaration it needs."""
    reported = set()
    for view, options in _views(get_resolver().url_patterns) if _has_urls() else ():
        service = options.get("service_class", getattr(view, "service_class", None))
        for name in _needs(view, service):
            if (view, service, name) in reported or getattr(service, name):
                continue
            reported.add((view, service, name))
            yield error(
                "E033",
                f"{view.__name__} asks {service.__name__}, which has no {name}.",
                f"Give that service a {name}, or remove the view from the URLs.",
                view,
            )


def _has_urls() -> bool:
    return bool(getattr(settings, "ROOT_URLCONF", None))


def _views(patterns: Iterable[Any]) -> Iterator[tuple[type, Mapping[str, Any]]]:
    """Yield each view class in the project's URLs, with the arguments of ``as_view()``."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from _views(pattern.url_patterns)
        elif view := getattr(pattern.callback, "view_class", None):
            yield view, getattr(pattern.callback, "view_initkwargs", {})


def _needs(view: type, service: Any) -> Sequence[str]:
    """Return what a service must declare for a view, unless either overrides it."""
    if not (isinstance(service, type) and issubclass(service, SearchService)):
        return ()
    needs: Sequence[str] = getattr(view, "service_needs", ())
    if needs and service.autocomplete is not SearchService.autocomplete:
        return ()
    for base in view.__mro__:
        if "service_needs" in vars(base):
            own = any(getattr(view, n, None) is not getattr(base, n, None) for n in _ANSWERS)
            return () if own else needs
    return ()
