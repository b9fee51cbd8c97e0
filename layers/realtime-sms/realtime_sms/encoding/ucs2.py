"""UCS-2 as phones read it: UTF-16 code units, high octet first, with surrogate pairs (3GPP TS 23.038 §6.2.3)."""

import codecs

from realtime_sms.encoding.gsm7 import DecodeError, Offender, Unencodable

_ESCAPE = "\x1b"


class LoneSurrogateError(ValueError):
    """Half of a surrogate pair without the other: no character; `position` is its index in code points."""

    def __init__(self, offender: Offender) -> None:
        self.position = offender.position
        super().__init__(f"{offender} is half of a surrogate pair")


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


def characters(units: bytes) -> str:
    """Read UTF-16BE back into characters.

    Raises DecodeError, with a position in code units, for half a unit, half a surrogate pair, and U+001B.
    """
    try:
        text, wrong = units.decode("utf-16-be"), None
    except UnicodeDecodeError as error:
        text, wrong = "", error.start // 2
    if wrong is not None:
        raise DecodeError("half of a surrogate pair", wrong)
    if _ESCAPE in text:
        raise DecodeError("U+001B, which is no character,", len(text.partition(_ESCAPE)[0].encode("utf-16-be")) // 2)
    return text
