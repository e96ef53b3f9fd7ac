"""Whether the documents of some objects are those that would be written now."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal

from ...backends.errors import understood
from ...conf import get_options
from ...documents.reading.prepared import Prepared
from ...indices.definition import IndexDefinition
from ...indices.encoding import NotEncodable, encode_document
from ...indices.source.kept import Kept
from ...indices.source.stored import read_stored
from ...outbox.objects.read import read_keys

Kind = Literal["missing", "stale", "ghost", "refused"]
"""An object without a document, with another one, a document without an object, or none to make."""


def find_differences(
    definition: IndexDefinition, index: str, kept: Kept, batch: Iterable[Prepared]
) -> dict[str, Kind]:
    """Return key -> how its document differs from what would be written.

    Args:
        index: name of the generation.
        kept: what it keeps of a document.
        batch: the objects, as they are now; one without a source is to have no document.

    Raises:
        ElasticsearchAdminError: Elasticsearch cannot be asked.
    """
    found: dict[str, Kind] = {}
    for portion in _portions(definition, batch, found):
        stored = _read_sources(definition, index, kept, list(portion))
        for key, body in portion.items():
            source = stored[key]
            if body is None:
                if source is not None:
                    found[key] = "ghost"
            elif source is None:
                found[key] = "missing"
            elif not kept.is_same(body, source):
                found[key] = "stale"
    return found


def look_again(
    definition: IndexDefinition, index: str, kept: Kept, keys: Sequence[str]
) -> dict[str, Kind]:
    """Return which of these documents differ, with their objects as they are now."""
    size = get_options().bulk_max_documents
    found: dict[str, Kind] = {}
    for start in range(0, len(keys), size):
        batch = read_keys(definition, keys[start : start + size])
        found |= find_differences(definition, index, kept, batch)
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
    definition: IndexDefinition, index: str, kept: Kept, keys: list[str]
) -> dict[str, Mapping[str, Any] | None]:
    """Return key -> the document that is there; None for none. What was just written is there."""
    connection = definition.connection
    docs = read_stored(
        connection,
        index,
        keys,
        timeout=get_options().operation_timeout,
        vectors=kept.asks_for_vectors,
        filter_path="docs._source,docs.found,docs.error",
    )
    with understood(connection):
        pairs = zip(keys, docs, strict=True)
        # One without a `_source` that is there has none of what it was sent.
        return {key: doc.get("_source", {}) if doc["found"] else None for key, doc in pairs}
