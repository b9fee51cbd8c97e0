"""A CSV file as a person's spreadsheet writes it: read row by row, with the line that each row begins in."""

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple

from rtsms.fault import Exit, Fault

ENCODINGS = ("utf-8", "cp1252", "latin-1")
_DELIMITERS = ",;\t|"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_BOM = "\ufeff"


type Look = Callable[[bytes], object]


class Row(NamedTuple):
    """One row; `line` is the line of the file that it begins in, counted from 1."""

    line: int
    fields: list[str]


@dataclass(frozen=True)
class Sheet:
    """A file whose first row names its columns; blank lines are no rows.

    Raises, from `open` and `rows`:
        Fault: the file cannot be read as this; the line is named.
    """

    path: Path
    encoding: str
    delimiter: str
    columns: tuple[str, ...]

    @classmethod
    def open(cls, path: Path, *, encoding: str = "utf-8", delimiter: str | None = None) -> "Sheet":
        """Read the columns' names; the delimiter is the one that stands most often among them, unless it is given."""
        with path.open("rb") as octets:
            line = next(_lines(octets, path, encoding), "")
        found = delimiter or max(_DELIMITERS, key=line.count)
        columns = next(cls(path, encoding, found, ()).every(), Row(1, [])).fields
        names = tuple(name.strip() for name in columns)
        if not any(names):
            raise Fault(Exit.USAGE, f"{path}", "it is empty; its first line must name the columns")
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise Fault(Exit.USAGE, f"{path}, line 1", f"two columns are called '{twice[0]}'; rename one")
        return cls(path, encoding, found, names)

    def rows(self, measure_current: Look | None = None) -> Iterator[Row]:
        """Give the rows below the names; `measure_current` is given every line's octets, the first one's too."""
        every = self.every(measure_current)
        next(every, None)
        return every

    def every(self, measure_current: Look | None = None) -> Iterator[Row]:
        """Give all rows, that of the names too."""
        with self.path.open("rb") as octets:
            reader = csv.reader(
                _lines(octets, self.path, self.encoding, measure_current), delimiter=self.delimiter, strict=True
            )
            line = 1
            try:
                for fields in reader:
                    if fields:
                        yield Row(line, fields)
                    line = reader.line_num + 1
            except csv.Error as error:
                raise _unreadable(f"{self.path}, line {line}", str(error)) from None


def _lines(octets: BinaryIO, path: Path, encoding: str, measure_current: Look | None = None) -> Iterator[str]:
    for number, line in enumerate(octets, 1):
        if measure_current is not None:
            measure_current(line)
        if number == 1 and line.startswith(_UTF_16):
            raise _undecodable(path, number, "UTF-16")
        try:
            text = line.decode(encoding)
        except UnicodeDecodeError:
            raise _undecodable(path, number, f"no {encoding.upper()}") from None
        yield text.removeprefix(_BOM) if number == 1 else text


def _unreadable(where: str, why: str) -> Fault:
    if "new-line" in why:  # what the csv module says of it is meant for programmers
        what, to_do = "a carriage return stands alone in it", "save it as CSV UTF-8: its lines end in LF or CRLF"
    else:
        what = f"it cannot be read as CSV: {why}"
        to_do = "look for a quotation mark that is not closed, or not doubled within quoted text"
    return Fault(Exit.USAGE, where, what, to_do=to_do)


def _undecodable(path: Path, number: int, what: str) -> Fault:
    to_do = "save it as CSV UTF-8, or say how it is encoded: --file-encoding cp1252 is what Excel on Windows writes"
    return Fault(Exit.USAGE, f"{path}, line {number}", f"its characters are {what}", to_do=to_do)
