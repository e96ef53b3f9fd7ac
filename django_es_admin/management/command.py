"""What the commands share: options, exit codes, and errors on one line."""

import argparse
import json
import logging
import math
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, is_dataclass
from enum import IntEnum
from threading import TIMEOUT_MAX
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import (
    BaseCommand,
    CommandError,
    CommandParser,
    DjangoHelpFormatter,
)
from django.core.management.color import supports_color
from django.db import Error, OperationalError, ProgrammingError
from django.utils import translation

from .. import incidents
from ..exceptions import ElasticsearchAdminError
from ..faults import Fault, fault_of
from ..operations.acting import MAX_NOTE, leaving
from .stopping import interruptible
from .typed import read_typed

FAILURES = (ElasticsearchAdminError, ImproperlyConfigured, Error)
"""Exceptions that a command prints on one line. Any other is a bug, and keeps its traceback."""


_EXAMPLES = "examples:"


class Exit(IntEnum):
    """The exit codes of all commands."""

    DONE = 0
    FAILED = 1
    ATTENTION = 2
    INTERRUPTED = 130
    BROKEN_PIPE = 141


class HelpFormatter(DjangoHelpFormatter):
    """Keeps the lines of the examples."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return text if text.startswith(_EXAMPLES) else super()._fill_text(text, width, indent)


def seconds(text: str) -> float:
    """Return the seconds in ``text``, which must be above 0 and not too many for a timer."""
    value = float(text)
    if not 0 < value <= TIMEOUT_MAX:
        raise argparse.ArgumentTypeError(
            f"give a number of seconds above 0, and at most {TIMEOUT_MAX:,.0f}"
        )
    return value


def count(text: str) -> int:
    """Return the whole number in ``text``, which must be above 0."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("give a whole number above 0")
    return value


def share(text: str) -> float:
    """Return the number in ``text``, which must be from 0 to 1."""
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError("give a number from 0 to 1")
    return value


def rate(text: str) -> float:
    """Return the number per second in ``text``, which must be above 0."""
    value = float(text)
    if not (math.isfinite(value) and value > 0):
        raise argparse.ArgumentTypeError("give a number per second above 0")
    return value


def note(text: str) -> str:
    """Return the note in ``text``, which must not be too long."""
    if len(text) > MAX_NOTE:
        raise argparse.ArgumentTypeError(f"give at most {MAX_NOTE} characters")
    return text


def add_dry_run(parser: CommandParser) -> None:
    """Add the option of all commands that print a plan first."""
    parser.add_argument("--dry-run", action="store_true", help="Print the plan and change nothing.")


def add_indices(parser: CommandParser, omitted: str = "all that have a document") -> None:
    """Add the argument for the indices.

    Args:
        omitted: a description of the indices that are used if none is named.
    """
    parser.add_argument(
        "indices", nargs="*", metavar="INDEX", help=f"Declared indices; {omitted} if omitted."
    )


class OneLine(logging.Handler):
    """Writes incidents to stderr, one line each, if the project logs them nowhere.

    Args:
        write: the ``write`` of the command's stderr.
    """

    def __init__(self, write: Callable[[str], object]) -> None:
        super().__init__()
        self._write = write

    def emit(self, record: logging.LogRecord) -> None:
        """Write one incident, with the text of its error."""
        error = record.exc_info[1] if record.exc_info else None
        text = f"{record.getMessage()} {type(error).__name__}: {error}" if error else ""
        self._write(" ".join((text or record.getMessage()).split()))


@contextmanager
def incidents_on(write: Callable[[str], object]) -> Iterator[None]:
    """Write incidents to stderr if no log is configured. Python's default would add tracebacks."""
    if incidents.logger.hasHandlers():
        yield
        return
    handler = OneLine(write)
    incidents.logger.addHandler(handler)
    try:
        yield
    finally:
        incidents.logger.removeHandler(handler)


def explain(error: BaseException) -> str:
    """Return one line that says what happened, and how to fix it."""
    text = " ".join(str(error).split())
    if isinstance(error, Error):
        missing = isinstance(error, ProgrammingError | OperationalError)
        if missing and fault_of(error) is Fault.DATA:
            mend = "run `manage.py migrate` if a table or column is missing."
            return f"The database failed ({text}): {mend}"
        return f"The database failed ({type(error).__name__}: {text}): check it, and try again."
    return text


