"""Read objects afresh and write their documents to every target, in the one order that is safe.

The caller has already picked outbox rows, or a range of keys. The steps are: read the targets, take
a tick, read the objects, write with the tick as version, check the answer for every item.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.dispatch import Signal

from ...backends.transport.deadline import is_out_of_time
from ...documents import Document
from ...documents.reading.prepared import Prepared
from ...exceptions import (
    BatchTooOld,
    ConnectionUnavailable,
    DrainOutOfTime,
    ElasticsearchAdminError,
    IndexMissing,
    OwnedByAnother,
    ServerBusy,
    ServerNotReady,
)
from ...indices.bulk import BulkResult, read_versions
from ...indices.definition import IndexDefinition
from ...models import Generation
from ..objects.read import read_keys
from ..rows.refused import Refused, forget, read_refused, remember
from . import breaker
from .cluster_side import find_foreign, repair
from .known_fields import only_known
from .owner import NamedOwner, describe_foreign
from .send import explain_item, send_batch
from .statistics import count
from .targets import Target, Targets, is_live, parked_rows, read_targets
from .tick import highest_credible, raise_tick, take_tick

ROUNDS = 3

documents_written = Signal()
"""Sent after objects were written. The sender is the document class; ``outcome`` is the result."""


@dataclass
class Outcome:
    """What happened to some objects.

    Args:
        keys: the keys of all objects, as text.
        deleted: the keys whose deletes were accepted.
        errors: key -> why the object was not written.
        hopeless: the keys with an error for which another attempt cannot succeed.
        held: whether a target was left to a process with other code.
        parked: parked rows of these objects -> their keys, from before the objects were read.
    """

    keys: list[str] = field(default_factory=list)
    deleted: set[str] = field(default_factory=set)
    errors: dict[str, str] = field(default_factory=dict)
    hopeless: set[str] = field(default_factory=set)
    held: bool = False
    parked: dict[int, str] = field(default_factory=dict)

    def __add__(self, other: "Outcome") -> "Outcome":
        return Outcome(
            self.keys + other.keys,
            self.deleted | other.deleted,
            self.errors | other.errors,
            self.hopeless | other.hopeless,
            self.held or other.held,
            self.parked | other.parked,
        )


@dataclass(frozen=True)
class Writer:
    """Writes documents of one index.

    Args:
        definition: the index.
        timeout: the time limit of one request, in seconds.
        refresh: whether to make the documents searchable immediately.
        needs: the primary key of a generation for which rows wait although it is not live: the one
            that the draining rebuild fills.
    """

    definition: IndexDefinition
    timeout: float
    refresh: bool | str = False
    needs: int | None = None

    @property
    def document(self) -> type[Document]:
        """The document class."""
        document = self.definition.document
        assert document is not None  # noqa: S101 (rows are captured for documents only)
        return document

    def write_keys(self, keys: Sequence[str]) -> Outcome:
        """Write the documents of the objects with these keys, and delete those of deleted objects.

        If reading all objects takes too long, they are read in halves.

        Raises:
            BatchTooOld: reading one object took so long that a write could arrive after a second
                delete.
            ProjectCodeFailed: there is no queryset to read from.
            ElasticsearchAdminError: a request failed as a whole.
        """
        try:
            return self._write_keys(keys)
        except BatchTooOld:
            if len(keys) == 1:
                raise
            half = len(keys) // 2
            return self.write_keys(keys[:half]) + self.write_keys(keys[half:])

    def _write_keys(self, keys: Sequence[str]) -> Outcome:
        for _ in range(ROUNDS):
            using = self.definition.database
            targets = read_targets(self.definition, self.definition.digest)
            foreign = find_foreign(self.definition, targets.written, targets.owner)
            parked = parked_rows(self.definition, keys) if targets.parked else {}
            if not targets.write:
                # There is no index yet. The process that creates it reads the objects after this
                # commit.
                return Outcome(keys=list(keys), held=targets.held, parked=parked)
            missed = {t.pk: read_refused(using, t.pk, keys) for t in targets.write if t.refused}
            started = time.monotonic()
            tick = take_tick(using)
            batch = _Batch(tick, started, read_keys(self.definition, keys), foreign)
            outcome, overtaken = self._write(targets, batch, missed)
            if not overtaken:
                outcome.parked = parked
                documents_written.send_robust(sender=self.document, outcome=outcome)
                return outcome
        raise ServerBusy(
            f"Documents of {self.definition.name} hold versions above the counter's, again and "
            f"again: is another database writing to this index?"
        )

    def write_objects(self, primary_keys: Sequence[str]) -> Outcome:
        """Write the documents of the objects with these primary keys, under their current ids.

        Raises:
            See :meth:`write_keys`.
        """
        places = self.document.django.places
        return self.write_keys(places.keys(primary_keys, self.definition.database))

    def _write(
        self, targets: Targets, batch: "_Batch", missed: Mapping[int, Refused]
    ) -> tuple[Outcome, bool]:
        """Write a batch to each target.

        Args:
            missed: primary key of a generation -> the documents it had refused before the tick.
        """
        outcome = Outcome(keys=batch.keys, held=targets.held)
        outcome.deleted = {
            one.text for one in batch.documents if one.source is None and not one.error
        }
        overtaken = False
        searched = any(target.live for target in targets.write)
        for target in targets.write:
            try:
                result = self._send_anew(target, batch)
                refused = self._take(outcome, target, result)
                if result.stale:
                    behind, errors = self._look_at_stale(outcome, target, batch, result)
                    overtaken = overtaken or behind
                    (outcome.errors if self._insists_on(target) else refused).update(errors)
            except ElasticsearchAdminError as error:
                if self._has_to_wait(target, batch, error, searched=searched):
                    raise
                refused = dict.fromkeys(batch.keys, str(error))
            self._remember(outcome, target, batch, refused)
            failed = refused.keys() | outcome.errors.keys()
            before = missed.get(target.pk, {}).items()
            held = {pk: one for pk, one in before if one[0] not in failed}
            forget(self.definition.database, held)
        outcome.deleted -= outcome.errors.keys()
        return outcome, overtaken

    def _send_anew(self, target: Target, batch: "_Batch") -> BulkResult:
        """Send a batch, and send it again if the write alias of a generation had been deleted."""
        result = self._send(target, batch)
        gone = any(error.target_gone for error in result.errors)
        if gone and repair(self.definition, [target.name]):
            return self._send(target, batch)
        return result

    def _send(self, target: Target, batch: "_Batch") -> BulkResult:
        alias = self.definition.using
        if owner := batch.foreign.get(target.name):
            raise OwnedByAnother(describe_foreign(self.definition, target.name, owner))
        if not self._insists_on(target) and breaker.is_open(alias, target.name):
            raise ServerNotReady(f"{target.name} could not be written a moment ago.")
        documents = batch.documents
        if target.other:
            documents = only_known(self.definition, target, documents)
        return send_batch(
            self.definition,
            target.alias,
            batch.tick,
            documents,
            started=batch.started,
            timeout=self.timeout,
            refresh=self.refresh,
        )

    def _insists_on(self, target: Target) -> bool:
        """Return whether rows wait while a target cannot be written to."""
        return target.live or target.pk == self.needs

    def _has_to_wait(
        self, target: Target, batch: "_Batch", error: ElasticsearchAdminError, *, searched: bool
    ) -> bool:
        """Return whether rows wait after a failed request to a target, or the target is skipped.

        Args:
            searched: whether the live generation was written.
        """
        if self._insists_on(target):
            return True
        if isinstance(error, BatchTooOld):
            # Half of the batch may be read in time.
            return len(batch.keys) > 1
        if isinstance(error, DrainOutOfTime):
            return True
        breaker.trip(self.definition.using, target.name)
        if is_out_of_time():
            return True
        return not searched and isinstance(error, (ConnectionUnavailable, ServerBusy))

    def _take(self, outcome: Outcome, target: Target, result: BulkResult) -> dict[str, str]:
        """Handle the answer of one target; return the documents it refused.

        Raises:
            ElasticsearchAdminError: the index cannot be written to, for a reason other than a
                document.
        """
        if target.live:
            stale = len(result.stale)
            count(self.definition.database, target.pk, result.written + stale, stale)
        refused: dict[str, str] = {}
        for error in result.errors:
            if error.fault is not None and self._insists_on(target):
                raise explain_item(self.definition, error)
            if error.target_gone:
                self._miss(target)
                return {}
            if error.fault is not None:
                breaker.trip(self.definition.using, target.name)
            tolerated = error.fault is not None or (target.tolerant and bool(error.status))
            if tolerated or target.building:
                refused[error.key] = error.message
            if not tolerated:
                outcome.errors[error.key] = error.message
                if error.hopeless:
                    outcome.hopeless.add(error.key)
        return refused

    def _remember(
        self, outcome: Outcome, target: Target, batch: "_Batch", refused: dict[str, str]
    ) -> None:
        if not refused:
            return
        using = self.definition.database
        remember(using, target.pk, refused, batch.tick)
        if not target.live and is_live(using, target):
            # A swap adds rows for documents that were refused before it, but this was recorded
            # later.
            outcome.errors |= refused

    def _miss(self, target: Target) -> None:
        """Continue without a generation that no longer exists, unless it was the live one."""
        using, name = self.definition.database, self.definition.name
        row = Generation.objects.using(using).filter(pk=target.pk)
        if row.filter(role=Generation.Role.LIVE).exists():
            raise IndexMissing(
                f"The live generation {target.name} of {name} no longer exists in the cluster: "
                f"run `manage.py es_rebuild {name}`."
            )
        # It was retired while this batch was read, or deleted by hand.
        other = (Generation.Role.BUILDING, Generation.Role.STANDBY)
        row.filter(role__in=other).fail(Generation.GONE)

    def _look_at_stale(
        self, outcome: Outcome, target: Target, batch: "_Batch", result: BulkResult
    ) -> tuple[bool, dict[str, str]]:
        """Return whether the counter was raised because newer versions are stored, and the errors.

        After a database was restored, its counter is behind. It is raised, and the batch is written
        again. A document that does not exist was refused because Elasticsearch remembers a newer
        delete, which it forgets after some time.
        """
        using = self.definition.database
        versions = read_versions(
            self.definition.connection, target.alias, result.stale, self.timeout
        )
        errors = dict.fromkeys(
            set(result.stale) - versions.keys() - outcome.deleted,
            "a newer delete of it is remembered; it is written again later",
        )
        ahead = {key: version for key, version in versions.items() if version > batch.tick}
        if not ahead:
            return False, errors
        most = highest_credible(using)
        for key, version in ahead.items():
            if version > most:
                errors[key] = (
                    f"its document has the version {version}, which is too far ahead of the clock "
                    f"of this database, so the document cannot be overwritten: run "
                    f"`manage.py es_rebuild {self.definition.name}`"
                )
        credible = max((version for version in ahead.values() if version <= most), default=0)
        return credible > batch.tick and raise_tick(using, credible), errors


@dataclass(frozen=True)
class _Batch:
    """The documents that are written to each target.

    Args:
        tick: taken before the objects were read.
        started: when the tick was taken, by ``time.monotonic()``.
        documents: the documents of the objects.
        foreign: the generations that other databases own.
    """

    tick: int
    started: float
    documents: list[Prepared]
    foreign: Mapping[str, NamedOwner]

    @property
    def keys(self) -> list[str]:
        """The keys of the objects, as text."""
        return [one.text for one in self.documents]
