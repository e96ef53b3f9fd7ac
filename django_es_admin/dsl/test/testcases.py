"""A mixin for test cases: saved objects can be found immediately in the indices of the test run."""

from typing import Any

from elasticsearch.dsl.connections import connections

from ...test.refresh import refresh
from ...test.testcases import DatabaseMixin, IndicesMixin
from ..search import searching


def is_es_online(connection_alias: str = "default") -> bool:
    """Return whether Elasticsearch answers."""
    return bool(connections.get_connection(connection_alias).ping())


class ESTestCase(IndicesMixin, DatabaseMixin):
    """Every index of a document exists and is empty when a test begins.

    Put it before Django's ``TestCase`` or ``TransactionTestCase``.
    """

    def setUp(self) -> None:
        """Let each search find all objects saved before, also in a ``TestCase``."""
        searching.connect(_refresh)
        self.addCleanup(searching.disconnect, _refresh)
        super().setUp()


def _refresh(**kwargs: Any) -> None:
    refresh()
