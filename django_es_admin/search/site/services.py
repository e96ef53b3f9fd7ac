"""The search services that a project declares."""

from collections.abc import Iterator

from django.apps import apps

from .service import SearchService


def services(base: type[SearchService] = SearchService) -> Iterator[type[SearchService]]:
    """Yield the services of the installed apps. A service without a document is a base class."""
    for service in base.__subclasses__():
        own = apps.get_containing_app_config(service.__module__)
        if own is not None and own.label != "elasticsearch" and hasattr(service, "document"):
            yield service
        yield from services(service)
