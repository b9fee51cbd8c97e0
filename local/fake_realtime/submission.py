"""The body of *Send SMS*, checked as the vendor does."""

import json
import re
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

from local.fake_realtime.handset import count_segments, show
from local.fake_realtime.settings import Settings

_CHARSETS: Final = frozenset({0, 1, 6, 8})
_E164: Final = re.compile(r"\+[1-9][0-9]{6,14}")
_SENDER: Final = re.compile(r"[0-9A-Za-z]{1,11}|[0-9]{1,15}")


class RefusedError(Exception):
    """The vendor answers with an HTTP error; the reason names a field, never a value."""

    def __init__(self, status: HTTPStatus, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Submission:
    """One call of *Send SMS*: recipients as given, and the one text, on the wire and on the handset."""

    recipients: tuple[str, ...] = field(repr=False)
    sender: str
    charset: int
    wire_text: str = field(repr=False)
    text: str = field(repr=False)
    segments: int


def named_recipients(call: object) -> tuple[str, ...]:
    """Give every recipient that a decoded body names, even if the call will be refused."""
    recipients = call.get("recipients") if isinstance(call, dict) else None
    return tuple(each for each in recipients if isinstance(each, str)) if isinstance(recipients, list) else ()


def decode_body(body: bytes) -> object:
    """Decode JSON; None where it is none."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def read_submission(call: object, settings: Settings) -> Submission:
    """Read a decoded body; RefusedError with 400 if it is malformed, with 406 if the sender is, or is not allowed."""
    if not isinstance(call, dict):
        raise _malformed("the body is not a JSON object")
    recipients = _recipients(call.get("recipients"), settings.max_recipients)
    charset, wire_text = _message(call.get("message"))
    sender = _sender(call.get("sender"), settings.allowed_senders)
    try:
        text = show(wire_text, charset)
    except ValueError:
        raise _malformed(f"message.text is not the wire form of charset {charset}") from None
    return Submission(recipients, sender, charset, wire_text, text, count_segments(text, charset))


def _malformed(reason: str) -> RefusedError:
    return RefusedError(HTTPStatus.BAD_REQUEST, reason)


def _recipients(value: object, most: int) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        raise _malformed("recipients is not an array of one or more numbers")
    if len(value) > most:
        raise _malformed(f"recipients has more than {most} entries")
    for place, recipient in enumerate(value):
        if not isinstance(recipient, str) or not _E164.fullmatch(recipient):
            raise _malformed(f"recipients[{place}] is not an E.164 number")
    return tuple(value)


def _message(value: object) -> tuple[int, str]:
    if not isinstance(value, dict):
        raise _malformed("message is not an object")
    charset, text = value.get("charset", 0), value.get("text")
    if type(charset) is not int or charset not in _CHARSETS:
        raise _malformed("message.charset is not 0, 1, 6 or 8")
    if not isinstance(text, str) or not text:
        raise _malformed("message.text is not a text")
    return charset, text


def _sender(value: object, allowed: frozenset[str] | None) -> str:
    if not isinstance(value, str):
        raise _malformed("sender is not a string")
    if not _SENDER.fullmatch(value):
        raise RefusedError(
            HTTPStatus.NOT_ACCEPTABLE, "sender is neither up to 11 letters and digits nor up to 15 digits"
        )
    if allowed is not None and value not in allowed:
        raise RefusedError(HTTPStatus.NOT_ACCEPTABLE, "sender is not allowed for the account")
    return value
