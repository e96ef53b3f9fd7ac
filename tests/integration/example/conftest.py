"""A shop with a search."""

from collections.abc import Iterator
from typing import Any

import pytest
from pytest_django.plugin import DjangoDbBlocker

from tests.catalogues import indexed

from .storefront import PRODUCTS


@pytest.fixture(scope="module")
def shop(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """A few products, in the database and in the index; the same for all tests of a module."""
    with django_db_blocker.unblock(), indexed(PRODUCTS):
        yield


@pytest.fixture
def names() -> Any:
    """Return the names of results."""
    return lambda results: [product["name"] for product in results["results"]]
