"""The methods of the client that take an index, derived from the installed client."""

import inspect
import types
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Union, get_args, get_origin

from elasticsearch import Elasticsearch


@dataclass(frozen=True)
class Method:
    """A method of the client that takes an index.

    Args:
        namespace: the attribute of the client with the method; "" for the client itself.
        several: whether it accepts more than one index.
        parameters: the names of its arguments.
    """

    name: str
    namespace: str
    several: bool
    parameters: frozenset[str]


@cache
def index_methods() -> dict[str, Method]:
    """Return name -> method, of the client and, for other names, of its ``indices`` namespace.

    So ``exists`` asks for a document, but ``analyze`` and ``refresh`` are methods of ``indices``.
    """
    found = {method.name: method for method in _methods_of(Elasticsearch, "")}
    for method in _methods_of(type(_client().indices), "indices"):
        if not hasattr(Elasticsearch, method.name):
            found[method.name] = method
    return found


@cache
def namespace_methods() -> dict[str, dict[str, Method]]:
    """Return namespace -> name -> method, for methods that need an index or search one.

    Methods about the cluster, such as ``cluster.health``, may name an index, but do not need one.
    """
    found: dict[str, dict[str, Method]] = {}
    for namespace, value in vars(_client()).items():
        if namespace.startswith("_") or namespace == "indices":
            continue
        for method in _methods_of(type(value), namespace):
            if _needs_index(getattr(value, method.name)):
                found.setdefault(namespace, {})[method.name] = method
    return found


def _needs_index(function: Callable[..., Any]) -> bool:
    parameters = inspect.signature(function).parameters
    return parameters["index"].default is inspect.Parameter.empty or "query" in parameters


@cache
def other_names() -> frozenset[str]:
    """Return the names of the client's other attributes, such as ``info`` and ``cluster``."""
    names = {name for name in (*dir(Elasticsearch), *vars(_client())) if not name.startswith("_")}
    return frozenset(names - index_methods().keys() - {"indices"})


def _client() -> Elasticsearch:
    """Return a client for inspection: its namespaces have no public classes. It opens no socket."""
    return Elasticsearch("http://localhost:9200")


def _methods_of(owner: type, namespace: str) -> Iterator[Method]:
    for name, function in inspect.getmembers(owner, inspect.isfunction):
        parameters = inspect.signature(function).parameters
        if "index" in parameters and not name.startswith("_"):
            several = _takes_several(parameters["index"].annotation)
            yield Method(name, namespace, several, frozenset(parameters) - {"self"})


def _takes_several(annotation: Any) -> bool:
    """Return whether a type is a sequence of strings, or a union with one."""
    origin = get_origin(annotation)
    if origin in (Union, types.UnionType):
        return any(_takes_several(part) for part in get_args(annotation))
    return isinstance(origin, type) and issubclass(origin, Sequence)
