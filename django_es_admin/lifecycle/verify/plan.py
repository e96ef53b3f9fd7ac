"""What a comparison of an index with its database compares, and what it found."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from ...backends.transport.deadline import Deadline
from ...conf import get_options
from ...documents.reading.modified import find_since_refusal
from ...exceptions import OperationRefused
from ...indices.definition import IndexDefinition
from ...indices.live import read_indices
from ...indices.source.kept import read_kept
from ...operations.refusals import find_block_refusals
from ...said import Said, together
from ..build.load import count_about
from .content import Kind


@dataclass(frozen=True)
class VerifyPlan:
    """What :func:`~django_es_admin.lifecycle.verify.verify.verify` will do.

    Args:
        generation: the live one; "" if there is none.
        rows: objects in the database, about.
        ids: whether only keys are compared, and no contents.
        repair: whether what differs is written again.
        refusals: why it cannot be done, empty if it can.
        sample: how many objects and documents to look at, chosen at random; None for all.
        since: look at the objects that were changed since then; None for all.
        rate: at most so many objects in a second; None for as fast as it goes.
    """

    definition: IndexDefinition
    generation: str
    rows: int
    ids: bool
    repair: bool
    refusals: tuple[str, ...]
    sample: int | None = None
    since: datetime | None = None
    rate: float | None = None

    @property
    def takes_long(self) -> bool:
        """Whether it takes too long to wait for: then a background task does it."""
        looked_at = self.rows if self.sample is None else min(self.rows, self.sample)
        return looked_at > get_options().inline_max_objects

    def require(self) -> None:
        """Continue only if it can be done.

        Raises:
            OperationRefused: it has refusals.
        """
        if self.refusals:
            raise OperationRefused(together(self.refusals))


@dataclass(frozen=True)
class VerifyResult:
    """How an index differs from its database.

    Args:
        objects: that were compared.
        documents: that were looked at.
        missing: objects without a document.
        stale: documents that are not what would be written now.
        ghosts: documents without an object.
        refused: objects whose document cannot be made.
        waiting: objects that differ as their change still waits in the outbox; not counted above.
        examples: some keys that differ, with how.
        kept: how many of those that differ are in the table of differences.
        repaired: how many were given a row of the outbox.
        seconds: how long it took.
        sample: as in the plan.
        since: as in the plan.
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
    kept: int
    repaired: int
    seconds: float
    sample: int | None = None
    since: datetime | None = None

    @property
    def equal(self) -> bool:
        """Whether nothing differs but what is on its way."""
        return not (self.missing or self.stale or self.ghosts or self.refused)


def plan_verify(
    definition: IndexDefinition,
    *,
    ids: bool = False,
    repair: bool = False,
    sample: int | None = None,
    since: datetime | None = None,
    rate: float | None = None,
) -> VerifyPlan:
    """Return the plan of :func:`~django_es_admin.lifecycle.verify.verify.verify`.

    Args:
        ids: compare only which objects have a document.
        repair: give what differs a row of the outbox.
        sample: compare so many objects, and look for the objects of so many documents.
        since: compare the objects that were changed since this moment, by the fields that say so.
        rate: at most so many objects in a second.

    Raises:
        ElasticsearchAdminError: Elasticsearch cannot be asked.
    """
    live = read_indices(definition.connection, Deadline(get_options().operation_timeout))
    holders = live.holders(definition.alias)
    generation = holders[0].name if len(holders) == 1 else ""
    refusals: list[str] = []
    if definition.document is None:
        text = _("The index %(name)s has no document to compare it with: register one.")
        refusals.append(Said(text, {"name": definition.name}))
    elif not generation:
        text = _(
            "The index %(name)s has no live generation, or several: `manage.py es_status` says "
            "how to fix it."
        )
        page = _("The index %(name)s has no live generation, or several.")
        refusals.append(Said(text, {"name": definition.name}, page=page))
    elif not ids and not read_kept(definition.connection, generation).enabled:
        text = _(
            "The mapping of %(generation)s keeps no _source, so there is nothing to compare the "
            "objects with: compare only keys, with --ids."
        )
        refusals.append(Said(text, {"generation": generation}))
    refusals += find_block_refusals(live, [generation], "read")
    if since:
        classes = [part.document for part in definition.parts if part.document]
        refusals += filter(None, map(find_since_refusal, classes))
    rows = count_about(definition) if definition.document else 0
    return VerifyPlan(
        definition, generation, rows, ids, repair, tuple(refusals), sample, since, rate
    )
