"""CSV as spreadsheets write it, and what is no CSV with the line that it is not."""

from pathlib import Path

import pytest

from rtsms.fault import Fault
from rtsms.sheet import Row, Sheet


def _sheet(tmp_path: Path, octets: bytes, **options: str) -> Sheet:
    file = tmp_path / "clientes.csv"
    file.write_bytes(octets)
    return Sheet.open(file, **options)


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
def test_a_file_is_read_as_it_was_written(tmp_path: Path, octets: bytes, options: dict[str, str]) -> None:
    """The delimiter is found out."""
    sheet = _sheet(tmp_path, octets, **options)
    assert sheet.columns == ("número", "nombre")
    assert [row.fields for row in sheet.rows()] == [["1", "Peña"]]


def test_a_row_has_the_line_that_it_begins_in(tmp_path: Path) -> None:
    """Also after a field of several lines."""
    sheet = _sheet(tmp_path, b'a,b\n1,"x\ny"\n\n2,"say ""hi"""\n')
    assert list(sheet.rows()) == [Row(2, ["1", "x\ny"]), Row(5, ["2", 'say "hi"'])]


@pytest.mark.parametrize(
    ("octets", "told"),
    [
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        (b"a,b,a\n", "two columns are called 'a'"),
        (b"a,b\n1,\xf1\n", "line 2: its characters are no UTF-8"),
        ("a,b\n1,2\n".encode("utf-16"), "line 1: its characters are UTF-16"),
        (b'a,b\n1,2\n3,"x\n4,5\n', "line 3: it cannot be read as CSV"),
        (b'a,b\n1,"x"y\n', "line 2: it cannot be read as CSV"),
        (b"a,b\r1,2\r", "line 1: a carriage return stands alone"),
    ],
    ids=["empty", "blank", "twice", "latin", "utf-16", "open-quote", "text-after-quote", "old-mac"],
)
def test_what_cannot_be_read_is_told_with_its_line(tmp_path: Path, octets: bytes, told: str) -> None:
    """And what to do."""
    with pytest.raises(Fault, match=told):
        list(_sheet(tmp_path, octets).rows())
