"""The state machine of a submission as one table: every allowed change of status.

docs/state-machine.md is made from this table, and all code changes a status through `submission.check`.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from realtime_sms.vocabulary import Status


class Trigger(StrEnum):
    """What changes a submission."""

    CLAIM = "claim"
    HOLD = "hold"
    CANCEL = "cancel"
    REFUSE = "refuse"
    EXPIRE = "expire"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    POSTPONE = "postpone"
    RELEASE = "release"
    LOSE = "lose"
    LAPSE = "lapse"
    RESEND = "resend"
    EVIDENCE = "evidence"
    DEAD_LETTER = "dead-letter"
    REOPEN = "reopen"


@dataclass(frozen=True, slots=True)
class Transition:
    """One row: `source` None is *absent*."""

    source: Status | None
    trigger: Trigger
    target: Status
    by: str
    only_if: str


_SENDER = "the send function"
_CANCELLER = "the API, or the command"
_OWNER = "the send function that claimed it"
_MAINTENANCE = "the maintenance function"
_SENDER_OR_SWEEP = "the send function, or the maintenance function"
_LATER = "a later delivery, or the maintenance function"
_LATE = "the send function that claimed it, late"
_WITNESS = f"{_LATE}; the maintenance function, by a delivery report"
_MAYBE_SENT = "the same, and an earlier attempt may have been sent"
_FOR_GOOD = "from then on it may have been sent"
_DEAD = "its reason is dead_lettered, so it was never sent"
_MINE = "owner and attempt are unchanged"

TRANSITIONS = (
    Transition(None, Trigger.CLAIM, Status.SENDING, _SENDER, "no breaker is open, and it is not expired"),
    Transition(None, Trigger.REFUSE, Status.FAILED, _SENDER, "the request cannot be sent to this recipient"),
    Transition(None, Trigger.EXPIRE, Status.EXPIRED, _SENDER, "expiresAt has passed"),
    Transition(None, Trigger.HOLD, Status.WAITING, _SENDER, "it must not be sent yet"),
    Transition(None, Trigger.CANCEL, Status.CANCELLED, _CANCELLER, "nothing was sent"),
    Transition(None, Trigger.DEAD_LETTER, Status.FAILED, _MAINTENANCE, "its message is in the dead-letter queue"),
    Transition(
        Status.WAITING,
        Trigger.CLAIM,
        Status.SENDING,
        _SENDER,
        "due, attempt unchanged, same content, no breaker open, not expired",
    ),
    Transition(Status.WAITING, Trigger.HOLD, Status.WAITING, _SENDER, "due, but it must not be sent yet"),
    Transition(Status.WAITING, Trigger.CANCEL, Status.CANCELLED, _CANCELLER, "no attempt may have been sent"),
    Transition(Status.WAITING, Trigger.REFUSE, Status.FAILED, _SENDER, "the deployment's settings no longer allow it"),
    Transition(Status.WAITING, Trigger.REFUSE, Status.UNKNOWN, _SENDER, _MAYBE_SENT),
    Transition(Status.WAITING, Trigger.EXPIRE, Status.EXPIRED, _SENDER_OR_SWEEP, "expiresAt has passed"),
    Transition(Status.WAITING, Trigger.EXPIRE, Status.UNKNOWN, _SENDER_OR_SWEEP, _MAYBE_SENT),
    Transition(
        Status.WAITING,
        Trigger.DEAD_LETTER,
        Status.FAILED,
        _MAINTENANCE,
        "its message is in the dead-letter queue",
    ),
    Transition(Status.WAITING, Trigger.DEAD_LETTER, Status.UNKNOWN, _MAINTENANCE, _MAYBE_SENT),
    Transition(Status.SENDING, Trigger.ACCEPTED, Status.SUBMITTED, _OWNER, _MINE),
    Transition(
        Status.SENDING,
        Trigger.REJECTED,
        Status.FAILED,
        _OWNER,
        f"{_MINE}; refused by RealTime for good or too often, or by us before the call (opted out, conflict)",
    ),
    Transition(Status.SENDING, Trigger.REJECTED, Status.UNKNOWN, _OWNER, _MAYBE_SENT),
    Transition(Status.SENDING, Trigger.POSTPONE, Status.WAITING, _OWNER, f"{_MINE}; refused for now, or never sent"),
    Transition(
        Status.SENDING,
        Trigger.RELEASE,
        Status.WAITING,
        _OWNER,
        f"{_MINE}; the call was not started: no time, a cap is reached, or the table does not answer",
    ),
    Transition(Status.SENDING, Trigger.LOSE, Status.UNKNOWN, _OWNER, f"{_MINE}; RealTime may have accepted it"),
    Transition(Status.SENDING, Trigger.LOSE, Status.WAITING, _OWNER, f"the same, and onUnknown is resend; {_FOR_GOOD}"),
    Transition(Status.SENDING, Trigger.LAPSE, Status.UNKNOWN, _LATER, "the lease has ended"),
    Transition(
        Status.SENDING, Trigger.LAPSE, Status.WAITING, _LATER, f"the same, and onUnknown is resend; {_FOR_GOOD}"
    ),
    Transition(Status.UNKNOWN, Trigger.EVIDENCE, Status.SUBMITTED, _WITNESS, "same attempt"),
    Transition(
        Status.UNKNOWN, Trigger.EVIDENCE, Status.FAILED, _LATE, "same attempt, and no earlier one may have been sent"
    ),
    Transition(Status.UNKNOWN, Trigger.RESEND, Status.WAITING, "an operator", _FOR_GOOD),
    Transition(Status.FAILED, Trigger.REOPEN, Status.WAITING, "an operator's redrive", _DEAD),
    Transition(Status.FAILED, Trigger.CANCEL, Status.CANCELLED, _CANCELLER, _DEAD),
)

ROWS: Final = {(row.source, row.trigger, row.target): row for row in TRANSITIONS}


def mermaid() -> str:
    """Draw the table as a Mermaid state diagram."""
    ways = [f"    {row.source or '[*]'} --> {row.target}: {row.trigger}" for row in TRANSITIONS]
    ends = [f"    {status} --> [*]" for status in (Status.SUBMITTED, Status.EXPIRED, Status.CANCELLED)]
    return "\n".join(["stateDiagram-v2", *ways, *ends]) + "\n"
