"""Write the documents of some objects again."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.management.base import CommandError, CommandParser

from ...counted import many
from ...indices.definition import get_definition
from ...lifecycle.reindex import ReindexResult
from ...lifecycle.selection import Filter, ReindexPlan, plan_reindex, reindex
from ..command import ElasticsearchCommand, Exit, add_dry_run
from ..progress import telling
from ..when import moment


@dataclass(frozen=True)
class ReindexDocument:
    """The output of ``es_reindex``. The figures are numbers of objects."""

    index: str
    connection: str
    skipped: tuple[str, ...]
    objects: int
    written: int
    waiting: int
    refused: int
    error: str | None


class Command(ElasticsearchCommand):
    """Add outbox rows for objects, as if each had been saved."""

    records = True
    help = (
        "Write the documents of objects again, as if each object had been saved. Choose the "
        "objects by key, by a condition, by the time of their last change, or all. Each object "
        "gets a row in the outbox. With the default SYNC, the rows are written at once, and "
        "es_drain writes what is left. The document of an object that no longer exists is "
        "deleted."
    )
    examples = (
        " products --pk 17 42",
        " products --filter category__slug=shoes --filter stock__gte=1",
        " products --since 2h",
        " products --all       slower than a rebuild, and into the same mapping",
        " forum --model Answer --pk 17   of an index of several documents, one model",
    )
    exit_codes = "0 done (some may still wait in the outbox), 1 failed, 2 documents were refused"

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the index, and the options that choose objects."""
        super().add_arguments(parser)
        parser.add_argument("index", metavar="INDEX", help="A declared index with a document.")
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument(
            "--pk", nargs="+", metavar="KEY", action="extend", help="Primary keys of objects."
        )
        which.add_argument(
            "--filter",
            dest="filters",
            metavar="FIELD=VALUE",
            action="append",
            help="A condition as in filter(); repeat it for several, all of which must be met.",
        )
        which.add_argument(
            "--since",
            type=moment,
            metavar="WHEN",
            help="Objects changed since WHEN (2026-11-21, 2026-11-21T07:25, 90m, 7d).",
        )
        which.add_argument("--all", action="store_true", help="All objects of the index.")
        parser.add_argument(
            "--model",
            default="",
            metavar="MODEL",
            help="Choose only objects of this model, if several documents fill the index.",
        )
        add_dry_run(parser)

    def handle(
        self,
        *,
        index: str,
        pk: list[str] | None,
        filters: list[str] | None,
        since: datetime | None,
        model: str,
        connection: str | None,
        dry_run: bool,
        as_json: bool,
        **options: Any,
    ) -> None:
        """Reindex.

        Raises:
            CommandError: the options match no object, or documents were refused.
        """
        plan = plan_reindex(
            get_definition(index, connection),
            keys=None if pk is None else [str(key) for key in pk],
            filters=[_parse(text) for text in filters or ()],
            since=since,
            model=model,
        )
        if plan.refusals:
            raise CommandError(" ".join(plan.refusals), returncode=Exit.FAILED)
        self.say(f"{plan.definition.name}: {many(plan.objects, 'object')} to write again.")
        if plan.definition.others:
            for part in plan.parts:
                self.say(f"  {part.definition.own_label}: {many(part.objects, 'object')}.")
            for why in plan.skipped:
                self.say(f"  left out: {why}")
        result = None
        if not dry_run:
            with telling(self) as tell:
                result = reindex(plan, tell)
        if as_json:
            self.write_json(_document(plan, result))
        if result:
            self._describe(result)

    def _describe(self, result: ReindexResult) -> None:
        self.say(
            f"{result.written:,} written, {result.waiting:,} waiting, {result.refused:,} refused."
        )
        if result.waiting:
            self.say("`manage.py es_drain` writes what waits.")
        if result.refused:
            raise CommandError(
                f"{many(result.refused, 'document was', 'documents were')} refused: {result.error}",
                returncode=Exit.ATTENTION,
            )


def _parse(text: str) -> Filter:
    lookup, equals, value = text.partition("=")
    if not (lookup and equals):
        raise CommandError(
            f"{text!r} is no condition: give FIELD=VALUE, as in --filter stock__gte=1.",
            returncode=Exit.FAILED,
        )
    return lookup.strip(), value


def _document(plan: ReindexPlan, result: ReindexResult | None) -> ReindexDocument:
    """Return the output. In a dry run, nothing is written or waits."""
    done = result or ReindexResult(plan.objects, 0, 0, 0)
    return ReindexDocument(
        index=plan.definition.name,
        connection=plan.definition.connection.alias,
        skipped=plan.skipped,
        objects=done.objects,
        written=done.written,
        waiting=done.waiting,
        refused=done.refused,
        error=done.error or None,
    )
