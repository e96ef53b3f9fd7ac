"""Move the alias of an index to another generation."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from ...indices.definition import get_definition
from ...lifecycle.swap import MIN_RATIO, SwapPlan, plan_swap, swap_alias
from ..command import ElasticsearchCommand, Exit
from ..operations_json import make_swap_document


class Command(ElasticsearchCommand):
    """Print what would move, ask, and move it in one request."""

    help = (
        "Make another generation of an index live: back to the one before the last rebuild, or to "
        "the one that --to names. Prints the plan first and asks before the swap. Nothing is "
        "deleted: the same command swaps back."
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
        parser.add_argument(
            "--dry-run", action="store_true", help="Print the plan and change nothing."
        )

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
            CommandError: the plan has refusals, somebody said no, or the swap failed.
        """
        plan = plan_swap(get_definition(index, connection), to, min_ratio=min_ratio, force=force)
        for line in describe(plan):
            self.say(line)
        refused = " ".join(plan.refusals)
        if not (refused or dry_run):
            if interactive and not self._agreed(plan):
                refused = "Nothing was changed."
            else:
                swap_alias(plan)
        swapped = not (refused or dry_run)
        if as_json:
            self.write_json(make_swap_document(plan, swapped=swapped))
        if refused:
            raise CommandError(refused, returncode=Exit.FAILED)
        if swapped:
            self.say(f"{plan.target} is live now.")

    def _agreed(self, plan: SwapPlan) -> bool:
        return self.ask(f"Make {plan.target} live? [y/N]").lower() in ("y", "yes")


def describe(plan: SwapPlan) -> list[str]:
    """Return the plan in lines for people."""
    definition = plan.definition
    lines = [f"Swap the alias {definition.alias} on {definition.connection.alias}"]
    if plan.source:
        lines.append(f"  from  {plan.source}  {_documents(plan.documents_before)}".rstrip())
    if plan.target:
        lines.append(f"  to    {plan.target}  {_documents(plan.documents_after)}".rstrip())
    if plan.refusals:
        return lines
    if plan.differences:
        lines.append("  the mapping changes:")
        lines += [
            f"    {each.path}: {_field(each.live)} -> {_field(each.declared)}"
            for each in plan.differences
        ]
    else:
        lines.append("  the mapping stays the same" if plan.source else "  nothing is live yet")
    if plan.refused:
        lines.append(f"  it refused {_documents(plan.refused)} before, which are tried again")
    if plan.gated:
        lines.append("  it is compared with the database first, as it was not live yet")
    if plan.concrete:
        lines.append(f"  the physical index {plan.source} is deleted: there is no way back")
    lines += [f"  note: {warning}" for warning in plan.warnings]
    lines.append("  in one request: POST /_aliases")
    for action in plan.actions:
        for verb, what in action.items():
            lines.append(f"    {verb} {_what(verb, what)}")
    return lines


def _what(verb: str, action: Any) -> str:
    if verb == "remove_index":
        return f"{action['index']}"
    return f"{action['alias']} {'to' if verb == 'add' else 'from'} {action['index']}"


def _documents(count: int | None) -> str:
    return "" if count is None else f"{count:,} document{'' if count == 1 else 's'}"


def _field(definition: Any) -> str:
    if definition is None:
        return "no such field"
    return ", ".join(f"{key} {value}" for key, value in definition.items())
