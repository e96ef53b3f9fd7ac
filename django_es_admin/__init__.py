"""A control room for Elasticsearch in the Django admin.

``connections`` gives the configured connections by alias, as ``django.db.connections`` does for
databases; ``connection`` is the one named ``default``.
"""

from typing import Any, cast

from django.utils.connection import ConnectionProxy

from .backends.abstracts import Base
from .backends.handler import DEFAULT_CONNECTION_ALIAS, ConnectionHandler

__version__ = "0.1.0"

__all__ = ["DEFAULT_CONNECTION_ALIAS", "ConnectionHandler", "connection", "connections"]

connections = ConnectionHandler()
connection = cast("Base", ConnectionProxy(cast("Any", connections), DEFAULT_CONNECTION_ALIAS))
