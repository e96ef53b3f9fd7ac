"""The connections of the project's settings."""

from typing import Any, cast

from django.utils.connection import ConnectionProxy

from .abstracts import Base
from .handler import DEFAULT_CONNECTION_ALIAS, ConnectionHandler

connections = ConnectionHandler()
connection = cast("Base", ConnectionProxy(cast("Any", connections), DEFAULT_CONNECTION_ALIAS))
