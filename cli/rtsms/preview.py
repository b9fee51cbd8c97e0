"""What sending a text would mean: how it is carried to whom, what it costs in segments, and what makes it cost more.

The members are those of the API's `POST /messages/preview`.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from realtime_sms.encoding.charset import decode
from realtime_sms.encoding.segment import GSM7, UCS2, Alphabet, split, units_left
from realtime_sms.encoding.text import EncodedText, encode
from realtime_sms.requests.errors import Problem
from realtime_sms.requests.model import Policy
from realtime_sms.requests.prepare import Defaults, PreparedRequest, encode_for
from rtsms.fault import refused
from rtsms.wanted import Wanted, ready

_NOBODY = "+56900000000"  # in the place of recipients where none are given, for a request needs one


class Group(NamedTuple):
    """Recipients who get the same encoding of the text; 0 where none were given."""

    policy: Policy
    recipients: int
    encoded: EncodedText


class Preview(NamedTuple):
    """A text, how it is carried to each group, and what the policy `plain` would make of it."""

    text: str
    groups: Sequence[Group]
    plain: EncodedText

    @property
    def segments(self) -> int:
        """Count the segments that are paid for, over all recipients; of one, where none were given."""
        return sum(group.encoded.segments * max(group.recipients, 1) for group in self.groups)

    @property
    def document(self) -> dict[str, object]:
        """Give it for machines."""
        groups = [
            {"policy": group.policy, "recipients": group.recipients, **encoding(group.encoded)} for group in self.groups
        ]
        return {
            "recipients": sum(group.recipients for group in self.groups),
            "segments": self.segments,
            "groups": groups,
            "plain": encoding(self.plain),
        }


def preview(wanted: Wanted, defaults: Defaults) -> Preview:
    """Look at a request; its `recipients` may be missing.

    Raises:
        Fault: it could not be sent.

    """
    recipients = wanted.get("recipients") or [_NOBODY]
    anybody = replace(defaults, sender=defaults.sender or "0")  # who sends makes no difference to a text
    prepared = ready({**wanted, "recipients": recipients}, "preview", anybody)
    groups = _groups(prepared) if wanted.get("recipients") else [_to_nobody(prepared)]
    message = prepared.request.message
    text = decode(message.text, message.charset) if message.encoded else message.text
    return Preview(text, groups, encode(text, policy="plain"))


def encoding(encoded: EncodedText) -> dict[str, object]:
    """Give an encoding for machines."""
    text = decode(encoded.text, encoded.charset)
    return {
        "charset": encoded.charset,
        "alphabet": encoded.alphabet,
        "units": encoded.units,
        "segments": encoded.segments,
        "forcedBy": [
            {"character": one.character, "codePoint": f"U+{ord(one.character):04X}", "position": one.position}
            for one in encoded.forced_by
        ],
        "replaced": [one._asdict() for one in encoded.replaced],
        "text": text,
        "parts": split(text, _alphabet(encoded)),
        "unitsLeft": left(encoded),
    }


def left(encoded: EncodedText) -> int:
    """Count the units that still fit into the last segment."""
    alphabet = _alphabet(encoded)
    return units_left(split(decode(encoded.text, encoded.charset), alphabet), alphabet)


def _alphabet(encoded: EncodedText) -> Alphabet:
    return UCS2 if encoded.alphabet == "ucs2" else GSM7


def _groups(prepared: PreparedRequest) -> list[Group]:
    return [
        Group(policy, len(group.numbers), group.encoded)
        for policy, group in prepared.groups.items()
        if isinstance(group.encoded, EncodedText)
    ]


def _to_nobody(prepared: PreparedRequest) -> Group:
    """Encode for no country in particular: as asked, else with all its characters."""
    policy = prepared.request.encoding or "auto"
    try:
        return Group(policy, 0, encode_for(prepared.request, policy))
    except ValueError as error:
        raise refused("message.text", [Problem("message.text", str(error))]) from None
