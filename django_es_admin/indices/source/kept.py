"""How Elasticsearch keeps the documents it gets, and what it returns."""

import fnmatch
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import orjson

from ...backends.abstracts import Base
from ...backends.errors import understood
from ...backends.transport.deadline import Deadline
from ...conf import get_options
from ..described import ask_despite_blocks
from ..live import read_fields
from .encoded import read_vector
from .line_ends import with_plain_ends
from .synthetic import canonical

Path = tuple[str, ...]

# Since 9.2, these are left out of `_source`, and returned on request as they are indexed: rounded.
_ROUNDED = {"dense_vector": 1e-5, "rank_vectors": 1e-5, "sparse_vector": 1 / 128}
_COARSE = 1 / 64
_VECTORS_LEFT_OUT = 9_020_000
"""The first version whose new indices have no vectors in ``_source``."""


@dataclass(frozen=True)
class Kept:
    """How the ``_source`` of an index differs from the documents that were sent.

    Args:
        mappings: the live mappings of the index.
        synthetic: whether ``_source`` is made from the indexed values.
        created: the number of the version that created the index.
    """

    mappings: Mapping[str, Any] = field(default_factory=dict)
    synthetic: bool = False
    created: int = 0

    @property
    def enabled(self) -> bool:
        """Whether there is a ``_source`` at all."""
        return self._source.get("enabled") not in (False, "false")

    @cached_property
    def vectors(self) -> dict[Path, float]:
        """The paths of vectors -> by how much they may differ from what was sent."""
        return dict(_vectors(self.mappings))

    @property
    def asks_for_vectors(self) -> bool:
        """Whether vectors are returned only on request."""
        return bool(self.vectors) and self.created >= _VECTORS_LEFT_OUT

    def is_same(self, body: bytes, found: Mapping[str, Any]) -> bool:
        """Return whether the indexed document is equal to one that would be sent now.

        Args:
            body: the document as JSON.
            found: the indexed ``_source``.
        """
        # If Elasticsearch keeps documents unchanged, this comparison is enough.
        if _plainly(found) == body:
            return True
        # With the JSON parser for answers, which supports integers of any size.
        return self.is_equal(json.loads(body), found)

    def is_equal(self, sent: Mapping[str, Any], found: Mapping[str, Any]) -> bool:
        """Return whether indexed values equal those that would be sent now.

        Args:
            sent: the values that would be sent.
            found: the values in ``_source``.
        """
        sent, found = with_plain_ends(sent), with_plain_ends(found)
        if self.synthetic:
            return canonical(sent, self.mappings) == canonical(found, self.mappings)
        if self._partial:
            sent, found = self._without(sent), self._without(found)
        if self.vectors:
            return _is_same(sent, found, self.vectors)
        return _plainly(sent, sort=True) == _plainly(found, sort=True)

    @property
    def _source(self) -> Mapping[str, Any]:
        source: Mapping[str, Any] = self.mappings.get("_source", {})
        return source

    @cached_property
    def _partial(self) -> bool:
        return bool(self._source.get("includes") or self._source.get("excludes"))

    def _without(self, value: Any, path: Path = ()) -> Any:
        """Return what ``includes`` and ``excludes`` leave of a document, without empty objects."""
        if isinstance(value, list):
            return [self._without(one, path) for one in value]
        if not isinstance(value, dict):
            return value
        left = {}
        for name, inner in value.items():
            here = (*path, name)
            if _matches(here, self._source.get("excludes", ())):
                continue
            kept = self._without(inner, here)
            chosen = self._source.get("includes", ())
            leaf = not isinstance(inner, (dict, list)) or not _holds_objects(inner)
            if leaf and chosen and not _matches(here, chosen):
                continue
            if kept not in ({}, [{}]):
                left[name] = kept
        return left


def read_kept(connection: Base, index: str, *, timeout: float | None = None) -> Kept:
    """Return how an index keeps its documents.

    Args:
        index: the name of a physical index, or of an alias of only one index.
        timeout: the time limit in seconds; by default that of an operation.

    Raises:
        ElasticsearchAdminError: as :func:`~django_es_admin.backends.errors.translated`.
    """
    seconds = get_options().operation_timeout if timeout is None else timeout
    told = ask_despite_blocks(
        connection,
        index,
        Deadline(seconds),
        lambda client, names: client.indices.get(
            index=names, features=["mappings", "settings"], flat_settings=True
        ),
    )
    with understood(connection):
        [body] = told.bodies.values()
        settings = body["settings"]
        mappings = read_fields(body["mappings"])
        source = mappings.get("_source", {})
        mode = settings.get("index.mapping.source.mode") or source.get("mode", "")
        synthetic = mode == "synthetic" or settings.get("index.mode") in ("logsdb", "time_series")
        return Kept(mappings, synthetic, int(settings["index.version.created"]))


def _vectors(mappings: Mapping[str, Any], path: Path = ()) -> Iterator[tuple[Path, float]]:
    for name, own in mappings.get("properties", {}).items():
        kind = own.get("type")
        if kind in _ROUNDED:
            coarse = own.get("element_type") == "bfloat16"
            yield (*path, name), _COARSE if coarse else _ROUNDED[kind]
        yield from _vectors(own, (*path, name))


def _is_same(sent: Any, found: Any, vectors: Mapping[Path, float], path: Path = ()) -> bool:
    if path in vectors:
        return _is_near(sent, found, vectors[path])
    if isinstance(sent, dict) and isinstance(found, dict):
        return all(
            _is_same(sent.get(name), found.get(name), vectors, (*path, name))
            and ((name in sent) == (name in found) or (*path, name) in vectors)
            for name in sent.keys() | found.keys()
        )
    if isinstance(sent, list) and isinstance(found, list):
        return len(sent) == len(found) and all(
            _is_same(one, other, vectors, path) for one, other in zip(sent, found, strict=True)
        )
    return _plainly(sent, sort=True) == _plainly(found, sort=True)


def _plainly(value: Any, *, sort: bool = False) -> bytes:
    """Return a value as JSON for comparison. With ==, true would be equal to 1."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS if sort else None)
    except TypeError:
        # An integer of more than 64 bits, or a surrogate, both of which are valid in JSON.
        return json.dumps(value, sort_keys=sort, separators=(",", ":")).encode()


def _is_near(sent: Any, found: Any, tolerance: float) -> bool:
    if isinstance(sent, str) and isinstance(found, list):
        return any(_is_near(one, found, tolerance) for one in read_vector(sent, len(found)))
    if isinstance(sent, dict) and isinstance(found, dict):
        return sent.keys() == found.keys() and all(
            _is_near(sent[name], found[name], tolerance) for name in sent
        )
    if isinstance(sent, (list, tuple)) and isinstance(found, list):
        return len(sent) == len(found) and all(
            _is_near(one, other, tolerance) for one, other in zip(sent, found, strict=True)
        )
    if isinstance(sent, (int, float)) and isinstance(found, (int, float)):
        return math.isclose(sent, found, rel_tol=tolerance, abs_tol=1e-6)
    return bool(sent == found)


def _matches(path: Path, patterns: Sequence[str]) -> bool:
    """Return whether a pattern matches a field, or an object that contains it."""
    names = [".".join(path[: end + 1]) for end in range(len(path))]
    return any(fnmatch.fnmatchcase(name, pattern) for name in names for pattern in patterns)


def _holds_objects(value: Any) -> bool:
    if isinstance(value, list):
        return any(map(_holds_objects, value))
    return isinstance(value, dict)
