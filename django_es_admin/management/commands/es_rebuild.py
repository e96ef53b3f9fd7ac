"""Build a new generation of an index from the database and make it live."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import Error

from ...counted import many
from ...exceptions import LoadFailed, SearchesWorse
from ...indices.definition import IndexDefinition, select_definitions
from ...lifecycle.build.takeover import find_dead_build
from ...lifecycle.changed import find_changes
from ...lifecycle.rebuild import rebuild
from ...lifecycle.rebuild_plan import RebuildPlan, plan_rebuild
from ...lifecycle.swap import SECONDS_FOR_SHARDS
from ...models import Operation
from ...operations.progress import OnProgress
from ..cancelling import cancel_in
from ..command import (
    FAILURES,
    ElasticsearchCommand,
    Exit,
    add_dry_run,
    add_indices,
    count,
    explain,
    rate,
    seconds,
    share,
)
from ..printed.rebuild_json import (
    make_done_event,
    make_failed_event,
    make_plan_event,
    make_queued_event,
    make_unchanged_event,
)
from ..progress import tell_in_events, telling
from ..rebuild_text import describe_plan, describe_result


class Command(ElasticsearchCommand):
    """Print the plans, and carry them out one after the other."""

    records = True
    help = (
        "Build a new generation of each index from the database and make it live in one request. "
        "Until then, searches use the old generation. After that, the old generation still gets "
        "every change, and es_rollback makes it live again. Before the swap, the new generation is "
        "compared with the database. Prints the plan first, and asks only if the swap deletes a "
        "physical index that has the name of the alias. If Elasticsearch refuses a document, the "
        "old generation stays live."
    )
    examples = (
        " products     one index",
        "              all that have a document, one after the other",
        " products --no-swap   build it now, make it live later with es_swap_alias",
        " products --workers 4   four processes load it",
        " products --background --workers 3   three workers of the background tasks do",
        " --only-changed --no-input   in a deployment, after migrate",
        " --json       one JSON object per line: plan, progress, done or failed",
    )
    exit_codes = (
        "0 all are rebuilt, 1 at least one is not, 2 only for judged searches (--judge), 130 "
        "interrupted (Ctrl-C)"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the indices."""
        super().add_arguments(parser)
        add_indices(parser)
        parser.add_argument(
            "--wait",
            type=seconds,
            default=SECONDS_FOR_SHARDS,
            metavar="SECONDS",
            help="How long to wait for the shards of the new generation; 300 if omitted.",
        )
        parser.add_argument(
            "--no-swap",
            action="store_false",
            dest="swap",
            help="Keep the new generation beside the live one until you run es_swap_alias.",
        )
        parser.add_argument(
            "--take-over",
            action="store_true",
            help="Take over an index that another database owns; its site must no longer write "
            "to it.",
        )
        parser.add_argument(
            "--workers",
            type=count,
            metavar="N",
            help=(
                "How many processes load an index, including this one; if omitted, half of the "
                "cores of this machine, at most 4 (1 with SQLite)."
            ),
        )
        parser.add_argument(
            "--rate",
            type=rate,
            metavar="N",
            help="Load at most N objects a second; no limit if omitted.",
        )
        parser.add_argument(
            "--judge",
            action="store_true",
            help=(
                "Send the judged searches to both generations, and do not swap if the results of "
                "the new one are worse."
            ),
        )
        parser.add_argument(
            "--min-ndcg",
            type=share,
            metavar="N",
            help="Like --judge, and also do not swap if the nDCG@10 of the new generation is "
            "below N.",
        )
        parser.add_argument(
            "--block-writes",
            action="store_true",
            help=(
                "Also rebuild indices without a document, which Elasticsearch copies. Nobody can "
                "write to them during the copy, so nothing is lost."
            ),
        )
        parser.add_argument(
            "--background",
            action="store_true",
            help="Queue it for the workers of the background tasks, as many as --workers says, "
            "and do not wait.",
        )
        parser.add_argument(
            "--resume",
            action="store_true",
            help="Only resume rebuilds that were killed, or lost a server.",
        )
        parser.add_argument(
            "--only-changed",
            action="store_true",
            help=(
                "Rebuild only indices whose declared mapping, settings or fields differ from the "
                "live ones, or that are missing; for every deployment."
            ),
        )
        parser.add_argument(
            "--cancel",
            action="store_true",
            help="Cancel the rebuilds of these indices that run, or wait for a worker; nothing "
            "is rebuilt.",
        )
        add_dry_run(parser)

    def handle(
        self,
        *,
        indices: list[str],
        connection: str | None,
        wait: float,
        swap: bool,
        take_over: bool,
        workers: int | None,
        rate: float | None,
        judge: bool,
        min_ndcg: float | None,
        block_writes: bool,
        background: bool,
        resume: bool,
        only_changed: bool,
        cancel: bool,
        dry_run: bool,
        interactive: bool,
        as_json: bool,
        **options: Any,
    ) -> None:
        """Rebuild.

        Raises:
            CommandError: a plan has refusals, the answer was no, or a rebuild failed.
        """
        if cancel:
            chosen = _select(indices, connection)
            cancel_in(self, chosen, kinds=[Operation.Kind.REBUILD], as_json=as_json)
            return
        chosen = _select(indices, connection, undocumented=block_writes)
        if not chosen:
            self.say("No index has a document to load it from.")
        elif only_changed:
            chosen = self._changed(chosen, as_json)
        plans = [
            plan_rebuild(
                definition,
                swap=swap,
                wait=wait,
                foreign=take_over,
                workers=workers,
                rate=rate,
                judge=0.0 if judge and min_ndcg is None else min_ndcg,
                block=block_writes and (bool(indices) or not definition.document),
            )
            for definition in chosen
        ]
        if resume:
            plans = self._resumable(plans)
        self._show(plans, as_json)
        refusals = [refusal for plan in plans for refusal in plan.refusals]
        if refusals:
            raise CommandError(" ".join(refusals), returncode=Exit.FAILED)
        if dry_run:
            return
        for plan in plans if interactive else ():
            self._ask_about_physical(plan)
        if background:
            self._queue(plans, as_json)
        else:
            self._rebuild_each(plans, as_json)

    def _rebuild_each(self, plans: list[RebuildPlan], as_json: bool) -> None:
        errors = [error for plan in plans if (error := self._rebuild(plan, as_json))]
        if errors:
            worse = all(isinstance(error, SearchesWorse) for error in errors)
            raise CommandError(
                " ".join(map(explain, errors)), returncode=Exit.ATTENTION if worse else Exit.FAILED
            )

    def _resumable(self, plans: list[RebuildPlan]) -> list[RebuildPlan]:
        found = [plan for plan in plans if plan.resumes]
        if not found:
            self.say("Nothing to resume: no rebuild was killed or lost a server.")
        return found

    def _show(self, plans: list[RebuildPlan], as_json: bool) -> None:
        for plan in plans:
            if as_json:
                self.write_json(make_plan_event(plan), indent=None)
            for line in describe_plan(plan):
                self.say(line)

    def _changed(self, chosen: list[IndexDefinition], as_json: bool) -> list[IndexDefinition]:
        """Return the indices that differ from their declaration."""
        found = [find_changes(definition) for definition in chosen]
        for changes in found:
            definition = changes.definition
            if as_json and not changes:
                self.write_json(make_unchanged_event(definition, changes.generation), indent=None)
            for reason in changes.reasons:
                self.say(f"{definition.name}: {reason}")
        changed = [changes.definition for changes in found if changes]
        if not changed:
            names = ", ".join(definition.name for definition in chosen)
            self.say(f"Nothing to do: the mapping, settings and fields of {names} are as declared.")
        return changed

    def _ask_about_physical(self, plan: RebuildPlan) -> None:
        if not (plan.concrete and plan.swap):
            return
        question = f"Delete the physical index {plan.source} at the swap? [y/N]"
        if self.ask(question).lower() not in ("y", "yes"):
            raise CommandError("Nothing was changed.", returncode=Exit.FAILED)

    def _queue(self, plans: list[RebuildPlan], as_json: bool) -> None:
        # Imported here, because a project may not have a package for tasks.
        from ...tasks import enqueue_rebuild  # noqa: PLC0415

        for plan in plans:
            operation = enqueue_rebuild(plan)
            if as_json:
                self.write_json(make_queued_event(plan, operation), indent=None)
            self.say(
                f"Queued the rebuild of {plan.definition.name} for {many(plan.workers, 'worker')} "
                f"of the background tasks, as operation {operation.pk}; es_cancel cancels it."
            )

    def _rebuild(self, plan: RebuildPlan, as_json: bool) -> Exception | None:
        """Rebuild one index; return the error if it failed. The others are still rebuilt."""
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
            self._tell_resumable(plan)
            return error
        taken = time.monotonic() - started
        if as_json:
            self.write_json(make_done_event(plan, result, taken), indent=None)
        self.say(describe_result(result, taken))
        return None

    @contextmanager
    def _telling(self, plan: RebuildPlan, as_json: bool) -> Iterator[OnProgress]:
        if as_json:
            yield tell_in_events(
                lambda event: self.write_json(event, indent=None), plan.definition.connection.alias
            )
        else:
            with telling(self) as tell:
                yield tell

    def _tell_resumable(self, plan: RebuildPlan) -> None:
        # The database itself may have failed.
        with suppress(Error):
            if build := find_dead_build(plan.definition):
                name = plan.definition.name
                self.complain(
                    f"What was loaded is kept in {build.name}: "
                    f"`manage.py es_rebuild {name} --resume` loads the rest."
                )

    def _list_failures(self, error: LoadFailed) -> None:
        for key, reason in error.failures:
            self.complain(f"object {key}: {reason}")
        more = error.failed - len(error.failures)
        if more:
            self.complain(f"... and {more:,} more")
        self.complain(f"The unfinished generation is {error.generation}.")


def _select(
    indices: list[str], connection: str | None, *, undocumented: bool = False
) -> list[IndexDefinition]:
    definitions = select_definitions(indices, connection)
    # Changes may be lost in an index without a document, so it must be named, or writes blocked.
    every = bool(indices) or undocumented
    return definitions if every else [d for d in definitions if d.document]
