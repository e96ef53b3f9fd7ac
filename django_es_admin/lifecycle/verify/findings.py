"""The differences found so far: counted, partly stored, and repaired if requested."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from ...indices.definition import IndexDefinition
from ...models import Difference, Operation
from ...outbox.capture.changes import capture_keys
from .content import Kind

EXAMPLES = 20
MOST_KEPT = 10_000
"""The maximum number of stored differences of an operation. All are counted."""


@dataclass
class Findings:
    """The differences found so far.

    Args:
        operation: the operation of the differences.
        repairs: whether to add an outbox row for each difference.
    """

    definition: IndexDefinition
    operation: Operation
    repairs: bool
    counts: Counter[str] = field(default_factory=Counter)
    examples: dict[str, Kind] = field(default_factory=dict)
    kept: int = 0
    repaired: int = 0

    def add(self, found: Mapping[str, Kind]) -> None:
        """Count confirmed differences, and repair them if requested."""
        self.counts.update(found.values())
        self._keep(found)
        if self.repairs:
            document = self.definition.document
            assert document is not None  # noqa: S101 (a plan without one is refused)
            keys = [key for key, kind in found.items() if kind != "refused"]
            self.repaired += capture_keys(document, keys, self.definition.database)

    def _keep(self, found: Mapping[str, Kind]) -> None:
        for key, kind in found.items():
            if len(self.examples) >= EXAMPLES:
                break
            self.examples[key] = kind
        some = list(found.items())[: MOST_KEPT - self.kept]
        Difference.objects.using(self.definition.database).bulk_create(
            (Difference(operation=self.operation, key=key, kind=kind) for key, kind in some),
            batch_size=1_000,
        )
        self.kept += len(some)
