"""An encoded text as a phone shows it."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from realtime_sms.encoding.charset import decode
from realtime_sms.encoding.gsm7 import Offender
from realtime_sms.encoding.segment import GSM7, UCS2, split, units_left
from realtime_sms.encoding.text import EncodedText


class Shown(NamedTuple):
    """The text, its segments, and how many units still fit into the last one: septets or UTF-16 code units."""

    text: str
    parts: list[str]
    units_left: int


def shown(encoded: EncodedText) -> Shown:
    """Return an encoded text as a phone shows it."""
    text = decode(encoded.text, encoded.charset)
    alphabet = UCS2 if encoded.alphabet == "ucs2" else GSM7
    parts = split(text, alphabet)
    return Shown(text, parts, units_left(parts, alphabet))


def forcing(offenders: Iterable[Offender]) -> Iterator[Any]:
    """Yield the characters that force Unicode (`forced_by`) as the API and the command show them."""
    for one in offenders:
        yield {"character": one.character, "codePoint": f"U+{ord(one.character):04X}", "position": one.position}
