"""Read a CSV file, plain or gzipped, row by row."""

import csv
import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

GZIP_MAGIC = b"\x1f\x8b"
# Python refuses cells over 131,072 characters unless told otherwise.
LONGEST_CELL = 16 * 1024 * 1024


class SheetError(Exception):
    """The file cannot be read as a sheet; the message is one line that says why."""


@dataclass(frozen=True)
class Row:
    """One row of a sheet.

    Attributes:
        line: the line of the file on which the row starts, counted from 1.
        cells: the text by column; empty where `problem` says what is wrong with the row.
        problem: why the row has no cells.
    """

    line: int
    cells: dict[str, str]
    problem: str = ""


class Sheet:
    """A CSV file in UTF-8 with a header, plain or gzipped.

    Args:
        path: the file.
        columns: those that it must have; others are left out.
    """

    def __init__(self, path: Path, columns: tuple[str, ...]) -> None:
        self.path = path
        self.columns = columns
        self._raw: BinaryIO | None = None

    @property
    def size(self) -> int:
        """The size of the file in bytes, as it is on disk."""
        with _explained(self.path):
            return self.path.stat().st_size

    @property
    def position(self) -> int:
        """How many bytes of it have been read."""
        if self._raw is None:
            return 0
        return self.size if self._raw.closed else self._raw.tell()

    def __iter__(self) -> Iterator[Row]:
        """Yield the rows.

        Raises:
            SheetError: the file is missing, is not what its name says, is no UTF-8, is no CSV, or
                lacks columns.
        """
        with _explained(self.path), self.path.open("rb") as raw, _long_cells():
            self._raw = raw
            magic = raw.read(len(GZIP_MAGIC))
            raw.seek(0)
            if self.path.suffix == ".gz" and magic != GZIP_MAGIC:
                raise SheetError(f"{self.path} is named .gz but is not gzipped: rename or gzip it.")
            stream = gzip.GzipFile(fileobj=raw) if magic == GZIP_MAGIC else raw
            # utf-8-sig: spreadsheets put a byte order mark before the first column's name.
            with io.TextIOWrapper(stream, encoding="utf-8-sig", newline="") as text:
                yield from self._rows(text)

    def _rows(self, text: io.TextIOWrapper) -> Iterator[Row]:
        # Not strict, a quote that is never closed would swallow the rest of the file silently.
        reader = csv.reader(text, strict=True)
        header: list[str] = []
        line = 1
        try:
            header = next(reader, [])
            self._check(header)
            line = reader.line_num + 1
            for cells in reader:
                if len(cells) == len(header):
                    named = dict(zip(header, cells, strict=True))
                    yield Row(line, {column: named[column] for column in self.columns})
                elif cells:
                    yield Row(line, {}, f"It has {len(cells)} cells, the header has {len(header)}.")
                line = reader.line_num + 1
        except csv.Error as error:
            raise SheetError(
                f"{self.path} is not CSV: {error}, in the row that starts on line {line}."
            ) from error

    def _check(self, header: list[str]) -> None:
        if not header:
            raise SheetError(f"{self.path} is empty: its first line must name the columns.")
        missing = [column for column in self.columns if column not in header]
        if missing:
            raise SheetError(
                f"{self.path} lacks the columns {', '.join(missing)}; its first line must name "
                f"{', '.join(self.columns)}."
            )
        twice = sorted({column for column in self.columns if header.count(column) > 1})
        if twice:
            raise SheetError(f"{self.path} has more than one column called {', '.join(twice)}.")


@contextmanager
def _long_cells() -> Iterator[None]:
    before = csv.field_size_limit(LONGEST_CELL)
    try:
        yield
    finally:
        csv.field_size_limit(before)


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise SheetError(f"{path} does not exist.") from error
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise SheetError(f"{path} is damaged, so gzip cannot read it to its end.") from error
    except UnicodeDecodeError as error:
        raise SheetError(f"{path} is not text in UTF-8; save it in that encoding.") from error
    except OSError as error:
        raise SheetError(f"{path} cannot be read: {error.strerror}.") from error
