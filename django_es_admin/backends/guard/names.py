"""The names of indices in a body, read as it is sent. A body that cannot be read is refused."""

import re
from collections.abc import Callable, Iterator

from .queries import (
    NAMING_KEYS,
    Unreadable,
    names_in_mapping,
    names_in_query,
    names_in_template,
    names_of,
    parsed,
)
from .routes import Body

OF_THE_PATH = ""

# Actions in the form of our own writes, which are unambiguous.
_PLAIN_ACTION = re.compile(
    rb'\{"(index|delete)":\{"_id":"[ !#-\[\]-~]*","version":[0-9]+,'
    rb'"version_type":"external_gte"\}\}'
)
_VERBS = frozenset(("index", "create", "update", "delete"))


def names_in(kind: Body, content: bytes) -> Iterator[str]:
    """Yield the names of indices in a body, and "" for parts that use the index of the path.

    Args:
        kind: how the body names indices.
        content: the body; b"" for none.

    Raises:
        Unreadable: the body cannot be parsed, or its names of indices cannot be found.
    """
    if kind == "closed":
        raise Unreadable
    if kind == "any":
        yield OF_THE_PATH
        return
    try:
        yield from _READERS[kind](content)
    except (AttributeError, LookupError, RecursionError, TypeError, ValueError):
        # Elasticsearch does not accept this form.
        raise Unreadable from None


def _lines(content: bytes) -> list[bytes]:
    # Split only at line feeds, as Elasticsearch does. A carriage return is white space in JSON.
    lines = content.split(b"\n")
    if lines[-1].strip():
        # Elasticsearch refuses it, too.
        raise Unreadable
    return lines[:-1]


# Queries


def _in_query(content: bytes) -> Iterator[str]:
    yield OF_THE_PATH
    yield from names_in_query(parsed(content))


def _in_search(content: bytes) -> Iterator[str]:
    body = parsed(content) or {}
    if "pit" not in body:
        yield OF_THE_PATH
    yield from names_in_query(body)


def _in_named(content: bytes) -> Iterator[str]:
    # The index of a scroll or a point in time was checked when it was opened.
    yield from names_in_query(parsed(content))


# Several searches in one request


def _in_items(content: bytes) -> Iterator[str]:
    body = dict(parsed(content) or {})
    body.pop("doc", None)
    docs = body.pop("docs", None)
    for doc in docs or ():
        item = {key: value for key, value in doc.items() if key != "doc"}
        yield from list(names_in_query(item)) or [OF_THE_PATH]
    yield from names_in_query(body)
    if docs is None:
        yield OF_THE_PATH


def _in_headers(content: bytes) -> Iterator[str]:
    yield from _in_pairs(content, _in_query)


def _in_templates(content: bytes) -> Iterator[str]:
    yield from _in_pairs(content, _in_template)


def _in_pairs(content: bytes, read: Callable[[bytes], Iterator[str]]) -> Iterator[str]:
    """Yield the names of several searches, each a header and a body."""
    lines = _lines(content)
    if len(lines) % 2:
        raise Unreadable
    for header, body in zip(lines[::2], lines[1::2], strict=True):
        if not header.strip():
            # Older versions skip an empty line, so that the next one would be the header.
            raise Unreadable
        yield from list(names_in_query(parsed(header))) or [OF_THE_PATH]
        yield from (name for name in read(body) if name)


def _in_bulk(content: bytes) -> Iterator[str]:
    lines = iter(_lines(content))
    for line in lines:
        if not line.strip():
            continue
        if plain := _PLAIN_ACTION.fullmatch(line):
            # Parsing a document, which has no names of indices, would take as long as the rest of a
            # load.
            yield OF_THE_PATH
            if plain[1] == b"index":
                next(lines, None)
            continue
        [(verb, action)] = parsed(line).items()
        if verb not in _VERBS:
            raise Unreadable
        given = action.get("_index")
        yield from [OF_THE_PATH] if given is None else names_of(given)
        if verb != "delete":
            # The document.
            next(lines, None)


# Templates, ratings


def _in_template(content: bytes) -> Iterator[str]:
    yield OF_THE_PATH
    yield from names_in_template(parsed(content) or {})


def _in_ratings(content: bytes) -> Iterator[str]:
    body = parsed(content) or {}
    requests = body.get("requests", ())
    if "templates" in body or any("template_id" in request for request in requests):
        raise Unreadable
    yield OF_THE_PATH
    yield from names_in_query(body)


# Aliases


def _in_actions(content: bytes) -> Iterator[str]:
    for entry in parsed(content)["actions"]:
        for action in entry.values():
            found: list[str] = []
            for key in action.keys() & NAMING_KEYS:
                found += names_of(action[key])
            yield from found or [OF_THE_PATH]
            yield from names_in_query(action.get("filter"))


_COPIED = {"source": {"index"}, "dest": {"index", "version_type"}, "conflicts": set()}


def _in_copy(content: bytes) -> Iterator[str]:
    body = parsed(content)
    # A script or a pipeline can send a document to any index.
    if body.keys() != _COPIED.keys() or any(
        body[k].keys() != _COPIED[k] for k in ("source", "dest")
    ):
        raise Unreadable
    for end in ("source", "dest"):
        yield from names_of(body[end]["index"])


def _in_index(content: bytes) -> Iterator[str]:
    yield OF_THE_PATH
    body = parsed(content) or {}
    yield from names_in_mapping(body.get("mappings"))
    aliases = body.get("aliases") or {}
    for name, properties in aliases.items():
        yield name
        yield from names_in_query((properties or {}).get("filter"))


def _in_mapping(content: bytes) -> Iterator[str]:
    yield OF_THE_PATH
    yield from names_in_mapping(parsed(content))


def _in_alias(content: bytes) -> Iterator[str]:
    yield OF_THE_PATH
    # `index` and `alias` of the body have precedence over those of the path.
    yield from names_in_query(parsed(content))


_READERS: dict[str, Callable[[bytes], Iterator[str]]] = {
    "query": _in_query,
    "search": _in_search,
    "named": _in_named,
    "items": _in_items,
    "headers": _in_headers,
    "template": _in_template,
    "templates": _in_templates,
    "ratings": _in_ratings,
    "actions": _in_actions,
    "bulk": _in_bulk,
    "index": _in_index,
    "alias": _in_alias,
    "mapping": _in_mapping,
    "copy": _in_copy,
}
