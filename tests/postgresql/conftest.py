"""Tests of what PostgreSQL alone does; ``tests/integration/test_postgresql.py`` runs them."""

from collections.abc import Iterator

import pytest
from django.conf import settings
from elasticsearch import Elasticsearch

from tests.triggered import Triggered

# Each other database does otherwise what these tests are about, or cannot do it at all.
if not settings.DATABASES["default"]["ENGINE"].endswith("postgresql"):
    collect_ignore_glob = ["test_*.py"]


@pytest.fixture
def triggered(es: Elasticsearch) -> Iterator[Triggered]:
    """Documents that triggers capture; afterwards both are gone."""
    made = Triggered(es)
    yield made
    made.remove()
