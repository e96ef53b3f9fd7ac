"""The gate: a new generation becomes live only if it is equal to the database."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from ...backends.errors import translated
from ...conf import get_options
from ...counted import many
from ...exceptions import GateClosed, LoadFailed
from ...indices.definition import IndexDefinition
from ...models import Generation, OutboxEntry
from ...operations.patience import patiently
from ...operations.progress import OnProgress, Progress, ignore
from ...outbox.drain.pending import drain_pending, last_row
from ...outbox.rows.refused import refused_by
from .catch_up import write_refused_again
from .identities import Differing, compare_ids, still_differing
from .ranges import all_loaded, rows_read
from .shards import await_shards

ROUNDS = 3
MOST_DIFFERING = 10_000
KEYS_TOLD = 5
ERRORS_KEPT = 20


@dataclass(frozen=True)
class GateResult:
    """The result of ``pass_gate``.

    Args:
        rows: the number of objects that belong in the index, when they were counted.
        documents: the number of documents in the generation, when they were counted. On a busy site
            the two numbers may differ.
        repaired: ids that differed at first, and no longer after they were written again.
        seconds: how long the comparison took.
    """

    rows: int
    documents: int
    repaired: int
    seconds: float


def pass_gate(
    definition: IndexDefinition,
    generation: Generation,
    on_progress: OnProgress = ignore,
    *,
    wait: float,
) -> GateResult:
    """Check everything that a generation must fulfil before it becomes live.

    Args:
        wait: how long to wait for the shards, in seconds.

    Raises:
        LoadFailed: the generation refused documents.
        GateClosed: something else is wrong with the generation.
        ElasticsearchAdminError: a request failed.
    """
    started = time.monotonic()

    def tell(done: int = 0, total: int | None = None) -> None:
        on_progress(Progress(definition.name, "gate", done, total))

    tell()
    if not all_loaded(generation):
        raise GateClosed(f"The load of {generation.name} has not ended: rebuild the index.")
    _refuse_refused(definition, generation, tell)
    await_shards(definition, generation, wait, tell)
    found = patiently(partial(compare, definition, generation, tell), tell)
    keys = found.keys
    for _ in range(ROUNDS):
        if not keys:
            break
        tell_repair = partial(tell, 0, len(keys))
        tell_repair()
        again = partial(repair, definition, generation, keys, tell_repair)
        keys = patiently(again, tell_repair)
    # A document may just have been refused, which is a better explanation than a difference.
    _refuse_refused(definition, generation, tell)
    if keys or found.more:
        raise _closed(definition, generation, keys, more=found.more)
    seconds = time.monotonic() - started
    return GateResult(found.rows, found.documents, len(found.keys), seconds)


def _refuse_refused(
    definition: IndexDefinition, generation: Generation, tell: Callable[[int, int], None]
) -> None:
    """Refuse a generation if it still refuses documents after they were written again.

    Raises:
        LoadFailed: there are such documents.
    """
    refused = refused_by(generation)
    for _ in range(ROUNDS):
        if not refused.exists():
            return
        write_refused_again(definition, generation, tell)
    errors = tuple(refused.order_by("pk").values_list("key", "error")[:ERRORS_KEPT])
    if not errors:
        return
    # A drain may have written some of them in the meantime.
    count = max(refused.count(), len(errors))
    # The reason is only in the failures: Elasticsearch quotes values, which not everybody may see.
    raise LoadFailed(
        f"{count} of {many(rows_read(generation), 'document')} of {definition.name} could not be "
        f"indexed, so the live index is unchanged. The first is the document of object "
        f"{errors[0][0]}.",
        generation=generation.name,
        rows=rows_read(generation),
        failed=count,
        failures=errors,
    )


def compare(
    definition: IndexDefinition, generation: Generation, on_ids: Callable[..., None]
) -> Differing:
    """Return the ids that exist on only one side, after a refresh.

    Raises:
        ElasticsearchAdminError: a request failed.
    """
    with translated(definition.connection):
        client = definition.connection.client.options(
            request_timeout=get_options().operation_timeout
        )
        client.indices.refresh(index=generation.name)
    return compare_ids(definition, generation.name, limit=MOST_DIFFERING, on_ids=on_ids)


def repair(
    definition: IndexDefinition,
    generation: Generation,
    keys: frozenset[str],
    on_portion: Callable[[], None],
) -> frozenset[str]:
    """Add an outbox row for each object, drain these rows, and return what still differs."""
    first = last_row(definition)
    OutboxEntry.objects.using(definition.database).bulk_create(
        [
            OutboxEntry(connection=definition.using, index=definition.name, key=key)
            for key in sorted(keys)
        ],
        batch_size=1_000,
    )
    last = last_row(definition)
    for _ in drain_pending(definition, last, after=first, needs=generation.pk):
        on_portion()
    return still_differing(definition, generation.name, keys)


def _closed(
    definition: IndexDefinition, generation: Generation, keys: frozenset[str], *, more: bool
) -> GateClosed:
    some = ", ".join(sorted(keys)[:KEYS_TOLD])
    count = f"more than {MOST_DIFFERING} ids" if more else many(len(keys), "id")
    return GateClosed(
        f"The generation {generation.name} is not equal to the database: {count} of "
        f"{definition.name} (as {some or 'was seen'}), also after they were written "
        f"again. The live index is unchanged."
    )
