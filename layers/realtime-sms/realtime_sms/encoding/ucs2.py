"""UCS-2 as phones read it: UTF-16 code units, high octet first, with surrogate pairs (3GPP TS 23.038 §6.2.3)."""

import codecs
import re
from unicodedata import category

from realtime_sms.encoding.gsm7 import DecodeError, Offender, Unencodable

_ESCAPE = "\x1b"
MOST_MARKS = 30  # combining marks in a row: the bound of Unicode's stream-safe text format (UAX #15, §13)

# Controls that break no line (the escape of GSM 03.38 is one). At the beginning, U+FFFE: a byte order mark read in the
# wrong order.
_REFUSED = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]|\\A\ufffe")
# Everything but blocks without controls and marks: most texts need no closer look.
_SUSPECT = re.compile(
    "[^\t-\r -~\x85\xa0-\u02ff\u0370-\u0482\u048a-\u0590\u1e00-\u20cf\u2100-\u2cee\u2e80-\u3029\u30a0-\ua66e"
    "\uac00-\ufb1d\U0001f000-\U0001faff]"
)
_CROWD = re.compile(_SUSPECT.pattern + f"{{{MOST_MARKS + 1},}}")
_OTHER_ORDER = b"\xff\xfe"


class LoneSurrogateError(ValueError):
    """Half of a surrogate pair without the other: no character; `position` is its index in code points."""

    def __init__(self, offender: Offender) -> None:
        self.position = offender.position
        super().__init__(f"{offender} is half of a surrogate pair")


class TooManyMarksError(ValueError):
    """More combining marks in a row than any script needs; `position` is the index of the first of them."""

    def __init__(self, position: int) -> None:
        self.position = position
        super().__init__(f"more than {MOST_MARKS} combining marks in a row, the first at {position}; leave some out")


def octets(text: str) -> bytes:
    """Write a text as UTF-16BE, two octets a code unit.

    Raises LoneSurrogateError for half a pair, and Unencodable for U+001B, which is the escape code of GSM 03.38 and
    never a character of a message.
    """
    lone = None
    try:
        encoded, _ = codecs.utf_16_be_encode(text)  # str.encode would look the codec up, for twice the time
    except UnicodeEncodeError as error:
        lone = Offender(error.start, text[error.start])
    # Raised out here, so that the codec's error, which holds the whole text, is not its context.
    if lone is not None:
        raise LoneSurrogateError(lone)
    if _ESCAPE in text:
        raise Unencodable("an SMS", [Offender(*place) for place in enumerate(text) if place[1] == _ESCAPE])
    return encoded


def check(text: str) -> None:
    """Refuse what no phone shows as text.

    Raises Unencodable for controls that break no line, and for U+FFFE at the beginning;
    TooManyMarksError.
    """
    if not _SUSPECT.search(text):
        return
    if refused := [Offender(found.start(), found[0]) for found in _REFUSED.finditer(text)]:
        raise Unencodable("an SMS", refused)
    if (position := _crowd(text)) is not None:
        raise TooManyMarksError(position)


def characters(units: bytes) -> str:
    """Read UTF-16BE back into characters.

    Raises DecodeError, with a position in code units, for half a unit and for what `octets` and `check` refuse.
    """
    if units.startswith(_OTHER_ORDER):
        raise DecodeError("begins with a byte order mark of the other order: write the high octet first; found", 0)
    try:
        text, wrong = units.decode("utf-16-be"), None
    except UnicodeDecodeError as error:
        text, wrong = "", error.start // 2
    if wrong is not None:
        raise DecodeError("half of a surrogate pair", wrong)
    if refused := _REFUSED.search(text):
        what = f"U+{ord(refused[0]):04X}, which is no character of a text,"
        raise DecodeError(what, _units_before(text, refused.start()))
    if (crowd := _crowd(text)) is not None:
        raise DecodeError(f"more than {MOST_MARKS} combining marks in a row, the first", _units_before(text, crowd))
    return text


def _crowd(text: str) -> int | None:
    """Find the first of too many combining marks in a row."""
    for found in _CROWD.finditer(text):
        marks = 0
        for position, character in enumerate(found[0], found.start()):
            marks = marks + 1 if category(character)[0] == "M" else 0
            if marks > MOST_MARKS:
                return position - MOST_MARKS
    return None


def _units_before(text: str, position: int) -> int:
    return len(text[:position].encode("utf-16-be")) // 2
