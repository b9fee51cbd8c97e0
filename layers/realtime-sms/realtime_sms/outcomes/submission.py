"""A submission: one request to one recipient, and how each thing that happens to it changes it.

Each function takes a submission and returns its next value. Whether that value may be written is for the store to
decide: it compares what it finds with the value that came in.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from realtime_sms.outcomes.state_machine import ROWS, Trigger
from realtime_sms.provider.verdict import Kind, Verdict
from realtime_sms.vocabulary import FINAL, Delivery, DeliveryReason, MessageType, Reason, Status

# RealTime is asked what became of a submission after so many seconds, counted from the submission or the last query.
ASK_AFTER = (600, 1_800, 7_200, 28_800, 86_400, 172_800)
_WITNESSED = "known by its delivery report, which came after the call was given up"


type Time = float  # epoch seconds; where it is written, ISO 8601 in UTC (see `iso`)


@lru_cache(
    maxsize=1024
)  # each time of a submission is written three times: at the claim, and before and after the outcome
def iso(epoch: float) -> str:
    """Write epoch seconds as ISO 8601 in UTC with milliseconds: all of one width, so that texts sort as times do."""
    return datetime.fromtimestamp(epoch, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"  # not +00:00


def _shown(words: str, *, event: bool = True) -> Mapping[str, Any]:
    """Declare a field that users see: in the API and the command, and in events unless `event` is False."""
    return {"words": words, "event": event}


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """One request to one recipient: one item of the table, and the one model of an outcome.

    The item, the API's JSON, the event and `rtsms status --json` follow from these fields, under the same names in
    camel case. What is not `_shown` is the sender's own.
    """

    request_id: str
    recipient: str = field(repr=False)  # E.164; for an entry that is not a number, its place in the request
    content_hash: str
    status: Status
    reason: Reason | None = field(default=None, metadata=_shown("why it is in this status"))
    detail: str | None = field(default=None, metadata=_shown("more about the reason, in words"))
    attempt: int = field(default=0, metadata=_shown("how often RealTime was called, or was about to be"))
    tries: int = 0  # attempts that ended in "try again"; they are bounded, waiting for balance is not
    provider_errors: int = 0  # those of them that RealTime's `unknown_error` ended; bounded more tightly
    owner: str  # of the last claim; owner and attempt together identify a state of the submission
    lease_until: Time | None = None
    due_at: Time | None = field(
        default=None, metadata=_shown("the next attempt is not made before this time", event=False)
    )
    expires_at: Time | None = field(default=None, metadata=_shown("no call is made after this time", event=False))
    message_type: MessageType = field(
        default=MessageType.TRANSACTIONAL, metadata=_shown("transactional or promotional")
    )
    campaign: str | None = field(default=None, metadata=_shown("id of its campaign"))
    resend: bool = False
    counted: bool = False  # in the caps, which count a submission once
    maybe_sent: bool = field(default=False, metadata=_shown("an earlier attempt may have reached the phone"))
    http_status: int | None = field(default=None, metadata=_shown("HTTP status of RealTime's last reply"))
    submission_id: str | None = field(default=None, metadata=_shown("RealTime's id"))
    charset: int | None = field(default=None, metadata=_shown("RealTime's charset in which the text was sent"))
    segments: int | None = field(default=None, metadata=_shown("number of segments, for which RealTime charges"))
    created_at: Time = field(metadata=_shown("when the table got it first"))
    updated_at: Time = field(metadata=_shown("when its status last changed"))
    submitted_at: Time | None = field(default=None, metadata=_shown("when RealTime accepted it"))
    delivery: Delivery | None = field(
        default=None, metadata=_shown("whether it reached the phone, by RealTime's reports")
    )
    delivery_reason: DeliveryReason | None = field(default=None, metadata=_shown("why it did not arrive"))
    delivery_at: Time | None = field(
        default=None, metadata=_shown("when the report came; RealTime's own times have no zone")
    )
    cost: str | None = field(default=None, metadata=_shown("in the account's currency, as RealTime writes it"))
    operator: Mapping[str, str] = field(
        default_factory=dict, metadata=_shown("the network that carried it, as RealTime names it")
    )
    handed_over_at: Time | None = field(default=None, metadata=_shown("when RealTime handed it to the operator"))
    done_at: Time | None = field(default=None, metadata=_shown("when its delivery was final, as RealTime says"))
    handset_seconds: int | None = field(
        default=None, metadata=_shown("seconds from RealTime accepting it to the handset, by RealTime's clock")
    )
    ask_at: Time | None = None  # when RealTime is asked what became of it, unless a report says so before
    asks: int | None = None  # how often that was done
    metadata: Mapping[str, str] = field(default_factory=dict)

    @property
    def final(self) -> bool:
        """Return True if the queue message is no longer needed for this recipient."""
        return self.status in FINAL

    @property
    def dead_lettered(self) -> bool:
        """Return True if it ended as a dead letter: it was never sent, and a redrive sends it."""
        return self.status is Status.FAILED and self.reason is Reason.DEAD_LETTERED

    @property
    def can_be_cancelled(self) -> bool:
        """Return True if no attempt may have been sent, and one may still be made."""
        return not self.maybe_sent and (self.status is Status.WAITING or self.dead_lettered)

    @property
    def untraced(self) -> bool:
        """Return True if RealTime may have accepted an attempt under an id that we do not know."""
        nameless = self.status is Status.SUBMITTED and self.submission_id is None
        return self.status is Status.UNKNOWN or self.maybe_sent or nameless


@dataclass(frozen=True, slots=True)
class Rules:
    """The deployment's numbers: attempts as a count, delays in seconds."""

    max_attempts: int = 12
    provider_error_attempts: int = 5  # RealTime calls this error "usually temporary"; five times is not
    first_delay: float = 5
    longest_delay: float = 1200
    ask: bool = False  # whether RealTime is asked where no report came

    def delay(self, tries: int, jitter: float) -> float:
        """Return the back-off in seconds: doubled each time up to the longest, less up to a quarter by `jitter`."""
        return min(self.longest_delay, self.first_delay * 2.0 ** min(tries, 30)) * (1 - jitter / 4)


