"""The plan and the results of a comparison of an index with its database."""

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
    """The plan of :func:`~django_es_admin.lifecycle.verify.verify.verify`.

    Args:
        generation: the live generation; "" if there is none.
        rows: the approximate number of objects in the database.
        ids: whether only keys are compared, and not documents.
        repair: whether differences are written again.
        refusals: why the operation cannot be done; empty if it can.
        sample: how many objects and documents to compare, chosen at random; None for all.
        since: compare objects that were changed since then; None for all.
        rate: the maximum number of objects per second; None for no limit.
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
        """Whether a background task should do it, because it may take minutes."""
        looked_at = self.rows if self.sample is None else min(self.rows, self.sample)
        return looked_at > get_options().inline_max_objects

    def require(self) -> None:
        """Raise an error if the plan has refusals.

        Raises:
            OperationRefused: the plan has refusals.
        """
        if self.refusals:
            raise OperationRefused(together(self.refusals))


@dataclass(frozen=True)
class VerifyResult:
    """The differences between an index and its database.

    Args:
        objects: the number of objects compared.
        documents: the number of documents checked.
        missing: objects without a document.
        stale: outdated documents.
        ghosts: documents without an object.
        refused: objects whose document cannot be made.
        waiting: objects that differ because their change still waits in the outbox, which are not
            counted above.
        examples: some keys that differ, with the kind of difference.
        kept: how many differences are stored in the table.
        repaired: for how many differences an outbox row was added.
        seconds: how long the comparison took.
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
        """Whether there are no differences, except for changes that wait."""
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
        ids: whether to compare only keys.
        repair: whether to add outbox rows for differences.
        sample: compare this many objects, and look for the objects of this many documents.
        since: compare objects that were changed since this time, according to their date fields.
        rate: the maximum number of objects per second.

    Raises:
        ElasticsearchAdminError: a request failed.
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
