"""One drain: the rows that were picked become writes, and are acknowledged."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from django.apps import apps
from django.db import models

from ...conf import get_options
from ...documents import registry
from ...exceptions import (
    ConnectionUnavailable,
    ElasticsearchAdminError,
    ProjectCodeFailed,
    ServerBusy,
)
from ...indices.definition import IndexDefinition, definition_of
from ...models import OutboxEntry
from ..rows.claim import lease, release
from .acknowledge import acknowledge, append_outcome, fail, put_back
from .project_code import project_code
from .related import RelatedKeys
from .write import Outcome, Writer


@dataclass(frozen=True)
class Stopped:
    """Why the rows of one index wait.

    Args:
        connection: its alias.
        index: as the document names it.
        error: what stopped them.
    """

    connection: str
    index: str
    error: ElasticsearchAdminError

    @property
    def everywhere(self) -> bool:
        """Whether every index of the connection would fare the same."""
        return isinstance(self.error, (ConnectionUnavailable, ServerBusy))


@dataclass(frozen=True)
class DrainResult:
    """What one or more drains did.

    Args:
        written: objects whose documents were written.
        deleted: objects whose documents were deleted, once or a second time.
        failed: objects whose documents were refused; their rows are tried again later.
        held: rows that were left to other code.
        left: rows that were left to workers, as they concern too many objects.
        stopped: indices whose rows wait, with the reason.
    """

    written: int = 0
    deleted: int = 0
    failed: int = 0
    held: int = 0
    left: int = 0
    stopped: tuple[Stopped, ...] = ()

    @property
    def objects(self) -> int:
        """Number of objects that were read."""
        return self.written + self.deleted + self.failed

    def __add__(self, other: "DrainResult") -> "DrainResult":
        return DrainResult(
            self.written + other.written,
            self.deleted + other.deleted,
            self.failed + other.failed,
            self.held + other.held,
            self.left + other.left,
            self.stopped + other.stopped,
        )


@dataclass(frozen=True)
class BatchDrain:
    """Handles picked rows of one database.

    Args:
        using: alias of the database.
        timeout: seconds for one request.
        fan_out_limit: leave related objects to workers where all that is written would be more
            documents than this; None to write any number.
        on_portion: called while the objects of one row are written, which may take minutes.
    """

    using: str
    timeout: float
    fan_out_limit: int | None = None
    on_portion: Callable[[], None] = lambda: None

    def drain(self, entries: list[OutboxEntry]) -> DrainResult:
        """Write what ``entries`` tell of, and acknowledge exactly these.

        A connection that fails keeps its rows as they were, and does not keep the others waiting;
        it is not asked again for its next index.

        Raises:
            RuntimeError: inside a transaction.
        """
        result = DrainResult()
        down: dict[str, Stopped] = {}
        for definition, group in self._by_index(entries):
            if definition is None:
                # Code that is not deployed yet, or not any more, knows the index.
                put_back(self._rows(group))
                result += DrainResult(held=len(group))
                continue
            if definition.using in down:
                release(self.using, group)
                continue
            try:
                result += self._drain_index(definition, group, result.objects)
            except ElasticsearchAdminError as error:
                release(self.using, group)
                stopped = Stopped(definition.using, definition.name, error)
                result += DrainResult(stopped=(stopped,))
                if stopped.everywhere:
                    down[definition.using] = stopped
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

    def _drain_index(
        self, definition: IndexDefinition, entries: list[OutboxEntry], before: int
    ) -> DrainResult:
        assert definition.document is not None  # noqa: S101 (rows are captured for documents only)
        options = definition.document.django
        writer = Writer(definition, self.timeout, options.auto_refresh)
        size = options.queryset_pagination or get_options().bulk_max_documents
        result = DrainResult()
        objects = [entry for entry in entries if entry.kind == OutboxEntry.Kind.OBJECT]
        for start in range(0, len(objects), size):
            result += self._drain_objects(writer, objects[start : start + size])
        related = [entry for entry in entries if entry.kind == OutboxEntry.Kind.RELATED]
        return result + self._drain_related(writer, related, size, before + result.objects)

    def _drain_objects(self, writer: Writer, entries: list[OutboxEntry]) -> DrainResult:
        keys = list(dict.fromkeys(entry.key for entry in entries))
        outcome = writer.write_keys(keys)
        acknowledge(self.using, entries, outcome)
        return _result(outcome)

    def _drain_related(
        self, writer: Writer, entries: list[OutboxEntry], size: int, before: int
    ) -> DrainResult:
        """Write every document that changes with related objects, those of many in one batch.

        Args:
            before: number of objects that this drain has written already.
        """
        result = DrainResult()
        batch: list[OutboxEntry] = []
        wanted: dict[str, None] = {}
        for group in _by_related_object(entries):
            try:
                keys = self._related_keys(writer, group[0])
            except ProjectCodeFailed as error:
                fail(self.using, group, str(error))
                result += DrainResult(failed=1)
                continue
            limit = self.fan_out_limit
            room = size if limit is None else max(limit - before - result.objects - len(wanted), 0)
            # One that is gone has had its objects noted when it was deleted.
            found = keys.portion(_cursor(group), max(size, room) + 1) if keys else []
            if limit is not None and len(found) > room:
                release(self.using, group)
                result += DrainResult(left=len(group))
            elif keys and len(found) > size:
                result += self._fan_out(writer, group, keys, size)
            else:
                if len(wanted.keys() | found) > size:
                    result += self._write_related(writer, batch, list(wanted))
                    batch, wanted = [], {}
                batch += group
                wanted |= dict.fromkeys(found)
        return result + self._write_related(writer, batch, list(wanted))

    def _write_related(
        self, writer: Writer, entries: list[OutboxEntry], keys: list[str]
    ) -> DrainResult:
        result = DrainResult()
        if keys:
            outcome = writer.write_keys(keys)
            if outcome.held:
                put_back(self._rows(entries))
                return DrainResult(held=len(entries))
            append_outcome(self.using, entries[0], outcome)
            result = _result(outcome)
        if entries:
            self._rows(entries).delete()
        return result

    def _fan_out(
        self, writer: Writer, entries: list[OutboxEntry], keys: RelatedKeys, size: int
    ) -> DrainResult:
        """Write every document that changes with one related object, resumable at each portion.

        Args:
            entries: rows of that object.
        """
        result = DrainResult()
        for portion in keys.portions(_cursor(entries), size):
            outcome = writer.write_keys(portion)
            if outcome.held:
                put_back(self._rows(entries))
                return result + DrainResult(held=len(entries))
            append_outcome(self.using, entries[0], outcome)
            result += _result(outcome)
            self._rows(entries).update(cursor=portion[-1])
            lease(self.using, entries)
            self.on_portion()
        self._rows(entries).delete()
        return result

    def _related_keys(self, writer: Writer, entry: OutboxEntry) -> RelatedKeys | None:
        name = f"{writer.document.__name__}.get_instances_from_related()"
        with project_code(ProjectCodeFailed, name):
            rows = apps.get_model(entry.model)._base_manager.using(self.using)
            found = rows.filter(pk=entry.key).first()
            return None if found is None else RelatedKeys(writer.document, found, self.using)


def _by_related_object(entries: list[OutboxEntry]) -> Iterable[list[OutboxEntry]]:
    groups: dict[tuple[str, str], list[OutboxEntry]] = {}
    for entry in entries:
        groups.setdefault((entry.model, entry.key), []).append(entry)
    return groups.values()


def _cursor(entries: list[OutboxEntry]) -> str:
    """Return where to go on; a row that begins asks for those, too, that the others are beyond."""
    cursors = {entry.cursor for entry in entries}
    return cursors.pop() if len(cursors) == 1 else ""


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
