"""The pytest plugin: fixtures, and index names of this run for every test of a project.

It is loaded wherever this package is installed. It only imports pytest until it is clear that a
project uses the app.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from ..backends.abstracts import Base


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line(
        "markers",
        "elasticsearch: the test has every declared index, empty (as the fixture "
        "elasticsearch_indices).",
    )


def _is_used() -> bool:
    """Return whether the tests belong to a Django project with this app."""
    import sys

    if "django" not in sys.modules:
        return False
    from django.apps import apps

    return apps.ready and apps.is_installed("django_es_admin")


@pytest.fixture(scope="session", autouse=True)
def _elasticsearch_names(request: pytest.FixtureRequest) -> Iterator[None]:
    """Keep every test away from live indices, even if it uses no fixture of ours."""
    if not _is_used():
        yield
        return
    from .utils import setup_djangoes, teardown_djangoes

    workerinput: dict[str, Any] = getattr(request.config, "workerinput", {})
    setup_djangoes(worker=workerinput.get("workerid", ""))
    yield
    teardown_djangoes()


@pytest.fixture(autouse=True)
def _elasticsearch_marker(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("elasticsearch"):
        request.getfixturevalue("elasticsearch_indices")


@pytest.fixture
def elasticsearch_indices(db: None) -> None:
    """Make sure that every declared index exists, is empty, and gets the changes of saves."""
    from .indices import prepare_indices, register_generations
    from .refresh import usable_databases

    prepare_indices()
    register_generations(usable_databases())


@pytest.fixture
def es_connection(elasticsearch_indices: None) -> "Base":
    """Return the connection ``default``, with empty indices."""
    from django_es_admin import connections

    return connections["default"]


@pytest.fixture
def es_refresh(elasticsearch_indices: None) -> Callable[[], None]:
    """Return a function that makes everything the test has saved searchable."""
    from .refresh import refresh

    return refresh


@pytest.fixture
def assert_hits(elasticsearch_indices: None) -> Callable[..., None]:
    """Return a function that fails unless a search finds exactly the given objects."""
    from .hits import assert_hits

    return assert_hits
