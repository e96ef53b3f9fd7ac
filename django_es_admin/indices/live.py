"""The indices in a cluster, read with a fixed number of requests."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from elasticsearch import Elasticsearch

from ..backends.abstracts import Base
from ..backends.errors import translated, understood
from ..backends.transport.deadline import Deadline
from .blocks import Block, blocks_in
from .described import Names, ask_despite_blocks, fits
from .names import WRITE_SUFFIX, write_alias


@dataclass(frozen=True)
class LiveIndex:
    """One physical index.

    Args:
        aliases: alias -> its properties, without our own write alias.
        health: ``green``, ``yellow`` or ``red``; "" if Elasticsearch returns none.
        open: False if it is closed.
        hidden: whether ``index.hidden`` is set.
        created: when it was created; None if its setting is invalid.
        size: the size of the primary shards in bytes; None if unknown (a closed index, or one whose
            metadata are blocked).
        settings: flat names -> values, as text.
        writable: whether it has the hidden write alias that each generation needs.
    """

    name: str
    aliases: Mapping[str, Mapping[str, Any]]
    health: str
    open: bool
    hidden: bool
    created: datetime | None
    size: int | None
    settings: Mapping[str, str] = field(repr=False)
    writable: bool = False

    @property
    def blocks(self) -> tuple[Block, ...]:
        """What somebody, or Elasticsearch itself, has forbidden for it."""
        return blocks_in(self.settings)


@dataclass(frozen=True)
class LiveIndices:
    """All physical indices of a connection, by name."""

    by_name: Mapping[str, LiveIndex]

    def holders(self, alias: str) -> list[LiveIndex]:
        """Return the indices that hold ``alias``, by name."""
        return list(self._holders.get(alias, ()))

    def is_sound(self, alias: str) -> bool:
        """Return whether ``alias`` leads to one open index with all its primary shards.

        If not, any other index may be the last copy of the documents.
        """
        holders = self.holders(alias)
        return len(holders) == 1 and holders[0].open and holders[0].health != "red"

    @cached_property
    def _holders(self) -> dict[str, list[LiveIndex]]:
        found: dict[str, list[LiveIndex]] = {}
        for index in self.by_name.values():
            for alias in index.aliases:
                found.setdefault(alias, []).append(index)
        return found


def every_index(connection: Base) -> str:
    """Return the index expression for all indices that may belong to the project.

    Elasticsearch warns about each request for its own indices, whose names begin with a dot.
    """
    prefix = connection.index_prefix
    return f"{prefix}*" if prefix else "*,-.*,.ds-*"


def read_indices(connection: Base, deadline: Deadline) -> LiveIndices:
    """Return all indices that the connection may see, including closed and hidden ones.

    Elasticsearch's own indices are left out, but not the indices of data streams. If the metadata
    of an index are blocked, its size and the properties of its aliases are unknown.

    Raises:
        ElasticsearchAdminError: as :func:`~django_es_admin.backends.errors.translated`.
    """
    # An expression that matches nothing is not an error, while a missing name would be.
    everything = every_index(connection)
    described = ask_despite_blocks(
        connection,
        everything,
        deadline,
        lambda client, names: client.indices.get(
            index=names,
            features=["aliases", "settings"],
            expand_wildcards="all",
            flat_settings=True,
        ),
    )
    listed = ask_despite_blocks(connection, everything, deadline, _list)
    healths = _read_healths(connection, everything, deadline) if listed.blocked else {}
    with understood(connection):
        rows = {row["index"]: row for answer in listed.answers for row in answer.body}
        rows |= {
            name: {"status": body["state"], "health": healths.get(name, "")}
            for name, body in listed.blocked.items()
        }
        return LiveIndices(
            {
                name: _index(name, body, rows.get(name, {}))
                for name, body in sorted(described.bodies.items())
            }
        )


def _read_healths(connection: Base, expression: str, deadline: Deadline) -> dict[str, str]:
    """Return index -> its health; no block forbids to ask for it."""
    with translated(connection):
        answer = connection.client.options(request_timeout=deadline.remaining).cluster.health(
            index=expression,
            expand_wildcards="all",
            level="indices",
            filter_path="indices.*.status",
        )
    with understood(connection):
        return {name: str(each["status"]) for name, each in answer.body.get("indices", {}).items()}


def _list(client: Elasticsearch, names: Names) -> Any:
    return client.cat.indices(
        index=names,
        expand_wildcards="all",
        format="json",
        bytes="b",
        h="index,health,status,pri.store.size",
    )


def _index(name: str, body: Mapping[str, Any], row: Mapping[str, Any]) -> LiveIndex:
    settings = {key: _text(value) for key, value in _object(body["settings"]).items()}
    int(settings.get("index.max_result_window", 0))  # what pages rely on is checked here
    size = row.get("pri.store.size")
    return LiveIndex(
        name=name,
        aliases={
            alias: _object(properties)
            for alias, properties in body["aliases"].items()
            if not alias.endswith(WRITE_SUFFIX)
        },
        health=str(row.get("health") or ""),
        open=row.get("status", "open") == "open",
        hidden=settings.get("index.hidden") == "true",
        created=_moment(settings["index.creation_date"]),
        size=int(size) if size else None,
        settings=settings,
        writable=bool(_object(body["aliases"].get(write_alias(name), {})).get("is_hidden")),
    )


def _moment(milliseconds: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(milliseconds) / 1000, tz=UTC)
    except (OverflowError, OSError, ValueError):
        # The date can be set to any value when an index is created.
        return None


_NAMES = ("type", "analyzer", "search_analyzer", "normalizer")
"""The parameters of a field that contain names."""


def _object(value: Any) -> dict[str, Any]:
    """Return a part of an answer, which must be an object."""
    if not isinstance(value, dict):
        raise TypeError(f"{type(value).__name__} in place of an object")
    return value


def read_fields(value: Any) -> dict[str, Any]:
    """Return a mapping in an answer, or one of its fields, after checking its form.

    Raises:
        TypeError: the form is wrong. Within ``understood()`` this means that something else than
            Elasticsearch answered.
    """
    for key in ("properties", "fields"):
        for inner in _object(_object(value).get(key, {})).values():
            read_fields(inner)
    for key in _NAMES:
        if not isinstance(value.get(key, ""), str):
            raise TypeError(f"{type(value[key]).__name__} in place of a name")
    return _object(value)


def _text(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def read_mappings(
    connection: Base, names: Iterable[str], deadline: Deadline
) -> dict[str, dict[str, Any]]:
    """Return index -> its mappings, for those of ``names`` that exist, with one request.

    Args:
        names: the names of physical indices.
    """
    wanted = sorted(names)
    if not wanted:
        return {}
    told = ask_despite_blocks(
        connection,
        wanted if fits(wanted) else every_index(connection),
        deadline,
        lambda client, names: client.indices.get_mapping(
            index=names, ignore_unavailable=True, expand_wildcards="all"
        ),
    )
    with understood(connection):
        found = told.bodies
        return {name: read_fields(found[name]["mappings"]) for name in wanted if name in found}


def count_documents(
    connection: Base, names: Iterable[str], deadline: Deadline
) -> dict[str, int | None]:
    """Return index -> its number of documents, None if it cannot be searched, with one request.

    A search counts documents, while ``_stats`` and ``_cat`` also count nested objects.
    """
    wanted = sorted(names)
    if not wanted:
        return {}
    searches: list[Mapping[str, Any]] = []
    for name in wanted:
        searches += [{"index": name}, {"size": 0, "track_total_hits": True}]
    with translated(connection):
        client = connection.client.options(request_timeout=deadline.remaining)
        answer = client.msearch(searches=searches)
    with understood(connection):
        return {
            name: None if "error" in found else int(found["hits"]["total"]["value"])
            for name, found in zip(wanted, answer["responses"], strict=True)
        }
