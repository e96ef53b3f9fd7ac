"""Give a test run index names of its own."""

import os
import secrets
from contextlib import suppress

from django.core.signals import setting_changed

from django_es_admin import connections

from ..exceptions import AccessRefused, ConnectionUnavailable
from . import indices

_RUN = "DJANGO_ES_ADMIN_TEST_RUN"


def setup_djangoes(worker: str = "") -> None:
    """Let every connection use the test settings and the index names of this test run.

    Each index, alias and generation begins with ``test-<run>-`` then, and the connections refuse
    every request about another one. May be called again.

    Args:
        worker: what tells a parallel process from the others of the run, as ``"1"``.
    """
    if not is_set_up() and not (worker and _inherited()):
        os.environ[_RUN] = f"{os.getpid()}-{secrets.token_hex(4)}"
    run = os.environ[_RUN].partition("-")[2]
    namespace = f"test-{run}-{worker}{'-' if worker else ''}"
    if connections.namespace != namespace:
        _use(namespace)


def _inherited() -> bool:
    """Whether this process was spawned for a run of its parent; a run inside a test is another."""
    return os.environ.get(_RUN, "").startswith(f"{os.getppid()}-")


def is_set_up() -> bool:
    """Return whether the connections use the names of a test run."""
    return connections.namespace is not None


def teardown_djangoes() -> None:
    """Delete every index of this run, its parallel processes included, and use the project's names.

    Raises:
        ElasticsearchAdminError: a request failed. If it is down, or refuses the
            credentials, there are none.
    """
    if not is_set_up():
        return
    try:
        for connection in connections.all():
            if not connection.readonly:
                with suppress(AccessRefused, ConnectionUnavailable):
                    indices.delete_all(connection)
    finally:
        os.environ.pop(_RUN, None)
        _use(None)


def _use(namespace: str | None) -> None:
    connections.use_namespace(namespace)
    indices.forget()
    # Whatever was made from the settings has the old names in it.
    setting_changed.send(sender=setup_djangoes, setting="ES_SERVERS", value=None, enter=True)
