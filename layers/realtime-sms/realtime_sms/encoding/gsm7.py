"""The GSM 7-bit default alphabet and its extension table: 3GPP TS 23.038 §6.2.1 and §6.2.1.1.

A character of the extension table is an escape and a code: two septets. National shift tables are not used.
"""

import codecs
import re
from collections.abc import Sequence
from typing import NamedTuple

# Sixteen codes a row, in code order; 0x1B is the escape, which is no character.
DEFAULT = (
    "@£$¥èéùìòÇ\nØø\rÅå"
    "Δ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ"
    " !\"#¤%&'()*+,-./"
    "0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNO"
    "PQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmno"
    "pqrstuvwxyzäöñüà"
)
EXTENSION = dict(zip(b"\x0a\x14\x28\x29\x2f\x3c\x3d\x3e\x40\x65", "\f^{}\\[~]|€", strict=True))
ESCAPE = 0x1B

OCTETS = {character: bytes([code]) for code, character in enumerate(DEFAULT) if code != ESCAPE} | {
    character: bytes([ESCAPE, code]) for code, character in EXTENSION.items()
}
"""Each character of the repertoire with its GSM codes."""

# Inside this package a text has one octet a character, so that C-level operations can work on it: the code, with the
# high bit set where the extension table is meant. 0xFF is no such code.
_MARK = 0x80
_OUTSIDE = 0xFF
_UNDEFINED = "\ufffe"
_MARKED = {character: octets[-1] | _MARK if octets[0] == ESCAPE else octets[0] for character, octets in OCTETS.items()}
_CHARACTERS = {code: character for character, code in _MARKED.items()}
_FROM_LATIN = bytes(_MARKED.get(chr(octet), _OUTSIDE) for octet in range(256))
_TO_UNICODE = "".join(_CHARACTERS.get(code, _UNDEFINED) for code in range(256))

# CPython builds its fast three-level map only when 0 means U+0000, so the at sign has a stand-in.
_AT = b"\x80"
_FROM_UNICODE = codecs.charmap_build("\0" + _TO_UNICODE[1:_MARK] + "@" + _TO_UNICODE[_MARK + 1 :])

OUTSIDE = re.compile(f"[^{re.escape(''.join(OCTETS))}]")
"""Matches one character that GSM 03.38 lacks."""

_NAMED_AT_MOST = 10


class Offender(NamedTuple):
    """A character that cannot be carried, and its index in the given text, in code points."""

    position: int
    character: str

    def __str__(self) -> str:
        return f"U+{ord(self.character):04X} at {self.position}"


class Unencodable(ValueError):  # noqa: N818 - others catch it by this name
    """Characters that cannot be sent as asked.

    `offenders` has all of them; the message names the first ten, so that no log gets to hold a whole text.
    """

    def __init__(self, carrier: str, offenders: Sequence[Offender]) -> None:
        self.offenders = tuple(offenders)
        named = ", ".join(map(str, self.offenders[:_NAMED_AT_MOST]))
        more = len(self.offenders) - _NAMED_AT_MOST
        super().__init__(f"{carrier} cannot carry {named}" + (f" and {more} more" if more > 0 else ""))


class DecodeError(ValueError):
    """Something in a wire form that stands for no character; `position` is its index there."""

    def __init__(self, what: str, position: int) -> None:
        self.what = what
        self.position = position
        super().__init__(f"{what} at {position}")


def marked(text: str) -> bytes | None:
    """Return each character's code, an octet with the high bit set for the extension table; None if not all are GSM."""
    latin = text.encode("latin-1", "ignore")
    if len(latin) == len(text):
        codes = latin.translate(_FROM_LATIN)
        return None if _OUTSIDE in codes else codes
    codes, _ = codecs.charmap_encode(text, "ignore", _FROM_UNICODE)
    if len(codes) < len(text) or 0 in codes:
        return None
    return codes.replace(_AT, b"\0")


def characters(octets: bytes) -> str:
    """Read GSM codes, one octet a septet, back into characters.

    Raises DecodeError for a code over 0x7F, a code the extension table lacks, and an escape with nothing behind it.
    """
    if not octets.isascii():
        position = next(index for index, octet in enumerate(octets) if octet >= _MARK)
        raise DecodeError("a code outside GSM 03.38", position)
    codes = re.sub(rb"\x1b(.?)", _mark, octets, flags=re.DOTALL)
    return codecs.charmap_decode(codes, "strict", _TO_UNICODE)[0]


def _mark(escape: re.Match[bytes]) -> bytes:
    if not escape[1]:
        raise DecodeError("an escape with nothing behind it", escape.start())
    if escape[1][0] not in EXTENSION:
        raise DecodeError("an escape to a code the extension table lacks", escape.start())
    return bytes([escape[1][0] | _MARK])


def offenders(text: str) -> list[Offender]:
    """List the characters of a text that GSM 03.38 lacks."""
    return [Offender(*place) for place in enumerate(text) if place[1] not in OCTETS]
