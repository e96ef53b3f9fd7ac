"""One object: its indexed document, and the document that would be indexed now."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from ..backends.health import in_time
from ..backends.transport.deadline import Deadline
from ..conf import get_options
from ..exceptions import ProjectCodeFailed
from ..indices.definition import IndexDefinition
from ..indices.encoding import NotEncodable, encode_document
from ..indices.inspection.samples import Sample, read_document
from ..indices.source.kept import Kept, read_kept
from ..models import Generation, OutboxEntry, RefusedDocument
from ..outbox.drain.tick import written_at
from ..outbox.objects.read import read_keys
from ..outbox.rows.refused import read_refused

_AS_SENT = Kept()
"""How an index keeps documents if it returns them unchanged."""


@dataclass(frozen=True)
class FieldPair:
    """One field of both documents; None for a value that one of them does not have.

    Args:
        differs: whether the values differ, as far as the index can tell.
    """

    name: str
    indexed: Any
    would_be: Any
    differs: bool


@dataclass(frozen=True)
class ComparedObject:
    """One object, compared in the index and in the database.

    Args:
        key: the key of the object, as text.
        indexed: the indexed document; None if there is none.
        would_be: the document that would be written; None for a delete.
        error: why the document cannot be made.
        written: when the indexed document was written, according to its version; None if unknown.
        waiting: the number of outbox rows for this object.
        refused: why the document was refused when it was last sent; "" if it was not.
        kept: how the index keeps documents.
    """

    key: str
    indexed: Mapping[str, Any] | None
    would_be: Mapping[str, Any] | None
    error: str = ""
    written: datetime | None = None
    waiting: int = 0
    refused: str = ""
    kept: Kept = _AS_SENT

    @property
    def comparable(self) -> bool:
        """Whether there is a ``_source`` to compare; without one, no difference is reported."""
        return self.kept.enabled

    @property
    def differs(self) -> bool:
        """Whether writing the document now would change the index."""
        if self.indexed is None or self.would_be is None:
            return self.indexed is not self.would_be
        return self.comparable and not self.kept.is_equal(self.would_be, self.indexed)

    @property
    def fields(self) -> list[FieldPair]:
        """The fields of both documents, differing fields first."""
        here, there = self.indexed or {}, self.would_be or {}
        whole = self.differs
        pairs = [
            FieldPair(
                name,
                here.get(name),
                there.get(name),
                whole and not self.kept.is_equal(_only(there, name), _only(here, name)),
            )
            for name in dict.fromkeys([*there, *here])
        ]
        return sorted(pairs, key=lambda pair: not pair.differs)


def _only(document: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {name: document[name]} if name in document else {}


def compare_object(
    definition: IndexDefinition, key: str, within: Deadline | None = None
) -> ComparedObject:
    """Compare the document of one object with what would be written now.

    Args:
        key: the key of the object, as text. The object need not exist.
        within: the deadline of the caller; ``PAGE_TIMEOUT`` applies in any case.

    Raises:
        IndexMissing: there is no live generation.
        ElasticsearchAdminError: a request failed.
    """
    deadline = Deadline(get_options().page_timeout).earlier(within)
    found = _read(definition, deadline, key)
    would_be, error = _would_be(definition, key)
    kept = _AS_SENT
    if found and would_be is not None and not kept.is_equal(would_be, found.source):
        # Most indices return documents unchanged, and need only one request.
        kept, found = _as_kept(definition, deadline, key, found)
    rows = OutboxEntry.objects.using(definition.database).filter(
        connection=definition.using,
        index=definition.name,
        kind=OutboxEntry.Kind.OBJECT,
        key=key,
        delete_sent=False,
    )
    compared = ComparedObject(
        key=key,
        indexed=found.source if found else None,
        would_be=would_be,
        error=error,
        written=written_at(found.version) if found and found.version else None,
        waiting=rows.count(),
        kept=kept,
    )
    # A document that is in the index as it should be is no longer refused, whatever waits.
    return (
        replace(compared, refused=_refusal(definition, rows, key)) if compared.differs else compared
    )


def _read(
    definition: IndexDefinition, deadline: Deadline, key: str, *, vectors: bool = False
) -> Sample | None:
    backend, alias = definition.connection, definition.alias
    return in_time(
        backend, deadline, lambda: read_document(backend, alias, deadline, key, vectors=vectors)
    )


def _as_kept(
    definition: IndexDefinition, deadline: Deadline, key: str, found: Sample
) -> tuple[Kept, Sample | None]:
    """Return how the index keeps documents, and the document with all that the index returns."""
    backend, alias = definition.connection, definition.alias
    kept = in_time(backend, deadline, lambda: read_kept(backend, alias, timeout=deadline.remaining))
    if not kept.asks_for_vectors:
        return kept, found
    return kept, _read(definition, deadline, key, vectors=True)


def _refusal(definition: IndexDefinition, rows: QuerySet[OutboxEntry], key: str) -> str:
    """Return why the document of an object was refused; "" if it was not."""
    failed = rows.filter(Q(attempts__gt=0) | Q(parked_at__isnull=False)).order_by("-pk")
    row = failed.exclude(error="").first()
    if row is not None:
        return row.error
    # A document that a live generation, built for older code, refused has no row.
    generations = Generation.objects.using(definition.database).filter(
        connection=definition.using, alias=definition.alias, role=Generation.Role.LIVE
    )
    for generation in generations:
        for pk in read_refused(definition.database, generation.pk, [key]):
            return RefusedDocument.objects.using(definition.database).get(pk=pk).error
    return ""


def _would_be(definition: IndexDefinition, key: str) -> tuple[Mapping[str, Any] | None, str]:
    try:
        found = read_keys(definition, [key])
    except ProjectCodeFailed as error:
        return None, str(error)
    mapping = definition.document._doc_type.mapping if definition.document else None
    for prepared in found:
        if prepared.error:
            return None, prepared.error
        if prepared.source is None:
            return None, ""
        # As Elasticsearch would return it: dates are texts, and decimals are numbers.
        try:
            body = encode_document(prepared.source, mapping)
        except NotEncodable as error:
            return None, str(error)
        return json.loads(body), ""
    return None, ""
