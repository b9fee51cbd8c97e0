"""The encodings of a CSV file, and how to notice that a file has another encoding than the given one.

Every file can be read as CP1252 or Latin-1, and nearly every one as CP850 or Mac Roman, but the text may be wrong.
"""

import re

from rtsms.errors import CommandError, Exit

UTF_8, UTF_16 = "utf-8", "utf-16"
ENCODINGS = (UTF_8, UTF_16, "cp1252", "latin-1", "cp850", "mac-roman")
_OF_ONE_BYTE = ("cp1252", "cp850", "mac-roman")
_USUAL = frozenset("áéíóúüñÁÉÍÓÚÜÑ¿¡ºª°€")
# What the accents of CP850 and Mac Roman become in CP1252, at places in a word where nobody writes such a character.
_IMPLAUSIBLE = re.compile(
    "(?<=[^\\W\\d_])[¢£¤¥\u2021\u201e\u201a\u2020](?!\\d)"  # a currency sign, dagger or low quote behind a letter
    "|(?<=[a-z])[¡\u2013\u2014\xa0](?=[a-z])"  # a dash or hard space within small letters: Mu-oz
    "|(?<=[A-Za-z])œ(?![uil])|(?<=[a-z])[ŽŸƒ]"  # JosŽ, Jesœs
    "|(?<=[a-z][a-z])\u2019(?!(?:s|t|d|m|re|ll|ve)\\b)(?=[a-z])"  # Garc'a, but not Levi's
    "|(?<=[A-Z])[êîòàµƒ](?=[A-Z])"  # GARCêA, RAMàN
    "|[\x80-\x9f]"  # in Latin-1
)
_SAVE = "save the file as CSV UTF-8, or as .xlsx"


def check_plausible(number: int, line: bytes, text: str, encoding: str) -> None:
    """Raise a `CommandError` if this line, which could be decoded, is in another encoding."""
    if encoding == UTF_8 or line.isascii():
        return
    if _is_utf_8(line):
        raise wrong_encoding(number, f"it is UTF-8, not {encoding.upper()}", to_do="leave out --file-encoding")
    if encoding in {"cp1252", "latin-1"} and _IMPLAUSIBLE.search(text):
        raise wrong_encoding(number, f"it does not look like {encoding.upper()}", line)


def wrong_encoding(number: int, what: str, line: bytes = b"", *, to_do: str = "") -> CommandError:
    """Return the error; its advice is the encoding in which this line has the most usual letters."""
    likely = max(_OF_ONE_BYTE, key=lambda encoding: _fitness(line, encoding))
    to_do = to_do or f"{_SAVE}; or pass its encoding, which may be --file-encoding {likely}"
    return CommandError(Exit.USAGE, f"FILE, line {number}", what, to_do=to_do)


def _fitness(line: bytes, encoding: str) -> int:
    text = line.decode(encoding, "replace")
    implausible = encoding == "cp1252" and bool(_IMPLAUSIBLE.search(text))
    return sum(1 if char in _USUAL else -1 for char in text if not char.isascii()) - 2 * implausible


def _is_utf_8(line: bytes) -> bool:
    try:
        line.decode(UTF_8)
    except UnicodeDecodeError:
        return False
    return True
