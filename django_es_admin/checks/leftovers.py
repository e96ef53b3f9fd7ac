"""Settings and modules of a library that is no longer installed: they have no effect."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, register
from django.utils.module_loading import module_has_submodule

from .messages import TAG, warning


class _Library(NamedTuple):
    name: str
    app: str
    prefix: str
    """The prefix of its settings."""
    page: str
    """The page of the documentation about migrating from it."""


_LIBRARIES = (
    _Library("django-haystack", "haystack", "HAYSTACK_", "Coming from django-haystack"),
    _Library("modelsearch", "modelsearch", "MODELSEARCH_", "Coming from modelsearch"),
    _Library("Wagtail's search", "wagtail.search", "WAGTAILSEARCH_", "Coming from modelsearch"),
)


@register(TAG)
def check_leftovers(**kwargs: Any) -> list[CheckMessage]:
    """Report what belongs to djangoes, django-haystack or modelsearch and has no effect."""
    return [*_check_runner(), *_check_settings(), *_check_search_indexes()]


def _check_runner() -> Iterator[CheckMessage]:
    runner = str(settings.TEST_RUNNER)
    if runner.startswith("djangoes."):
        yield warning(
            "W050",
            f"TEST_RUNNER is {runner!r}: it does not give the connections of this package the "
            f"names of the test run, so tests would write to the live indices.",
            "Set TEST_RUNNER to 'django_es_admin.test.runner.DiscoverRunner'.",
        )


def _check_settings() -> Iterator[CheckMessage]:
    for library in _LIBRARIES:
        if apps.is_installed(library.app):
            continue
        for name in sorted(dir(settings)):
            if name.startswith(library.prefix):
                yield warning(
                    "W051",
                    f"The setting {name} is of {library.name}, which is not installed: it has no "
                    f"effect.",
                    f"Remove it; {library.page!r} in the documentation says what to use instead.",
                )


def _check_search_indexes() -> Iterator[CheckMessage]:
    if apps.is_installed("haystack"):
        return
    for config in apps.get_app_configs():
        if module_has_submodule(config.module, "search_indexes"):
            yield warning(
                "W052",
                f"{config.name}.search_indexes belongs to django-haystack, which is not "
                f"installed: the module is never imported, and indexes nothing.",
                "Declare documents in documents.py instead; 'Coming from django-haystack' in the "
                "documentation says how.",
            )
