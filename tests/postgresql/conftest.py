"""Tests of what PostgreSQL alone does; ``tests/integration/test_postgresql.py`` runs them."""

from django.conf import settings

# Each other database does otherwise what these tests are about, or cannot do it at all.
if not settings.DATABASES["default"]["ENGINE"].endswith("postgresql"):
    collect_ignore_glob = ["test_*.py"]
