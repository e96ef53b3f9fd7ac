"""Call a method of the client with the indices of a connection."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from elasticsearch import BadRequestError

from ..exceptions import NoIndices, SeveralIndices
from .abstracts import Base
from .arguments import name_arguments
from .methods import Method


def bound(connection: Base, method: Method) -> Callable[..., Any]:
    """Return ``method`` with the connection's indices as ``index``."""
    call = partial(_call, connection, method)
    call.__doc__ = f"Call the client's {method.name}() for the indices of this connection."
    return call


class Namespace:
    """A namespace of the client, such as ``eql``, whose methods need no ``index`` either."""

    def __init__(self, connection: Base, name: str, methods: Mapping[str, Method]) -> None:
        self._connection = connection
        self._name = name
        self._methods = methods

    def __getattr__(self, name: str) -> Any:
        if name in self._methods:
            return bound(self._connection, self._methods[name])
        return getattr(getattr(self._connection.client, self._name), name)

    def __dir__(self) -> list[str]:
        return dir(getattr(self._connection.client, self._name))


def _call(connection: Base, method: Method, /, *args: Any, **kwargs: Any) -> Any:
    arguments = name_arguments(method, args, kwargs)
    owner = connection.client
    function = getattr(getattr(owner, method.namespace) if method.namespace else owner, method.name)
    if arguments.get("index") is not None or _has_point_in_time(arguments):
        return function(**arguments)
    arguments["index"] = _indices(connection, method)
    try:
        return function(**arguments)
    except BadRequestError as error:
        if not method.several:
            _refuse_shared_alias(connection, method, arguments["index"], error)
        raise


def _has_point_in_time(arguments: Mapping[str, Any]) -> bool:
    """Return whether a search names the indices by a point in time, and may not name them again."""
    body = arguments.get("body")
    return "pit" in arguments or (isinstance(body, Mapping) and "pit" in body)


def _indices(connection: Base, method: Method) -> list[str] | str:
    if not connection.indices:
        raise NoIndices(
            f"The connection {connection.alias!r} has no INDICES in ES_SERVERS: add them, "
            f"or pass {method.name}(index=…)."
        )
    if method.several:
        return connection.indices
    if len(connection.indices) == 1:
        return connection.indices[0]
    if len(connection.index_names) == 1:
        # All its names are aliases of one index, and its own says which one is meant.
        return connection.index_names[0]
    raise SeveralIndices(
        f"{method.name}() works on one index, and the connection {connection.alias!r} has "
        f"{len(connection.indices)} ({', '.join(connection.indices)}): "
        f"pass index=…, or use a connection with one of them."
    )


def _refuse_shared_alias(
    connection: Base, method: Method, name: str, error: BadRequestError
) -> None:
    """Raise ``SeveralIndices`` if Elasticsearch refused because ``name`` is an alias of several."""
    # Not _alias, which is refused if the metadata of any index of the cluster are blocked.
    found = connection.client.options(ignore_status=404).indices.resolve_index(name=name)
    aliases = found.body.get("aliases", ())
    holders = sorted(each for alias in aliases for each in alias["indices"])
    if len(holders) > 1:
        raise SeveralIndices(
            f"{method.name}() works on one index, and {name!r} is an alias of {len(holders)} "
            f"({', '.join(holders)}): pass index=…."
        ) from error
