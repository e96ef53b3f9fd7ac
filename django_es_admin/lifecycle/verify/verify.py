"""Compare an index with its database, document by document, and repair what differs."""

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial

from django.utils.translation import gettext as _

from ...backends.errors import translated
from ...backends.transport.deadline import Deadline
from ...conf import get_options
from ...exceptions import OperationRefused
from ...indices.definition import IndexDefinition
from ...indices.live import read_indices
from ...models import Operation, OutboxEntry
from ...operations.patience import patiently
from ...operations.progress import OnProgress, Progress, ignore
from ...operations.recording import Record, recording
from ...outbox.capture.changes import capture_keys, portions
from ..build.identities import compare_ids
from ..build.load import count_about
from .content import Kind, find_differences, look_again
from .walk import read_ghosts, read_objects

ROUNDS = 3
PAUSE_SECONDS = 1.0
MOST_LOOKED_AT_AGAIN = 10_000
EXAMPLES = 20


@dataclass(frozen=True)
class VerifyPlan:
    """What :func:`verify` will do.

    Args:
        generation: the live one; "" if there is none.
        rows: objects in the database, about.
        ids: whether only keys are compared, and no contents.
        repair: whether what differs is written again.
        refusals: why it cannot be done, empty if it can.
    """

    definition: IndexDefinition
    generation: str
    rows: int
    ids: bool
    repair: bool
    refusals: tuple[str, ...]


@dataclass(frozen=True)
class VerifyResult:
    """How an index differs from its database.

    Args:
        objects: that were compared.
        documents: that were walked.
        missing: objects without a document.
        stale: documents that are not what would be written now.
        ghosts: documents without an object.
        refused: objects whose document cannot be made.
        waiting: objects that differ as their change still waits in the outbox; not counted above.
        examples: some keys that differ, with how.
        repaired: how many were given a row of the outbox.
        seconds: how long it took.
    """

    definition: IndexDefinition
    generation: str
    objects: int
    documents: int
    missing: int
    stale: int
    ghosts: int
    refused: int
    waiting: int
    examples: tuple[tuple[str, Kind], ...]
    repaired: int
    seconds: float

    @property
    def equal(self) -> bool:
        """Whether nothing differs but what is on its way."""
        return not (self.missing or self.stale or self.ghosts or self.refused)


def plan_verify(
    definition: IndexDefinition, *, ids: bool = False, repair: bool = False
) -> VerifyPlan:
    """Return the plan of :func:`verify`.

    Args:
        ids: compare only which objects have a document.
        repair: give what differs a row of the outbox.

    Raises:
        ElasticsearchAdminError: Elasticsearch cannot be asked.
    """
    live = read_indices(definition.connection, Deadline(get_options().operation_timeout))
    holders = live.holders(definition.alias)
    generation = holders[0].name if len(holders) == 1 else ""
    refusals = []
    if definition.document is None:
        text = _("The index %(name)s has no document to compare it with: register one.")
        refusals.append(text % {"name": definition.name})
    elif not generation:
        text = _(
            "The index %(name)s has no live generation, or several: `manage.py es_status` says "
            "what mends it."
        )
        refusals.append(text % {"name": definition.name})
    elif not ids and _is_synthetic(holders[0].settings):
        text = _(
            "%(generation)s has a synthetic _source, which is not the document that was written: "
            "compare keys only, with --ids."
        )
        refusals.append(text % {"generation": generation})
    rows = count_about(definition) if definition.document else 0
    return VerifyPlan(definition, generation, rows, ids, repair, tuple(refusals))


def _is_synthetic(settings: object) -> bool:
    return "synthetic" in str(settings)


def verify(plan: VerifyPlan, on_progress: OnProgress = ignore) -> VerifyResult:
    """Walk the database, then the index, and look again at what differs.

    A change that is made meanwhile looks like a difference at first; what still differs after some
    seconds, and waits in no row of the outbox, is one. Memory does not grow with the index.

    Raises:
        OperationRefused: the plan has refusals.
        OperationCancelled: somebody asked for that.
        ElasticsearchAdminError: Elasticsearch could not be asked for ``OPERATION_PATIENCE``.
    """
    if plan.refusals:
        raise OperationRefused(" ".join(plan.refusals))
    with recording(
        plan.definition,
        Operation.Kind.VERIFY,
        generation=plan.generation,
        on_progress=on_progress,
    ) as operation:
        result = _Verification(plan, operation).run()
        operation.operation.details |= {
            "missing": result.missing,
            "stale": result.stale,
            "ghosts": result.ghosts,
            "refused": result.refused,
            "waiting": result.waiting,
            "repaired": result.repaired,
            "examples": [list(example) for example in result.examples],
        }
    return result