class ElasticsearchCommand(BaseCommand):
    """Base class of the commands. ``call_command`` works with each of them.

    A subclass sets ``help``, ``examples`` (lines for the end of ``--help``) and ``exit_codes``.
    With ``records`` it accepts a note, which is stored with its operations.

    Raises:
        CommandError: the command failed; its ``returncode`` is one of :class:`Exit`.
    """

    examples: Sequence[str] = ()
    exit_codes = "0 done, 1 failed"
    records = False

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Return the parser, with examples and exit codes at the end of its help."""
        epilog = "\n".join(
            (
                _EXAMPLES,
                *(f"  manage.py {subcommand}{example}" for example in self.examples),
                "",
                f"exit codes: {self.exit_codes}",
            )
        )
        return super().create_parser(
            prog_name, subcommand, formatter_class=HelpFormatter, epilog=epilog, **kwargs
        )

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the options of all commands."""
        parser.add_argument(
            "--connection",
            metavar="ALIAS",
            help="Only this connection of ES_SERVERS.",
        )
        parser.add_argument(
            "--json",
            action="store_true",
            dest="as_json",
            help="Print JSON for machines instead of text for people.",
        )
        parser.add_argument(
            "--no-input",
            "--noinput",
            action="store_false",
            dest="interactive",
            help="Ask no questions; the answer is always yes.",
        )
        if self.records:
            parser.add_argument(
                "--note",
                type=note,
                default="",
                metavar="TEXT",
                help="Why you do it; the pages show it with the operation and in the history.",
            )

    def run_from_argv(self, argv: list[str]) -> None:
        """Run as a program: end with an exit code, without a traceback."""
        self._called_from_command_line = True
        parser = self.create_parser(argv[0], argv[1])
        traceback = self._parse(parser, argv).traceback
        try:
            with interruptible():
                super().run_from_argv(argv)
            # Output at the very end of the process would fail outside of the clause below.
            self.stdout.flush()
        except KeyboardInterrupt:
            if traceback:
                raise
            self.stderr.write("Interrupted: `manage.py es_status` shows what is live now.")
            sys.exit(Exit.INTERRUPTED)
        except BrokenPipeError:
            # The reader has stopped, as `head` does after ten lines. Python would report this when
            # it exits.
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.stdout.fileno())
            sys.exit(Exit.BROKEN_PIPE)

    def _parse(self, parser: CommandParser, argv: list[str]) -> argparse.Namespace:
        try:
            return parser.parse_args(argv[2:])
        except SystemExit as error:
            # argparse exits with 2, which has another meaning here.
            sys.exit(Exit.FAILED if error.code else Exit.DONE)

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Run in English, as Django's own commands, and raise only CommandError."""
        if not self._called_from_command_line:
            options = read_typed(self.create_parser("manage.py", ""), options)
        self.quiet: bool = options["as_json"] or options["verbosity"] == 0
        self.plain: bool = options["no_color"]
        self.color: bool = options["force_color"] or (
            not self.plain and self.stdout.isatty() and supports_color()
        )
        noted = leaving(options["note"]) if options.get("note") else nullcontext()
        with translation.override(None), incidents_on(self.stderr.write), noted:
            try:
                return super().execute(*args, **options)
            except FAILURES as error:
                raise CommandError(explain(error), returncode=Exit.FAILED) from error

    def say(self, text: str = "") -> None:
        """Write a line for people; nothing with ``--json`` or ``--verbosity 0``."""
        if not self.quiet:
            self.stdout.write(text)

    def write_json(self, document: Any, *, indent: int | None = 2) -> None:
        """Write a dataclass as JSON immediately, because the reader may be waiting for the line."""
        if is_dataclass(document) and not isinstance(document, type):
            document = asdict(document)
        self.stdout.write(json.dumps(document, indent=indent, default=str))
        self.stdout.flush()

    def complain(self, text: str) -> None:
        """Write a line about a problem."""
        self.stderr.write(text)

    def ask(self, question: str) -> str:
        """Return the answer of the user.

        Raises:
            CommandError: there is no terminal to ask.
        """
        # On stderr, so that stdout can be redirected.
        self.stderr.write(question, style_func=str, ending=" ")
        self.stderr.flush()
        try:
            return input().strip()
        except (EOFError, OSError, RuntimeError) as error:
            self.stderr.write()
            raise CommandError(
                "There was no answer, so nothing was done: pass --no-input to continue without "
                "asking.",
                returncode=Exit.FAILED,
            ) from error