class ForbiddenTransitionError(RuntimeError):
    """Our own code tried a change that the table of transitions does not have."""


def check(source: Status | None, trigger: Trigger, target: Status) -> Status:
    """Return `target` if the table of transitions has this row.

    Raises:
        ForbiddenTransitionError: it has not.

    """
    if (source, trigger, target) not in ROWS:
        raise ForbiddenTransitionError(f"{source or 'absent'} → {target} by {trigger}")
    return target


def claim(before: Submission, *, owner: str, lease_until: float, now: float) -> Submission:
    """Claim a waiting submission for one attempt, without what the last reply said."""
    status = check(before.status, Trigger.CLAIM, Status.SENDING)
    return replace(
        before,
        status=status,
        reason=None,
        http_status=None,
        attempt=before.attempt + 1,
        owner=owner,
        lease_until=lease_until,
        due_at=None,
        updated_at=now,
    )


def settle(mine: Submission, verdict: Verdict, rules: Rules, *, now: float, jitter: float) -> Submission:
    """Return what becomes of a claimed submission, given the verdict on its call."""
    if verdict.kind is Kind.NOT_STARTED:
        return release(mine, now=now)
    told = replace(mine, reason=verdict.reason, http_status=verdict.http_status, updated_at=now, lease_until=None)
    match verdict.kind:
        case Kind.ACCEPTED:
            return replace(
                told,
                status=check(mine.status, Trigger.ACCEPTED, Status.SUBMITTED),
                submission_id=verdict.submission_id,
                submitted_at=now,
                ask_at=now + ASK_AFTER[0] if rules.ask and verdict.submission_id else None,
            )
        case Kind.REFUSED:
            return _end(told, Trigger.REJECTED, Status.FAILED)
        case Kind.TRY_AGAIN | Kind.DOUBTFUL:
            return _try_again(told, verdict, rules, jitter)
        case Kind.NO_BALANCE | Kind.UNAUTHORIZED | Kind.FORBIDDEN | Kind.WRONG_ADDRESS:
            return _wait(told, Trigger.POSTPONE, now + rules.delay(told.tries, jitter))
        case Kind.OPEN:
            return _lose(told, Trigger.LOSE, rules, now + rules.delay(told.tries, jitter))


def lapse(theirs: Submission, rules: Rules, *, now: float) -> Submission:
    """Give up a submission whose lease is over: its owner may have made the call."""
    told = replace(theirs, reason=Reason.LEASE_OVER, updated_at=now, lease_until=None)
    return _lose(told, Trigger.LAPSE, rules, now)


def release(mine: Submission, reason: Reason = Reason.NOT_STARTED, *, now: float, wait: float = 0) -> Submission:
    """Put back a claimed submission whose call was not started; `wait` in seconds before it is due again."""
    told = replace(mine, reason=reason, updated_at=now, lease_until=None)
    return _wait(told, Trigger.RELEASE, now + wait)


def hold(waiting: Submission, reason: Reason, *, until: float, now: float) -> Submission:
    """Let a waiting submission wait until a time before which it must not be sent."""
    return _wait(replace(waiting, reason=reason, updated_at=now), Trigger.HOLD, until)


def cancel(unsent: Submission, *, now: float) -> Submission:
    """Cancel a submission that waits, or is a dead letter.

    What is scheduled keeps its time, so that the item outlives a schedule that could not be deleted.

    Raises:
        ForbiddenTransitionError: it is neither, or an earlier attempt may have been sent.

    """
    status = check(unsent.status, Trigger.CANCEL, Status.CANCELLED)
    if not unsent.can_be_cancelled:
        raise ForbiddenTransitionError("it ended for good, or an earlier attempt may have been sent")
    due_at = unsent.due_at if unsent.reason is Reason.SCHEDULED else None
    return replace(unsent, status=status, reason=Reason.CANCELLED, updated_at=now, due_at=due_at)


