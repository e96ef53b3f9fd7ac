"""One drain: the rows that were picked become writes, and are acknowledged."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.apps import apps
from django.db import models

from ..conf import get_options
from ..documents import registry
from ..exceptions import ElasticsearchAdminError
from ..indices.definition import IndexDefinition, definition_of
from ..models import OutboxEntry
from .acknowledge import acknowledge, append_outcome, parked_rows, put_back
from .claim import lease, release
from .related import RelatedKeys
from .write import Outcome, Writer


@dataclass(frozen=True)
class DrainResult:
    """What one or more drains did.

    Args:
        written: objects whose documents were written.
        deleted: objects whose documents were deleted, once or a second time.
        failed: objects whose documents were refused; their rows are tried again later.
        held: rows that were left to other code.
        left: rows that were left to workers, as they concern too many objects.
        unavailable: connection -> why its rows wait.
    """

    written: int = 0
    deleted: int = 0
    failed: int = 0
    held: int = 0
    left: int = 0
    unavailable: tuple[tuple[str, ElasticsearchAdminError], ...] = ()

    def __add__(self, other: "DrainResult") -> "DrainResult":
        return DrainResult(
            self.written + other.written,
            self.deleted + other.deleted,
            self.failed + other.failed,
            self.held + other.held,
            self.left + other.left,
            self.unavailable + other.unavailable,
        )


@dataclass(frozen=True)
class Drain:
    """Handles picked rows of one database.

    Args:
        using: alias of the database.
        timeout: seconds for one request.
        fan_out_limit: leave related objects with more documents than this to workers; None to
            write any number.
    """

    using: str
    timeout: float
    fan_out_limit: int | None = None

    def drain(self, entries: list[OutboxEntry]) -> DrainResult:
        """Write what ``entries`` tell of, and acknowledge exactly these.

        A connection that fails keeps its rows as they were, and does not keep the others waiting.

        Raises:
            RuntimeError: inside a transaction.
        """
        result = DrainResult()
        for definition, group in self._by_index(entries):
            if definition is None:
                # Code that is not deployed yet, or not any more, knows the index.
                put_back(self._rows(group))
                result += DrainResult(held=len(group))
                continue
            try:
                result += self._drain_index(definition, group)
            except ElasticsearchAdminError as error:
                release(self.using, group)
                result += DrainResult(unavailable=((definition.using, error),))
        return result

    def _rows(self, entries: list[OutboxEntry]) -> models.QuerySet[OutboxEntry]:
        pks = [entry.pk for entry in entries]
        return OutboxEntry.objects.using(self.using).filter(pk__in=pks)

    def _by_index(
        self, entries: list[OutboxEntry]
    ) -> Iterator[tuple[IndexDefinition | None, list[OutboxEntry]]]:
        groups: dict[tuple[str, str], list[OutboxEntry]] = {}
        for entry in entries:
            groups.setdefault((entry.connection, entry.index), []).append(entry)
        for key, group in groups.items():
            yield _find_definition(*key), group

    def _drain_index(self, definition: IndexDefinition, entries: list[OutboxEntry]) -> DrainResult:
        assert definition.document is not None  # noqa: S101 (rows are captured for documents only)
        options = definition.document.django
        writer = Writer(definition, self.timeout, options.auto_refresh)
        size = options.queryset_pagination or get_options().bulk_max_documents
        result = DrainResult()
        objects = [entry for entry in entries if entry.kind == OutboxEntry.Kind.OBJECT]
        for start in range(0, len(objects), size):
            result += self._drain_objects(writer, objects[start : start + size])
        for entry in entries:
            if entry.kind == OutboxEntry.Kind.RELATED:
                result += self._fan_out(writer, entry, size)
        return result

    def _drain_objects(self, writer: Writer, entries: list[OutboxEntry]) -> DrainResult:
        parked = parked_rows(self.using, entries)
        outcome = writer.write_keys(list(dict.fromkeys(entry.key for entry in entries)))
        acknowledge(self.using, entries, outcome, parked)
        return _result(outcome)

    def _fan_out(self, writer: Writer, entry: OutboxEntry, size: int) -> DrainResult:
        """Write every document that changes with a related object, resumable at each portion."""
        instance = apps.get_model(entry.model)._base_manager.using(self.using).filter(pk=entry.key)
        found = instance.first()
        result = DrainResult()
        # One that is gone has had its objects noted when it was deleted.
        if found is not None:
            keys = RelatedKeys(writer.document, found, self.using)
            limit = self.fan_out_limit
            if limit is not None and len(keys.portion("", limit + 1)) > limit:
                release(self.using, [entry])
                return DrainResult(left=1)
            for portion in keys.portions(entry.cursor, size):
                outcome = writer.write_keys(portion)
                if outcome.held:
                    put_back(self._rows([entry]))
                    return result + DrainResult(held=1)
                append_outcome(self.using, entry, outcome)
                result += _result(outcome)
                self._rows([entry]).update(cursor=portion[-1])
                lease(self.using, [entry])
        self._rows([entry]).delete()
        return result


def _find_definition(connection: str, index: str) -> IndexDefinition | None:
    for document in registry.get_documents():
        options = document.django
        if (options.using, options.index_name) == (connection, index):
            return definition_of(document)
    return None


def _result(outcome: Outcome) -> DrainResult:
    bad = len(outcome.errors)
    return DrainResult(
        written=len(outcome.keys) - len(outcome.deleted) - bad,
        deleted=len(outcome.deleted),
        failed=bad,
        held=len(outcome.keys) if outcome.held else 0,
    )
