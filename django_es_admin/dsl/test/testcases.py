"""A mixin for test cases: the indices of a test run, searched as soon as objects are saved."""

from typing import Any

from elasticsearch.dsl.connections import connections

from ...test.refresh import refresh
from ...test.testcases import DatabaseMixin, IndicesMixin
from ..search import searching


def is_es_online(connection_alias: str = "default") -> bool:
    """Return whether Elasticsearch answers."""
    return bool(connections.get_connection(connection_alias).ping())


class ESTestCase(IndicesMixin, DatabaseMixin):
    """Every index of a document is there, and empty, when a test begins.

    Put it before Django's ``TestCase`` or ``TransactionTestCase``.
    """

    def setUp(self) -> None:
        """Let each search find what was saved before, in a ``TestCase``, too."""
        searching.connect(_refresh)
        self.addCleanup(searching.disconnect, _refresh)
        super().setUp()


def _refresh(**kwargs: Any) -> None:
    refresh()
