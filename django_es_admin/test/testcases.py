"""Django's test case classes, with the indices of this test run.

Import them from here instead of from ``django.test``.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.test import testcases

from .hits import Query, assert_hits
from .indices import prepare_indices, register_generations
from .refresh import refresh
from .utils import is_set_up, setup_djangoes, teardown_djangoes

if TYPE_CHECKING:
    _Mixin = testcases.SimpleTestCase
    _DatabaseMixin = testcases.TransactionTestCase
else:
    _Mixin = _DatabaseMixin = object


class IndicesMixin(_Mixin):
    """Every declared index exists and is empty when a test begins."""

    @classmethod
    def setUpClass(cls) -> None:
        """Use the names of a test run, unless a runner or plugin already does."""
        if not is_set_up():
            setup_djangoes()
            cls.addClassCleanup(teardown_djangoes)
        super().setUpClass()

    @classmethod
    def _pre_setup(cls) -> None:
        prepare_indices()
        super()._pre_setup()  # type: ignore[misc]

    def refresh_indices(self) -> None:
        """Make saved objects searchable; see :func:`django_es_admin.test.refresh.refresh`."""
        refresh()

    def assertHits(  # noqa: N802 (as unittest's own)
        self, query: Query, expected: Iterable[object], **options: Any
    ) -> None:
        """Fail unless a search finds exactly ``expected``; see ``test.hits.assert_hits``."""
        assert_hits(query, expected, **options)


class DatabaseMixin(_DatabaseMixin):
    """Changes of indexed objects reach the indices of this test run."""

    @classmethod
    def _fixture_setup(cls) -> None:
        # Before the fixtures: these are changes, too.
        names = cls._databases_names(include_mirrors=False)  # type: ignore[attr-defined]
        register_generations(names)
        super()._fixture_setup()  # type: ignore[misc]


class SimpleTestCase(IndicesMixin, testcases.SimpleTestCase):
    """Django's class with the indices."""


class TransactionTestCase(IndicesMixin, DatabaseMixin, testcases.TransactionTestCase):
    """Django's class with the indices. A save is written after its commit, as on the site."""


class TestCase(IndicesMixin, DatabaseMixin, testcases.TestCase):
    """Django's class with the indices: ``refresh_indices()`` writes what was saved.

    Or by ``captureOnCommitCallbacks(execute=True)``, or ``assertHits()``.
    """
