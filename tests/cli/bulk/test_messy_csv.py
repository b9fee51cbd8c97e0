"""Files as people have them: read as they are meant, or refused with what to do."""

import unicodedata
from pathlib import Path

import pytest

from rtsms.bulk.columns import is_number_column, number_column
from rtsms.bulk.open_file import open_file
from rtsms.bulk.sheet import Sheet
from rtsms.errors import CommandError


def _open(tmp_path: Path, octets: bytes, **options: str) -> Sheet:
    file = tmp_path / "clientes.csv"
    file.write_bytes(octets)
    return open_file(file, **options)


@pytest.mark.parametrize(
    ("octets", "options"),
    [
        ("número,nombre\n1,Peña\n".encode("utf-16"), {}),
        (b"\xfe\xff" + "número,nombre\r\n1,Peña\r\n".encode("utf-16-be"), {}),
        ("número,nombre\n1,Peña\n".encode("utf-16-le"), {"encoding": "utf-16"}),
        ("sep=;\r\nnúmero;nombre\r\n1;Peña\r\n".encode(), {}),
        ("\ufeffsep=|\nnúmero|nombre\n1|Peña\n".encode(), {}),
        ('"sep=;"\nnúmero;nombre\n1;Peña\n'.encode(), {}),
        ("sep=\t\nnúmero\tnombre\n1\tPeña\n".encode("utf-16"), {}),
        ("número;nombre;\n1;Peña;\n".encode(), {}),
        ("número;nombre;;;\n1;Peña\n".encode(), {}),
        ("número;nombre\n1;Peña;;;\n".encode(), {}),
        ("número;nombre\n;\n1;Peña\n; \n;;;;\n".encode(), {}),
        (unicodedata.normalize("NFD", "número;nombre\n1;").encode() + "Peña".encode(), {}),
        ("\u200bnúmero\u00a0; nombre\n1;Peña\n".encode(), {}),
        ("número;nombre\n1;Peña\n".encode("mac-roman"), {"encoding": "mac-roman"}),
        ("número;nombre\n1;Peña\n".encode("cp850"), {"encoding": "cp850"}),
    ],
    ids=[
        "utf-16",
        "utf-16-big-endian",
        "utf-16-without-a-mark",
        "sep",
        "sep-after-a-bom",
        "sep-quoted",
        "sep-tab-utf-16",
        "empty-last-column",
        "empty-last-columns",
        "empty-last-cells",
        "rows-of-delimiters",
        "names-in-nfd",
        "invisible-characters",
        "mac-roman",
        "cp850",
    ],
)
def test_a_messy_file_is_read_as_it_is_meant(tmp_path: Path, octets: bytes, options: dict[str, str]) -> None:
    """Nothing of it has to be corrected by hand, and there is nothing to tell."""
    opened = _open(tmp_path, octets, **options)
    assert opened.columns == ("número", "nombre")
    assert [row.fields for row in opened.rows()] == [["1", "Peña"]]
    assert not opened.notes


@pytest.mark.parametrize(
    ("above", "line"),
    [
        ("Clientes, mayo de 2026\n", 2),
        ("\n\n", 3),
        ("Clientes de mayo;;\n\nVigentes, y con saldo;;\n;;\n", 5),
        ("sep=;\nClientes\n", 3),
    ],
    ids=["title", "blank-lines", "titles-and-blank-lines", "sep-and-title"],
)
def test_what_is_above_the_column_names_is_left_out_and_said(tmp_path: Path, above: str, line: int) -> None:
    """The column names are where the column of numbers is named."""
    opened = _open(tmp_path, f"{above}Celular 1;Nombre\n1;Peña\n".encode())
    assert opened.columns == ("Celular 1", "Nombre")
    assert opened.notes == (f"the columns are named in line {line}; what is above it is left out",)
    assert [(row.line, row.fields) for row in opened.rows()] == [(line + 1, ["1", "Peña"])]


def test_the_named_column_of_numbers_tells_the_column_names_from_a_title(tmp_path: Path) -> None:
    """It has a name that nobody could guess."""
    opened = _open(tmp_path, b"Lista\nContacto;Saldo\n1;2\n", to_column="Contacto")
    assert opened.columns == ("Contacto", "Saldo")


