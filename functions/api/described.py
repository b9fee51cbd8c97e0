"""What a request's text becomes, told to who sends it."""

from collections.abc import Sequence
from itertools import islice

from api.replies import Encoding, Forcing, Group, PreviewedGroup, Replaced, Text, Transliterated
from realtime_sms.encoding.charset import decode
from realtime_sms.encoding.segment import GSM7, UCS2, split, units_left
from realtime_sms.encoding.text import EncodedText, encode
from realtime_sms.requests.model import Policy
from realtime_sms.requests.prepare import PreparedRequest

_TOLD = 1000  # places that a reply lists, so that no text can make it larger than Lambda allows


def groups(prepared: PreparedRequest) -> list[Group]:
    """Describe each group; the request has been found sendable."""
    return [
        {**_encoding(encoded), "policy": policy, "recipients": count} for policy, encoded, count in _encoded(prepared)
    ]


def previewed_groups(prepared: PreparedRequest) -> list[PreviewedGroup]:
    """Describe each group, with its text."""
    return [
        {**_encoding(encoded), "policy": policy, "recipients": count, **_text(encoded)}
        for policy, encoded, count in _encoded(prepared)
    ]


def transliterated(prepared: PreparedRequest) -> Transliterated:
    """Describe what the policy `plain` would make of the text."""
    message = prepared.request.message
    text = decode(message.text, message.charset) if message.encoded else message.text
    encoded = encode(text, policy="plain")
    return {**_encoding(encoded), **_text(encoded)}


def segments(described: Sequence[Group] | Sequence[PreviewedGroup]) -> int:
    """Count the segments that are paid for, over all recipients."""
    return sum(group["segments"] * group["recipients"] for group in described)


def _encoded(prepared: PreparedRequest) -> list[tuple[Policy, EncodedText, int]]:
    return [(message.policy, encoded, len(message.recipients)) for message, encoded in prepared.sendable]


def _encoding(encoded: EncodedText) -> Encoding:
    forced_by = encoded.forced_by
    return {
        "charset": encoded.charset,
        "alphabet": encoded.alphabet,
        "units": encoded.units,
        "segments": encoded.segments,
        "forcedBy": [
            Forcing(character=one.character, codePoint=f"U+{ord(one.character):04X}", position=one.position)
            for one in islice(forced_by, _TOLD)
        ],
        "forcedByTotal": len(forced_by),
        "replaced": [
            Replaced(position=one.position, original=one.original, replacement=one.replacement)
            for one in islice(encoded.replaced, _TOLD)
        ],
        "replacedTotal": len(encoded.replaced),
    }


def _text(encoded: EncodedText) -> Text:
    text = decode(encoded.text, encoded.charset)
    alphabet = UCS2 if encoded.alphabet == "ucs2" else GSM7
    parts = split(text, alphabet)
    return {"text": text, "parts": parts, "unitsLeft": units_left(parts, alphabet)}
