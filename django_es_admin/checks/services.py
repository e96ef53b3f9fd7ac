"""What is wrong in search services."""

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Tags, register

from ..search import SearchService
from ..search.site.problems import Kind, find_problems
from .messages import error

_SERVICE_IDS: Mapping[Kind, str] = {"document": "E030", "field": "E031", "option": "E032"}


# Among those of URLs: it imports them, which a command of ours must not depend on.
@register(Tags.urls)
def check_services(**kwargs: Any) -> list[CheckMessage]:
    """Check the search services of the installed apps, as far as the project's URLs use them."""
    if getattr(settings, "ROOT_URLCONF", None):
        # Nothing else knows in which modules they are.
        import_module(settings.ROOT_URLCONF)
    return [
        error(
            _SERVICE_IDS[problem.kind],
            f"{service.__name__}.{problem.message}",
            problem.hint,
            service,
        )
        for service in _services(SearchService)
        for problem in find_problems(service)
    ]


def _services(base: type[SearchService]) -> Iterator[type[SearchService]]:
    """Yield those that a project declares; one without a document is there to be subclassed."""
    for service in base.__subclasses__():
        own = apps.get_containing_app_config(service.__module__)
        if own is not None and own.label != "elasticsearch" and hasattr(service, "document"):
            yield service
        yield from _services(service)
