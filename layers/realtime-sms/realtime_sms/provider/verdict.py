"""What a reply, or its absence, proves about the messages of one call.

Source: RealTime SMS API v2, *Send SMS* (submission status) and *Error codes*; where the documents are silent, nothing
is assumed: whatever RealTime may have accepted is `OPEN`, and is never repeated without being asked for.
"""

import json
import re
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus

from realtime_sms.provider.calls import Broken, Exchange, NotSent, Reply


class Proof(StrEnum):
    """What is known of one submission after its call."""

    ACCEPTED = "accepted"
    REFUSED = "refused"  # for good
    TRY_AGAIN = "try_again"  # refused for now, or never sent
    NO_BALANCE = "no_balance"
    UNAUTHORIZED = "unauthorized"
    FORBIDDEN = "forbidden"
    OPEN = "open"


class Reason(StrEnum):
    """Why a submission is in its state: the closed list that outcomes, metrics and events use."""

    ACCEPTED = "accepted"
    # refused by us, before any call
    INVALID_RECIPIENT = "invalid_recipient"
    INVALID_REQUEST = "invalid_request"
    UNREADABLE = "unreadable"
    UNENCODABLE = "unencodable"
    TOO_MANY_SEGMENTS = "too_many_segments"
    NO_SENDER = "no_sender"
    CONFLICT = "conflict"
    EXPIRED = "expired"
    OPTED_OUT = "opted_out"
    DEAD_LETTERED = "dead_lettered"
    # refused by RealTime
    NO_BALANCE = "no_balance"
    PROVIDER_ERROR = "provider_error"
    UNAUTHORIZED = "unauthorized"
    FORBIDDEN = "forbidden"
    MALFORMED = "malformed"
    SENDER_REFUSED = "sender_refused"
    THROTTLED = "throttled"
    UNAVAILABLE = "unavailable"
    # never sent
    NOT_CONNECTED = "not_connected"
    NOT_STARTED = "not_started"
    # nobody knows
    NO_WHOLE_REPLY = "no_whole_reply"
    UNREADABLE_REPLY = "unreadable_reply"
    RESULT_COUNT = "result_count"
    UNKNOWN_STATUS = "unknown_status"
    AMBIGUOUS_HTTP_STATUS = "ambiguous_http_status"
    LEASE_OVER = "lease_over"


@dataclass(frozen=True, slots=True)
class Fate:
    """What one call proves about one recipient; `retry_after` in seconds, where RealTime gave it."""

    proof: Proof
    reason: Reason
    http_status: int | None = None
    submission_id: str | None = None
    retry_after: float | None = None


_BY_HTTP_STATUS = {
    400: (Proof.REFUSED, Reason.MALFORMED),
    401: (Proof.UNAUTHORIZED, Reason.UNAUTHORIZED),
    403: (Proof.FORBIDDEN, Reason.FORBIDDEN),
    404: (Proof.REFUSED, Reason.MALFORMED),
    405: (Proof.REFUSED, Reason.MALFORMED),
    406: (Proof.REFUSED, Reason.SENDER_REFUSED),
    413: (Proof.REFUSED, Reason.MALFORMED),
    415: (Proof.REFUSED, Reason.MALFORMED),
    422: (Proof.REFUSED, Reason.MALFORMED),
    429: (Proof.TRY_AGAIN, Reason.THROTTLED),
    500: (Proof.TRY_AGAIN, Reason.UNAVAILABLE),
    503: (Proof.TRY_AGAIN, Reason.UNAVAILABLE),
}
_BY_SUBMISSION_STATUS = {
    "account_no_balance": (Proof.NO_BALANCE, Reason.NO_BALANCE),
    "unknown_error": (Proof.TRY_AGAIN, Reason.PROVIDER_ERROR),
}
_ID = re.compile(r"[!-~]{1,128}")  # RealTime's own are 16 digits; anything else is not an id but something gone wrong


def judge(exchange: Exchange, recipients: int) -> list[Fate]:
    """Say what one exchange proves about each of its `recipients`, in the order of the request."""
    match exchange:
        case NotSent():
            return [Fate(Proof.TRY_AGAIN, Reason.NOT_CONNECTED)] * recipients
        case Broken():
            return [Fate(Proof.OPEN, Reason.NO_WHOLE_REPLY)] * recipients
        case Reply(status=HTTPStatus.OK):
            return _submissions(exchange.body, recipients)
    proof, reason = _BY_HTTP_STATUS.get(exchange.status, (Proof.OPEN, Reason.AMBIGUOUS_HTTP_STATUS))
    return [Fate(proof, reason, exchange.status, retry_after=exchange.retry_after)] * recipients


def _submissions(body: bytes, recipients: int) -> list[Fate]:
    """Match results to recipients by position, and only where their number agrees: RealTime names no recipient."""
    try:
        value = json.loads(body.decode(), object_pairs_hook=_named_once)
    except (ValueError, RecursionError):
        return [_open(Reason.UNREADABLE_REPLY)] * recipients
    match value:
        case {"submissions": list(results)}:
            if len(results) == recipients:
                return [_submission(result) for result in results]
            return [_open(Reason.RESULT_COUNT)] * recipients
    return [_open(Reason.UNREADABLE_REPLY)] * recipients


def _named_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Refuse an object that says one thing twice: parsers differ in which to believe, and one may say `submitted`."""
    value = dict(pairs)
    if len(value) < len(pairs):
        raise ValueError("a name occurs twice")
    return value


def _submission(result: object) -> Fate:
    match result:
        case {"status": "submitted", "submissionId": str(identifier)} if _ID.fullmatch(identifier):
            return Fate(Proof.ACCEPTED, Reason.ACCEPTED, HTTPStatus.OK, identifier)
        case {"status": str(word)} if word in _BY_SUBMISSION_STATUS:
            return Fate(*_BY_SUBMISSION_STATUS[word], HTTPStatus.OK)
        case {"status": "submitted"}:  # the word is proof enough, though without an id no report can be matched
            return Fate(Proof.ACCEPTED, Reason.ACCEPTED, HTTPStatus.OK)
    return _open(Reason.UNKNOWN_STATUS)


def _open(reason: Reason) -> Fate:
    return Fate(Proof.OPEN, reason, HTTPStatus.OK)
