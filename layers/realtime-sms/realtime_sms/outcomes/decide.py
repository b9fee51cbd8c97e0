"""Decide the next step of a submission: claim it, end it, leave it for later, or refuse the request as a conflict.

`decide` needs only the message, and what the table holds.
"""

from dataclasses import dataclass, replace
from typing import Final

from realtime_sms.outcomes import submission
from realtime_sms.outcomes.state_machine import Trigger
from realtime_sms.outcomes.submission import Rules, Submission, check
from realtime_sms.requests.prepare import Message
from realtime_sms.vocabulary import Reason, Status

CONFLICT_DETAIL: Final = "this request id was used before with other content; send it again under an id of its own"


@dataclass(frozen=True, slots=True)
class Change:
    """A write that is applied only if the table still holds `before` (None: no item); to `sending` it is a claim."""

    before: Submission | None
    after: Submission

    @property
    def is_claim(self) -> bool:
        """Return True if the call is to be made once this is applied."""
        return self.after.status is Status.SENDING


@dataclass(frozen=True, slots=True)
class Hold:
    """Why a message must not be sent yet, and until when (epoch seconds)."""

    reason: Reason
    until: float


@dataclass(frozen=True, slots=True)
class Unreadable:
    """What the table holds in the place of a submission, and this version cannot read."""


@dataclass(frozen=True, slots=True)
class Done:
    """The submission is final."""


@dataclass(frozen=True, slots=True)
class Later:
    """Nothing can be done before this epoch second."""

    at: float


@dataclass(frozen=True, slots=True)
class RequestConflict:
    """The same request id was used with other content."""


type Found = Submission | Unreadable | None
type End = Done | Later | RequestConflict


def decide(  # noqa: C901, PLR0911, PLR0913 (one return a row of the table; the claim's owner and lease by name)
    message: Message,
    recipient: str,
    found: Found,
    rules: Rules,
    *,
    owner: str,
    lease_until: float,
    now: float,
    hold: Hold | None = None,
) -> Change | End:
    """Return the step that a message to one of its recipients needs; `lease_until` and `now` in epoch seconds.

    With a `hold` it is not claimed. It expires at once if it would expire before the hold is over.
    """
    if found is None:
        return Change(None, _first(message, recipient, owner=owner, lease_until=lease_until, now=now, hold=hold))
    if isinstance(found, Unreadable):
        return Later(now + rules.longest_delay)
    if not message.is_same_content(found.content_hash):
        return RequestConflict()
    if found.final:
        return Done()
    if found.status is Status.SENDING:
        if found.lease_until is not None and now < found.lease_until:
            return Later(found.lease_until)
        return Change(found, submission.lapse(found, rules, now=now))
    if message.is_expired(hold.until if hold else now):
        return Change(found, submission.expire(found, now=now))
    if message.refusal is not None:
        refusal = message.refusal
        return Change(found, submission.refuse(found, refusal.reason, str(refusal.problem), now=now))
    if found.due_at is not None and now < found.due_at:
        return Later(found.due_at)
    if hold is not None:
        return Change(found, submission.hold(found, hold.reason, until=hold.until, now=now))
    return Change(found, submission.claim(found, owner=owner, lease_until=lease_until, now=now))


def end_dead_letter(  # noqa: PLR0913 (as `decide`)
    message: Message, recipient: str, found: Found, rules: Rules, *, owner: str, now: float
) -> Change | None:
    """Return the write that ends a submission whose message is a dead letter; None if there is nothing to end."""
    if found is None:
        fresh = _fresh(message, recipient, owner, now)
        status = check(None, Trigger.DEAD_LETTER, Status.FAILED)
        return Change(None, replace(fresh, status=status, reason=Reason.DEAD_LETTERED))
    if isinstance(found, Unreadable) or not message.is_same_content(found.content_hash) or found.final:
        return None
    if found.status is Status.SENDING:
        held = found.lease_until is not None and now < found.lease_until
        return None if held else Change(found, submission.lapse(found, rules, now=now))
    return Change(found, submission.dead_letter(found, now=now))


def cancel_unread(message: Message, recipient: str, *, owner: str, now: float) -> Submission:
    """Return what cancels a submission whose message nobody has received yet; `now` in epoch seconds."""
    status = check(None, Trigger.CANCEL, Status.CANCELLED)
    fresh = _fresh(message, recipient, owner, now)
    return replace(fresh, status=status, reason=Reason.CANCELLED, due_at=message.send_at)


def _fresh(message: Message, recipient: str, owner: str, now: float) -> Submission:
    return Submission(
        request_id=message.request_id,
        recipient=recipient,
        content_hash=message.content_hash,
        status=Status.SENDING,
        charset=message.encoded.charset if message.encoded else None,
        segments=message.encoded.segments if message.encoded else None,
        expires_at=message.expires_at,
        owner=owner,
        message_type=message.message_type,
        campaign=message.campaign,
        resend=message.resend,
        metadata=message.metadata,
        created_at=now,
        updated_at=now,
    )


def _first(  # noqa: PLR0913 (as `decide`)
    message: Message, recipient: str, *, owner: str, lease_until: float, now: float, hold: Hold | None
) -> Submission:
    fresh = _fresh(message, recipient, owner, now)
    if message.refusal is not None:
        status = check(None, Trigger.REFUSE, Status.FAILED)
        return replace(fresh, status=status, reason=message.refusal.reason, detail=str(message.refusal.problem))
    if message.is_expired(hold.until if hold else now):
        return replace(fresh, status=check(None, Trigger.EXPIRE, Status.EXPIRED), reason=Reason.EXPIRED)
    if hold is not None:
        status = check(None, Trigger.HOLD, Status.WAITING)
        return replace(fresh, status=status, reason=hold.reason, due_at=hold.until)
    status = check(None, Trigger.CLAIM, Status.SENDING)
    return replace(fresh, status=status, attempt=1, lease_until=lease_until)
