"""Figures of all indices from the databases, with a fixed number of queries."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from django.db import DEFAULT_DB_ALIAS, DatabaseError
from django.utils import timezone

from ..conf import get_options
from ..exceptions import ProjectCodeFailed
from ..indices.definition import IndexDefinition
from ..models import Generation, Owner
from ..operations.blocked import left_blocked
from ..operations.history import (
    OperationStatus,
    last_operations,
    last_verifications,
    open_operations,
)
from ..outbox.drainers.heartbeat import Workers, read_workers
from ..outbox.rows.refused import find_behind
from ..outbox.rows.status import OutboxStatus, read_outboxes
from ..outbox.triggers.install import TriggerState, read_state
from ..outbox.triggers.wanted import documents_in, has_triggers
from .counts import Rows, count_rows, recall_rows
from .synonyms import Rules, read_rules_or_none

Key = tuple[str, str]


@dataclass(frozen=True)
class Figures:
    """The figures of some indices.

    Args:
        running: the running and queued operations, the newest first.
        counted: connection and name -> the objects as last counted, or estimated.
        outboxes: connection and name -> the changes that wait.
        registered: connection and alias -> the generations, the newest first.
        last: connection and name -> the last operation.
        verified: connection and name -> the last comparison with the database.
        behind: database and primary key of each generation that lacks documents it refused.
        silent: databases that did not answer.
        owners: database -> its key as an owner.
        triggers: database -> its triggers, if documents declare some.
        blocked: connection and name -> the index that a killed rebuild left blocked for writes.
        synonyms: the rules of the synonym sets; None if the database does not answer.
    """

    running: tuple[OperationStatus, ...] = ()
    counted: dict[Key, Rows] = field(default_factory=dict)
    outboxes: dict[Key, OutboxStatus] = field(default_factory=dict)
    registered: dict[Key, list[Generation]] = field(default_factory=dict)
    last: dict[Key, OperationStatus] = field(default_factory=dict)
    verified: dict[Key, OperationStatus] = field(default_factory=dict)
    behind: frozenset[tuple[str, int]] = frozenset()
    silent: frozenset[str] = frozenset()
    workers: dict[str, Workers] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)
    triggers: dict[str, TriggerState] = field(default_factory=dict)
    synonyms: Rules | None = field(default_factory=dict)
    blocked: dict[Key, str] = field(default_factory=dict)

    def triggers_of(self, definition: IndexDefinition) -> tuple[int, int]:
        """Return how many triggers of an index are missing, and how many on its tables are old."""
        state = self.triggers.get(definition.database)
        document = definition.document
        if state is None or document is None or not has_triggers(document):
            return 0, 0
        table = document.django.model._meta.db_table
        missing = sum(one.document == document.__name__ for one in state.missing)
        return missing, sum(at == table for _, at in state.old)

    def knows(self, definition: IndexDefinition) -> bool:
        """Return whether the database of an index answered. If not, its generations are unknown."""
        return definition.database not in self.silent

    def rows(self, definition: IndexDefinition, documents: int | None, *, exact: bool) -> Rows:
        """Return the number of objects of an index.

        Args:
            documents: how many documents the live generation contains; None if unknown.
            exact: whether to count the objects.
        """
        if definition.document is None:
            return Rows()
        if exact:
            try:
                return count_rows(definition, documents)
            except (DatabaseError, ProjectCodeFailed):
                # The page must also open if a table is missing, or a document has no valid
                # queryset.
                return Rows()
        return self.counted.get((definition.using, definition.name), Rows())

    def outbox(self, definition: IndexDefinition) -> OutboxStatus:
        """Return the status of the outbox of an index."""
        return self.outboxes.get((definition.using, definition.name), OutboxStatus())

    def generations(self, definition: IndexDefinition) -> Sequence[Generation]:
        """Return the registered generations of an index, the newest first."""
        return self.registered.get((definition.using, definition.alias), ())

    def prunable(
        self, definition: IndexDefinition, searched: Collection[str], *, sound: bool = True
    ) -> list[str]:
        """Return the names of the generations that a prune would delete now.

        Args:
            searched: the names of the indices that hold the alias.
            sound: whether the live index is complete, so that no other generation is the last copy.
        """
        roles = {Generation.Role.FAILED, *([Generation.Role.RETIRED] if sound else [])}
        late = timezone.now() - timedelta(seconds=get_options().delete_again_after)
        return [
            generation.name
            for generation in self.generations(definition)
            if generation.role in roles
            and generation.name not in searched
            # A process may still write to a generation that was retired a moment ago.
            and (generation.retired_at is None or generation.retired_at <= late)
        ]

    def generations_behind(self, definition: IndexDefinition) -> frozenset[str]:
        """Return the names of the generations that lack documents they refused."""
        using = definition.database
        return frozenset(
            g.name for g in self.generations(definition) if (using, g.pk) in self.behind
        )

    def running_on(self, definition: IndexDefinition) -> tuple[OperationStatus, ...]:
        """Return the running and queued operations of an index, the newest first."""
        return tuple(
            operation
            for operation in self.running
            if (operation.row.connection, operation.row.index)
            == (definition.using, definition.name)
        )

    def operation(self, definition: IndexDefinition) -> OperationStatus | None:
        """Return the last operation of an index."""
        return self.last.get((definition.using, definition.name))

    def verification(self, definition: IndexDefinition) -> OperationStatus | None:
        """Return the last finished comparison of an index with its database."""
        return self.verified.get((definition.using, definition.name))


def read_figures(definitions: Iterable[IndexDefinition]) -> Figures:
    """Return the figures of indices, without those of a database that fails."""
    by_database: defaultdict[str, list[IndexDefinition]] = defaultdict(list)
    every = list(definitions)
    for definition in every:
        by_database[definition.database].append(definition)
    found = Figures(synonyms=read_rules_or_none(every))
    for using, group in (by_database or {DEFAULT_DB_ALIAS: []}).items():
        try:
            found = _add(found, using, group)
        except DatabaseError:
            found = replace(found, silent=found.silent | {using})
    return found


def _add(found: Figures, using: str, group: list[IndexDefinition]) -> Figures:
    generations: defaultdict[Key, list[Generation]] = defaultdict(list)
    for row in Generation.objects.using(using).all():
        generations[row.connection, row.alias].append(row)
    documented = [definition for definition in group if definition.document]
    return replace(
        found,
        running=(*found.running, *open_operations(using)),
        counted=found.counted | recall_rows(using, documented),
        outboxes=found.outboxes | read_outboxes(using, documented),
        registered=found.registered | generations,
        last=found.last | last_operations(using),
        verified=found.verified | last_verifications(using),
        behind=found.behind | {(using, pk) for pk in find_behind(using)},
        workers=found.workers | {using: read_workers(using)},
        owners=found.owners | dict.fromkeys([using], _key(using)),
        # Only an index without a document is ever blocked.
        blocked=found.blocked | (left_blocked(using) if len(documented) < len(group) else {}),
        triggers=found.triggers | ({using: read_state(using)} if documents_in(using) else {}),
    )


def _key(using: str) -> str:
    # A database that never wrote to an index has no key yet, and a page must not create one.
    return Owner.objects.using(using).values_list("key", flat=True).first() or ""
