"""Support for tests, as django-elasticsearch-dsl has it."""

from .testcases import ESTestCase, is_es_online

__all__ = ["ESTestCase", "is_es_online"]
