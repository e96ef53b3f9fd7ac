"""Compare indices with their database, document by document."""

import threading
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from ...counted import many
from ...indices.definition import IndexDefinition, select_definitions
from ...lifecycle.verify.forever import RATE, verify_forever
from ...lifecycle.verify.plan import VerifyResult, plan_verify
from ...lifecycle.verify.verify import verify
from ...models import ProvenRange
from ..command import ElasticsearchCommand, Exit, add_indices, count, explain, rate
from ..printed.verify_json import (
    VerifyDocument,
    make_pass_event,
    make_range_event,
    make_verified_document,
)
from ..progress import telling
from ..stopping import stopping
from ..when import moment

_KINDS = {
    "missing": "no document",
    "stale": "another document than would be written now",
    "ghost": "no such object",
    "refused": "its document cannot be made",
}


class Command(ElasticsearchCommand):
    """Find what is missing, stale or too much, and give it rows of the outbox if asked to."""

    records = True
    help = (
        "Compare each document in the live generation with the document that would be written "
        "for its object now. The command reports documents that are missing, that differ "
        "(stale), or that have no object (ghosts). Changes that still wait in the outbox are "
        "counted separately. Nothing is changed without --repair."
    )
    examples = (
        " products              compare all documents of an index",
        " products --ids        only which objects have a document; much faster",
        " products --repair     write again what differs",
        " products --sample 5000   some objects and documents, chosen at random",
        " --forever --rate 200   walk all indices slowly, all the time",
        " products --since 2h   objects that were changed in the last two hours",
        " --json | jq '.indices[] | .missing + .stale + .ghosts'",
    )
    exit_codes = "0 equal, 1 failed, 2 something differs (also with --repair)"

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the indices and what to do."""
        super().add_arguments(parser)
        add_indices(parser)
        parser.add_argument(
            "--ids",
            action="store_true",
            help="Compare only which objects have a document, not what is in it.",
        )
        parser.add_argument(
            "--repair",
            action="store_true",
            help="Add a row to the outbox for each object that differs, so that it is written.",
        )

        parser.add_argument(
            "--sample",
            type=count,
            metavar="N",
            help="Compare N objects, and look for the objects of N documents, chosen at random.",
        )
        parser.add_argument(
            "--since",
            type=moment,
            metavar="WHEN",
            help="Compare the objects changed since WHEN (2026-11-21, 2026-11-21T07:25, 90m, 7d).",
        )
        parser.add_argument(
            "--rate",
            type=rate,
            metavar="N",
            help="Compare at most N objects or documents a second; no limit if omitted.",
        )

        parser.add_argument(
            "--forever",
            action="store_true",
            help=(
                "Compare continuously, and slowly, until the command is stopped (SIGTERM, "
                "Ctrl-C), and record when each range was last found equal; --rate is 500 if "
                "omitted."
            ),
        )

    def handle(
        self,
        *,
        indices: list[str],
        connection: str | None,
        ids: bool,
        repair: bool,
        sample: int | None,
        since: datetime | None,
        rate: float | None,
        forever: bool,
        as_json: bool,
        **options: Any,
    ) -> None:
        """Compare.

        Raises:
            CommandError: something differs, or a plan has refusals, so that nothing was compared.
        """
        definitions = select_definitions(indices, connection)
        chosen = definitions if indices else [d for d in definitions if d.document]
        if forever and (ids or sample or since):
            raise CommandError(
                "--forever compares everything: leave --ids, --sample and --since out.",
                returncode=Exit.FAILED,
            )
        plans = [
            plan_verify(definition, ids=ids, repair=repair, sample=sample, since=since, rate=rate)
            for definition in chosen
        ]
        refusals = [refusal for plan in plans for refusal in plan.refusals]
        if refusals:
            raise CommandError(" ".join(refusals), returncode=Exit.FAILED)
        if not chosen:
            self.say("No index has a document to compare it with.")
        elif forever:
            self._forever(chosen, rate or RATE, repair=repair, as_json=as_json)
            return
        results = []
        for plan in plans:
            with telling(self) as tell:
                results.append(verify(plan, tell))
            self._describe(results[-1])
        if as_json:
            self.write_json(VerifyDocument(tuple(map(make_verified_document, results))))
        differing = [result.definition.name for result in results if not result.equal]
        if differing:
            mend = "`manage.py es_drain` writes it." if repair else "--repair writes it again."
            raise CommandError(
                f"Something differs in {', '.join(differing)}: {mend}", returncode=Exit.ATTENTION
            )

    def _forever(
        self, chosen: list[IndexDefinition], rate: float, *, repair: bool, as_json: bool
    ) -> None:
        stop = threading.Event()

        def on_range(definition: IndexDefinition, one: ProvenRange) -> None:
            if as_json:
                self.write_json(make_range_event(definition, one), indent=None)
            self.say(_describe_range(definition, one))
            self.stdout.flush()

        def on_pass(result: VerifyResult) -> None:
            if as_json:
                self.write_json(make_pass_event(result), indent=None)
            self._describe(result)
            self.stdout.flush()

        with stopping(stop):
            self.say(f"Comparing objects and documents, {rate:g} a second; stop with Ctrl-C.")
            verify_forever(
                chosen,
                stop,
                rate=rate,
                repair=repair,
                on_range=on_range,
                on_pass=on_pass,
                on_failure=lambda error: self.complain(explain(error)),
            )
        self.say("Stopped.")

    def _describe(self, result: VerifyResult) -> None:
        self.say(
            f"{result.definition.name}: {many(result.objects, 'object')} and "
            f"{many(result.documents, 'document')} compared in {result.seconds:.1f} s: "
            f"{result.missing:,} missing, {result.stale:,} stale, "
            f"{many(result.ghosts, 'ghost')}, {result.refused:,} cannot be made."
        )
        if result.waiting:
            waiting = many(result.waiting, "more waits", "more wait")
            self.say(f"  {waiting} in the outbox: run `manage.py es_drain`.")
        for key, kind in result.examples:
            self.say(f"  object {key}: {_KINDS[kind]}")
        if result.repaired:
            added = many(result.repaired, "row was", "rows were")
            self.say(f"  {added} added to the outbox.")


def _describe_range(definition: IndexDefinition, one: ProvenRange) -> str:
    at = timezone.localtime if settings.USE_TZ else _as_it_is
    proven = f"{at(one.proven_at):%Y-%m-%d %H:%M:%S}" if one.proven_at else "never"
    if one.ghosts:
        what = many(one.compared, "document")
    else:
        keys = f"{one.after or 'the first'} to {one.until or 'the last'}"
        what = f"{many(one.compared, 'object')} ({keys})"
    found = many(one.differing, "differs", "differ") if one.differing else "equal"
    return f"{definition.name}: {what}: {found}; last proven equal at {proven}"


def _as_it_is(moment: datetime) -> datetime:
    return moment
