"""Cancel the running and queued operations on indices."""

from typing import Any

from django.core.management.base import CommandParser

from ...indices.definition import select_definitions
from ..cancelling import cancel_in
from ..command import ElasticsearchCommand, add_indices


class Command(ElasticsearchCommand):
    """Cancel rebuilds, comparisons and all other operations."""

    help = (
        "Cancel the operations that run or wait for a worker. An operation that waits ends at "
        "once, one that runs ends after its current step or batch. The live generation does not "
        "change; a generation that is being built is not made live."
    )
    examples = (
        " products     what runs or waits on one index",
        "              on all of them",
    )
    exit_codes = "0 done, also if there was nothing to cancel, 1 failed"

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the indices."""
        super().add_arguments(parser)
        add_indices(parser, "all")

    def handle(
        self, *, indices: list[str], connection: str | None, as_json: bool, **options: Any
    ) -> None:
        """Cancel the operations."""
        cancel_in(self, select_definitions(indices, connection), as_json=as_json)
