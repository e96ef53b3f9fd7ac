"""Delete an index or one of its generations."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from ...counted import many
from ...lifecycle.delete import DeletePlan, delete_index, plan_delete
from ..command import ElasticsearchCommand, Exit
from ..printed.operations_json import make_delete_document


class Command(ElasticsearchCommand):
    """Print what will be deleted, ask for its name, and delete it."""

    records = True
    help = (
        "Delete a declared index with all its generations, or one generation that is not live. "
        "Prints the plan first and asks to type the name. This cannot be undone, but you can "
        "rebuild the index from the database."
    )
    examples = (
        " products                                           the whole index",
        " products-20261121072512-3f9a                       one generation",
        " products-20261121072512-3f9a --no-input --json     for a program",
    )
    exit_codes = "0 deleted, 1 refused, declined or failed"

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the name."""
        super().add_arguments(parser)
        parser.add_argument(
            "name", metavar="NAME", help="A declared index, or the full name of a generation."
        )

    def handle(
        self,
        *,
        name: str,
        connection: str | None,
        interactive: bool,
        as_json: bool,
        **options: Any,
    ) -> None:
        """Delete.

        Raises:
            CommandError: the plan has refusals, another name was typed, or the deletion failed.
        """
        plan = plan_delete(name, connection)
        for line in describe(plan):
            self.say(line)
        refused = " ".join(plan.refusals)
        if not refused:
            if interactive and self.ask(f"Type {name} to delete it:") != name:
                refused = "The name does not match. Nothing was deleted."
            else:
                delete_index(plan)
        if as_json:
            self.write_json(make_delete_document(plan, deleted=not refused))
        if refused:
            raise CommandError(refused, returncode=Exit.FAILED)
        self.say(f"Deleted {name}.")


def describe(plan: DeletePlan) -> list[str]:
    """Return the plan as lines for people."""
    count = len(plan.generations)
    return [
        f"Delete {plan.name} on {plan.definition.connection.alias}: "
        f"{many(count, 'generation')} and all that is in "
        f"{'it' if count == 1 else 'them'}",
        *(
            f"  {name}  {many(documents, 'document')}"
            for name, documents in plan.generations.items()
        ),
    ]
