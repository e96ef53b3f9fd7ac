"""Write the changes that were made while a generation was loaded."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from django.db.models.functions import Now

from ...conf import get_options
from ...indices.definition import IndexDefinition
from ...models import Generation
from ...operations.patience import Patience, patiently
from ...operations.progress import OnProgress, Progress, ignore
from ...outbox.drain.acknowledge import append_deletes
from ...outbox.drain.pending import drain_pending, last_row, pending, second_deletes
from ...outbox.drain.write import Writer
from ...outbox.rows.refused import refused_by

LOOK_SECONDS = 0.5


@dataclass(frozen=True)
class CaughtUp:
    """The result of ``catch_up``.

    Args:
        rows: the outbox rows that were waiting.
        deletes: the second deletes that were waiting.
    """

    rows: int
    deletes: int


def catch_up(
    definition: IndexDefinition, generation: Generation, on_progress: OnProgress = ignore
) -> CaughtUp:
    """Drain the rows that wait now; then wait until all second deletes are sent.

    Later rows are drained as usual, and the gate checks the result.

    Raises:
        ElasticsearchAdminError: a request failed as a whole, for longer than
            ``OPERATION_PATIENCE``.
    """
    until = last_row(definition)
    waiting = pending(definition, until).count()
    _drain(
        definition,
        generation,
        until,
        lambda done: on_progress(Progress(definition.name, "drain", min(done, waiting), waiting)),
    )
    again = write_refused_again(
        definition,
        generation,
        lambda done, total: on_progress(Progress(definition.name, "drain", done, total)),
    )
    until = max(until, again)
    return CaughtUp(waiting, _delete_again(definition, generation, until, on_progress))


def _drain(
    definition: IndexDefinition, generation: Generation, until: int, tell: Callable[[int], None]
) -> None:
    """Drain the rows up to an id, even if Elasticsearch is unavailable for a while.

    Args:
        generation: the generation that has to be written, too.
        tell: called with the number of objects written so far.
    """
    done = 0

    def pause() -> None:
        tell(done)

    patience = Patience(pause)

    def drain() -> None:
        nonlocal done
        for result in drain_pending(definition, until, needs=generation.pk, on_portion=pause):
            patience.renew()
            done += result.objects
            tell(done)

    pause()
    patience(drain)


def write_refused_again(
    definition: IndexDefinition, generation: Generation, tell: Callable[[int, int], None]
) -> int:
    """Write again the documents that were refused, which may have been corrected since.

    A normal drain goes on without a building generation after a failed request. This one waits for
    it.

    Args:
        tell: called with the number of objects written so far, and the total.

    Returns:
        The id of the last row with a second delete.
    """
    keys = list(refused_by(generation).values_list("key", flat=True))
    writer = Writer(definition, get_options().write_timeout, needs=generation.pk)
    size = get_options().bulk_max_documents
    for done in range(0, len(keys), size):
        pause = partial(tell, done, len(keys))
        pause()
        outcome = patiently(partial(writer.write_keys, keys[done : done + size]), pause)
        append_deletes(definition, outcome.deleted)
    return last_row(definition) if keys else 0


def _delete_again(
    definition: IndexDefinition, generation: Generation, until: int, on_progress: OnProgress
) -> int:
    """Wait for the second deletes, at most ``DELETE_AGAIN_AFTER`` after the last one is due.

    Elasticsearch may have forgotten the first deletes. Then a late write would bring a document
    back.
    """
    total = left = second_deletes(definition, until).count()

    def tell() -> None:
        on_progress(Progress(definition.name, "deletes", max(total - left, 0), total))

    patience = time.monotonic() + 2 * get_options().delete_again_after
    while left := second_deletes(definition, until).count():
        tell()
        if not second_deletes(definition, until).filter(due_at__gt=Now()).exists():
            _drain(definition, generation, until, lambda done: tell())
        if time.monotonic() > patience:
            # Whatever delays them, each second delete is sent, before or after the swap.
            break
        time.sleep(LOOK_SECONDS)
    return total
