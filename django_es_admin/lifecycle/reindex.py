"""Write documents of objects anew, on the record."""

from collections.abc import Iterable

from ..indices.definition import IndexDefinition
from ..models import Operation
from ..outbox.reindex import reindex_keys
from .recording import recording


def reindex_objects(definition: IndexDefinition, keys: Iterable[str], *, who: str = "") -> int:
    """Note objects in the outbox, and drain what this process may at once; return how many.

    Args:
        keys: of the objects, as text; any number.
        who: the user; the account of this process if omitted.
    """
    with recording(definition, Operation.Kind.REINDEX, who=who) as record:
        count = reindex_keys(definition, keys)
        record.operation.details |= {"objects": count}
    return count
