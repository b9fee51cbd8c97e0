"""CSV files as spreadsheets write them; the error for another file names the line."""

from pathlib import Path

import pytest

from rtsms.bulk.open_file import open_file
from rtsms.bulk.sheet import Row, Sheet
from rtsms.errors import CommandError


def _csv_file(tmp_path: Path, octets: bytes, **options: str) -> Sheet:
    file = tmp_path / "clientes.csv"
    file.write_bytes(octets)
    return open_file(file, **options)


@pytest.mark.parametrize(
    ("octets", "options"),
    [
        ("número,nombre\n1,Peña\n".encode(), {}),
        ("número;nombre\r\n1;Peña\r\n".encode(), {}),
        ("\ufeffnúmero\tnombre\n1\tPeña".encode(), {}),
        ("número;nombre\n1;Peña\n".encode("cp1252"), {"encoding": "cp1252"}),
        ("\n número | nombre \n\n1|Peña\n\n".encode(), {"delimiter": "|"}),
        ('"número","nombre"\n"1","Peña"\n'.encode(), {}),
    ],
    ids=["plain", "semicolons-crlf", "bom-tabs-no-end", "cp1252", "blank-lines", "quoted"],
)
def test_the_files_of_several_spreadsheets_are_read(tmp_path: Path, octets: bytes, options: dict[str, str]) -> None:
    """The delimiter is detected."""
    opened = _csv_file(tmp_path, octets, **options)
    assert opened.columns == ("número", "nombre")
    assert [row.fields for row in opened.rows()] == [["1", "Peña"]]


def test_a_row_has_the_line_in_which_it_begins(tmp_path: Path) -> None:
    """A field can have several lines."""
    opened = _csv_file(tmp_path, b'a,b\n1,"x\ny"\n\n2,"say ""hi"""\n')
    assert list(opened.rows()) == [Row(2, ["1", "x\ny"]), Row(5, ["2", 'say "hi"'])]


@pytest.mark.parametrize(
    ("octets", "told"),
    [
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        (b"a,b,a\n", "two columns are called 'a'"),
        (b"a,b\n1,\xf1\n", "line 2: it is not UTF-8"),
        (b"\xff\xfea\0,\0b\0\n\0x", "line 2: here or below it is not UTF-16"),
        ("a,b\n1,2\n".encode("utf-16-le"), "line 1: it looks like UTF-16"),
        (b'a,b\n1,2\n3,"x\n4,5\n', "line 3: it cannot be read as CSV"),
        (b'a,b\n1,"x"y\n', "line 2: it cannot be read as CSV"),
        (b"a,b\r1,2\r", "line 1: it has a single carriage return"),
    ],
    ids=[
        "empty",
        "blank",
        "twice",
        "latin",
        "cut-utf-16",
        "utf-16-without-a-mark",
        "open-quote",
        "text-after-quote",
        "old-mac",
    ],
)
def test_an_unreadable_file_is_an_error_with_the_line(tmp_path: Path, octets: bytes, told: str) -> None:
    """The error says what is wrong."""
    with pytest.raises(CommandError, match=told):
        list(_csv_file(tmp_path, octets).rows())
