"""Make a loaded generation fit to be searched."""

from ..backends.errors import translated
from ..conf import get_options
from ..exceptions import OperationRefused
from ..indices.definition import IndexDefinition
from ..models import Generation
from .create import LOAD_SETTINGS

SHARDS_SECONDS = 30


def settle(definition: IndexDefinition, generation: Generation) -> None:
    """Give ``generation`` its declared settings, refresh it, wait for its primary shards.

    Raises:
        OperationRefused: a shard is missing.
        ElasticsearchAdminError: Elasticsearch did not do it.
    """
    # None takes a setting away, so that Elasticsearch's default is in force again.
    settings = {name: definition.settings.get(name) for name in LOAD_SETTINGS}
    with translated(definition.connection):
        # More than the wait for the shards, which is answered when it ends.
        seconds = SHARDS_SECONDS + get_options().operation_timeout
        client = definition.connection.client.options(request_timeout=seconds)
        client.indices.put_settings(index=generation.name, settings=settings)
        client.indices.refresh(index=generation.name)
        health = client.options(ignore_status=408).cluster.health(
            index=generation.name, wait_for_status="yellow", timeout=f"{SHARDS_SECONDS}s"
        )
    if health["status"] == "red":
        raise OperationRefused(
            f"The generation {generation.name} is red after {SHARDS_SECONDS} s: its shards are "
            f"not all there. Look at the cluster's disk space, then rebuild."
        )
