"""Install the triggers that capture changes in the databases, or remove them."""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import connections

from ...counted import many
from ...outbox.drainers.worker import databases
from ...outbox.rows.tables import has_outbox
from ...outbox.triggers.install import TriggerState, install, read_state, remove
from ...outbox.triggers.wanted import dropping, installed, script
from ..command import ElasticsearchCommand, Exit
from ..printed.operations_json import make_triggers_document


class Command(ElasticsearchCommand):
    """Manage the triggers of documents with ``capture = "triggers"``."""

    help = (
        "Install, remove or show the triggers of documents with capture = 'triggers'. migrate "
        "also installs them, replaces those of changed documents, and removes those of documents "
        "that no longer exist."
    )
    examples = (
        " status                which triggers exist, are missing or old (exit code 2)",
        " install               create missing triggers, and remove old ones",
        " remove                remove all; signals capture again",
        " install --sql         print the SQL instead, to run it yourself",
    )
    exit_codes = "0 done, or all triggers exist, 1 failed, 2 some are missing, old or impossible"

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the action and the databases."""
        super().add_arguments(parser)
        parser.add_argument(
            "action",
            choices=("install", "remove", "status"),
            metavar="ACTION",
            help="install, remove or status.",
        )
        parser.add_argument(
            "--database",
            choices=tuple(connections),
            metavar="ALIAS",
            help="Only this database; if omitted, all databases that have an outbox.",
        )
        parser.add_argument(
            "--sql",
            action="store_true",
            help="Print the SQL that creates the triggers, or removes them, and change nothing.",
        )

    def handle(
        self,
        *,
        action: str,
        database: str | None,
        connection: str | None,
        sql: bool,
        as_json: bool,
        **options: Any,
    ) -> None:
        """Do the action in each database.

        Raises:
            CommandError: triggers are missing, old or impossible.
        """
        chosen = [database] if database else databases(connection) or list(connections)
        found = [alias for alias in chosen if has_outbox(alias)]
        if sql:
            (self._print_removal if action == "remove" else self._print_sql)(found)
            return
        for alias in found:
            if action == "install":
                install(alias)
            elif action == "remove":
                remove(alias)
        states = [read_state(alias) for alias in found]
        if as_json:
            self.write_json(make_triggers_document(states))
        else:
            for state in states:
                self._tell(state)
        if action != "remove":
            self._end(states)

    def _print_sql(self, found: list[str]) -> None:
        for alias in found:
            state = read_state(alias)
            self.say(f"-- {alias}")
            for trigger in (*state.missing, *state.present):
                self.say(f"-- {trigger.document}: {trigger.table}, {trigger.event}")
                for line in script(alias, trigger):
                    self.say(line)

    def _print_removal(self, found: list[str]) -> None:
        for alias in found:
            self.say(f"-- {alias}")
            for name, table in installed(alias).items():
                self.say(f"-- {table}")
                for statement in dropping(alias, name, table):
                    self.say(f"{statement};")

    def _tell(self, state: TriggerState) -> None:
        self.say(
            f"{state.using}: {many(len(state.present), 'trigger is', 'triggers are')} there, "
            f"{len(state.missing):,} missing, {len(state.old):,} old."
        )
        for trigger in state.missing:
            self.say(f"  missing: {trigger.table}, {trigger.event} ({trigger.document})")
        for name, table in state.old:
            self.say(f"  old: {table}, {name}")
        for document, reason in state.impossible:
            self.say(f"  impossible: {document}: {reason}")

    def _end(self, states: list[TriggerState]) -> None:
        if not all(state.is_complete for state in states):
            raise CommandError(
                "Signals capture what they can: run `manage.py es_triggers install`, or correct "
                "the documents that are named.",
                returncode=Exit.ATTENTION,
            )
