"""Build a new generation of an index from the database and make it live."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.base import CommandError, CommandParser
from rich.console import Console

from ...exceptions import LoadFailed
from ...indices.definition import IndexDefinition, select_definitions
from ...lifecycle.progress import OnProgress, ignore
from ...lifecycle.rebuild import RebuildPlan, RebuildResult, plan_rebuild, rebuild
from ..command import FAILURES, ElasticsearchCommand, Exit, explain
from ..operations_json import make_done_event, make_failed_event, make_plan_event
from ..rebuild_progress import tell_in_events, tell_in_lines, telling_in_a_bar


class Command(ElasticsearchCommand):
    """Print the plans, then carry them out one after the other."""

    help = (
        "Build a new generation of each index from the database and make it live in one request. "
        "The old generation stays searchable until then, and is kept after it: es_swap_alias goes "
        "back. Prints the plan first; asks nothing, as nothing is lost. A document that "
        "Elasticsearch refuses keeps the old generation live."
    )
    examples = (
        " products     one index",
        "              all that have a document, one after the other",
        " --json       one JSON object per line: plan, progress, done or failed",
    )
    exit_codes = "0 all are rebuilt, 1 at least one is not, 130 interrupted (Ctrl-C)"

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the indices."""
        super().add_arguments(parser)
        parser.add_argument(
            "indices",
            nargs="*",
            metavar="INDEX",
            help="Declared indices; all that have a document if omitted.",
        )

    def handle(
        self, *, indices: list[str], connection: str | None, as_json: bool, **options: Any
    ) -> None:
        """Rebuild.

        Raises:
            CommandError: a plan has refusals, so that nothing was begun, or a rebuild failed.
        """
        plans = [plan_rebuild(definition) for definition in _select(indices, connection)]
        if not plans:
            self.say("No index has a document to load it from.")
        for plan in plans:
            if as_json:
                self.write_json(make_plan_event(plan), indent=None)
            for line in describe(plan):
                self.say(line)
        refusals = [refusal for plan in plans for refusal in plan.refusals]
        if refusals:
            raise CommandError(" ".join(refusals), returncode=Exit.FAILED)
        errors = [error for plan in plans if (error := self._rebuild(plan, as_json))]
        if errors:
            raise CommandError(" ".join(errors), returncode=Exit.FAILED)

    def _rebuild(self, plan: RebuildPlan, as_json: bool) -> str:
        """Return "" or, in one line, why it failed: that is no reason to leave out the others."""
        started = time.monotonic()
        try:
            with self._telling(plan, as_json) as tell:
                result = rebuild(plan, tell)
        except FAILURES as error:
            text = explain(error)
            if as_json:
                self.write_json(make_failed_event(plan, text, error), indent=None)
            elif isinstance(error, LoadFailed):
                self._list_failures(error)
            return text
        seconds = time.monotonic() - started
        if as_json:
            self.write_json(make_done_event(plan, result, seconds), indent=None)
        self.say(_describe_result(result, seconds))
        return ""

    @contextmanager
    def _telling(self, plan: RebuildPlan, as_json: bool) -> Iterator[OnProgress]:
        if as_json:
            yield tell_in_events(
                lambda event: self.write_json(event, indent=None), plan.definition.connection.alias
            )
        elif self.quiet:
            yield ignore
        elif self.stderr.isatty():
            with telling_in_a_bar(Console(stderr=True, no_color=self.plain)) as tell:
                yield tell
        else:
            yield tell_in_lines(self._write_line)

    def _write_line(self, text: str) -> None:
        self.say(text)
        # Somebody may be following the log.
        self.stdout.flush()

    def _list_failures(self, error: LoadFailed) -> None:
        for key, reason in error.failures:
            self.complain(f"object {key}: {reason}")
        more = error.failed - len(error.failures)
        if more:
            self.complain(f"... and {more:,} more")
        self.complain(f"The unfinished generation is {error.generation}.")


def _select(indices: list[str], connection: str | None) -> list[IndexDefinition]:
    definitions = select_definitions(indices, connection)
    # Named, an index without a document is refused with the reason; else there is nothing to do.
    return definitions if indices else [d for d in definitions if d.document]


def describe(plan: RebuildPlan) -> list[str]:
    """Return the plan in lines for people."""
    definition = plan.definition
    title = f"Rebuild {definition.name} on {definition.connection.alias}"
    if plan.refusals:
        return [f"{title}: cannot be done"]
    now = plan.source or "nothing"
    kept = f"keep {plan.source} for a way back" if plan.source else "nothing was live before"
    return [
        title,
        "  1  create a new generation, with the mapping as declared",
        f"  2  load {plan.rows:,} row{'' if plan.rows == 1 else 's'} of {definition.model_label}",
        "  3  refresh it and wait for its shards",
        f"  4  swap the alias {definition.alias} in one request: {now} -> the new generation",
        f"  5  {kept}",
    ]


def _describe_result(result: RebuildResult, seconds: float) -> str:
    rate = result.load.rows / result.load.seconds if result.load.seconds else 0
    return (
        f"Rebuilt {result.index} in {seconds:.1f} s: {result.swap.target} is live with "
        f"{result.load.written:,} document{'' if result.load.written == 1 else 's'} "
        f"({rate:,.0f} rows/s)."
    )
