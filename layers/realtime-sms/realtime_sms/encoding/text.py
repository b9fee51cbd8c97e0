"""From a text and a wish to what goes on the wire: policy, then charset, then the network's count."""

from typing import Literal, NamedTuple, get_args

from realtime_sms.encoding import charset as charsets
from realtime_sms.encoding import gsm7, segment, ucs2
from realtime_sms.encoding.charset import ASCII, AUTOMATIC, HEXADECIMAL, LATIN
from realtime_sms.encoding.gsm7 import Offender, Unencodable
from realtime_sms.encoding.transliterate import Folded, Replacement, fold, placed

Policy = Literal["auto", "plain", "exact"]
_POLICIES = get_args(Policy)


class EncodedText(NamedTuple):
    """A text ready for RealTime, and what the network will make of it.

    `charset` is RealTime's number and `text` the wire form. `units` counts septets (`gsm7`) or UTF-16 code units
    (`ucs2`), `segments` what is paid for. `replaced` is what transliteration changed, in order. The repr
    tells sizes only.
    """

    charset: int
    text: str
    alphabet: Literal["gsm7", "ucs2"]
    units: int
    segments: int
    replaced: tuple[Replacement, ...] = ()

    @property
    def forced_by(self) -> tuple[Offender, ...]:
        """Each character of the message outside GSM 03.38, with its index, in code points, in the text as given.

        Under `plain` that is what was left after transliteration. It explains and is not sent, so it is looked for each
        time it is asked for. Empty unless the charset is 6.
        """
        if self.charset != HEXADECIMAL:
            return ()
        return tuple(placed(gsm7.offenders(charsets.decode(self.text, HEXADECIMAL)), self.replaced))

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(charset={self.charset}, alphabet={self.alphabet!r}, "
            f"units={self.units}, segments={self.segments})"
        )


# A named tuple's own constructor, a Python call, would cost a third of `encode` for a short text.
_new = tuple.__new__


def encode(text: str, charset: int | None = None, *, policy: Policy = "auto") -> EncodedText:
    """Write a text for RealTime.

    The policy says what may become of characters outside GSM 03.38, whatever the charset: `auto` leaves them, `plain`
    transliterates them first (see `fold`), `exact` refuses them. Then the charset: none, or 0, takes 0 if every
    character is in GSM 03.38, else 6; 1, 6 and 8 are used as asked. So who has a default policy for a country passes
    `auto` in its place when a message came with a charset of its own.

    Raises Unencodable, which names each offender and its index in the given text, if the policy or the charset refuses
    something, and for U+001B always; LoneSurrogateError for half a surrogate pair; ValueError, which the others are
    too, for an unknown charset or policy. An empty text is empty on the wire and has 0 segments.
    """
    if policy not in _POLICIES:
        raise ValueError(f"policy {policy!r} is none of auto, plain, exact")
    charset = AUTOMATIC if charset is None else charsets.known(charset)
    replaced: tuple[Replacement, ...] = ()
    codes = gsm7.marked(text)
    if codes is None and policy != "auto":
        text, replaced = _as_allowed(text, policy)
        codes = gsm7.marked(text)
    if charset == HEXADECIMAL or (charset == AUTOMATIC and codes is None):
        octets = ucs2.octets(text)
        segments = segment.segments(octets, segment.UCS2, len(text))
        return _new(EncodedText, (HEXADECIMAL, octets.hex(), "ucs2", len(octets) // 2, segments, replaced))
    if codes is None or (charset == ASCII and not text.isascii()):
        raise _refusal(text, charset, replaced)
    septets = segment.weighed(codes)
    segments = segment.segments(septets, segment.GSM7, len(text))
    wire_text = charsets.percent_encoded(text) if charset == LATIN else text
    return _new(EncodedText, (charset, wire_text, "gsm7", len(septets), segments, replaced))


def _as_allowed(text: str, policy: Policy) -> Folded:
    ucs2.octets(text)  # what is no character at all is refused at its place in the given text
    if policy == "exact":
        raise Unencodable("GSM 03.38", gsm7.offenders(text))
    return fold(text)


def _refusal(text: str, charset: int, replaced: tuple[Replacement, ...]) -> Unencodable:
    ucs2.octets(text)
    offenders = charsets.outside(text, charset)
    return Unencodable(f"charset {charset}", tuple(placed(offenders, replaced)))
