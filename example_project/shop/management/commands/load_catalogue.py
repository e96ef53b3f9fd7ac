"""Fill the shop from a file, or with made-up products."""

import json
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from shop.catalogue import generate
from shop.load import LoadError, LoadReport, load
from shop.resources import COLUMNS
from shop.sheet import Sheet, SheetError

DEFAULT_COUNT = 2000
DEFAULT_SEED = 1
BAD_ROWS_SHOWN = 20
ROWS_PER_LINE = 5000


class Command(BaseCommand):
    """Load FILE, or made-up products without it.

    Exit status: 0 if the catalogue is in the database, 1 if nothing was saved.
    """

    help = (
        "Load a catalogue: a CSV file (UTF-8, plain or gzipped) with the columns "
        f"{', '.join(COLUMNS)}; tags are separated by semicolons, other columns are left out. "
        "A product whose SKU is there already is updated. Either all rows are saved or none. "
        "Without FILE, made-up products are loaded, the same ones each time. "
        "The index follows through the outbox: the first products at once, the others when "
        "es_drain runs."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the file and the generator's options."""
        parser.add_argument("file", nargs="?", type=Path, metavar="FILE", help="The CSV file.")
        parser.add_argument(
            "--count", type=int, help=f"How many products to make up (default {DEFAULT_COUNT})."
        )
        parser.add_argument(
            "--seed",
            type=int,
            help=f"Which made-up catalogue, a number of 0 or more (default {DEFAULT_SEED}).",
        )
        parser.add_argument(
            "--json",
            action="store_true",
            dest="as_json",
            help="Print the outcome as one JSON object.",
        )

    def handle(
        self,
        *,
        file: Path | None,
        count: int | None,
        seed: int | None,
        as_json: bool,
        verbosity: int,
        **options: Any,
    ) -> None:
        """Load and say what was done.

        Raises:
            CommandError: bad arguments, a file that cannot be read, or bad rows; nothing was saved.
        """
        started = time.monotonic()
        quiet = as_json or verbosity == 0
        try:
            if file is None:
                report = self._load_generated(count, seed, quiet)
            elif count is not None or seed is not None:
                raise CommandError("--count and --seed make up products: leave out FILE or them.")
            else:
                report = self._load_file(file, quiet)
        except (SheetError, LoadError) as error:
            raise CommandError(str(error)) from error
        self._say(report, time.monotonic() - started, as_json=as_json, quiet=quiet)
        if report.bad_rows:
            raise CommandError(
                f"{len(report.bad_rows):,} of {report.read:,} rows are bad; nothing was saved. "
                "Correct them and load the file again."
            )

    def _load_generated(self, count: int | None, seed: int | None, quiet: bool) -> LoadReport:
        count = DEFAULT_COUNT if count is None else count
        seed = DEFAULT_SEED if seed is None else seed
        if count < 1 or seed < 0:
            raise CommandError("--count must be 1 or more, --seed 0 or more.")
        with self._progress(count, quiet) as show:
            return load(generate(count, seed), lambda read: show(read, read))

    def _load_file(self, file: Path, quiet: bool) -> LoadReport:
        sheet = Sheet(file, COLUMNS)
        # Bytes, because nobody knows the number of rows before the end.
        with self._progress(sheet.size, quiet) as show:
            return load(sheet, lambda read: show(read, sheet.position))

    @contextmanager
    def _progress(self, total: int, quiet: bool) -> Iterator[Callable[[int, int], None]]:
        """Give a function to call with the rows read and how much of the total that is."""
        if quiet:
            yield lambda read, done: None
        elif sys.stderr.isatty():
            columns = (
                TextColumn("Loading"),
                BarColumn(),
                TaskProgressColumn(),
                TextColumn("{task.fields[read]:,} rows"),
                TimeRemainingColumn(),
            )
            with Progress(*columns, console=Console(stderr=True)) as progress:
                task = progress.add_task("", total=total, read=0)
                yield lambda read, done: progress.update(task, completed=done, read=read)
        else:
            yield self._write_line

    def _write_line(self, read: int, done: int) -> None:
        if read % ROWS_PER_LINE == 0:
            self.stdout.write(f"{read:,} rows read")

    def _say(self, report: LoadReport, seconds: float, *, as_json: bool, quiet: bool) -> None:
        if as_json:
            outcome = asdict(report) | {
                "failed": len(report.bad_rows),
                "saved": report.saved,
                "seconds": round(seconds, 2),
            }
            self.stdout.write(json.dumps(outcome))
            return
        for row in report.bad_rows[:BAD_ROWS_SHOWN]:
            self.stderr.write(f"line {row.line} ({row.sku or 'no SKU'}): {row.reason}")
        if len(report.bad_rows) > BAD_ROWS_SHOWN:
            self.stderr.write(
                f"... and {len(report.bad_rows) - BAD_ROWS_SHOWN:,} more; --json lists all."
            )
        if report.saved and not quiet:
            self.stdout.write(
                f"{report.read:,} rows in {seconds:.1f} s: {report.created:,} created, "
                f"{report.updated:,} updated, {report.unchanged:,} unchanged, 0 failed; "
                f"{report.categories_created:,} new categories, {report.tags_created:,} new tags."
            )
