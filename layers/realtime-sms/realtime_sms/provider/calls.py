"""The HTTP calls to RealTime as values, and what came back as a value.

Source: RealTime SMS API v2, *Send SMS*, *Authenticate*, *Get SMS info*, *Get balance*.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Final, Literal
from urllib.parse import quote, urlencode

from pydantic_core import from_json

NotSentCause = Literal["late", "dns", "refused", "connect", "connect_timeout", "tls"]
ReplyLostCause = Literal["timeout", "reset", "closed", "garbled", "oversize"]

SUBMISSION_ID: Final = re.compile(
    r"[!-~]{1,128}"
)  # RealTime's own are 16 digits; anything else is not an id but something gone wrong


@dataclass(frozen=True, slots=True)
class Call:
    """One HTTP request to RealTime; its headers and body never show in a repr."""

    method: Literal["GET", "POST"]
    path: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Reply:
    """A complete HTTP reply: its status, its whole body, and `Retry-After` in seconds where one was given."""

    status: int
    body: bytes = field(default=b"", repr=False)
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class NotSent:
    """The call ended before the first byte of the request left: RealTime cannot have seen it."""

    cause: NotSentCause


@dataclass(frozen=True, slots=True)
class ReplyLost:
    """The call ended after the first byte of the request left and before a whole reply came: the result is unknown."""

    cause: ReplyLostCause


type CallResult = Reply | NotSent | ReplyLost


def authenticate(client_id: str, client_secret: str) -> Call:
    """Ask for an access token by client credentials."""
    form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": client_secret}
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return Call("POST", "/api/auth", headers, urlencode(form).encode())


def send_sms(token: str, recipients: Sequence[str], sender: str, charset: int, text: str) -> Call:
    """Submit one text, already in the wire form of `charset`, to one or more E.164 recipients."""
    message = {"charset": charset, "text": text}
    body = json.dumps({"recipients": list(recipients), "sender": sender, "message": message})
    return Call("POST", "/api/sms", _authorized(token), body.encode())


def sms_info(token: str, submission_id: str) -> Call:
    """Ask what became of a submission."""
    return Call("GET", f"/api/sms/{quote(submission_id, safe='')}", _authorized(token))


def balance(token: str) -> Call:
    """Ask for the balance of the account."""
    return Call("GET", "/api/balance", _authorized(token))


def balance_of(reply: Reply) -> Decimal:
    """Read the balance, in the account's currency, written as text or as a number; 0 where the reply tells none."""
    try:
        match from_json(reply.body):
            case {"balance": str() | int() | float() as written} if not isinstance(written, bool):
                amount = Decimal(str(written))
                return amount if amount.is_finite() else Decimal(0)
    except (ValueError, InvalidOperation):
        pass
    return Decimal(0)


def read_submission_id(value: object) -> str | None:
    """Read RealTime's id for a submission, written as text or as a whole number; None if it is neither.

    A number with a fraction or an exponent is no id: its digits may be others than RealTime's.
    """
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        value = str(value)
    return value if isinstance(value, str) and SUBMISSION_ID.fullmatch(value) else None


def _authorized(token: str) -> dict[str, str]:
    return {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
