"""Go back to the generation that was live before."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from ...indices.definition import get_definition
from ...lifecycle.rollback import plan_rollback, roll_back
from ..command import ElasticsearchCommand, Exit
from ..operations_json import make_swap_document
from .es_swap_alias import describe


class Command(ElasticsearchCommand):
    """Print what would move, ask, and move it in one request."""

    help = (
        "Make the generation live again that was so before the last rebuild or swap. It has got "
        "every change since, so that nothing is lost. Prints the plan first and asks. What is live "
        "now is kept: the same command goes forward again."
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
        parser.add_argument(
            "--dry-run", action="store_true", help="Print the plan and change nothing."
        )

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
            CommandError: the plan has refusals, somebody said no, or the swap failed.
        """
        plan = plan_rollback(get_definition(index, connection))
        for line in describe(plan):
            self.say(line)
        refused = " ".join(plan.refusals)
        swapped = False
        if not (refused or dry_run):
            question = f"Make {plan.target} live again? [y/N]"
            if interactive and self.ask(question).lower() not in ("y", "yes"):
                refused = "Nothing was changed."
            else:
                roll_back(plan)
                swapped = True
        if as_json:
            self.write_json(make_swap_document(plan, swapped=swapped))
        if refused:
            raise CommandError(refused, returncode=Exit.FAILED)
        if swapped:
            self.say(f"{plan.target} is live again.")
