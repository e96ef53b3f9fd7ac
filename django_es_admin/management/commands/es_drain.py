"""Write the changes that wait in the outbox to the indices."""

import threading
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from ...counted import many
from ...outbox.drain.batch import DrainResult
from ...outbox.drainers.worker import DrainReport, drain_due, drain_forever
from ..command import ElasticsearchCommand, Exit, seconds
from ..printed.operations_json import make_drain_document
from ..stopping import stopping


class Command(ElasticsearchCommand):
    """The worker of the outbox; several may run, on several machines."""

    help = (
        "Write the changes that wait in the outbox to their indices: changes made while "
        "Elasticsearch did not answer, changes that affect many documents, second deletes, and, "
        "with "
        "SYNC = 'worker', all changes. Run it permanently beside the site, or once every minute."
    )
    examples = (
        " --once               all that is due, now, whatever failed before; for cron",
        " --forever            until SIGTERM or Ctrl-C; ends after the current batch",
        " --once --json        the same for a program",
        " --retry              also what was parked, once its objects are corrected",
    )
    exit_codes = (
        "0 done (second deletes may still be due later), 1 a connection did not answer, "
        "2 documents were refused or parked"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the ways to run."""
        super().add_arguments(parser)
        how = parser.add_mutually_exclusive_group()
        how.add_argument(
            "--once", action="store_true", help="Write what is due and end; the default."
        )
        how.add_argument(
            "--forever", action="store_true", help="Run until it is stopped (SIGTERM, Ctrl-C)."
        )
        how.add_argument(
            "--retry",
            action="store_true",
            help="Write the rows that are due, and try parked changes again.",
        )
        parser.add_argument(
            "--interval",
            type=seconds,
            default=1.0,
            metavar="SECONDS",
            help="With --forever, how long to pause when the outbox is empty; 1 if omitted.",
        )

    def handle(
        self,
        *,
        forever: bool,
        retry: bool,
        interval: float,
        connection: str | None,
        as_json: bool,
        **options: Any,
    ) -> None:
        """Drain.

        Raises:
            CommandError: with --once, a connection did not answer, or documents were refused.
        """
        if forever and connection is not None:
            raise CommandError(
                "--forever drains all connections: leave --connection out.", returncode=Exit.FAILED
            )
        if forever:
            self._forever(interval)
            return
        report = drain_due(connection, again=retry)
        if as_json:
            self.write_json(make_drain_document(report))
        else:
            self._tell(report)
        self._end(report)

    def _forever(self, interval: float) -> None:
        stop = threading.Event()
        with stopping(stop):
            self.say(f"Draining the outbox, a look every {interval:g} s; stop with Ctrl-C.")
            drain_forever(stop, interval, self._tell_batch)
        self.say("Stopped.")

    def _tell_batch(self, result: DrainResult) -> None:
        moment = timezone.localtime().strftime("%H:%M:%S")
        self.say(f"{moment} {_describe(result)}")

    def _tell(self, report: DrainReport) -> None:
        self.say(f"{_describe(report.result)}.")
        if report.second_deletes and report.second_deletes_until:
            until = timezone.localtime(report.second_deletes_until).strftime("%H:%M:%S")
            deletes = many(report.second_deletes, "delete is", "deletes are")
            self.say(f"{deletes} to be sent a second time, the last at {until}.")

        for index, key, error in report.first_parked:
            self.say(f"Parked: object {key} of {index}: {error}")

    def _end(self, report: DrainReport) -> None:
        reasons = [str(stopped.error) for stopped in report.result.stopped]
        if reasons:
            raise CommandError(" ".join(dict.fromkeys(reasons)), returncode=Exit.FAILED)
        if report.result.failed or report.parked:
            raise CommandError(
                f"{many(report.result.failed, 'document was', 'documents were')} refused, "
                f"{many(report.parked, 'row is', 'rows are')} parked: "
                f"correct the objects, or exclude them in get_queryset(); then run "
                f"`manage.py es_drain --retry`.",
                returncode=Exit.ATTENTION,
            )


def _describe(result: DrainResult) -> str:
    parts = [f"{result.written} written", f"{result.deleted} deleted"]
    if result.failed:
        parts.append(f"{result.failed} refused")
    if result.held:
        parts.append(f"{result.held} left to other code")
    return ", ".join(parts)
