"""Put synonym rules into Elasticsearch."""

from dataclasses import dataclass
from typing import Any

from django.core.management.base import CommandError, CommandParser

from ...counted import many
from ...indices.definition import select_definitions
from ...lifecycle.synonyms import SynonymsPlan, plan_synonyms, put_synonyms
from ..command import ElasticsearchCommand, Exit, add_dry_run, add_indices


@dataclass(frozen=True)
class SetDocument:
    """One set. ``set`` is its name in Elasticsearch."""

    name: str
    set: str
    rules: int
    added: int
    removed: int
    missing: bool


@dataclass(frozen=True)
class IndexSetsDocument:
    """The sets of one index."""

    index: str
    connection: str
    sets: tuple[SetDocument, ...]
    refusals: tuple[str, ...]
    put: bool


@dataclass(frozen=True)
class SynonymsDocument:
    """The output of ``es_synonyms``."""

    indices: tuple[IndexSetsDocument, ...]


class Command(ElasticsearchCommand):
    """Print how the synonym sets differ from the rows, and put the rules."""

    help = (
        "Send the rules of synonyms from the database to Elasticsearch, where they differ. "
        "Searches use them at once, without a rebuild. When you save a rule, it is sent "
        "automatically: use this command if that failed, or if somebody has changed the rules in "
        "Elasticsearch."
    )
    examples = (
        "                      all indices that use synonyms",
        " products --dry-run   only what differs",
    )
    exit_codes = "0 Elasticsearch has the rules of the database, 1 failed"

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the indices."""
        super().add_arguments(parser)
        add_indices(parser)
        add_dry_run(parser)

    def handle(
        self,
        *,
        indices: list[str],
        connection: str | None,
        dry_run: bool,
        as_json: bool,
        **options: Any,
    ) -> None:
        """Put.

        Raises:
            CommandError: a plan has refusals; nothing was put.
        """
        definitions = select_definitions(indices, connection)
        chosen = definitions if indices else [d for d in definitions if d.synonyms]
        plans = [plan_synonyms(definition) for definition in chosen]
        for plan in plans:
            self._describe(plan)
        if not plans:
            self.say("No analyzer names a set of synonyms.")
        refusals = [refusal for plan in plans for refusal in plan.refusals]
        done = not (refusals or dry_run)
        for plan in plans if done else ():
            # If several indices use a set, it is up to date after the first of them.
            now = plan_synonyms(plan.definition)
            if not now.nothing:
                result = put_synonyms(now)
                sets = ", ".join(
                    f"{name} ({many(count, 'rule')})" for name, count in result.sets.items()
                )
                self.say(f"Put {sets}.")
        if as_json:
            documents = (_document(plan, put=done and not plan.nothing) for plan in plans)
            self.write_json(SynonymsDocument(tuple(documents)))
        if refusals:
            raise CommandError(" ".join(refusals), returncode=Exit.FAILED)

    def _describe(self, plan: SynonymsPlan) -> None:
        for one in plan.sets:
            name = f"{plan.definition.name}: {one.name}"
            if one.differs:
                state = "is missing" if one.missing else f"{one.added:,} to add"
                removed = f", {one.removed:,} to remove" if one.removed else ""
                self.say(f"{name}: {many(one.rules, 'rule')}, {state}{removed}.")
            else:
                self.say(f"{name}: {many(one.rules, 'rule')}, the same in Elasticsearch.")


def _document(plan: SynonymsPlan, *, put: bool) -> IndexSetsDocument:
    return IndexSetsDocument(
        index=plan.definition.name,
        connection=plan.definition.connection.alias,
        sets=tuple(
            SetDocument(one.name, one.real, one.rules, one.added, one.removed, one.missing)
            for one in plan.sets
        ),
        refusals=plan.refusals,
        put=put,
    )
