"""Test support, as in django-elasticsearch-dsl."""

from .testcases import ESTestCase, is_es_online

__all__ = ["ESTestCase", "is_es_online"]