def test_a_delimiter_within_quotation_marks_does_not_count(tmp_path: Path) -> None:
    """More commas than semicolons, all of them in names."""
    opened = _open(tmp_path, b'"Apellido, nombre, trato";Celular\n"Soto, Ana, Sra.";1\n')
    assert opened.columns == ("Apellido, nombre, trato", "Celular")
    assert [row.fields for row in opened.rows()] == [["Soto, Ana, Sra.", "1"]]


@pytest.mark.parametrize("encoding", ["mac-roman", "cp850"])
@pytest.mark.parametrize("read_as", ["utf-8", "cp1252", "latin-1"])
@pytest.mark.parametrize(
    "name",
    [
        "Muñoz",
        "MUÑOZ",
        "García",
        "José",
        "Andrés",
        "Tomás",
        "León",
        "Jesús",
        "Peña",
        "Concepción",
        "año",
        "Ángela Núñez",
    ],
)
def test_another_encoding_is_not_read_in_silence(tmp_path: Path, encoding: str, read_as: str, name: str) -> None:
    """The error names the encoding that it is, and the line."""
    octets = f"numero;nombre\n1;Ana\n2;{name}\n".encode(encoding)
    with pytest.raises(CommandError, match=r"line 3: it (is not|does not look like) ") as refused:
        list(_open(tmp_path, octets, encoding=read_as).rows())
    assert refused.value.to_do.endswith(f"--file-encoding {encoding}")
    assert name not in refused.value.message


@pytest.mark.parametrize(
    "text",
    [
        "Muñoz Núñez, José Ángel",
        "MUÑOZ GARCÍA",
        "D\u2019Angelo",
        "O\u2019Higgins",
        "Levi\u2019s",
        "Domino\u2019s",
        "\u201coferta\u201d \u2013 hoy",
        "lunes\u2013Viernes",
        "5 \u20ac",
        "N° 4 · 25 ºC · 1ª",
        "¿Qué tal? ¡Hola!",
        "Juan\u00a0Pérez",
        "œuvre, sœur",
        "Façade, François, Ação",
        "US$ 5, £5, 5¢",
    ],
)
def test_a_file_in_the_encoding_that_was_said_is_read(tmp_path: Path, text: str) -> None:
    """Typographic characters at their usual places are no sign of another encoding."""
    opened = _open(tmp_path, f"numero;nombre\n1;{text}\n".encode("cp1252"), encoding="cp1252")
    assert [row.fields[1] for row in opened.rows()] == [text]


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "cp850", "mac-roman"])
def test_utf_8_is_not_read_as_anything_else(tmp_path: Path, encoding: str) -> None:
    """The error says which option to leave out."""
    with pytest.raises(CommandError, match="line 2: it is UTF-8") as refused:
        list(_open(tmp_path, "numero;nombre\n1;Peña\n".encode(), encoding=encoding).rows())
    assert refused.value.to_do == "leave out --file-encoding"


@pytest.mark.parametrize(
    "name",
    [
        "numero", "Número", "N° Celular", "Nº de teléfono", "Celular 1", "Teléfono Móvil", "TELÉFONO", "whatsapp",
        "fono", "móvil", "Cel.", "cel", "Tel. celular", "phone_number", "phoneNumber", "Mobile Phone", "msisdn", "to",
        "Nro. WhatsApp", "Teléfono (cliente)", unicodedata.normalize("NFD", "Teléfono Móvil"), "destinatario",
    ],
)  # fmt: skip
def test_a_column_of_numbers_is_known_by_many_names(name: str) -> None:
    """Its case, its accents and its punctuation make no difference."""
    assert is_number_column(name)
    assert number_column(["nombre", name, "fecha"]) == name


@pytest.mark.parametrize(
    "name",
    ["Número de cliente", "numero pedido", "nombre", "Teléfono emergencia", "Teléfono fijo", "N°", "total", "", "1"],
)
def test_another_column_is_not_taken_for_the_numbers(name: str) -> None:
    """A number of a customer is no phone number, and a relative's phone is another person's."""
    assert not is_number_column(name)


@pytest.mark.parametrize("columns", [["Celular 1", "Celular 2"], ["nombre", "saldo"]], ids=["two", "none"])
def test_the_column_of_numbers_is_not_guessed(columns: list[str]) -> None:
    """The error asks for the option."""
    with pytest.raises(CommandError, match="cannot tell which column") as refused:
        number_column(columns)
    assert refused.value.to_do == "pass --to-column"
