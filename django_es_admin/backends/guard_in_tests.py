"""What a connection may not send while tests run, even one that was taken before them."""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from .guard.limits import Guard
from .project import connections


@dataclass(frozen=True)
class ProjectGuard(Guard):
    """The limits of a connection, and in a test run those of that run.

    Asked at each request: a module may hold a client that it took before the run had its names.
    """

    def check(self, *args: Any, **kwargs: Any) -> None:
        """Raise unless the request is allowed; see :meth:`.guard.Guard.check`."""
        super().check(*args, **kwargs)
        run = self._of_test_run()
        if run is not None:
            run.check(*args, **kwargs)

    def _of_test_run(self) -> Guard | None:
        """Return the limits of the test run; None outside of one, and where these are its own."""
        namespace = connections.namespace
        if namespace is None or self.prefix.endswith(namespace):
            return None
        try:
            server = connections.servers.get(self.alias, {})
        except ImproperlyConfigured:
            server = {}
        return Guard(
            self.alias,
            readonly=server.get("READONLY", False),
            prefix=server.get("INDEX_PREFIX", namespace),
        )
