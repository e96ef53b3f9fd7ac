"""The connections of the project's settings."""

from typing import Any, cast

from django.utils.connection import ConnectionProxy

from ..exceptions import ConnectionDoesNotExist, IndexNotDeclared
from .abstracts import Base
from .handler import DEFAULT_CONNECTION_ALIAS, ConnectionHandler, load_backend

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
# The names of djangoes.
DEFAULT_ES_ALIAS = DEFAULT_CONNECTION_ALIAS
IndexDoesNotExist = IndexNotDeclared

connections = ConnectionHandler()
connection = cast("Base", ConnectionProxy(cast("Any", connections), DEFAULT_CONNECTION_ALIAS))
