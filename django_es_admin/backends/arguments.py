"""Name arguments that old calls pass by position, such as ``search("entry", body)``."""

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

from .methods import Method

# elasticsearch-py 1-7 had `get(index, id, doc_type)`, but `update(index, doc_type, id, body)`.
_KEY_FIRST = frozenset(("exists", "exists_source", "get", "get_source"))
# The caller of the connection's method, which calls this through a function in call.py.
_STACK_LEVEL = 3


def name_arguments(
    method: Method, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the arguments with today's names.

    A dict, a list or JSON text is the body. A single other value is the key if the method accepts
    one, else the mapping type. Of two values, the key is in the position that old clients used.
    Elasticsearch no longer has mapping types: they are ignored, with a ``DeprecationWarning``.

    Raises:
        TypeError: there are too many arguments, an argument is given twice, or the method has no
            body.
    """
    named = dict(kwargs)
    bodies = [arg for arg in args if _is_body(arg)]
    others = [arg for arg in args if not _is_body(arg)]
    if bodies:
        _add(method, named, "body", bodies)
    names = ["doc_type"]
    if "id" in method.parameters:
        names = ["id"] if len(others) == 1 else ["doc_type", "id"]
        if method.name in _KEY_FIRST:
            names = ["id", "doc_type"]
    if len(others) > len(names):
        raise TypeError(f"{method.name}() got {len(args)} arguments by position: name them.")
    for name, value in zip(names, others, strict=False):
        _add(method, named, name, [value])
    if named.pop("doc_type", None) is not None:
        warnings.warn(
            f"{method.name}() ignores doc_type: Elasticsearch has no mapping types any more.",
            DeprecationWarning,
            stacklevel=_STACK_LEVEL,
        )
    return named


def _is_body(value: Any) -> bool:
    if isinstance(value, str):
        return value.lstrip().startswith("{")
    return isinstance(value, (Mapping, list, tuple, bytes))


def _add(method: Method, named: dict[str, Any], name: str, values: list[Any]) -> None:
    if name in named or len(values) > 1:
        raise TypeError(f"{method.name}() got several values for {name!r}.")
    if name == "body" and "body" not in method.parameters:
        raise TypeError(f"{method.name}() takes no body.")
    named[name] = values[0]
