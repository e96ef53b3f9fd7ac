"""Add declared fields to the mapping of the live generation."""

from dataclasses import dataclass
from typing import Any

from django.core.management.base import CommandError, CommandParser

from ...counted import many
from ...indices.definition import select_definitions
from ...lifecycle.update_mapping import (
    UpdateMappingPlan,
    UpdateMappingResult,
    plan_update_mapping,
    update_mapping,
)
from ..command import ElasticsearchCommand, Exit, add_dry_run, add_indices
from ..progress import telling


@dataclass(frozen=True)
class MappingChangeDocument:
    """One field that differs. ``applies`` is whether it can be changed in place."""

    path: str
    declared: dict[str, Any] | None
    live: dict[str, Any] | None
    applies: bool
    why: str


@dataclass(frozen=True)
class MappingDocument:
    """One index in the output of ``es_update_mapping``."""

    index: str
    connection: str
    generation: str | None
    changes: tuple[MappingChangeDocument, ...]
    settings: tuple[str, ...]
    refusals: tuple[str, ...]
    updated: bool
    written: int
    waiting: int


@dataclass(frozen=True)
class MappingsDocument:
    """The output of ``es_update_mapping``."""

    indices: tuple[MappingDocument, ...]


class Command(ElasticsearchCommand):
    """Print which changes of the mapping apply in place, and make them."""

    records = True
    help = (
        "Add what is new in the declared mapping to the live generation, and change what can be "
        "changed without a rebuild. Then all objects are written again, so that their documents "
        "have the new fields. For each field that differs, the plan says whether it can be "
        "changed without a rebuild, and why. If a field needs a rebuild, nothing is changed."
    )
    examples = (
        " products             what differs, then change it",
        " products --dry-run   only what differs",
        " products --no-reindex   write the objects later, with es_reindex --all",
    )
    exit_codes = "0 the mapping is as declared now, 1 failed, or a field needs a rebuild"

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the indices."""
        super().add_arguments(parser)
        add_indices(parser)
        parser.add_argument(
            "--no-reindex",
            action="store_false",
            dest="reindex",
            help="Do not write the objects again. Until they are written, their documents do not "
            "have the new fields.",
        )
        add_dry_run(parser)

    def handle(
        self,
        *,
        indices: list[str],
        connection: str | None,
        reindex: bool,
        dry_run: bool,
        as_json: bool,
        **options: Any,
    ) -> None:
        """Update.

        Raises:
            CommandError: a plan has refusals; nothing was changed.
        """
        definitions = select_definitions(indices, connection)
        chosen = definitions if indices else [d for d in definitions if d.document]
        plans = [plan_update_mapping(definition, reindex=reindex) for definition in chosen]
        for plan in plans:
            self._describe(plan)
        refusals = [refusal for plan in plans for refusal in plan.refusals]
        results: dict[int, UpdateMappingResult] = {}
        if not refusals and not dry_run:
            for number, plan in enumerate(plans):
                if not plan.nothing:
                    with telling(self) as tell:
                        results[number] = update_mapping(plan, tell)
                    self._tell(results[number])
        if as_json:
            documents = (_document(p, results.get(n)) for n, p in enumerate(plans))
            self.write_json(MappingsDocument(tuple(documents)))
        if refusals:
            raise CommandError(" ".join(refusals), returncode=Exit.FAILED)

    def _describe(self, plan: UpdateMappingPlan) -> None:
        name = plan.definition.name
        if plan.nothing:
            self.say(f"{name}: nothing to update.")
        for one in plan.changes:
            verb = "in place" if one.applies else ("rebuild" if one.blocks else "stays")
            self.say(f"{name}: {one.path}: {verb}: {one.why}.")
        if plan.plan and not plan.changes:
            self.say(f"{name}: the documents are made in another way than the existing ones.")
        if plan.settings:
            self.say(f"{name}: settings differ, and stay as they are: {', '.join(plan.settings)}.")
        if plan.objects and not (plan.nothing or plan.refusals):
            self.say(f"{name}: {many(plan.objects, 'object is', 'objects are')} written again.")

    def _tell(self, result: UpdateMappingResult) -> None:
        self.say(f"Updated {many(len(result.updated), 'field')} of {result.generation}.")
        if result.objects is None:
            self.say(
                f"`manage.py es_reindex {result.index} --all` writes the objects, or a rebuild."
            )
        elif result.objects.waiting:
            waiting = many(result.objects.waiting, "object waits", "objects wait")
            self.say(f"{waiting}: run `manage.py es_drain`.")


def _document(plan: UpdateMappingPlan, result: UpdateMappingResult | None) -> MappingDocument:
    objects = result.objects if result else None
    return MappingDocument(
        index=plan.definition.name,
        connection=plan.definition.connection.alias,
        generation=plan.generation or None,
        changes=tuple(
            MappingChangeDocument(
                path=one.path,
                declared=None if one.declared is None else dict(one.declared),
                live=None if one.live is None else dict(one.live),
                applies=one.applies,
                why=one.why,
            )
            for one in plan.changes
        ),
        settings=plan.settings,
        refusals=plan.refusals,
        updated=result is not None,
        written=objects.written if objects else 0,
        waiting=objects.waiting if objects else 0,
    )
