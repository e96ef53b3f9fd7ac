"""Cancel operations, for ``es_cancel`` and ``es_rebuild --cancel``."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from ..indices.definition import IndexDefinition
from ..lifecycle.build.blocking import lift_blocks
from ..operations.ending import Cancelled, cancel_operations
from .command import ElasticsearchCommand


@dataclass(frozen=True)
class CancelledDocument:
    """One operation. ``ended`` is false while it finishes its current step or batch."""

    operation: int
    index: str
    connection: str
    kind: str
    who: str
    ended: bool


@dataclass(frozen=True)
class CancelDocument:
    """The output of ``es_cancel``."""

    operations: tuple[CancelledDocument, ...]


def cancel_in(
    command: ElasticsearchCommand,
    definitions: Iterable[IndexDefinition],
    *,
    kinds: Collection[str] = (),
    as_json: bool,
) -> None:
    """Cancel the running and queued operations on some indices, and print them.

    Args:
        kinds: the kinds of operations to cancel; all kinds if empty.
    """
    chosen = list(definitions)
    found = [one for each in chosen for one in cancel_operations(each, kinds)]
    lifted = [name for each in chosen if not each.document for name in lift_blocks(each)]
    if as_json:
        command.write_json(CancelDocument(tuple(map(_document, found))))
    for one in found:
        row = one.operation.row
        ended = "It has ended" if one.at_once else "It ends after its current step or batch"
        command.say(f"Cancelled the {row.get_kind_display()} of {row.index} by {row.who}. {ended}.")
    for name in lifted:
        command.say(f"{name} accepts writes again, which a rebuild that was killed had blocked.")
    if not found and not lifted:
        command.say("Nothing to cancel: no operation runs or waits.")


def _document(one: Cancelled) -> CancelledDocument:
    row = one.operation.row
    return CancelledDocument(row.pk, row.index, row.connection, row.kind, row.who, one.at_once)
