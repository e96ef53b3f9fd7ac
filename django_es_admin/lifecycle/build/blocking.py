"""Block writes to an index while it is copied, and always remove the block again."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from ...backends.errors import translated
from ...backends.transport.deadline import Deadline
from ...conf import get_options
from ...exceptions import IndexMissing
from ...indices.definition import IndexDefinition
from ...indices.live import read_indices
from ...operations.blocked import BLOCKED, forget_block, left_behind
from ...operations.patience import patiently
from ...operations.recording import Record

SETTING = "index.blocks.write"


@contextmanager
def writes_blocked(definition: IndexDefinition, source: str, record: Record) -> Iterator[None]:
    """Block writes to ``source`` in the context. A block that already existed stays.

    Args:
        record: the record of the operation, which stores the block before it is set. If this
            process is killed, the next rebuild or ``es_cancel`` removes the block.

    Raises:
        ElasticsearchAdminError: a request failed.
    """
    inherited = source in left_behind(definition)
    if not inherited and _is_blocked(definition, source):
        yield
        return
    record.note(**{BLOCKED: source})
    forget_block(definition, source)
    try:
        _block(definition, source)
        yield
    finally:
        # If a signal or an outage prevents this, the next rebuild finds the block in the record.
        patiently(partial(_unblock, definition, source), lambda: None)
        # It is stored when the operation ends, which comes next.
        record.operation.details.pop(BLOCKED, None)


def lift_blocks(definition: IndexDefinition, *, kept: str = "") -> tuple[str, ...]:
    """Remove the blocks that killed rebuilds left, and return the indices that were blocked.

    Args:
        kept: the indices that stay blocked.

    Raises:
        ElasticsearchAdminError: a request failed.
    """
    names = tuple(name for name in left_behind(definition) if name != kept)
    for name in names:
        _unblock(definition, name)
        forget_block(definition, name)
    return names


def _is_blocked(definition: IndexDefinition, name: str) -> bool:
    live = read_indices(definition.connection, Deadline(get_options().operation_timeout))
    index = live.by_name.get(name)
    return index is not None and index.settings.get(SETTING) == "true"


def _block(definition: IndexDefinition, name: str) -> None:
    # When the request returns, all earlier writes are done.
    with translated(definition.connection):
        client = definition.connection.client
        client.options(request_timeout=get_options().operation_timeout).indices.add_block(
            index=name, block="write"
        )


def _unblock(definition: IndexDefinition, name: str) -> None:
    try:
        with translated(definition.connection):
            client = definition.connection.client
            client.options(request_timeout=get_options().operation_timeout).indices.put_settings(
                index=name, settings={SETTING: None}
            )
    except IndexMissing:
        # The swap has deleted a physical index with the name of the alias.
        return
