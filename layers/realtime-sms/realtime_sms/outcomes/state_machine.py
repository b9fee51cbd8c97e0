"""The state machine of a submission, as one table: from where, by what, to where, by whom, and only if.

The picture in docs/state-machine.md is drawn from this table, and no code changes a status but by a row of it.
"""

from dataclasses import dataclass
from enum import StrEnum

from realtime_sms.vocabulary import Status


class Trigger(StrEnum):
    """What moves a submission."""

    CLAIM = "claim"
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
    DEAD_LETTER = "bury"
    REOPEN = "reopen"


@dataclass(frozen=True, slots=True)
class Transition:
    """One row: `source` None is *absent*."""

    source: Status | None
    trigger: Trigger
    target: Status
    by: str
    only_if: str


_OWNER = "the owner"
_LATER = "a later delivery, or the sweeper"
_WITNESS = "the owner, too late; a delivery report; an operator"
_FOR_GOOD = "from then on: maybe sent"
_MINE = "owner and attempt are still mine"

TRANSITIONS = (
    Transition(None, Trigger.CLAIM, Status.SENDING, "the sender", "no breaker is open, and it is not expired"),
    Transition(None, Trigger.REFUSE, Status.FAILED, "the sender", "the request cannot be sent to this recipient"),
    Transition(None, Trigger.EXPIRE, Status.EXPIRED, "the sender", "past expiresAt"),
    Transition(
        None, Trigger.DEAD_LETTER, Status.FAILED, "the watch function", "its message is in the dead-letter queue"
    ),
    Transition(
        Status.WAITING,
        Trigger.CLAIM,
        Status.SENDING,
        "the sender",
        "due, attempt unchanged, same content, no breaker open, not expired",
    ),
    Transition(Status.WAITING, Trigger.REFUSE, Status.FAILED, "the sender", "it can no longer be sent as configured"),
    Transition(Status.WAITING, Trigger.REFUSE, Status.UNKNOWN, "the sender", "so, and maybe sent"),
    Transition(Status.WAITING, Trigger.EXPIRE, Status.EXPIRED, "the sender, or the sweeper", "past expiresAt"),
    Transition(Status.WAITING, Trigger.EXPIRE, Status.UNKNOWN, "the sender, or the sweeper", "so, and maybe sent"),
    Transition(
        Status.WAITING,
        Trigger.DEAD_LETTER,
        Status.FAILED,
        "the watch function",
        "its message is in the dead-letter queue",
    ),
    Transition(Status.WAITING, Trigger.DEAD_LETTER, Status.UNKNOWN, "the watch function", "so, and maybe sent"),
    Transition(Status.SENDING, Trigger.ACCEPTED, Status.SUBMITTED, _OWNER, _MINE),
    Transition(
        Status.SENDING,
        Trigger.REJECTED,
        Status.FAILED,
        _OWNER,
        f"{_MINE}; refused by RealTime for good or too often, or by us before the call: opted out, conflict",
    ),
    Transition(
        Status.SENDING, Trigger.REJECTED, Status.UNKNOWN, _OWNER, "so, and an earlier attempt may have been sent"
    ),
    Transition(Status.SENDING, Trigger.POSTPONE, Status.WAITING, _OWNER, f"{_MINE}; refused for now, or never sent"),
    Transition(
        Status.SENDING,
        Trigger.RELEASE,
        Status.WAITING,
        _OWNER,
        f"{_MINE}; the call was not started: no time, or the opt-outs cannot be read",
    ),
    Transition(Status.SENDING, Trigger.LOSE, Status.UNKNOWN, _OWNER, f"{_MINE}; RealTime may have accepted it"),
    Transition(Status.SENDING, Trigger.LOSE, Status.WAITING, _OWNER, f"so, and onUnknown is resend; {_FOR_GOOD}"),
    Transition(Status.SENDING, Trigger.LAPSE, Status.UNKNOWN, _LATER, "the lease is over"),
    Transition(Status.SENDING, Trigger.LAPSE, Status.WAITING, _LATER, f"so, and onUnknown is resend; {_FOR_GOOD}"),
    Transition(Status.UNKNOWN, Trigger.EVIDENCE, Status.SUBMITTED, _WITNESS, "same attempt"),
    Transition(Status.UNKNOWN, Trigger.EVIDENCE, Status.FAILED, _WITNESS, "same attempt, never sent before"),
    Transition(Status.UNKNOWN, Trigger.RESEND, Status.WAITING, "an operator", _FOR_GOOD),
    Transition(Status.FAILED, Trigger.REOPEN, Status.WAITING, "an operator's redrive", "it was buried, so never sent"),
)

_ROWS = {(row.source, row.trigger, row.target): row for row in TRANSITIONS}


class ForbiddenTransitionError(RuntimeError):
    """Code of ours tried to move a submission by a way that the table does not have."""


def check(source: Status | None, trigger: Trigger, target: Status) -> Status:
    """Give `target` if the table has this row.

    Raises:
        ForbiddenTransitionError: it has not.

    """
    if (source, trigger, target) not in _ROWS:
        raise ForbiddenTransitionError(f"{source or 'absent'} → {target} by {trigger}")
    return target


def mermaid() -> str:
    """Draw the table as a Mermaid state diagram."""
    ways = [f"    {row.source or '[*]'} --> {row.target}: {row.trigger}" for row in TRANSITIONS]
    ends = [f"    {status} --> [*]" for status in (Status.SUBMITTED, Status.EXPIRED)]
    return "\n".join(["stateDiagram-v2", *ways, *ends]) + "\n"
