"""Open the file of a campaign, whatever program wrote it."""

from pathlib import Path

from rtsms.bulk.columns import clean_name
from rtsms.bulk.csv_file import CsvFile
from rtsms.bulk.sheet import Sheet, Source
from rtsms.bulk.xlsx_file import XlsxFile, check_mark


def open_file(
    path: Path, *, encoding: str = "utf-8", delimiter: str | None = None, to_column: str | None = None
) -> Sheet:
    """Read the names of the columns; raise a `CommandError` if there are none.

    `encoding` and `delimiter` are those of a CSV file. `to_column` has the numbers: it tells the column names from a
    title above them.
    """
    with path.open("rb") as file:
        start = file.read(4)
    wanted = None if to_column is None else clean_name(to_column)
    is_workbook = check_mark(start)
    source: Source = XlsxFile.open(path) if is_workbook else CsvFile.open(path, encoding, delimiter, wanted)
    return Sheet.read(path, source, wanted)