def cancel_absent(
    request_id: str,
    recipient: str,
    content_hash: str,
    *,
    owner: str,
    now: float,
    **known: Any,  # noqa: ANN401 (other fields)
) -> Submission:
    """Cancel a submission that the table does not have yet."""
    return Submission(
        request_id=request_id,
        recipient=recipient,
        content_hash=content_hash,
        status=check(None, Trigger.CANCEL, Status.CANCELLED),
        reason=Reason.CANCELLED,
        owner=owner,
        created_at=now,
        updated_at=now,
        **known,
    )


def refuse(waiting: Submission, reason: Reason, detail: str, *, now: float) -> Submission:
    """End a waiting submission that can no longer be sent, for example because the default sender was removed."""
    told = replace(waiting, reason=reason, detail=detail, updated_at=now, due_at=None)
    return _end(told, Trigger.REFUSE, Status.FAILED)


def expire(waiting: Submission, *, now: float) -> Submission:
    """End a waiting submission that has expired."""
    return _end(replace(waiting, reason=Reason.EXPIRED, updated_at=now, due_at=None), Trigger.EXPIRE, Status.EXPIRED)


def dead_letter(waiting: Submission, *, now: float) -> Submission:
    """End a waiting submission whose queue message is in the dead-letter queue."""
    return _end(
        replace(waiting, reason=Reason.DEAD_LETTERED, updated_at=now, due_at=None), Trigger.DEAD_LETTER, Status.FAILED
    )


def reopen(buried: Submission, *, now: float) -> Submission:
    """Reopen a submission that ended as a dead letter, and so was never sent."""
    return _wait(replace(buried, updated_at=now), Trigger.REOPEN, now)


def resend(unknown: Submission, *, now: float) -> Submission:
    """Reopen an unknown submission for an operator; it may have been sent already."""
    return _wait(replace(unknown, updated_at=now, maybe_sent=True, counted=False), Trigger.RESEND, now)


def match_report(untraced: Submission, submission_id: str, *, ask_at: float | None, now: float) -> Submission:
    """Record that RealTime accepted a submission, as a report under this id proves; see `match.find_match`."""
    named = replace(untraced, submission_id=submission_id, ask_at=ask_at, updated_at=now)
    if untraced.status is Status.SUBMITTED:  # RealTime said so at once, and gave no id
        return named
    status = check(untraced.status, Trigger.EVIDENCE, Status.SUBMITTED)
    told = replace(named, status=status, reason=Reason.ACCEPTED, detail=_WITNESSED, http_status=None)
    return replace(told, submitted_at=now)


def settles(current: Submission, known: Submission) -> bool:
    """Return True if what became known of an attempt settles a submission that is `unknown` by now.

    Only what ends it does: going back to waiting on late evidence would lose messages silently. And what may have been
    sent does not end as failed, for evidence of one attempt says nothing of the others.
    """
    return (
        current.status is Status.UNKNOWN
        and (current.attempt, current.owner) == (known.attempt, known.owner)
        and (known.status is Status.SUBMITTED or (known.status is Status.FAILED and not current.maybe_sent))
    )


def _try_again(told: Submission, verdict: Verdict, rules: Rules, jitter: float) -> Submission:
    provider_errors = told.provider_errors + (verdict.reason is Reason.PROVIDER_ERROR)
    tried = replace(told, tries=told.tries + 1, provider_errors=provider_errors)
    if tried.tries >= rules.max_attempts or provider_errors >= rules.provider_error_attempts:
        return _end(tried, Trigger.REJECTED, Status.FAILED)
    delay = rules.delay(told.tries, jitter)
    if verdict.retry_after is not None:
        delay = min(max(verdict.retry_after, 1), rules.longest_delay) * (1 + jitter / 10)
    return _wait(tried, Trigger.POSTPONE, told.updated_at + delay)


def _lose(told: Submission, trigger: Trigger, rules: Rules, due_at: float) -> Submission:
    tried = replace(told, tries=told.tries + 1)
    if told.resend and tried.tries < rules.max_attempts:
        return _wait(replace(tried, maybe_sent=True, counted=False), trigger, due_at)
    return replace(tried, status=check(told.status, trigger, Status.UNKNOWN))


def _wait(told: Submission, trigger: Trigger, due_at: float) -> Submission:
    return replace(told, status=check(told.status, trigger, Status.WAITING), due_at=due_at)


def _end(told: Submission, trigger: Trigger, status: Status) -> Submission:
    """End a submission; one that may have been sent can only end as `unknown`, whatever refused it later."""
    return replace(told, status=check(told.status, trigger, Status.UNKNOWN if told.maybe_sent else status))
