"""Workbooks as Excel writes them: the first sheet, each cell as the text that somebody sees."""

import zipfile
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from realtime_sms.requests.prepare import Defaults
from rtsms.bulk.mail_merge import MailMerge
from rtsms.bulk.open_file import open_file
from rtsms.bulk.sheet import Unusable
from rtsms.bulk.template import Template
from rtsms.bulk.validation import ValidatedFile, validate
from rtsms.errors import CommandError
from tests.cli.fakes import import_openpyxl

openpyxl = import_openpyxl()

type Cells = Sequence[Sequence[Any]]


def _write(tmp_path: Path, cells: Cells, change: Callable[[Any], object] = lambda _book: None) -> Path:
    file = tmp_path / "clientes.xlsx"
    workbook = openpyxl.Workbook()
    for row in cells:
        workbook.active.append(row)
    change(workbook)
    workbook.save(file)
    return file


def _read(tmp_path: Path, cells: Cells) -> list[list[str]]:
    return [row.fields for row in open_file(_write(tmp_path, cells)).rows()]


def test_a_cell_is_the_text_that_somebody_sees(tmp_path: Path) -> None:
    """Whatever type a spreadsheet has given it."""
    cells: Cells = [
        ["numero", "a", "b"],
        [912345678, "Peña", "+56912345678"],
        [912345678.0, date(2026, 5, 31), datetime.fromisoformat("2026-05-31T14:30:00")],
        [5.6912345678e10, datetime.fromisoformat("2026-05-31T00:00:00"), time(9, 5)],
        ["912345678", None, " "],
    ]
    assert _read(tmp_path, cells) == [
        ["912345678", "Peña", "+56912345678"],
        ["912345678", "2026-05-31", "2026-05-31 14:30"],
        ["56912345678", "2026-05-31", "09:05"],
        ["912345678", "", " "],
    ]


@pytest.mark.parametrize(
    ("value", "number_format", "told"),
    [
        (912345678.5, "General", "looks like a decimal number; format the column as text"),
        (0.5, "0%", "is a percentage"),
        (1, "0%", "is a percentage"),
        (1234567890123456, "General", "has more digits than a spreadsheet keeps"),
        (True, "General", "is TRUE or FALSE"),
        (timedelta(hours=30), "[h]:mm", "cannot be written as a text"),
        ("#N/A", "General", "is an error of the spreadsheet"),
    ],
    ids=["decimal", "percentage", "whole-percentage", "digits", "bool", "duration", "error"],
)
def test_a_cell_that_would_not_read_as_in_the_spreadsheet_is_refused(
    tmp_path: Path, value: object, number_format: str, told: str
) -> None:
    """Only where it is needed, and without its value."""

    def change(workbook: Any) -> None:  # noqa: ANN401 (openpyxl has no types)
        workbook.active["B2"] = value
        workbook.active["B2"].number_format = number_format

    sheet = open_file(_write(tmp_path, [["numero", "saldo"], [912345678, None], [913333333, "x"]], change))
    (first, _) = sheet.rows()
    assert isinstance(first.fields[1], Unusable)
    for text, bad in [("Hola {{saldo}}", [f"saldo: {first.fields[1]}"]), ("Hola", [])]:
        merge = MailMerge(Template(text), sheet.columns, "numero", None, {"sender": "1"}, Defaults())
        assert [one.why for one in validate(sheet, merge, ValidatedFile())] == bad
    assert told in first.fields[1]


def test_titles_blank_rows_and_short_rows_are_no_problem(tmp_path: Path) -> None:
    """A row keeps its line; its last cells may be missing."""
    cells: Cells = [
        ["Clientes de mayo"],
        [],
        [None, "Celular", "Nombre", "Nota", None],
        [None, 1, "Ana"],
        [],
        [None, 2],
    ]
    opened = open_file(_write(tmp_path, cells))
    assert opened.columns == ("", "Celular", "Nombre", "Nota")
    assert opened.notes == ("the columns are named in line 3; what is above it is left out",)
    assert list(opened.rows()) == [(4, ["", "1", "Ana", ""]), (6, ["", "2", "", ""])]


def test_only_the_first_sheet_is_read_and_that_is_said(tmp_path: Path) -> None:
    """The others may be of anything."""
    cells: Cells = [["numero"], [1]]
    opened = open_file(_write(tmp_path, cells, lambda workbook: workbook.create_sheet("otra").append(["numero", 2])))
    assert [row.fields for row in opened.rows()] == [["1"]]
    assert opened.notes == ("the workbook has 2 sheets; only the first one is read",)


def test_wrong_dimensions_hide_no_cell(tmp_path: Path) -> None:
    """Some programs write A1 whatever the sheet has."""
    good, wrong = _write(tmp_path, [["numero", "nombre"], [1, "Ana"]]), tmp_path / "wrong.xlsx"
    with zipfile.ZipFile(good) as source, zipfile.ZipFile(wrong, "w") as target:
        for name in source.namelist():
            target.writestr(name, source.read(name).replace(b'ref="A1:B2"', b'ref="A1"'))
    assert [row.fields for row in open_file(wrong).rows()] == [["1", "Ana"]]


def _zip_of_something_else(file: Path) -> None:
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")


@pytest.mark.parametrize(
    ("write", "told"),
    [
        (lambda file: file.write_bytes(b"PK\x03\x04canary"), "cannot be read as an Excel workbook"),
        (_zip_of_something_else, "cannot be read as an Excel workbook"),
        (lambda file: file.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), "an old workbook"),
    ],
    ids=["cut", "opendocument", "xls"],
)
def test_another_file_is_refused_with_what_to_do(tmp_path: Path, write: Callable[[Path], object], told: str) -> None:
    """The library's own words are not passed on."""
    file = tmp_path / "clientes.xlsx"
    write(file)
    with pytest.raises(CommandError, match=told) as refused:
        open_file(file)
    assert "save it as .xlsx" in refused.value.to_do


def test_the_same_cells_are_the_same_campaign(tmp_path: Path) -> None:
    """A workbook that is saved again has other bytes."""
    prints = []
    for number in (912345678, 912345678.0, 912345679):
        sheet, validated = open_file(_write(tmp_path, [["numero"], [number]])), ValidatedFile()
        merge = MailMerge(Template("Hola"), sheet.columns, "numero", None, {"sender": "1"}, Defaults())
        assert not list(validate(sheet, merge, validated))
        prints.append(validated.fingerprint)
    assert prints[0] == prints[1] != prints[2]
