"""How the network cuts a text into segments: 3GPP TS 23.040 §9.2.3.24, with an 8-bit reference number.

Counts come from packing: an escape or a surrogate that would end a segment moves, with its other half, into the next.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from realtime_sms.encoding import gsm7, ucs2


@dataclass(frozen=True, slots=True)
class Alphabet:
    """Which octets of a packable text begin a pair of units, and how many of them make a unit, and fill a segment."""

    unit: int
    whole: int
    part: int
    leads: bytes


GSM7 = Alphabet(unit=1, whole=160, part=153, leads=b"\xc2\xc3")
UCS2 = Alphabet(unit=2, whole=140, part=134, leads=b"\xd8\xd9\xda\xdb")


def split(text: str, alphabet: Alphabet | None = None) -> list[str]:
    """Cut a text into the segments in which phones get it; none for an empty text.

    160 septets, or 153 each where there are several, if every character is in GSM 03.38; else 70 or 67 UTF-16 code
    units. `alphabet` UCS2 cuts a text of GSM characters so too: it was sent as Unicode. Raises LoneSurrogateError, or
    Unencodable for U+001B.
    """
    codes = None if alphabet is UCS2 else gsm7.marked(text)
    if codes is None:
        octets = ucs2.octets(text)
        return [octets[start:end].decode("utf-16-be") for start, end in pairwise(_cuts(octets, UCS2))]
    septets = weighed(codes)
    lengths = [len(septets[start:end].decode()) for start, end in pairwise(_cuts(septets, GSM7))]
    return [text[end - length : end] for end, length in zip(accumulate(lengths), lengths, strict=True)]


def count(text: str) -> int:
    """Count the segments of a text without making them: always `len(split(text))`."""
    codes = gsm7.marked(text)
    if codes is None:
        return segments(ucs2.octets(text), UCS2, len(text))
    return segments(weighed(codes), GSM7, len(text))


def units_left(parts: Sequence[str], alphabet: Alphabet) -> int:
    """Count the units that still fit into the last of the segments that `split` gave: septets or code units."""
    last = "".join(parts[-1:])
    codes = None if alphabet is UCS2 else gsm7.marked(last)
    octets = ucs2.octets(last) if codes is None else weighed(codes)
    return ((alphabet.part if len(parts) > 1 else alphabet.whole) - len(octets)) // alphabet.unit


def weighed(codes: bytes) -> bytes:
    """Return the marked codes, each as many octets long as it takes septets.

    UTF-8 happens to do just that: one octet for a code without the high bit, two for one with it.
    """
    return codes if codes.isascii() else codes.decode("latin-1").encode()


def segments(packable: bytes, alphabet: Alphabet, characters: int) -> int:
    """Count the segments of weighed GSM codes, or of UTF-16BE, that stand for so many characters."""
    length, part = len(packable), alphabet.part
    if length <= alphabet.whole:
        return 1 if packable else 0
    fewest = -(-length // part)
    # Without a pair every segment but the last is full; with pairs none of them lacks more than one unit. So packing
    # need be gone through only where those units could make one segment more.
    unit = alphabet.unit
    if length == characters * unit or length + (fewest - 1) * unit <= fewest * part:
        return fewest
    return len(_cuts(packable, alphabet)) - 1


def _cuts(packable: bytes, alphabet: Alphabet) -> list[int]:
    """Say where segments begin and end: 0 and every end."""
    length = len(packable)
    if length <= alphabet.whole:
        return [0, length] if length else [0]
    unit, part, leads = alphabet.unit, alphabet.part, alphabet.leads
    cuts, cut = [0], part
    while cut < length:
        if packable[cut - unit] in leads:
            cut -= unit
        cuts.append(cut)
        cut += part
    cuts.append(length)
    return cuts
