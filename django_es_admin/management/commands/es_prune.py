"""Delete the generations that are no longer needed."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from ...counted import many
from ...indices.definition import select_definitions
from ...lifecycle.prune import PrunePlan, plan_prune, prune
from ..command import ElasticsearchCommand, Exit, add_dry_run, add_indices
from ..printed.operations_json import PruneDocuments, make_prune_document


class Command(ElasticsearchCommand):
    """Print what will be deleted, and delete it."""

    records = True
    help = (
        "Delete retired generations and failed builds. Live and standby generations and running "
        "builds are never deleted. Asks no questions, because nothing that it deletes is searched "
        "or kept up to date."
    )
    examples = (
        " --dry-run           what would be deleted",
        " products --keep 1   leave the newest of them",
        " --builds            also builds that wait for a swap, or were stopped before it",
    )
    exit_codes = "0 done, 1 refused or failed"

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the indices."""
        super().add_arguments(parser)
        add_indices(parser, "all")
        parser.add_argument(
            "--keep",
            type=int,
            default=0,
            metavar="N",
            help="How many generations to keep for each index, the newest first; 0 if omitted.",
        )
        parser.add_argument(
            "--builds",
            action="store_true",
            help="Also delete builds that wait for es_swap_alias, or were stopped before the swap.",
        )
        add_dry_run(parser)

    def handle(
        self,
        *,
        indices: list[str],
        connection: str | None,
        keep: int,
        builds: bool,
        dry_run: bool,
        as_json: bool,
        **options: Any,
    ) -> None:
        """Prune.

        Raises:
            CommandError: a plan has refusals; nothing was deleted.
        """
        if keep < 0:
            raise CommandError("--keep is below 0.", returncode=Exit.FAILED)
        plans = [
            plan_prune(definition, keep=keep, builds=builds)
            for definition in select_definitions(indices, connection)
        ]
        for plan in plans:
            for line in describe(plan):
                self.say(line)
        refused = " ".join(refusal for plan in plans for refusal in plan.refusals if plan.doomed)
        deleted = [() if refused or dry_run else prune(plan).deleted for plan in plans]
        if as_json:
            documents = map(make_prune_document, plans, deleted)
            self.write_json(PruneDocuments(tuple(documents)))
        if refused:
            raise CommandError(refused, returncode=Exit.FAILED)
        if not dry_run:
            self.say(f"Deleted {many(sum(map(len, deleted)), 'generation')}.")


def describe(plan: PrunePlan) -> list[str]:
    """Return the plan as lines for people."""
    name = plan.definition.name
    return [
        *(f"{name}: delete {generation}" for generation in plan.doomed),
        *(f"{name}: {generation} was retired a moment ago; later" for generation in plan.early),
        *(
            f"{name}: {generation} may be the last copy, as what should be searched is gone, "
            f"closed or not whole; manage.py es_status"
            for generation in plan.last
        ),
        *(f"{name}: {why}" for why in plan.blocked),
        *(
            f"{name}: {generation} is in no table, and left alone; if it is yours: "
            f"manage.py es_delete {generation}"
            for generation in plan.unknown
        ),
    ]
