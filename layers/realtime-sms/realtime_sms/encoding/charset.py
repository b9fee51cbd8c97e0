"""The wire forms of a text at RealTime, by the vendor's charset numbers, both ways (RealTime SMS API v2, *Send SMS*).

0 and 1 carry the characters themselves, 6 UTF-16BE in hexadecimal, 8 percent-encoded GSM 03.38 codes.
"""

import re
from binascii import unhexlify
from itertools import islice
from string import ascii_letters, digits

from realtime_sms.encoding import gsm7, ucs2
from realtime_sms.encoding.gsm7 import DecodeError, Offender

AUTOMATIC = 0
ASCII = 1
HEXADECIMAL = 6
LATIN = 8
CHARSETS = (AUTOMATIC, ASCII, HEXADECIMAL, LATIN)

# Only characters whose GSM code is their ASCII code, and of those only what no percent-decoder takes for anything else:
# not `+`, which is a space to some.
_LITERAL = frozenset(ascii_letters + digits + "-.")
_PERCENT_ENCODED = {
    character: character if character in _LITERAL else "".join(f"%{octet:02X}" for octet in octets)
    for character, octets in gsm7.OCTETS.items()
}
_DIGITS = re.compile(r"[0-9A-Fa-f]*")
_DIGITS_A_UNIT = 4
_BAD_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_CODE = re.compile(r"%(..)|.", re.DOTALL)


def known(charset: int | None) -> int:
    """Return the charset's number, 0 for none; raises ValueError for one that RealTime does not have."""
    if charset is None:
        return AUTOMATIC
    if charset not in CHARSETS:
        raise ValueError(f"charset {charset!r} is none of RealTime's: 0, 1, 6 or 8")
    return charset


def outside(text: str, charset: int) -> list[Offender]:
    """List what a charset cannot carry.

    0 and 8 carry GSM 03.38; 1 what both ASCII and GSM 03.38 have, at whatever code; 6 every character.
    """
    if charset == HEXADECIMAL:
        return []
    if charset == ASCII:
        return [Offender(*place) for place in enumerate(text) if not (place[1].isascii() and place[1] in gsm7.OCTETS)]
    return gsm7.offenders(text)


def percent_encoded(text: str) -> str:
    """Write a text of GSM characters in the form of charset 8, in capital hexadecimal digits.

    Letters, digits, `-` and `.` stay as they are; all else is written by code, `%` (25) and `@` (00) among them.
    """
    return "".join(map(_PERCENT_ENCODED.__getitem__, text))


def decode(wire_text: str, charset: int | None) -> str:
    """Read a text in wire form, as a phone would show it: the inverse of `encode`, and as strict.

    Hexadecimal digits may be small or capital. In charset 8 a character that stands for itself is its ASCII code read
    as a GSM code, so a literal `_` is `§`. Raises DecodeError, a ValueError that says what stands for no character and
    at which index of `wire_text`, and ValueError for an unknown charset.
    """
    charset = known(charset)
    if charset == HEXADECIMAL:
        return _from_hexadecimal(wire_text)
    if charset == LATIN:
        return _from_percent_encoded(wire_text)
    for offender in outside(wire_text, charset):
        raise DecodeError(f"charset {charset} has no U+{ord(offender.character):04X}, found", offender.position)
    return wire_text


def _from_hexadecimal(wire_text: str) -> str:
    matched = _DIGITS.match(wire_text)
    found = matched.end() if matched else 0
    if found < len(wire_text):
        raise DecodeError("no hexadecimal digit", found)
    if cut := found % _DIGITS_A_UNIT:
        raise DecodeError("a code unit of fewer than four digits", found - cut)
    try:
        return ucs2.characters(unhexlify(wire_text))
    except DecodeError as error:
        raise DecodeError(error.what, error.position * _DIGITS_A_UNIT) from None


def _from_percent_encoded(wire_text: str) -> str:
    if not wire_text.isascii():
        raise DecodeError("no ASCII", next(index for index, char in enumerate(wire_text) if not char.isascii()))
    if bad := _BAD_PERCENT.search(wire_text):
        raise DecodeError("a percent sign without two hexadecimal digits", bad.start())
    octets = bytes(int(code[1], 16) if code[1] else ord(code[0]) for code in _CODE.finditer(wire_text))
    try:
        return gsm7.characters(octets)
    except DecodeError as error:
        place = next(islice(_CODE.finditer(wire_text), error.position, None)).start()
        raise DecodeError(error.what, place) from None
