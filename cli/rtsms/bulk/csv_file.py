"""A CSV file as spreadsheets write it, read row by row, with the line number of each row."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from rtsms.bulk.encodings import UTF_8, UTF_16, check_plausible, wrong_encoding
from rtsms.bulk.sheet import Header, OnContent, Row, find_header
from rtsms.errors import CommandError, Exit

_DELIMITERS = ",;\t|"
_UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_BOM = "\ufeff"
_SEPARATOR_LINE = re.compile(r'"?sep=([^"\s]|\t)"?\s*', re.IGNORECASE)  # Excel's own, as the first line
_SAMPLE = 40  # lines from which the delimiter is detected


@dataclass(frozen=True)
class CsvFile:
    """A CSV file; its rows raise a `CommandError` with the line where it is none."""

    path: Path
    encoding: str
    delimiter: str
    first_line: int = 1
    notes: Sequence[str] = ()
    short_rows: bool = False  # a line that is cut short may have lost more than empty cells

    @classmethod
    def open(cls, path: Path, encoding: str, delimiter: str | None, to_column: str | None) -> "CsvFile":
        """Open a file; without a `delimiter`, detect it."""
        with path.open("rb") as file:
            start = file.read(2)
        if encoding == UTF_8 and start in _UTF_16_MARKS:
            encoding = UTF_16
        elif encoding == UTF_16 and start not in _UTF_16_MARKS:
            encoding = "utf-16-be" if start.startswith(b"\0") else "utf-16-le"
        sample = list(islice(_decoded_lines(path, encoding), _SAMPLE))
        said = _SEPARATOR_LINE.fullmatch(sample[0]) if sample else None
        found = delimiter or (said[1] if said else _detect_delimiter(sample, to_column))
        return cls(path, encoding, found, 2 if said else 1)

    def rows(self, on_content: OnContent | None = None) -> Iterator[Row]:
        """Yield all rows; `on_content` gets the bytes of every line."""
        lines = _decoded_lines(self.path, self.encoding, on_content)
        return _parse(_after_separator_line(lines), self.delimiter)


def _detect_delimiter(sample: Sequence[str], to_column: str | None) -> str:
    """Return what splits the column names best; a delimiter within quotation marks splits nothing."""

    def fitness(delimiter: str) -> tuple[bool, int]:
        header = _header(sample, delimiter, to_column)
        return (header.found, len(header.row.fields)) if header else (False, 0)

    return max(_DELIMITERS, key=fitness)


def _header(sample: Sequence[str], delimiter: str, to_column: str | None) -> Header | None:
    rows: list[Row] = []
    with suppress(CommandError):  # a cell goes on beyond the sample, or this is not the delimiter
        rows.extend(_parse(sample, delimiter))
    return find_header(rows, to_column)


def _parse(lines: Iterable[str], delimiter: str) -> Iterator[Row]:
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    line = 1
    try:
        for fields in reader:
            if fields:
                yield Row(line, fields)
            line = reader.line_num + 1
    except csv.Error as error:
        raise _not_csv(line, single_return="new-line" in str(error)) from None


def _after_separator_line(lines: Iterable[str]) -> Iterator[str]:
    """Make Excel's `sep=` line a blank one, so that the lines keep their numbers."""
    for number, line in enumerate(lines):
        yield "\n" if number == 0 and _SEPARATOR_LINE.fullmatch(line) else line


def _decoded_lines(path: Path, encoding: str, on_content: OnContent | None = None) -> Iterator[str]:
    numbered = _utf_16_lines(path, encoding) if encoding.startswith(UTF_16) else _lines(path, encoding)
    for number, (text, content) in enumerate(numbered):
        if on_content is not None:
            on_content(content)
        yield text.removeprefix(_BOM) if number == 0 else text


def _lines(path: Path, encoding: str) -> Iterator[tuple[str, bytes]]:
    """Yield each line as text and as it is in the file."""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if number == 1 and b"\0" in line:
                raise wrong_encoding(number, "it looks like UTF-16", to_do="pass --file-encoding utf-16")
            try:
                text = line.decode(encoding)
            except UnicodeDecodeError:
                raise wrong_encoding(number, f"it is not {encoding.upper()}", line) from None
            check_plausible(number, line, text, encoding)
            yield text, line


def _utf_16_lines(path: Path, encoding: str) -> Iterator[tuple[str, bytes]]:
    read = 0
    with path.open(encoding=encoding, newline="\n") as file:
        try:
            for line in file:
                read += 1
                yield line, line.encode()
        except UnicodeError:
            raise wrong_encoding(read + 1, "here or below it is not UTF-16") from None


def _not_csv(line: int, *, single_return: bool) -> CommandError:
    if single_return:
        what, to_do = "it has a single carriage return", "save the file as CSV UTF-8: its lines end in LF or CRLF"
    else:
        what = "it cannot be read as CSV"
        to_do = "look for a quotation mark that is not closed, or not doubled within quoted text"
    return CommandError(Exit.USAGE, f"FILE, line {line}", what, to_do=to_do)
