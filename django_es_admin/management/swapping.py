"""What the commands that move an alias share."""

from collections.abc import Callable
from typing import Any

from django.core.management.base import CommandError

from ..lifecycle.aliases.swap_plan import SwapPlan
from ..lifecycle.swap import SwapResult
from .command import ElasticsearchCommand, Exit
from .printed.operations_json import make_swap_document


class SwapCommand(ElasticsearchCommand):
    """Prints what will change, asks, and moves the alias."""

    def move(
        self,
        plan: SwapPlan,
        swap: Callable[[SwapPlan], SwapResult],
        live: str,
        *,
        dry_run: bool,
        interactive: bool,
        as_json: bool,
    ) -> None:
        """Carry out the plan, unless it is refused or the answer is no.

        Args:
            swap: carries out the plan.
            live: the words for the new state: "live now", or "live again".

        Raises:
            CommandError: the plan has refusals, the answer was no, or the swap failed.
        """
        for line in describe(plan):
            self.say(line)
        refused = " ".join(plan.refusals)
        if not (refused or dry_run):
            question = f"Make {plan.target} {live}? [y/N]"
            if interactive and self.ask(question).lower() not in ("y", "yes"):
                refused = "Nothing was changed."
            else:
                swap(plan)
        swapped = not (refused or dry_run)
        if as_json:
            self.write_json(make_swap_document(plan, swapped=swapped))
        if refused:
            raise CommandError(refused, returncode=Exit.FAILED)
        if swapped:
            self.say(f"{plan.target} is {live}.")


def describe(plan: SwapPlan) -> list[str]:
    """Return the plan as lines for people."""
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
        lines.append(f"  the physical index {plan.source} is deleted, which cannot be undone")
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
