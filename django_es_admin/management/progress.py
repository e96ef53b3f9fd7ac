"""Progress of commands: a bar on a terminal, lines in a log, events for a program."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, TaskProgressColumn, TextColumn
from rich.progress import Progress as Bar

from ..operations.progress import OnProgress, Progress, Step, ignore
from .command import ElasticsearchCommand
from .printed.rebuild_json import ProgressEvent

LINE_SECONDS = 5.0
EVENT_SECONDS = 1.0
# The space that is left in 80 columns.
_BAR_WIDTH = 12

STEPS: dict[Step, str] = {
    "create": "create a generation",
    "load": "load",
    "drain": "drain what changed meanwhile",
    "deletes": "send deletes a second time",
    "settle": "apply the declared settings",
    "gate": "compare with the database",
    "swap": "swap the alias",
    "standby": "keep the old generation",
    "delete": "delete generations",
    "refresh": "refresh",
    "verify": "compare the documents of",
    "ghosts": "look for documents without an object",
    "update": "update the mapping",
    "synonyms": "put the synonyms",
    "preview": "send the searches to both generations",
}


_UNITS: dict[Step, str] = {
    "load": " rows",
    "drain": " rows",
    "deletes": " rows",
    "gate": " ids",
    "verify": " rows",
}


class Meter:
    """Measures one step, and decides when to print its progress.

    Args:
        interval: the seconds between two lines of one step. The first and the last are always
            printed.
    """

    def __init__(self, interval: float) -> None:
        self._interval = interval
        self._step: Step | None = None
        self._started = self._told = 0.0

    def is_due(self, progress: Progress) -> bool:
        """Return whether to print the progress now."""
        now = time.monotonic()
        first = progress.step != self._step
        if first:
            self._step, self._started = progress.step, now
        last = progress.total is not None and progress.done >= progress.total
        if first or last or now - self._told >= self._interval:
            self._told = now
            return True
        return False

    def rate(self, progress: Progress) -> float | None:
        """Return how much is done per second; None while nothing is done."""
        seconds = time.monotonic() - self._started
        return progress.done / seconds if progress.done and seconds > 0 else None

    def seconds_left(self, progress: Progress) -> float | None:
        """Return the seconds to the end of the step, at the rate so far."""
        rate = self.rate(progress)
        if rate is None or progress.total is None:
            return None
        return (progress.total - progress.done) / rate


def tell_in_lines(write: Callable[[str], None]) -> OnProgress:
    """Return a function that writes a line every few seconds, for logs."""
    meter = Meter(LINE_SECONDS)

    def tell(progress: Progress) -> None:
        if meter.is_due(progress):
            write(f"{progress.index}: {_line(progress, meter)}")

    return tell


def _line(progress: Progress, meter: Meter) -> str:
    text = STEPS[progress.step]
    if progress.total is None:
        return text
    parts = [f"{text} {progress.done:,} of {progress.total:,}{_UNITS.get(progress.step, '')}"]
    rate, left = meter.rate(progress), meter.seconds_left(progress)
    if rate is not None:
        parts.append(f"{rate:,.0f}{_UNITS.get(progress.step, '')}/s")
    if left and left >= 1:
        parts.append(f"{left:,.0f} s left")
    return ", ".join(parts)


def tell_in_events(write: Callable[[ProgressEvent], None], connection: str) -> OnProgress:
    """Return a function that writes an event every second at most, for programs."""
    meter = Meter(EVENT_SECONDS)

    def tell(progress: Progress) -> None:
        if not meter.is_due(progress):
            return
        rate, left = meter.rate(progress), meter.seconds_left(progress)
        write(
            ProgressEvent(
                event="progress",
                index=progress.index,
                connection=connection,
                step=progress.step,
                done=progress.done,
                total=progress.total,
                rate=None if rate is None else round(rate, 1),
                seconds_left=None if left is None else round(left, 1),
            )
        )

    return tell


@contextmanager
def telling(command: ElasticsearchCommand) -> Iterator[OnProgress]:
    """Provide a function that shows the progress to people: not at all, as a bar, or as lines."""
    if command.quiet:
        yield ignore
    elif command.stderr.isatty():
        with _telling_in_a_bar(Console(stderr=True, no_color=command.plain)) as tell:
            yield tell
    else:

        def write(text: str) -> None:
            command.say(text)
            # Flush, because somebody may be following the log.
            command.stdout.flush()

        yield tell_in_lines(write)


@contextmanager
def _telling_in_a_bar(console: Console) -> Iterator[OnProgress]:
    """Provide a function that draws a bar with rate and remaining time."""
    words = TextColumn("{task.description}", markup=False)
    with Bar(BarColumn(bar_width=_BAR_WIDTH), TaskProgressColumn(), words, console=console) as bar:
        task = bar.add_task("", total=None)
        meter = Meter(0)

        def tell(progress: Progress) -> None:
            meter.is_due(progress)
            bar.update(task, description=f"{progress.index}: {_line(progress, meter)}")
            if progress.total:
                bar.update(task, completed=progress.done, total=progress.total)

        yield tell
