"""One drain: write the documents for the picked rows, and acknowledge the rows."""

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from django.db import models

from ...backends.transport.deadline import is_out_of_time
from ...conf import get_options
from ...documents import registry
from ...exceptions import (
    ConnectionUnavailable,
    DatabaseBusy,
    DatabaseUnavailable,
    DrainFailed,
    DrainInTransaction,
    ElasticsearchAdminError,
    ProjectCodeFailed,
    ServerBusy,
)
from ...faults import Fault, fault_of
from ...incidents import tell
from ...indices.definition import IndexDefinition, definition_of
from ...models import OutboxEntry
from ..objects.related import RelatedKeys, find_related, related_code
from ..rows.claim import give_back, lease
from .acknowledge import acknowledge, append_outcome, fail, put_back
from .write import Outcome, Writer

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Stopped:
    """Why the rows of one index wait.

    Args:
        connection: the alias of the connection.
        index: the name of the index, as the document gives it.
        error: the error that stopped the drain of these rows.
    """

    connection: str
    index: str
    error: ElasticsearchAdminError

    @property
    def everywhere(self) -> bool:
        """Whether every index of the connection would fail in the same way."""
        return isinstance(self.error, (ConnectionUnavailable, ServerBusy))


@dataclass(frozen=True)
class DrainResult:
    """The result of one or more drains.

    Args:
        written: objects whose documents were written.
        deleted: objects whose documents were deleted, once or a second time.
        failed: objects whose documents were refused; their rows are tried again later.
        held: rows that were left to a process with other code.
        left: rows that were left to workers, because they concern too many objects or time ran out.
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
    """Drains picked rows of one database.

    Args:
        using: alias of the database.
        timeout: the time limit of one request, in seconds. fan_out_limit: leave the documents of
            related objects to workers if more documents than this would be written; None for no
            limit.
        needs: see :class:`~.write.Writer`.
        on_portion: called while the objects of one row are written, which may take minutes.
        refresh: whether to make the documents searchable immediately; None to use the setting of
            the document.
    """

    using: str
    timeout: float
    fan_out_limit: int | None = None
    needs: int | None = None
    on_portion: Callable[[], None] = lambda: None
    refresh: bool | str | None = None

    def drain(self, entries: list[OutboxEntry]) -> DrainResult:
        """Write the objects that ``entries`` refer to, and acknowledge exactly these rows.

        An index that fails, for any reason, keeps its rows as they were, and does not delay other
        indices. A connection that fails is not asked again for its next index.

        Raises:
            DrainInTransaction: a transaction is open.
            DatabaseUnavailable: the database does not answer.
        """
        try:
            return self._drain(entries)
        except BaseException:
            give_back(self.using, entries)
            raise

    def _drain(self, entries: list[OutboxEntry]) -> DrainResult:
        result = DrainResult()
        down: dict[str, Stopped] = {}
        for definition, group in self._by_index(entries):
            if definition is None:
                # The index is declared in code that is not deployed here, or no longer deployed.
                put_back(self._rows(group))
                result += DrainResult(held=len(group))
                continue
            if definition.using in down:
                give_back(self.using, group)
                continue
            if is_out_of_time():
                give_back(self.using, group)
                result += DrainResult(left=len(group))
                continue
            try:
                result += self._drain_index(definition, group, result.objects)
            except DrainInTransaction:
                raise
            except Exception as error:  # noqa: BLE001 (the others must not wait for its reason)
                reason = self._explain(definition, error)
                give_back(self.using, group)
                stopped = Stopped(definition.using, definition.name, reason)
                result += DrainResult(stopped=(stopped,))
                if stopped.everywhere:
                    down[definition.using] = stopped
        return result

    def _explain(self, definition: IndexDefinition, error: Exception) -> ElasticsearchAdminError:
        """Return why an index was stopped.

        Raises:
            DatabaseUnavailable: the database does not work for any index.
        """
        if isinstance(error, ElasticsearchAdminError):
            return error
        fault = fault_of(error)
        told = tell(error, f"The drain of {definition.name}")
        if fault is Fault.CONNECTION:
            raise DatabaseUnavailable(
                f"The database {self.using!r} does not answer ({told}): check it; the rows wait."
            ) from error
        if fault is not Fault.DATA:
            return DatabaseBusy(
                f"The database {self.using!r} failed for a moment ({told}); the rows of "
                f"{definition.name} are tried again."
            )
        logger.error("The drain of %s failed; its rows wait.", definition.name)
        return DrainFailed(f"The drain of {definition.name} failed ({told}); its rows wait.")

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
            yield find_definition(*key), group

    def _drain_index(
        self, definition: IndexDefinition, entries: list[OutboxEntry], before: int
    ) -> DrainResult:
        assert definition.document is not None  # noqa: S101 (rows are captured for documents only)
        options = definition.document.django
        refresh = options.auto_refresh if self.refresh is None else self.refresh
        writer = Writer(definition, self.timeout, refresh, self.needs)
        size = options.queryset_pagination or get_options().bulk_max_documents
        result = DrainResult()
        objects = [entry for entry in entries if entry.kind == OutboxEntry.Kind.OBJECT]
        for start in range(0, len(objects), size):
            result += self._drain_objects(writer, objects[start : start + size])
        for part in definition.parts:
            related = [
                entry
                for entry in entries
                if entry.kind == OutboxEntry.Kind.RELATED
                and definition.part(entry.document) is part
            ]
            if related:
                writer = Writer(part, self.timeout, refresh)
                result += self._drain_related(writer, related, size, before + result.objects)
        return result

    def _drain_objects(self, writer: Writer, entries: list[OutboxEntry]) -> DrainResult:
        keys = list(dict.fromkeys(entry.key for entry in entries))
        outcome = writer.write_keys(keys)
        acknowledge(self.using, entries, outcome)
        return _result(outcome)

    def _drain_related(
        self, writer: Writer, entries: list[OutboxEntry], size: int, before: int
    ) -> DrainResult:
        """Write the documents that change with related objects, in one batch for all objects.

        Args:
            before: the number of objects that this drain has already written.
        """
        result = DrainResult()
        batch: list[OutboxEntry] = []
        wanted: dict[str, None] = {}
        for group in _by_related_object(entries):
            limit = self.fan_out_limit
            room = size if limit is None else max(limit - before - result.objects - len(wanted), 0)
            try:
                first = group[0]
                keys = find_related(writer.document, first.model, first.key, self.using)
                # If the related object was deleted, its objects were recorded at that time.
                found = self._portion(keys, _cursor(group), max(size, room) + 1) if keys else []
            except ProjectCodeFailed as error:
                fail(self.using, group, str(error))
                result += DrainResult(failed=1)
                continue
            if limit is not None and len(found) > room:
                give_back(self.using, group)
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
            outcome = writer.write_objects(keys)
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
        """Write the documents that change with one related object, in portions, with a cursor.

        Args:
            entries: the rows of that object.
        """
        result = DrainResult()
        after, more = _cursor(entries), True
        while more:
            try:
                portion = self._portion(keys, after, size)
            except ProjectCodeFailed as error:
                fail(self.using, entries, str(error))
                return result + DrainResult(failed=1)
            more = len(portion) == size
            if not portion:
                break
            outcome = writer.write_objects(portion)
            if outcome.held:
                put_back(self._rows(entries))
                return result + DrainResult(held=len(entries))
            append_outcome(self.using, entries[0], outcome)
            result += _result(outcome)
            after = portion[-1]
            self._rows(entries).update(cursor=after)
            lease(self.using, entries)
            self.on_portion()
        self._rows(entries).delete()
        return result

    def _portion(self, keys: RelatedKeys, after: str, size: int) -> list[str]:
        with related_code(keys.document, self.using):
            return keys.portion(after, size)


def _by_related_object(entries: list[OutboxEntry]) -> Iterable[list[OutboxEntry]]:
    groups: dict[tuple[str, str], list[OutboxEntry]] = {}
    for entry in entries:
        groups.setdefault((entry.model, entry.key), []).append(entry)
    return groups.values()


def _cursor(entries: list[OutboxEntry]) -> str:
    """Return where to continue; start from the beginning if the rows have different cursors."""
    cursors = {entry.cursor for entry in entries}
    return cursors.pop() if len(cursors) == 1 else ""


def find_definition(connection: str, index: str) -> IndexDefinition | None:
    """Return the index that a row belongs to; None if this process has no document for it."""
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
