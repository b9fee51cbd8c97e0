"""The names of a file's columns: which one has the numbers, and how an error names a column.

A file without column names has numbers and texts where they should be. So an error quotes a name only if it consists of
words that usually name a column, and gives the place of any other.
"""

import re
import unicodedata
from collections.abc import Sequence

from rtsms.errors import CommandError, Exit

_PHONES = """
    phone phones telephone mobile cell cellphone cellular smartphone telefono telefonos tel fono fonos celular celulares
    cel movil moviles msisdn whatsapp wsp wasap gsm telefone telemovel
"""
_ALONE = "number numbers numero numeros nro num recipient recipients destinatario destinatarios to"
_BESIDE = "number numero nro num no n de del la el cliente client contacto contact principal personal"
_USUAL = """
    a address alumno amount apellido apellidos asunto boleta b c cargo centro city ciudad code codigo comentario company
    comuna correo country cuota cupon curso date day descuento deuda dia direccion dni doctor edad email empresa enlace
    especialidad estado factura fecha first folio genero guia hora id invoice key last link mail materno medico mensaje
    mes message monto month name nombre nombres nota notas observacion order orden pais paterno patente pedido plan
    precio price product producto region rut saldo servicio sexo shop status store sucursal surname text texto tienda
    time total tracking url valor vencimiento vendedor x y
"""
_PHONE_WORDS = frozenset(_PHONES.split())
_WORDS_BESIDE = frozenset(_BESIDE.split())
_WORDS_ALONE = frozenset(_ALONE.split())  # "numero" is a phone, "numero cliente" is none
_KNOWN = _PHONE_WORDS | _WORDS_ALONE | _WORDS_BESIDE | frozenset(_USUAL.split())
_DIGIT = re.compile(r"[0-9]")


def clean_name(written: str) -> str:
    """Return a column's name as it is compared: composed, without invisible characters and spaces at its ends."""
    visible = "".join(char for char in unicodedata.normalize("NFC", written) if unicodedata.category(char) != "Cf")
    return " ".join(visible.split())


def is_number_column(name: str) -> bool:
    """Return True if a column of this name usually has phone numbers: `Celular 1`, `Teléfono Móvil`, `numero`."""
    words = {word for word in _words(name) if not _DIGIT.fullmatch(word)}
    named = bool(words & _PHONE_WORDS) and words <= _PHONE_WORDS | _WORDS_BESIDE
    return named or (len(words) == 1 and words <= _WORDS_ALONE)


def number_column(columns: Sequence[str]) -> str:
    """Find the one column of numbers by its name; raise a `CommandError` if there is none, or several."""
    found = [column for column in columns if is_number_column(column)]
    if len(found) != 1:
        what = f"cannot tell which column has the numbers; the columns are {quote_columns(columns)}"
        raise CommandError(Exit.USAGE, "FILE", what, to_do="pass --to-column")
    return found[0]


def quote_name(name: str) -> str:
    """Return a name that somebody gave in quotes if it usually names a column, or else its length."""
    return f"'{name}'" if _is_known(name) else f"a name of {len(name)} characters"


def quote_columns(columns: Sequence[str]) -> str:
    """Return the names of all columns, with the places of those that may not be quoted."""
    return ", ".join(
        f"'{name}'" if _is_known(name) else f"column {place} ({len(name)} characters)"
        for place, name in enumerate(columns, 1)
        if name
    )


def label(name: str, columns: Sequence[str]) -> str:
    """Return how an error about a row names a column."""
    return name if _is_known(name) else f"column {columns.index(name) + 1}"


def _is_known(name: str) -> bool:
    words = _words(name)
    return bool(words) and all(word in _KNOWN or _DIGIT.fullmatch(word) for word in words)


def _words(name: str) -> list[str]:
    """Split a name into words, in small letters and without accents; `phoneNumber` has two, `WhatsApp` is one."""
    plain = "".join(char for char in unicodedata.normalize("NFKD", name) if not unicodedata.combining(char))
    return [part for word in re.findall(r"[^\W_]+", plain) for part in _parts(word)]


def _parts(word: str) -> list[str]:
    whole = word.casefold()
    return [whole] if whole in _KNOWN else re.sub(r"(?<=[a-z])(?=[A-Z])", " ", word).casefold().split()
