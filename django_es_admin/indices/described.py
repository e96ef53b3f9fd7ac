"""What the cluster says about indices, even if the metadata of some of them are blocked.

Because of an index with ``index.blocks.metadata``, Elasticsearch refuses every request for metadata
that includes this index, also by a wildcard, so that nothing is known about the other indices,
either. The cluster state is never refused. It has all metadata except the properties of aliases.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from elasticsearch import Elasticsearch

from ..backends.abstracts import Base
from ..backends.errors import translated, understood
from ..backends.transport.deadline import Deadline
from ..exceptions import AccessRefused, IndexBlocked
from .names import WRITE_SUFFIX

Names = str | list[str]
Ask = Callable[[Elasticsearch, Names], Any]
"""Sends a request for the metadata of these indices, or of an expression."""

MAX_NAMES_BYTES = 3_000
"""Elasticsearch takes 4,096 bytes of method, path and query (http.max_initial_line_length)."""

_ATTEMPTS = 3
"""How often to repeat the requests, because another index may be blocked in between."""


@dataclass(frozen=True)
class Told:
    """The answers of the cluster.

    Args:
        answers: the answers for indices whose metadata can be read; one answer, unless some are
            blocked.
        blocked: name of each blocked index -> its metadata in the cluster state, in the form of
            ``GET /index``, and ``state``, which is ``open`` or ``close``.
    """

    answers: tuple[Any, ...]
    blocked: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def bodies(self) -> dict[str, Mapping[str, Any]]:
        """Index -> its body, if the answers have this form."""
        every = {name: body for answer in self.answers for name, body in answer.body.items()}
        return {**every, **self.blocked}


def ask_despite_blocks(connection: Base, index: Names, deadline: Deadline, ask: Ask) -> Told:
    """Return the answers of ``ask``, and what is known about indices with a metadata block.

    This needs one request, and more only if an index is blocked.

    Args:
        index: names of indices or aliases, or one expression with wildcards.

    Raises:
        IndexBlocked: there is another kind of block.
        ElasticsearchAdminError: as :func:`~django_es_admin.backends.errors.translated`.
    """

    def send(names: Names) -> Any:
        with translated(connection):
            return ask(connection.client.options(request_timeout=deadline.remaining), names)

    try:
        return Told((send(index),))
    except IndexBlocked as error:
        refused = error
    for _attempt in range(_ATTEMPTS):
        blocked, others = _read_state(connection, index, deadline, refused)
        if not blocked:
            break
        try:
            return Told(tuple(map(send, _without(connection, index, others, blocked))), blocked)
        except IndexBlocked as error:
            refused = error
    raise refused


def _read_state(
    connection: Base, index: Names, deadline: Deadline, refused: IndexBlocked
) -> tuple[dict[str, Mapping[str, Any]], list[str]]:
    """Return the blocked indices from the cluster state, and the names of the other indices."""
    parts = ("aliases", "mappings", "settings", "state")
    client = connection.client.options(request_timeout=deadline.remaining)
    try:
        with translated(connection):
            answer = client.cluster.state(
                metric=["blocks", "metadata"],
                index=index,
                expand_wildcards="all",
                ignore_unavailable=True,
                flat_settings=True,
                filter_path=["blocks.indices", *(f"metadata.indices.*.{part}" for part in parts)],
            )
    except AccessRefused:
        # Reading it needs the privilege `monitor`. Without it, only the block is known.
        raise refused from None
    with understood(connection):
        blocks = answer.body.get("blocks", {}).get("indices", {})
        found = answer.body.get("metadata", {}).get("indices", {})
        blocked = {name for name in found if _is_blocked(blocks.get(name, {}))}
        return (
            {name: _body(found[name]) for name in sorted(blocked)},
            sorted(found.keys() - blocked),
        )


def _is_blocked(blocks: Mapping[str, Mapping[str, Any]]) -> bool:
    return any("metadata_read" in block["levels"] for block in blocks.values())


def _body(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return the body that ``GET /index`` would return, as far as it is known."""
    return {
        # Only the names are known. A write alias is assumed to be as it was created.
        "aliases": {
            alias: {"is_hidden": True} if alias.endswith(WRITE_SUFFIX) else {}
            for alias in found.get("aliases", ())
        },
        "mappings": next(iter(found.get("mappings", {}).values()), {}),
        "settings": found["settings"],
        "state": found["state"],
    }


def _without(
    connection: Base, index: Names, others: Sequence[str], blocked: Mapping[str, Any]
) -> Iterator[Names]:
    """Yield expressions for the other indices, in as many parts as needed."""
    # With INDEX_PREFIX, no other index may be named, and a minus makes a name another one.
    if isinstance(index, str) and "*" in index and not connection.index_prefix:
        narrowed = [index, *(f"-{name}" for name in blocked)]
        if fits(narrowed):
            yield narrowed
            return
    yield from in_parts(others)


def in_parts(names: Sequence[str]) -> Iterator[list[str]]:
    """Yield names in as few requests as possible; none if there are no names."""
    part: list[str] = []
    for name in names:
        if part and not fits([*part, name]):
            yield part
            part = []
        part.append(name)
    if part:
        yield part


def fits(names: Sequence[str]) -> bool:
    """Return whether these names are short enough for one request."""
    return len(",".join(names).encode()) <= MAX_NAMES_BYTES
