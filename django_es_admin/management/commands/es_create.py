"""Create the declared indices that are missing."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from ...counted import many
from ...indices.definition import select_definitions
from ...lifecycle.create import CreatePlan, create_index, plan_create
from ...lifecycle.generations.adopt import adopt
from ..command import FAILURES, ElasticsearchCommand, Exit, add_indices, explain
from ..printed.operations_json import CreatedDocument, CreateDocument, Outcome


class Command(ElasticsearchCommand):
    """Create missing indices. Existing indices are not changed, so a deployment may repeat it."""

    records = True
    help = (
        "Create the declared indices that are missing, empty and with their aliases. An index "
        "that exists is not changed, even if its mapping differs: use es_rebuild for that. An "
        "index that something else created is adopted: changes are written to it from then on. "
        "Prints the plan first, and asks no questions."
    )
    examples = (
        "                      all that the project declares",
        " products --json      one index, for a program",
        " --connection logs    all that belong on one connection",
    )
    exit_codes = "0 all of them exist now, 1 failed"

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the indices."""
        super().add_arguments(parser)
        add_indices(parser, "all")
        parser.add_argument(
            "--take-over",
            action="store_true",
            help="Take over an index that another database owns; its site must no longer write "
            "to it.",
        )

    def handle(
        self,
        *,
        indices: list[str],
        connection: str | None,
        as_json: bool,
        take_over: bool,
        **options: Any,
    ) -> None:
        """Create the indices.

        Raises:
            CommandError: an index cannot be created. If a plan has refusals, no index was created.
        """
        plans = [plan_create(definition) for definition in select_definitions(indices, connection)]
        if not plans:
            self.say("No index is declared: register a document, or add one to ES_INDICES.")
        for plan in plans:
            self.say(_describe(plan))
        # All or none, because a deployment that stops half-way is hard to understand.
        refused = any(plan.refusals and not plan.existing for plan in plans)
        created = [_refuse(plan) if refused else self._create(plan, take_over) for plan in plans]
        if as_json:
            self.write_json(CreateDocument(tuple(created)))
        errors = [one.error for one in created if one.error]
        if errors:
            raise CommandError(" ".join(errors), returncode=Exit.FAILED)

    def _create(self, plan: CreatePlan, foreign: bool) -> CreatedDocument:
        try:
            if plan.existing:
                return self._adopt(plan, foreign)
            result = create_index(plan)
        except FAILURES as error:
            return _document(plan, "failed", None, explain(error))
        self.say(f"Created {result.generation} for {result.index}.")
        return _document(plan, "created", result.generation)

    def _adopt(self, plan: CreatePlan, foreign: bool) -> CreatedDocument:
        adopted = adopt(plan.definition, foreign=foreign)
        if adopted:
            self.say(f"Adopted {', '.join(adopted)}: changes of {plan.definition.name} go to it.")
        return _document(plan, "adopted" if adopted else "exists", plan.existing)


def _describe(plan: CreatePlan) -> str:
    index = f"{plan.definition.name} on {plan.definition.connection.alias}"
    if plan.existing:
        return f"{index}: exists as {plan.existing}, is not changed"
    if plan.refusals:
        return f"{index}: cannot be created"
    return f"{index}: create it, {many(plan.fields, 'field')}, no documents"


def _refuse(plan: CreatePlan) -> CreatedDocument:
    if plan.existing:
        return _document(plan, "exists", plan.existing)
    if plan.refusals:
        mend = f" Run `{command_of_swap(plan)}`." if plan.former else ""
        return _document(plan, "failed", None, " ".join(plan.refusals) + mend)
    return _document(plan, "skipped", None)


def command_of_swap(plan: CreatePlan) -> str:
    """Return the command that restores the alias of an existing generation."""
    assert plan.former is not None  # noqa: S101 (the caller has looked)
    return f"manage.py es_swap_alias {plan.definition.name} --to {plan.former.name}"


def _document(
    plan: CreatePlan, outcome: Outcome, generation: str | None, error: str | None = None
) -> CreatedDocument:
    return CreatedDocument(
        index=plan.definition.name,
        connection=plan.definition.connection.alias,
        alias=plan.definition.alias,
        outcome=outcome,
        generation=generation,
        error=error,
    )
