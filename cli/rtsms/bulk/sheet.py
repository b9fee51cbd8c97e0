"""A file of rows under column names, read row by row: CSV or an Excel workbook."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import NamedTuple, Protocol

from rtsms.bulk.columns import clean_name, is_number_column, quote_name
from rtsms.errors import CommandError, Exit

_MOST_ABOVE = 20  # rows among which the column names are looked for

type OnContent = Callable[[bytes], object]


class Row(NamedTuple):
    """One row; `line` is the line of the file in which it begins, counted from 1."""

    line: int
    fields: list[str]


class Unusable(str):
    """A cell that has no text to send; the value says why, and never what is in it."""

    __slots__ = ()


class Source(Protocol):
    """What reads the rows of a file, also those above the column names."""

    @property
    def notes(self) -> Sequence[str]:
        """Return what somebody should know of the file."""

    @property
    def first_line(self) -> int:
        """Return the line in which the rows begin."""

    @property
    def short_rows(self) -> bool:
        """Return True if a row has fewer cells than there are columns because the last ones are empty."""

    def rows(self, on_content: OnContent | None = None) -> Iterator[Row]:
        """Yield all rows; `on_content` gets everything that a campaign's id depends on."""


@dataclass(frozen=True)
class Sheet:
    """A file whose columns are named in `line`; blank rows are skipped.

    `rows` raises a `CommandError` with the line where the file cannot be read.
    """

    path: Path
    source: Source
    columns: tuple[str, ...]
    line: int
    notes: tuple[str, ...]

    @classmethod
    def read(cls, path: Path, source: Source, to_column: str | None) -> "Sheet":
        """Find the column names; raise a `CommandError` if there are none, or two alike."""
        header = find_header(source.rows(), to_column)
        if header is None:
            raise CommandError(Exit.USAGE, "FILE", "it is empty; the first line must name the columns")
        columns = tuple(map(clean_name, _without_end(header.row.fields)))
        if twice := sorted({name for name in columns if name and columns.count(name) > 1}):
            what = f"two columns are called {quote_name(twice[0])}; rename one"
            raise CommandError(Exit.USAGE, f"FILE, line {header.row.line}", what)
        notes = list(source.notes)
        if header.row.line > source.first_line:
            notes.append(f"the columns are named in line {header.row.line}; what is above it is left out")
        return cls(path, source, columns, header.row.line, tuple(notes))

    def rows(self, on_content: OnContent | None = None) -> Iterator[Row]:
        """Yield the rows below the column names."""
        width = len(self.columns)
        for line, fields in self.source.rows(on_content):
            if line > self.line and any(map(str.strip, fields)):
                cut = [*fields[:width], *_without_end(fields[width:])]
                missing = width - len(cut) if self.source.short_rows else 0
                yield Row(line, cut + [""] * missing)


class Header(NamedTuple):
    """The row with the column names, and whether it was found by the name of the column of numbers."""

    row: Row
    found: bool


def find_header(rows: Iterable[Row], to_column: str | None) -> Header | None:
    """Return the first row that names the column of numbers, or else the first that is not blank."""
    first: Header | None = None
    filled = (row for row in rows if any(map(str.strip, row.fields)))
    for row in islice(filled, _MOST_ABOVE):
        if any(_names_numbers(clean_name(field), to_column) for field in row.fields):
            return Header(row, found=True)
        first = first or Header(row, found=False)
    return first


def _names_numbers(name: str, to_column: str | None) -> bool:
    return is_number_column(name) if to_column is None else name == to_column


def _without_end(fields: Sequence[str]) -> Sequence[str]:
    """Leave out empty fields at the end."""
    filled = [place for place, field in enumerate(fields, 1) if field.strip()]
    return fields[: filled[-1]] if filled else []
