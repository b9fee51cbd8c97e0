"""What a reply, or a lost reply, proves about the messages of one call.

Source: RealTime SMS API v2, *Send SMS* (submission status) and *Error codes*. Where the documents say nothing, nothing
is assumed: a message that RealTime may have accepted is `OPEN`, and is repeated only if the request asks for it.
"""

import json
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus

from realtime_sms.provider.calls import SUBMISSION_ID, CallResult, NotSent, Reply, ReplyLost, read_submission_id
from realtime_sms.vocabulary import Reason


class Kind(StrEnum):
    """What is known of one submission after its call."""

    ACCEPTED = "accepted"
    REFUSED = "refused"  # for good
    DOUBTFUL = "doubtful"  # refused for the message, or for the token's format: see `refuses_token`
    TRY_AGAIN = "try_again"  # refused for now, or never sent
    NO_BALANCE = "no_balance"
    UNAUTHORIZED = "unauthorized"
    FORBIDDEN = "forbidden"
    WRONG_ADDRESS = "wrong_address"  # refused for the address or the method, which says nothing of the message
    OPEN = "open"
    NOT_STARTED = "not_started"  # we did not make the call


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one call proves about one recipient; `retry_after` in seconds, where RealTime gave it."""

    kind: Kind
    reason: Reason
    http_status: int | None = None
    submission_id: str | None = None
    retry_after: float | None = None


_BY_HTTP_STATUS = {
    400: (Kind.DOUBTFUL, Reason.MALFORMED),
    401: (Kind.UNAUTHORIZED, Reason.UNAUTHORIZED),
    403: (Kind.FORBIDDEN, Reason.FORBIDDEN),
    404: (Kind.WRONG_ADDRESS, Reason.WRONG_ADDRESS),
    405: (Kind.WRONG_ADDRESS, Reason.WRONG_ADDRESS),
    406: (Kind.REFUSED, Reason.SENDER_REFUSED),
    413: (Kind.REFUSED, Reason.MALFORMED),
    415: (Kind.REFUSED, Reason.MALFORMED),
    422: (Kind.REFUSED, Reason.MALFORMED),
    429: (Kind.TRY_AGAIN, Reason.THROTTLED),
    500: (Kind.TRY_AGAIN, Reason.UNAVAILABLE),
    503: (Kind.TRY_AGAIN, Reason.UNAVAILABLE),
}
_BY_SUBMISSION_STATUS = {
    "account_no_balance": (Kind.NO_BALANCE, Reason.NO_BALANCE),
    "unknown_error": (Kind.TRY_AGAIN, Reason.PROVIDER_ERROR),
}
_SERVER_ERRORS = frozenset({HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.SERVICE_UNAVAILABLE})


def classify(exchange: CallResult, recipients: int, *, retry_server_errors: bool = True) -> list[Verdict]:
    """Return what one exchange proves about each of its `recipients`, in the order of the request.

    RealTime says "try again later" of 500 and 503, which does not say that nothing was accepted. Without
    `retry_server_errors` that is not believed.
    """
    match exchange:
        case NotSent("late"):  # the lease was over before the first byte left
            return [Verdict(Kind.NOT_STARTED, Reason.NOT_STARTED)] * recipients
        case NotSent():
            return [Verdict(Kind.TRY_AGAIN, Reason.NOT_CONNECTED)] * recipients
        case ReplyLost():
            return [Verdict(Kind.OPEN, Reason.NO_WHOLE_REPLY)] * recipients
        case Reply(status=HTTPStatus.OK):
            return _submissions(exchange.body, recipients)
    kind, reason = _BY_HTTP_STATUS.get(exchange.status, (Kind.OPEN, Reason.AMBIGUOUS_HTTP_STATUS))
    if exchange.status in _SERVER_ERRORS and not retry_server_errors:
        kind, reason = Kind.OPEN, Reason.AMBIGUOUS_HTTP_STATUS
    return [Verdict(kind, reason, exchange.status, retry_after=exchange.retry_after)] * recipients


def refuses_token(balance: CallResult) -> bool | None:
    """Return True if this result of *Get balance* refuses the token, False if the token was read; None if neither.

    A 400 to a call without a body can be about nothing but the token's format.
    """
    match balance:
        case Reply(status=HTTPStatus.BAD_REQUEST | HTTPStatus.UNAUTHORIZED):
            return True
        case Reply(status=HTTPStatus.OK | HTTPStatus.FORBIDDEN):
            return False
    return None


def _submissions(body: bytes, recipients: int) -> list[Verdict]:
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


def _submission(result: object) -> Verdict:
    match result:
        case {"status": "submitted", "submissionId": str(identifier)} if SUBMISSION_ID.fullmatch(identifier):
            return Verdict(Kind.ACCEPTED, Reason.ACCEPTED, HTTPStatus.OK, identifier)
        case {"status": "submitted", "submissionId": int(number)}:
            return Verdict(Kind.ACCEPTED, Reason.ACCEPTED, HTTPStatus.OK, read_submission_id(number))
        case {"status": str(word)} if word in _BY_SUBMISSION_STATUS:
            return Verdict(*_BY_SUBMISSION_STATUS[word], HTTPStatus.OK)
        case {"status": "submitted"}:  # the word is proof enough, though without an id no report can be matched
            return Verdict(Kind.ACCEPTED, Reason.ACCEPTED, HTTPStatus.OK)
    return _open(Reason.UNKNOWN_STATUS)


def _open(reason: Reason) -> Verdict:
    return Verdict(Kind.OPEN, reason, HTTPStatus.OK)
