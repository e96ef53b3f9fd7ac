"""What the cluster says of indices, also where nobody may read the metadata of some of them.

An index with the block ``index.blocks.metadata`` makes Elasticsearch refuse every request for
metadata that names it, even by a wildcard, so that nothing is told of the other indices, either.
The state of the cluster is never refused. It has all metadata but the properties of aliases.
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
"""Sends a request for metadata of these indices, or of those of an expression."""

MAX_NAMES_BYTES = 3_000
"""Elasticsearch takes 4,096 bytes of method, path and query (http.max_initial_line_length)."""

_ATTEMPTS = 3
"""Another index may be blocked between two requests."""


@dataclass(frozen=True)
class Told:
    """What the cluster said.

    Args:
        answers: of the indices whose metadata may be read; one, unless some are blocked.
        blocked: index -> what the state of the cluster has of those that are, as ``GET /index``
            would tell it, and ``state``, which is ``open`` or ``close``.
    """

    answers: tuple[Any, ...]
    blocked: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def bodies(self) -> dict[str, Mapping[str, Any]]:
        """Index -> its body, if the answers are such objects."""
        every = {name: body for answer in self.answers for name, body in answer.body.items()}
        return {**every, **self.blocked}


def ask_despite_blocks(connection: Base, index: Names, deadline: Deadline, ask: Ask) -> Told:
    """Return what ``ask`` is told of indices, and what is known of those with a metadata block.

    One request, and some more only if an index is blocked.

    Args:
        index: names of indices or aliases, or one expression with wildcards.

    Raises:
        IndexBlocked: they are blocked in another way.
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
    """Return what the state of the cluster has of blocked indices, and the names of the others."""
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
        # To read it takes the privilege `monitor`. Without that, the block is all that is known.
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
    """Return what ``GET /index`` would say, as far as it is known."""
    return {
        # Only names are told. A write alias is what it was made as, for all that anybody knows.
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
    """Yield what names the others, in as many parts as requests have to have."""
    # With INDEX_PREFIX, names of other indices are not sent, and the minus makes another one.
    if isinstance(index, str) and "*" in index and not connection.index_prefix:
        narrowed = [index, *(f"-{name}" for name in blocked)]
        if fits(narrowed):
            yield narrowed
            return
    yield from in_parts(others)


def in_parts(names: Sequence[str]) -> Iterator[list[str]]:
    """Yield names in as few requests as they fit in; none for none."""
    part: list[str] = []
    for name in names:
        if part and not fits([*part, name]):
            yield part
            part = []
        part.append(name)
    if part:
        yield part


def fits(names: Sequence[str]) -> bool:
    """Whether so many names are short enough for one request."""
    return len(",".join(names).encode()) <= MAX_NAMES_BYTES
