"""The test runner: ``TEST_RUNNER = "django_es_admin.test.runner.DiscoverRunner"``."""

from typing import Any

from django.test import runner

# A spawned process imports this module before its apps are ready, so models are imported later.


def _init_worker(counter: Any, *args: Any, **kwargs: Any) -> None:
    """Give a parallel process its own database, as Django does, and its own index names."""
    runner._init_worker(counter, *args, **kwargs)  # type: ignore[attr-defined]
    from .utils import setup_djangoes

    setup_djangoes(worker=str(runner._worker_id))  # type: ignore[attr-defined]


class ParallelTestSuite(runner.ParallelTestSuite):
    """Django's suite, with separate index names for each process."""

    init_worker = _init_worker


class DiscoverRunner(runner.DiscoverRunner):
    """Django's runner, with its own index names, whose indices are deleted at the end."""

    parallel_test_suite = ParallelTestSuite

    def setup_test_environment(self, **kwargs: Any) -> None:
        """Use the test settings and names."""
        from .utils import setup_djangoes

        super().setup_test_environment(**kwargs)
        setup_djangoes()

    def teardown_test_environment(self, **kwargs: Any) -> None:
        """Delete the indices of this run, and use the project's names again."""
        from .utils import teardown_djangoes

        teardown_djangoes()
        super().teardown_test_environment(**kwargs)
