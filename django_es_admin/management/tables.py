"""Tables for people: in colour and fitted on a terminal, plain and unbroken everywhere else."""

from collections.abc import Iterable, Sequence
from io import StringIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from .command import ElasticsearchCommand

# Wider than any table, so that lines in a file or a pipe are not broken.
_UNBROKEN = 10_000

STYLES = {"green": "green", "yellow": "yellow", "red": "bold red", "down": "bold red"}
"""State -> its colour. The word itself is always printed."""


def make_table(columns: Sequence[str], rows: Iterable[Sequence[str]], right: str = "") -> Table:
    """Return a table.

    Args:
        right: the columns of numbers, which are aligned right, separated by spaces.
    """
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    for column in columns:
        if column in right.split():
            table.add_column(column, justify="right", no_wrap=True)
        else:
            # Folded in a narrow terminal, because half of a name is useless.
            table.add_column(column, overflow="fold")
    for row in rows:
        # As text, because a name with brackets would be read as markup.
        table.add_row(*(Text(cell, style=STYLES.get(cell, "")) for cell in row))
    return table


def write_table(command: ElasticsearchCommand, table: Table, *, color: bool) -> None:
    """Write a table to the command's stdout."""
    terminal = command.stdout.isatty()
    out = StringIO()
    console = Console(
        file=out,
        width=None if terminal else _UNBROKEN,
        force_terminal=color,
        color_system="standard" if color else None,
        legacy_windows=False,
    )
    console.print(table)
    for line in out.getvalue().splitlines():
        command.say(line.rstrip())


def number(value: int | None) -> str:
    """Return a number for people; "-" if it is unknown."""
    return "-" if value is None else f"{value:,}"
