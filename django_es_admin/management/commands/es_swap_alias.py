"""Move the alias of an index to another generation."""

from typing import Any

from django.core.management.base import CommandParser

from ...indices.definition import get_definition
from ...lifecycle.aliases.swap_plan import MIN_RATIO, plan_swap
from ...lifecycle.swap import swap_alias
from ..command import add_dry_run
from ..swapping import SwapCommand


class Command(SwapCommand):
    """Print what will change, ask, and move the alias in one request."""

    records = True
    help = (
        "Make another generation of an index live: the one before the last rebuild, or the one "
        "that --to names. Prints the plan first and asks before the swap. Nothing is deleted, "
        "and the same command swaps back. The exception is a live physical index that has the "
        "alias's name: it must be deleted."
    )
    examples = (
        " products --dry-run     what would be done",
        " products               back to the generation before, after a question",
        " products --no-input --to products-20261121072512-3f9a",
    )
    exit_codes = "0 swapped (with --dry-run: it could be), 1 refused, declined or failed"

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the index and its new generation."""
        super().add_arguments(parser)
        parser.add_argument("index", metavar="INDEX", help="A declared index.")
        parser.add_argument(
            "--to",
            metavar="GENERATION",
            help="The generation to make live; the newest other one that is up to date if omitted.",
        )
        parser.add_argument(
            "--min-ratio",
            type=float,
            default=MIN_RATIO,
            metavar="SHARE",
            help="Refuse a generation with fewer documents than this share of the live one's; "
            "0.9 if omitted.",
        )
        parser.add_argument(
            "--force",
            action="store_true",
            help="Swap although it has fewer documents, refused some, is not compared with the "
            "database, or several generations hold the alias.",
        )
        add_dry_run(parser)

    def handle(
        self,
        *,
        index: str,
        connection: str | None,
        to: str | None,
        min_ratio: float,
        force: bool,
        dry_run: bool,
        interactive: bool,
        as_json: bool,
        **options: Any,
    ) -> None:
        """Swap.

        Raises:
            CommandError: the plan has refusals, the answer was no, or the swap failed.
        """
        plan = plan_swap(get_definition(index, connection), to, min_ratio=min_ratio, force=force)
        self.move(
            plan,
            swap_alias,
            "live now",
            dry_run=dry_run,
            interactive=interactive,
            as_json=as_json,
        )
