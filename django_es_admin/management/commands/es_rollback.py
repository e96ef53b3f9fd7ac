"""Go back to the generation that was live before."""

from typing import Any

from django.core.management.base import CommandParser

from ...indices.definition import get_definition
from ...lifecycle.rollback import plan_rollback, roll_back
from ..command import add_dry_run
from ..swapping import SwapCommand


class Command(SwapCommand):
    """Print what will change, ask, and move the alias in one request."""

    records = True
    help = (
        "Make the generation live again that was live before the last rebuild or swap. It has "
        "received every change since, so nothing is lost. Prints the plan first and asks. The "
        "generation that is live now is kept, and the same command makes it live again."
    )
    examples = (
        " products --dry-run     what would be done",
        " products --no-input    at once",
    )
    exit_codes = "0 rolled back (with --dry-run: it could be), 1 refused, declined or failed"

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the index."""
        super().add_arguments(parser)
        parser.add_argument("index", metavar="INDEX", help="A declared index.")
        add_dry_run(parser)

    def handle(
        self,
        *,
        index: str,
        connection: str | None,
        dry_run: bool,
        interactive: bool,
        as_json: bool,
        **options: Any,
    ) -> None:
        """Roll back.

        Raises:
            CommandError: the plan has refusals, the answer was no, or the swap failed.
        """
        self.move(
            plan_rollback(get_definition(index, connection)),
            roll_back,
            "live again",
            dry_run=dry_run,
            interactive=interactive,
            as_json=as_json,
        )
