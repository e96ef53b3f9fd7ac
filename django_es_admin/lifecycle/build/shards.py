"""Wait until a generation has all copies of its shards that the nodes can hold."""

import time
from collections.abc import Callable
from functools import partial

from ...backends.errors import translated
from ...backends.transport.deadline import Deadline
from ...conf import get_options
from ...counted import many
from ...exceptions import GateClosed
from ...indices.definition import IndexDefinition
from ...indices.described import ask_despite_blocks
from ...models import Generation
from ...operations.patience import patiently

SLICE_SECONDS = 2


def await_shards(
    definition: IndexDefinition,
    generation: Generation,
    seconds: float,
    on_pause: Callable[[], None] = lambda: None,
) -> None:
    """Wait for the shards of a generation, but not for replicas that fit on no node.

    Args:
        seconds: how long to wait.
        on_pause: called from time to time while waiting.

    Raises:
        GateClosed: some copies are still missing.
        ElasticsearchAdminError: a request failed.
    """
    deadline = time.monotonic() + seconds
    while True:
        missing = patiently(partial(_missing, definition, generation), on_pause)
        if not missing:
            return
        if time.monotonic() > deadline:
            raise GateClosed(
                f"{many(missing, 'shard copy', 'shard copies')} of {generation.name} missing after "
                f"{seconds:.0f} s: "
                f"check the cluster's disk space, or wait longer (--wait)."
            )
        on_pause()


def _missing(definition: IndexDefinition, generation: Generation) -> int:
    """Return how many copies are still missing after a short wait."""
    told = ask_despite_blocks(
        definition.connection,
        generation.name,
        Deadline(get_options().operation_timeout),
        lambda client, names: client.indices.get_settings(index=names, flat_settings=True),
    )
    values = told.bodies[generation.name]["settings"]
    client = definition.connection.client.options(
        request_timeout=SLICE_SECONDS + get_options().operation_timeout, ignore_status=408
    )
    with translated(definition.connection):
        health = client.cluster.health(index=generation.name)
        shards = int(values["index.number_of_shards"])
        replicas = int(values["index.number_of_replicas"])
        copies = 1 + min(replicas, max(int(health["number_of_data_nodes"]) - 1, 0))
        health = client.cluster.health(
            index=generation.name,
            wait_for_active_shards=str(shards * copies),
            timeout=f"{SLICE_SECONDS}s",
        )
    return max(shards * copies - int(health["active_shards"]), 0)
