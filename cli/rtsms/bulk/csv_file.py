"""A CSV file as spreadsheets write it, read row by row, with the line number of each row."""

import csv
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple

from realtime_sms.requests.recipients import mask
from rtsms.errors import CommandError, Exit

ENCODINGS = ("utf-8", "cp1252", "latin-1")
_DELIMITERS = ",;\t|"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_BOM = "\ufeff"
_NUMBER = re.compile(r"(?:\d\D*){6}")

type OnLine = Callable[[bytes], object]


class Row(NamedTuple):
    """One row; `line` is the line of the file in which it begins, counted from 1."""

    line: int
    fields: list[str]


@dataclass(frozen=True)
class CsvFile:
    """A file whose first row names its columns; blank lines are skipped.

    `open` and `rows` raise a `CommandError` that names the line where the file is not CSV.
    """

    path: Path
    encoding: str
    delimiter: str
    columns: tuple[str, ...]

    @classmethod
    def open(cls, path: Path, *, encoding: str = "utf-8", delimiter: str | None = None) -> "CsvFile":
        """Read the column names; without a `delimiter`, take the one that is most frequent among them."""
        with path.open("rb") as file:
            line = next(_decoded_lines(file, path, encoding), "")
        found = delimiter or max(_DELIMITERS, key=line.count)
        header = next(_all_rows(path, encoding, found), Row(1, [])).fields
        columns = tuple(name.strip() for name in header)
        if not any(columns):
            raise CommandError(Exit.USAGE, f"{path}", "it is empty; the first line must name the columns")
        if twice := sorted({name for name in columns if columns.count(name) > 1}):
            what = f"two columns are called {quote_columns(twice[:1])}; rename one"
            raise CommandError(Exit.USAGE, f"{path}, line 1", what)
        return cls(path, encoding, found, columns)

    def rows(self, on_line: OnLine | None = None) -> Iterator[Row]:
        """Yield the rows after the column names; `on_line` gets the bytes of every line, also of the first."""
        rows = _all_rows(self.path, self.encoding, self.delimiter, on_line)
        next(rows, None)
        return rows


def quote_columns(names: Iterable[str]) -> str:
    """Return a list of column names in quotes; a file without column names has numbers there, which are masked."""
    return ", ".join(f"'{mask(name) if _NUMBER.search(name) else name}'" for name in names)


def _all_rows(path: Path, encoding: str, delimiter: str, on_line: OnLine | None = None) -> Iterator[Row]:
    with path.open("rb") as file:
        reader = csv.reader(_decoded_lines(file, path, encoding, on_line), delimiter=delimiter, strict=True)
        line = 1
        try:
            for fields in reader:
                if fields:
                    yield Row(line, fields)
                line = reader.line_num + 1
        except csv.Error as error:
            raise _not_csv(f"{path}, line {line}", str(error)) from None


def _decoded_lines(file: BinaryIO, path: Path, encoding: str, on_line: OnLine | None = None) -> Iterator[str]:
    for number, line in enumerate(file, 1):
        if on_line is not None:
            on_line(line)
        if number == 1 and line.startswith(_UTF_16):
            raise _wrong_encoding(path, number, "it is UTF-16")
        try:
            text = line.decode(encoding)
        except UnicodeDecodeError:
            raise _wrong_encoding(path, number, f"it is not {encoding.upper()}") from None
        yield text.removeprefix(_BOM) if number == 1 else text


def _not_csv(where: str, why: str) -> CommandError:
    if "new-line" in why:  # the csv module's own message is meant for programmers
        what, to_do = "it has a single carriage return", "save the file as CSV UTF-8: its lines end in LF or CRLF"
    else:
        what = f"it cannot be read as CSV: {why}"
        to_do = "look for a quotation mark that is not closed, or not doubled within quoted text"
    return CommandError(Exit.USAGE, where, what, to_do=to_do)


def _wrong_encoding(path: Path, number: int, what: str) -> CommandError:
    to_do = "save the file as CSV UTF-8, or pass its encoding: Excel on Windows writes --file-encoding cp1252"
    return CommandError(Exit.USAGE, f"{path}, line {number}", what, to_do=to_do)
