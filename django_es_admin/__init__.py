"""A control room for Elasticsearch in the Django admin.

``connections`` gives the configured connections by alias, as ``django.db.connections`` does for
databases; ``connection`` is the one named ``default``.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .backends.handler import DEFAULT_CONNECTION_ALIAS, ConnectionHandler, load_backend
    from .backends.project import DEFAULT_ES_ALIAS, IndexDoesNotExist, connection, connections
    from .exceptions import ConnectionDoesNotExist

__version__ = "0.1.0"

__all__ = [
    "DEFAULT_CONNECTION_ALIAS",
    "DEFAULT_ES_ALIAS",
    "ConnectionDoesNotExist",
    "ConnectionHandler",
    "IndexDoesNotExist",
    "connection",
    "connections",
    "load_backend",
]


def __getattr__(name: str) -> Any:
    # Imported on first use: pytest loads the plugin of this package in every project, and must not
    # load Django and the client there.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from .backends import project  # noqa: PLC0415

    globals().update({known: getattr(project, known) for known in __all__})
    return globals()[name]