@dataclass
class _Verification:
    plan: VerifyPlan
    record: Record
    counts: Counter[str] = field(default_factory=Counter)
    suspects: dict[str, Kind] = field(default_factory=dict)
    examples: dict[str, Kind] = field(default_factory=dict)
    repaired: int = 0
    objects: int = 0
    documents: int = 0

    def run(self) -> VerifyResult:
        started = time.monotonic()
        if self.plan.ids:
            self._compare_ids()
        else:
            self._walk_objects()
            self._walk_documents()
        waiting = self._look_again()
        self._settle(self.suspects)
        return VerifyResult(
            definition=self.plan.definition,
            generation=self.plan.generation,
            objects=self.objects,
            documents=self.documents,
            missing=self.counts["missing"],
            stale=self.counts["stale"],
            ghosts=self.counts["ghost"],
            refused=self.counts["refused"],
            waiting=waiting,
            examples=tuple(self.examples.items()),
            repaired=self.repaired,
            seconds=time.monotonic() - started,
        )

    def _tell(self, done: int, total: int | None) -> None:
        self.record.tell(Progress(self.plan.definition.name, "verify", done, total))

    def _walk_objects(self) -> None:
        definition, total = self.plan.definition, self.plan.rows
        for batch in read_objects(definition):
            tell = partial(self._tell, self.objects, max(total, self.objects))
            tell()
            compare = partial(find_differences, definition, self.plan.generation, batch)
            self._suspect(patiently(compare, tell))
            self.objects += len(batch)
        self._tell(self.objects, max(total, self.objects))

    def _walk_documents(self) -> None:
        definition, generation = self.plan.definition, self.plan.generation
        patiently(self._refresh, lambda: self._tell(self.objects, None))
        for count, ghosts in read_ghosts(definition, generation):
            self.documents += count
            self.record.tell(Progress(definition.name, "ghosts", self.documents))
            self._suspect(dict.fromkeys(ghosts, "ghost"))

    def _compare_ids(self) -> None:
        definition, generation = self.plan.definition, self.plan.generation
        patiently(self._refresh, lambda: self._tell(0, None))
        found = compare_ids(
            definition,
            generation,
            limit=MOST_LOOKED_AT_AGAIN,
            on_ids=lambda done: self._tell(done, None),
        )
        self.objects, self.documents = found.rows, found.documents
        self._suspect(dict.fromkeys(found.keys, "missing"))

    def _refresh(self) -> None:
        connection = self.plan.definition.connection
        client = connection.client.options(request_timeout=get_options().operation_timeout)
        with translated(connection):
            client.indices.refresh(index=self.plan.generation)

    def _suspect(self, found: dict[str, Kind]) -> None:
        self.suspects |= found
        if len(self.suspects) > MOST_LOOKED_AT_AGAIN:
            # Too many for a look of their own: they are counted as they were seen.
            self._settle(self.suspects)
            self.suspects = {}

    def _look_again(self) -> int:
        """Keep the suspects that differ for good; return how many wait in the outbox."""
        for _round in range(ROUNDS):
            if not self.suspects:
                return 0
            self._tell(self.objects, self.objects)
            time.sleep(PAUSE_SECONDS)
            again = partial(
                self._look_at, self.plan.definition, self.plan.generation, list(self.suspects)
            )
            self.suspects = patiently(again, lambda: self._tell(self.objects, self.objects))
        waiting = self._waiting()
        self.suspects = {key: kind for key, kind in self.suspects.items() if key not in waiting}
        return len(waiting)

    def _look_at(
        self, definition: IndexDefinition, generation: str, keys: list[str]
    ) -> dict[str, Kind]:
        found = look_again(definition, generation, keys)
        if self.plan.ids:
            found = {key: kind for key, kind in found.items() if kind != "stale"}
        return found

    def _waiting(self) -> set[str]:
        """Return those of the suspects whose change is in the outbox, and is tried again."""
        definition = self.plan.definition
        rows = OutboxEntry.objects.using(definition.database).filter(
            connection=definition.using,
            index=definition.name,
            kind=OutboxEntry.Kind.OBJECT,
            parked_at__isnull=True,
            delete_sent=False,
        )
        found: set[str] = set()
        for keys in portions(iter(self.suspects)):
            found |= set(rows.filter(key__in=keys).values_list("key", flat=True))
        return found

    def _settle(self, suspects: dict[str, Kind]) -> None:
        """Count what differs, and repair it if that is asked for."""
        self.counts.update(suspects.values())
        for key, kind in suspects.items():
            if len(self.examples) >= EXAMPLES:
                break
            self.examples[key] = kind
        if self.plan.repair:
            keys = [key for key, kind in suspects.items() if kind != "refused"]
            self.repaired += _note(self.plan.definition, keys)


def _note(definition: IndexDefinition, keys: Iterable[str]) -> int:
    """Give objects rows of the outbox; return how many."""
    document = definition.document
    assert document is not None  # noqa: S101 (a plan without one is refused)
    return capture_keys(document, keys, definition.database)
