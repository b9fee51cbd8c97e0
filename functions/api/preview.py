"""Describe how the text of a request would be sent."""

from itertools import islice
from typing import TYPE_CHECKING

from realtime_sms.encoding.charset import decode
from realtime_sms.encoding.preview import forcing, shown
from realtime_sms.encoding.text import EncodedText, encode
from realtime_sms.requests.prepare import Message, PreparedRequest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from api.replies import Encoding, Group, Preview, PreviewedGroup, Text

_TOLD = 1000  # places that a reply lists, so that no text can make it larger than Lambda allows


def previewed(prepared: PreparedRequest) -> "Preview":
    """Describe how a request would be sent, with the text as the phone shows it."""
    groups: list[PreviewedGroup] = [
        {**_group(message, encoded), **_text(encoded)} for message, encoded in prepared.sendable
    ]
    message = prepared.request.message
    text = decode(message.text, message.charset) if message.encoded else message.text
    plain = encode(text, policy="plain")
    return {
        "recipients": len(prepared.recipients.numbers),
        "segments": segments(groups),
        "groups": groups,
        "plain": {**_encoding(plain), **_text(plain)},
    }


def groups_of(prepared: PreparedRequest) -> "list[Group]":
    """Describe each group of recipients who get the same encoding."""
    return [_group(message, encoded) for message, encoded in prepared.sendable]


def segments(groups: "Sequence[Group] | Sequence[PreviewedGroup]") -> int:
    """Count the segments of all recipients together."""
    return sum(group["segments"] * group["recipients"] for group in groups)


def _group(message: Message, encoded: EncodedText) -> "Group":
    return {**_encoding(encoded), "policy": message.policy, "recipients": len(message.recipients)}


def _encoding(encoded: EncodedText) -> "Encoding":
    forced_by = encoded.forced_by  # looked for each time it is asked for
    return {
        "charset": encoded.charset,
        "alphabet": encoded.alphabet,
        "units": encoded.units,
        "segments": encoded.segments,
        "forcedBy": list(islice(forcing(forced_by), _TOLD)),
        "forcedByTotal": len(forced_by),
        "replaced": [
            {"position": one.position, "original": one.original, "replacement": one.replacement}
            for one in islice(encoded.replaced, _TOLD)
        ],
        "replacedTotal": len(encoded.replaced),
    }


def _text(encoded: EncodedText) -> "Text":
    text, parts, units_left = shown(encoded)
    return {"text": text, "parts": parts, "unitsLeft": units_left}
