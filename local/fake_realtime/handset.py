"""What the network makes of a text: what a phone shows, in how many segments, on whose network."""

import re
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Final

from realtime_sms import decode, split

# The vendor's side of the contract has its own copy of the numbers: it must not follow a client's mistake.
_RAW_CHARSETS: Final = frozenset({0, 1})
_HEXADECIMAL: Final = 6
_ONE_UNIT: Final = re.compile(r"[\u0000-\uffff]")
_OUTSIDE_GSM: Final = "\u0101"


@dataclass(frozen=True, slots=True)
class Operator:
    """A mobile network, as the vendor names it."""

    id: str
    name: str
    mcc: str
    mnc: str

    def as_json(self) -> dict[str, str]:
        """Give the vendor's operator structure."""
        return asdict(self)


# The first is the vendor's own example; the other ids are made up.
_CHILEAN: Final = (
    Operator("188", "Entel Pcs", "730", "10"),
    Operator("189", "Movistar", "730", "02"),
    Operator("190", "Claro", "730", "03"),
    Operator("191", "WOM", "730", "09"),
)
_ELSEWHERE: Final = Operator("999", "Test network", "001", "01")


def show(wire_text: str, charset: int) -> str:
    """Give the text that a phone shows for what was on the wire; ValueError if that is not the charset's wire form.

    Under charsets 0 and 1 the vendor sends what the alphabet lacks as `?`; the mangling is shown, not refused.
    """
    try:
        return decode(wire_text, charset)
    except ValueError:
        if charset not in _RAW_CHARSETS:
            raise
    return "".join(_show_character(character, charset) for character in wire_text)


def _show_character(character: str, charset: int) -> str:
    try:
        return decode(character, charset)
    except ValueError:
        return "?"


def count_segments(text: str, charset: int) -> int:
    """Count the segments billed for a text shown: under charset 6 in UCS-2, even if GSM would do."""
    return len(split(_as_billed(text, charset)))


def cut(text: str, charset: int) -> list[str]:
    """Cut a text shown into the segments billed."""
    characters = iter(text)
    return ["".join(islice(characters, len(segment))) for segment in split(_as_billed(text, charset))]


def _as_billed(text: str, charset: int) -> str:
    # The sizes alone matter: with characters of one unit replaced by one outside GSM, the text is cut as UCS-2.
    return _ONE_UNIT.sub(_OUTSIDE_GSM, text) if charset == _HEXADECIMAL else text


def operator_of(recipient: str) -> Operator:
    """Give the network of a number in E.164: always the same for the same number."""
    if not recipient.startswith("+56"):
        return _ELSEWHERE
    return _CHILEAN[int(recipient[1:]) % len(_CHILEAN)]
