"""Show the status of connections and indices."""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from ...counted import many
from ...status.made_from import MadeFrom, read_ways
from ...status.status import IndexStatus, Status, get_status
from ..command import ElasticsearchCommand, Exit, add_indices, seconds
from ..printed.json_schema import make_schema
from ..printed.status_json import StatusDocument, make_status_document
from ..tables import make_table, number, write_table

DEFAULT_SECONDS = 5.0

_WAYS = {"json": "by the database, as JSON", "columns": "as columns", "objects": "from objects"}


class Command(ElasticsearchCommand):
    """Print two tables and, below them, the problems and how to solve them."""

    help = (
        "Show the state of connections and indices: health, live generation, documents, rows in "
        "the database, drift; then each problem and how to fix it. Changes nothing."
    )
    examples = (
        "                       everything that the project declares",
        " products --check      for a monitor: exit code 2 if something is wrong",
        " --prometheus          for Prometheus: the textfile collector of its node exporter",
        " --json | jq .indices  for a program",
    )
    exit_codes = "0 shown, 1 failed, 2 something needs attention (only with --check)"

    def run_from_argv(self, argv: list[str]) -> None:
        """Run. A probe skips the system checks, which take longer than the probe itself."""
        if "--check" in argv:
            self.requires_system_checks = []
        super().run_from_argv(argv)

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the indices, and the options for problems and formats."""
        super().add_arguments(parser)
        add_indices(parser, "all")
        parser.add_argument(
            "--check",
            action="store_true",
            help="End with 2 if a connection is down or an index has a problem.",
        )
        parser.add_argument(
            "--all",
            action="store_true",
            dest="every",
            help="Also list the indices of the clusters that the project does not declare.",
        )
        parser.add_argument(
            "--verbose",
            action="store_true",
            help="Also say how the documents of each index are made, and why.",
        )
        how = parser.add_mutually_exclusive_group()
        how.add_argument(
            "--prometheus",
            action="store_true",
            help="Print the figures in Prometheus's text format; needs prometheus_client.",
        )
        how.add_argument(
            "--schema",
            action="store_true",
            help="Print the JSON Schema of what --json prints, and nothing else.",
        )
        parser.add_argument(
            "--timeout",
            type=seconds,
            default=DEFAULT_SECONDS,
            metavar="SECONDS",
            help="How long each connection may take; all connections are asked at the same time "
            "(default: %(default)g).",
        )

    def handle(
        self,
        *,
        indices: list[str],
        connection: str | None,
        check: bool,
        every: bool,
        timeout: float,
        verbose: bool,
        prometheus: bool,
        schema: bool,
        as_json: bool,
        **options: Any,
    ) -> None:
        """Show the status.

        Raises:
            CommandError: with ``check``, something needs attention.
        """
        if schema:
            self.write_json(make_schema(StatusDocument, "What es_status --json prints"))
            return
        if indices and every:
            raise CommandError("Name indices or pass --all, not both.", returncode=Exit.FAILED)
        status = get_status(indices, connection, unmanaged=every, timeout=timeout)
        if prometheus:
            self.stdout.write(_metrics(status), ending="")
        elif as_json:
            self.write_json(make_status_document(status))
        else:
            self._write(status)
            self._write_ways(read_ways(indices, connection) if verbose else ())
        if check and status.needs_attention:
            raise CommandError(
                f"Attention is needed: {_things(len(find_problems(status)))}.",
                returncode=Exit.ATTENTION,
            )

    def _write_ways(self, ways: tuple[MadeFrom, ...]) -> None:
        for way in ways:
            why = f", as {'; '.join(way.why)}" if way.why else ""
            made = f"{_WAYS[way.way]}{why}"
            self.say(f"{way.index}: the documents of {way.document} are made {made}.")

    def _write(self, status: Status) -> None:
        table = make_table(
            ("Connection", "Label", "Address", "Health", "Version", "Nodes", "Latency"),
            (
                (
                    health.details.alias,
                    health.details.label,
                    ", ".join(health.details.hosts),
                    health.status if health.available else "down",
                    health.version or "-",
                    number(health.nodes) if health.available else "-",
                    f"{health.latency:.0f} ms" if health.available else "-",
                )
                for health in status.connections
            ),
            right="Nodes Latency",
        )
        write_table(self, table, color=self.color)
        self.say()
        if status.indices:
            write_table(self, _index_table(status), color=self.color)
        else:
            self.say("No index is declared: register a document, or add one to ES_INDICES.")
        problems = find_problems(status)
        self.say()
        self.say(f"{_things(len(problems)).capitalize()}{':' if problems else '.'}")
        for who, what in problems:
            self.say(f"  {who}: {what}")


def _index_table(status: Status) -> Any:
    return make_table(
        (
            "Index",
            "Connection",
            "Health",
            "Live generation",
            "Documents",
            "Rows",
            "Drift",
            "Waiting",
            "Parked",
            "Late",
        ),
        (
            (
                index.name,
                index.connection,
                (index.health or "-") if index.open else "closed",
                ", ".join(index.generations) or "-",
                number(index.documents),
                number(index.rows),
                describe_drift(index),
                _waiting(index),
                number(index.outbox.parked) if index.model else "-",
                _late(index),
            )
            for index in status.indices
        ),
        right="Documents Rows Waiting Parked Late",
    )


def _late(index: IndexStatus) -> str:
    """Return the share of writes for which the index already had a newer version."""
    share = index.outbox.stale_share
    return "-" if share is None else f"{share:.1%}"


def _waiting(index: IndexStatus) -> str:
    if not index.model:
        return "-"
    if index.outbox.oldest is None:
        return "0"
    age = (timezone.now() - index.outbox.oldest).total_seconds()
    return f"{number(index.outbox.waiting)} since {age:.0f} s"


def _things(count: int) -> str:
    return many(count, "problem") if count else "no problems"


def find_problems(status: Status) -> list[tuple[str, str]]:
    """Return the problems as pairs: the connection or index, and a sentence."""
    found = [
        (health.details.alias, health.error)
        for health in status.connections
        if not health.available
    ]
    found += [("outbox", str(problem)) for problem in status.backlog.problems]
    names = [index.name for index in status.indices]
    for index in status.indices:
        # Two connections may have an index of the same name.
        alike = names.count(index.name) > 1
        who = f"{index.name} on {index.connection}" if alike else index.name
        found += [(who, str(problem)) for problem in index.problems]
    return found


def describe_drift(index: IndexStatus) -> str:
    """Return in a few words how an index differs from its declaration or its database."""
    if not index.known:
        return "unknown"
    if not index.declared:
        return "not declared"
    if not index.exists:
        return "missing"
    parts = []
    if index.documents is not None and index.rows is not None:
        behind = index.rows - index.documents
        if behind:
            parts.append(f"{abs(behind):,} {'missing' if behind > 0 else 'too many'}")
    if index.differences:
        parts.append(many(len(index.differences), "field differs", "fields differ"))
    return ", ".join(parts) or "none"


def _metrics(status: Status) -> str:
    try:
        # Imported here, because a project may not have the package.
        from ..printed.prometheus import make_metrics  # noqa: PLC0415
    except ImportError as error:
        raise CommandError(
            "--prometheus needs the package prometheus_client: "
            "run `pip install 'django-es-admin[prometheus]'`.",
            returncode=Exit.FAILED,
        ) from error
    return make_metrics(status)
