"""Whether the documents of some objects are those that would be written now."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal

from ...backends.elasticsearch import JSON
from ...backends.errors import translated, understood
from ...conf import get_options
from ...documents.prepared import Prepared
from ...indices.definition import IndexDefinition
from ...indices.encoding import NotEncodable, encode_document
from ...indices.ids import named
from ...outbox.drain.read import read_keys

Kind = Literal["missing", "stale", "ghost", "refused"]
"""An object without a document, with another one, a document without an object, or none to make."""

# Elasticsearch leaves these out of `_source` since 9.2 ("Dense vector field type").
_VECTORS = frozenset(("dense_vector", "rank_vectors", "sparse_vector"))


def find_differences(
    definition: IndexDefinition, index: str, batch: Iterable[Prepared]
) -> dict[str, Kind]:
    """Return key -> how its document differs from what would be written.

    Args:
        index: name of the generation.
        batch: the objects, as they are now; one without a source is to have no document.

    Raises:
        ElasticsearchAdminError: Elasticsearch cannot be asked.
    """
    found: dict[str, Kind] = {}
    vectors = tuple(_vectors(definition.mappings))
    for portion in _portions(definition, batch, found):
        stored = _read_sources(definition, index, list(portion))
        for key, body in portion.items():
            source = stored[key]
            if body is None:
                if source is not None:
                    found[key] = "ghost"
            elif source is None:
                found[key] = "missing"
            elif _without(JSON.loads(body), vectors) != _without(source, vectors):
                found[key] = "stale"
    return found


def look_again(definition: IndexDefinition, index: str, keys: Sequence[str]) -> dict[str, Kind]:
    """Return which of these documents differ, with their objects as they are now."""
    size = get_options().bulk_max_documents
    found: dict[str, Kind] = {}
    for start in range(0, len(keys), size):
        batch = read_keys(definition, keys[start : start + size])
        found |= find_differences(definition, index, batch)
    return found


def _portions(
    definition: IndexDefinition, batch: Iterable[Prepared], refused: dict[str, Kind]
) -> Iterator[dict[str, bytes | None]]:
    """Yield key -> body, in portions of which the answer is no larger than a bulk request."""
    mapping = definition.document._doc_type.mapping if definition.document else None
    most = get_options().bulk_max_bytes
    portion: dict[str, bytes | None] = {}
    size = 0
    for one in batch:
        if one.error:
            refused[one.text] = "refused"
            continue
        try:
            body = None if one.source is None else encode_document(one.source, mapping)
        except NotEncodable:
            refused[one.text] = "refused"
            continue
        if portion and size + len(body or b"") > most:
            yield portion
            portion, size = {}, 0
        portion[one.text] = body
        size += len(body or b"")
    if portion:
        yield portion


def _read_sources(
    definition: IndexDefinition, index: str, keys: list[str]
) -> dict[str, Mapping[str, Any] | None]:
    """Return key -> the document that is there; None for none. What was just written is there."""
    connection = definition.connection
    client = connection.client.options(request_timeout=get_options().operation_timeout)
    with translated(connection):
        answer = client.mget(
            index=index, docs=named(keys), filter_path="docs._source,docs.found,docs.error"
        )
    with understood(connection):
        pairs = zip(keys, answer["docs"], strict=True)
        return {key: doc["_source"] if doc["found"] else None for key, doc in pairs}


def _vectors(mappings: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, field in mappings.get("properties", {}).items():
        if field.get("type") in _VECTORS:
            yield (*path, name)
        yield from _vectors(field, (*path, name))


def _without(value: Any, paths: Sequence[tuple[str, ...]]) -> Any:
    """Return a document without the fields at these paths."""
    if not paths:
        return value
    if isinstance(value, list):
        return [_without(one, paths) for one in value]
    if not isinstance(value, dict):
        return value
    gone = {path[0] for path in paths if len(path) == 1}
    return {
        name: _without(inner, [path[1:] for path in paths if path[0] == name and path[1:]])
        for name, inner in value.items()
        if name not in gone
    }
