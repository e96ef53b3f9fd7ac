"""What a connection may not send during tests, even if it was obtained before them."""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from .guard.limits import Guard
from .project import connections


@dataclass(frozen=True)
class ProjectGuard(Guard):
    """The limits of a connection, and during a test run also those of the run.

    They are checked with each request, because a module may have a client from before the test run.
    """

    def check(self, *args: Any, **kwargs: Any) -> None:
        """Raise an error unless the request is allowed; see :meth:`.guard.Guard.check`."""
        super().check(*args, **kwargs)
        run = self._of_test_run()
        if run is not None:
            run.check(*args, **kwargs)

    def _of_test_run(self) -> Guard | None:
        """Return the limits of the test run; None if there are none beyond the connection's own."""
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
