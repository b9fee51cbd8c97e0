"""Encode a text as requested: choose the policy and the charset, and count segments as the network does."""

from typing import Literal, NamedTuple, get_args
from unicodedata import is_normalized

from realtime_sms.encoding import charset as charsets
from realtime_sms.encoding import gsm7, segment, ucs2
from realtime_sms.encoding.charset import ASCII, AUTOMATIC, HEXADECIMAL, LATIN
from realtime_sms.encoding.compose import Changed, Replacement, compose, placed
from realtime_sms.encoding.gsm7 import Offender, Unencodable
from realtime_sms.encoding.transliterate import transliterate, transliterate_all

Policy = Literal["auto", "plain", "exact"]
_POLICIES = get_args(Policy)


class EncodedText(NamedTuple):
    """A text ready for RealTime, and what the network will make of it.

    `charset` is RealTime's number and `text` the wire form. `units` counts septets (`gsm7`) or UTF-16 code units
    (`ucs2`), `segments` what is paid for. `replaced` is what composing and transliteration changed, in order. `kept` is
    true where the policy `plain` left a text untransliterated, because it goes as Unicode all the same. The repr tells
    sizes only.
    """

    charset: int
    text: str
    alphabet: Literal["gsm7", "ucs2"]
    units: int
    segments: int
    replaced: tuple[Replacement, ...] = ()
    kept: bool = False

    @property
    def forced_by(self) -> tuple[Offender, ...]:
        """Each character outside GSM 03.38, with its index, in code points, in the text as given.

        Under `plain` only those that transliteration leaves: the text would be GSM without them. It explains and is not
        sent, so it is looked for each time it is asked for. Empty unless the charset is 6.
        """
        if self.charset != HEXADECIMAL:
            return ()
        sent = charsets.decode(self.text, HEXADECIMAL)
        plain = transliterate(sent) if self.kept else Changed(sent, ())
        return tuple(placed(placed(gsm7.offenders(plain.text), plain.replaced), self.replaced))

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(charset={self.charset}, alphabet={self.alphabet!r}, "
            f"units={self.units}, segments={self.segments})"
        )


# A named tuple's own constructor, a Python call, would cost a third of `encode` for a short text.
_new = tuple.__new__


def encode(text: str, charset: int | None = None, *, policy: Policy = "auto") -> EncodedText:
    """Write a text for RealTime.

    First it is composed (NFC). Then the policy says what may become of characters outside GSM 03.38, whatever the
    charset: `auto` leaves them, `exact` refuses them, and `plain` transliterates them (see `transliterate`), unless
    some would still be left: then the text goes as Unicode all the same, and as it is. Then the charset: none, or 0,
    takes 0 if every character is in GSM 03.38, else 6; 1, 6 and 8 are used as asked. So who has a default policy for a
    country passes `auto` in its place when a message came with a charset of its own.

    Raises Unencodable, which names each offender and its index in the given text, if the policy or the charset refuses
    something, and always for controls that break no line and for U+FFFE at the beginning; LoneSurrogateError for half a
    surrogate pair; TooManyMarksError; ValueError, which the others are too, for an unknown charset or policy. An empty
    text is empty on the wire and has 0 segments.
    """
    if policy not in _POLICIES:
        raise ValueError(f"policy {policy!r} is none of auto, plain, exact")
    charset = AUTOMATIC if charset is None else charsets.known(charset)
    replaced: tuple[Replacement, ...] = ()
    kept, octets = False, b""
    codes = gsm7.marked(text)
    if codes is None:
        octets = ucs2.octets(text)
        ucs2.check(text)  # what no SMS can carry is refused at its place in the given text
        if policy != "auto" or not is_normalized("NFC", text):
            text, replaced, kept = _as_allowed(text, policy, charset)
            codes = gsm7.marked(text)
            octets = b""
    if charset == HEXADECIMAL or (charset == AUTOMATIC and codes is None):
        octets = octets or ucs2.octets(text)
        segments = segment.segments(octets, segment.UCS2, len(text))
        return _new(EncodedText, (HEXADECIMAL, octets.hex(), "ucs2", len(octets) // 2, segments, replaced, kept))
    if codes is None or (charset == ASCII and not text.isascii()):
        offenders = charsets.outside(text, charset)
        raise Unencodable(f"charset {charset}", tuple(placed(offenders, replaced)))
    septets = segment.weighed(codes)
    segments = segment.segments(septets, segment.GSM7, len(text))
    wire_text = charsets.percent_encoded(text) if charset == LATIN else text
    return _new(EncodedText, (charset, wire_text, "gsm7", len(septets), segments, replaced, False))


def _as_allowed(text: str, policy: Policy, charset: int) -> tuple[str, tuple[Replacement, ...], bool]:
    """Return what the policy makes of a text, what that changed, and whether `plain` kept the text."""
    if policy == "plain":
        plain = transliterate_all(text)
        if plain is None and charset in {ASCII, LATIN}:
            plain = transliterate(text)
        if plain is not None:
            return *plain, False
    composed = compose(text)
    ucs2.check(composed.text)  # a few characters become two marks
    if policy == "exact" and (offenders := gsm7.offenders(composed.text)):
        raise Unencodable("GSM 03.38", tuple(placed(offenders, composed.replaced)))
    return *composed, policy == "plain"
