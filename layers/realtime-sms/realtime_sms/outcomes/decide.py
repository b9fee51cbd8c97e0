"""What is to be sent to one recipient, and the step that its submission needs now.

`decide` is the sender's whole judgement: it is given what the table holds and says whether to claim, to end, to leave
for later, or that the request contradicts an earlier one of the same id.
"""

from dataclasses import dataclass, replace
from typing import ClassVar

from realtime_sms.outcomes import submission
from realtime_sms.outcomes.state_machine import Trigger, check
from realtime_sms.outcomes.submission import Rules, Submission
from realtime_sms.requests.prepare import Draft
from realtime_sms.vocabulary import Reason, Status


@dataclass(frozen=True, slots=True)
class Change:
    """A write that holds only if the table still has `before` (None: no item)."""

    before: Submission | None
    after: Submission


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to one attempt: a token that no other claim has, and the epoch second at which it ends."""

    owner: str
    until: float


@dataclass(frozen=True, slots=True)
class Write:
    """The table must be changed; a change to `sending` is a claim, after which the call is made."""

    change: Change


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

    detail: ClassVar = "this request id was used before with other content; send it again under an id of its own"


type Step = Write | Done | Later | RequestConflict


def decide(draft: Draft, found: Submission | None, lease: Lease, rules: Rules, *, now: float) -> Step:
    """Say what `draft` needs, given what the table holds for it."""
    if found is None:
        return Write(Change(None, _first(draft, lease, now)))
    if found.content_hash != draft.content_hash:
        return RequestConflict()
    if found.final:
        return Done()
    if found.status is Status.SENDING:
        return _held(found, rules, now)
    return _waiting(found, draft, lease, now)


def end_dead_letter(draft: Draft, found: Submission | None, owner: str, rules: Rules, *, now: float) -> Change | None:
    """Give the write that ends a draft whose message is a dead letter; None where there is nothing to end."""
    if found is None:
        fresh = _fresh(draft, owner, now)
        status = check(None, Trigger.DEAD_LETTER, Status.FAILED)
        return Change(None, replace(fresh, status=status, reason=Reason.DEAD_LETTERED))
    if found.content_hash != draft.content_hash or found.final:
        return None
    if found.status is Status.SENDING:
        held = found.lease_until is not None and now < found.lease_until
        return None if held else Change(found, submission.lapse(found, rules, now=now))
    return Change(found, submission.dead_letter(found, now=now))


def _held(found: Submission, rules: Rules, now: float) -> Step:
    if found.lease_until is not None and now < found.lease_until:
        return Later(found.lease_until)
    return Write(Change(found, submission.lapse(found, rules, now=now)))


def _waiting(found: Submission, draft: Draft, lease: Lease, now: float) -> Step:
    if _over(draft.expires_at, now):
        return Write(Change(found, submission.expire(found, now=now)))
    if draft.refusal is not None:
        refusal = draft.refusal
        return Write(Change(found, submission.refuse(found, refusal.reason, str(refusal.problem), now=now)))
    if found.due_at is not None and now < found.due_at:
        return Later(found.due_at)
    return Write(Change(found, submission.claim(found, owner=lease.owner, lease_until=lease.until, now=now)))


def _fresh(draft: Draft, owner: str, now: float) -> Submission:
    return Submission(
        request_id=draft.request_id,
        recipient=draft.recipient,
        content_hash=draft.content_hash,
        status=Status.SENDING,
        charset=draft.encoded.charset if draft.encoded else None,
        segments=draft.encoded.segments if draft.encoded else None,
        expires_at=draft.expires_at,
        owner=owner,
        resend=draft.resend,
        metadata=draft.metadata,
        created_at=now,
        updated_at=now,
    )


def _first(draft: Draft, lease: Lease, now: float) -> Submission:
    fresh = _fresh(draft, lease.owner, now)
    if draft.refusal is not None:
        status = check(None, Trigger.REFUSE, Status.FAILED)
        return replace(fresh, status=status, reason=draft.refusal.reason, detail=str(draft.refusal.problem))
    if _over(draft.expires_at, now):
        return replace(fresh, status=check(None, Trigger.EXPIRE, Status.EXPIRED), reason=Reason.EXPIRED)
    status = check(None, Trigger.CLAIM, Status.SENDING)
    return replace(fresh, status=status, attempt=1, lease_until=lease.until)


def _over(expires_at: float | None, now: float) -> bool:
    return expires_at is not None and now >= expires_at
