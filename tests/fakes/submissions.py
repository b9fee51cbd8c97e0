"""Submissions in each state, as the tests of the delivery rules start from them."""

from dataclasses import replace
from typing import Any

from realtime_sms.aws.submissions import Submissions
from realtime_sms.aws.table import Table
from realtime_sms.encoding.text import encode
from realtime_sms.outcomes.submission import Rules, Submission
from realtime_sms.provider.verdict import Kind, Verdict
from realtime_sms.requests.prepare import Message
from realtime_sms.vocabulary import Delivery, DeliveryReason, Reason, Status

NOW = 1_800_000_000.0
NUMBER = "+56911112222"
RULES = Rules()
OWNER, LEASE_UNTIL = "owner-2", NOW + 60
MESSAGE = Message(
    request_id="r-1", recipients=(NUMBER,), content_hash="same", sender="96000", encoded=encode("canary text")
)

SENDING = Submission(
    request_id="r-1",
    recipient=NUMBER,
    content_hash="same",
    status=Status.SENDING,
    attempt=1,
    owner="owner-1",
    lease_until=NOW + 30,
    charset=0,
    segments=1,
    created_at=NOW - 100,
    updated_at=NOW - 100,
)
WAITING = replace(SENDING, status=Status.WAITING, reason=Reason.THROTTLED, lease_until=None, due_at=NOW - 1, tries=1)
UNKNOWN = replace(SENDING, status=Status.UNKNOWN, reason=Reason.LEASE_OVER, lease_until=None)
FAILED = replace(SENDING, status=Status.FAILED, reason=Reason.MALFORMED, lease_until=None)
SUBMITTED = replace(SENDING, status=Status.SUBMITTED, reason=Reason.ACCEPTED, lease_until=None, submission_id="1")
EXPIRED = replace(SENDING, status=Status.EXPIRED, reason=Reason.EXPIRED, lease_until=None)
CANCELLED = replace(WAITING, status=Status.CANCELLED, reason=Reason.CANCELLED, due_at=None)
BURIED = replace(FAILED, reason=Reason.DEAD_LETTERED)
EVERYTHING = replace(
    SUBMITTED,
    delivery=Delivery.UNDELIVERED,
    delivery_at=NOW,
    delivery_reason=DeliveryReason.NETWORK,
    campaign="navidad",
    http_status=200,
    maybe_sent=True,
    detail="why",
    submitted_at=NOW,
    cost="1.50",
    operator={"id": "7", "name": "Entel", "mcc": "730", "mnc": "01"},
    handed_over_at=NOW,
    done_at=NOW + 2,
    handset_seconds=2,
    metadata={"order": "4711"},
)
IN_STATE = {
    Status.SENDING: SENDING,
    Status.WAITING: WAITING,
    Status.UNKNOWN: UNKNOWN,
    Status.FAILED: FAILED,
    Status.SUBMITTED: SUBMITTED,
    Status.EXPIRED: EXPIRED,
    Status.CANCELLED: CANCELLED,
}

ACCEPTED = Verdict(Kind.ACCEPTED, Reason.ACCEPTED, 200, "4193366853543393")
REFUSED = Verdict(Kind.REFUSED, Reason.SENDER_REFUSED, 406)
THROTTLED = Verdict(Kind.TRY_AGAIN, Reason.THROTTLED, 429)
NOT_CONNECTED = Verdict(Kind.TRY_AGAIN, Reason.NOT_CONNECTED)
PROVIDER_ERROR = Verdict(Kind.TRY_AGAIN, Reason.PROVIDER_ERROR, 200)
NO_BALANCE = Verdict(Kind.NO_BALANCE, Reason.NO_BALANCE, 200)
UNAUTHORIZED = Verdict(Kind.UNAUTHORIZED, Reason.UNAUTHORIZED, 401)
FORBIDDEN = Verdict(Kind.FORBIDDEN, Reason.FORBIDDEN, 403)
OPEN = Verdict(Kind.OPEN, Reason.NO_WHOLE_REPLY)
VERDICTS = (ACCEPTED, REFUSED, THROTTLED, NOT_CONNECTED, PROVIDER_ERROR, NO_BALANCE, UNAUTHORIZED, FORBIDDEN, OPEN)


def item_of(submission: Submission) -> dict[str, Any]:
    """Return a submission as the table has it, kept for 45 days."""
    client: Any = None
    return Submissions(Table(client, "outcomes", ttl_days=45)).item(submission)


def changed(before: Submission, after: Submission) -> dict[str, Any]:
    """Return the fields in which two values of a submission differ, as the later one has them."""
    names = Submission.__dataclass_fields__
    return {name: getattr(after, name) for name in names if getattr(after, name) != getattr(before, name)}
