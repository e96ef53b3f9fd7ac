"""Compare the documents of objects with the documents that would be written now."""

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
"""The kinds of differences: no document, an outdated one, no object, or no document to make."""


def find_differences(
    definition: IndexDefinition, index: str, kept: Kept, batch: Iterable[Prepared]
) -> dict[str, Kind]:
    """Return key -> how its document differs from what would be written.

    Args:
        index: the name of the generation.
        kept: how the generation keeps documents.
        batch: the current objects. An object without a source must not have a document.

    Raises:
        ElasticsearchAdminError: a request failed.
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
    """Return which of these documents still differ, reading their objects again."""
    size = get_options().bulk_max_documents
    found: dict[str, Kind] = {}
    for start in range(0, len(keys), size):
        batch = read_keys(definition, keys[start : start + size])
        found |= find_differences(definition, index, kept, batch)
    return found


def _portions(
    definition: IndexDefinition, batch: Iterable[Prepared], refused: dict[str, Kind]
) -> Iterator[dict[str, bytes | None]]:
    """Yield key -> body, in portions whose answer is not larger than a bulk request."""
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
    """Return key -> the document, even if it is not yet searchable; None if there is none."""
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
        # If an existing document has no `_source`, nothing of it can be compared.
        return {key: doc.get("_source", {}) if doc["found"] else None for key, doc in pairs}
