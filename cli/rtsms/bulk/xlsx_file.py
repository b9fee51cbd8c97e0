"""An Excel workbook (.xlsx): the rows of its first sheet, each cell as the text that it is or stands for."""

import json
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path
from typing import Any

from rtsms.bulk.sheet import OnContent, Row, Unusable
from rtsms.errors import CommandError, Exit

ZIP_MARK, OLE_MARK = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_MOST_EXACT = 10**15  # a spreadsheet keeps 15 digits of a number
_AS_TEXT = "format the column as text"
_ERROR = "e"  # openpyxl's type of a cell such as #N/A


@dataclass(frozen=True)
class XlsxFile:
    """A workbook; its rows are read one by one, and only texts that several cells share are held."""

    path: Path
    notes: Sequence[str] = ()
    first_line: int = 1
    short_rows: bool = True

    @classmethod
    def open(cls, path: Path) -> "XlsxFile":
        """Open a workbook; raise a `CommandError` if it is none."""
        with _workbook(path) as workbook:
            sheets = len(workbook.worksheets)
        note = f"the workbook has {sheets} sheets; only the first one is read"
        return cls(path, (note,) if sheets > 1 else ())

    def rows(self, on_content: OnContent | None = None) -> Iterator[Row]:
        """Yield all rows of the first sheet; `on_content` gets their texts."""
        with _workbook(self.path) as workbook:
            sheet = workbook.worksheets[0]
            sheet.reset_dimensions()  # some programs write wrong ones, and cells beyond them would be left out
            for line, cells in enumerate(sheet.iter_rows(), 1):
                fields = [_text(cell) for cell in cells]
                if on_content is not None:
                    on_content(json.dumps(fields).encode() + b"\n")
                yield Row(line, fields)


def check_mark(start: bytes) -> bool:
    """Return True if a file that starts so is a workbook; raise a `CommandError` for one that cannot be read."""
    if start.startswith(OLE_MARK):
        what = "it is an old workbook (.xls), or one with a password"
        raise CommandError(Exit.USAGE, "FILE", what, to_do="save it as .xlsx without a password, or as CSV UTF-8")
    return start.startswith(ZIP_MARK)


@contextmanager
def _workbook(path: Path) -> Iterator[Any]:
    """Open a workbook for reading only; whatever the library raises is said in our words."""
    from openpyxl import load_workbook  # noqa: PLC0415 (a third of a second, which only a workbook needs)

    warnings.filterwarnings("ignore", category=UserWarning, module="openpyxl")  # of what is not read here
    try:
        workbook = load_workbook(path, read_only=True, data_only=True, keep_links=False)
        try:
            yield workbook
        finally:
            workbook.close()
    except (CommandError, OSError):
        raise
    except Exception:  # noqa: BLE001 (its errors are those of zip, XML and many conversions)
        what, to_do = "it cannot be read as an Excel workbook", "save it as .xlsx again, or as CSV UTF-8"
        raise CommandError(Exit.USAGE, "FILE", what, to_do=to_do) from None


def _text(cell: Any) -> str:  # noqa: ANN401 (openpyxl has no types)
    value = cell.value
    text: str = Unusable(f"cannot be written as a text; {_AS_TEXT}")
    match value:
        case None:
            text = ""
        case str():
            text = Unusable("is an error of the spreadsheet, such as #N/A") if cell.data_type == _ERROR else value
        case bool():
            text = Unusable(f"is TRUE or FALSE; {_AS_TEXT}")
        case int() | float():
            text = _number(value, cell.number_format)
        case datetime():
            text = value.date().isoformat() if value.time() == time() else f"{value:%Y-%m-%d %H:%M}"
        case time():
            text = f"{value:%H:%M}"
    return text


def _number(value: float, number_format: str) -> str:
    """Write an integer whole, however the spreadsheet stores it; refuse what would not read as in the spreadsheet."""
    if "%" in number_format:
        return Unusable(f"is a percentage; {_AS_TEXT}")
    if value != value // 1:
        return Unusable(f"looks like a decimal number; {_AS_TEXT}")
    if abs(value) >= _MOST_EXACT:
        return Unusable(f"has more digits than a spreadsheet keeps; {_AS_TEXT}")
    return str(int(value))
