"""The state table: it says what the promise says, and nothing else is a way from one state to another."""

from itertools import product

import pytest

from realtime_sms.outcomes.state_machine import TRANSITIONS, Trigger, mermaid
from realtime_sms.outcomes.submission import ForbiddenTransitionError, check
from realtime_sms.vocabulary import FINAL, Status

# The promise's own table, written a second time by hand: from (None is absent), by what, to.
WAYS = {
    (None, Trigger.CLAIM, Status.SENDING),
    (None, Trigger.REFUSE, Status.FAILED),
    (None, Trigger.EXPIRE, Status.EXPIRED),
    (None, Trigger.HOLD, Status.WAITING),
    (None, Trigger.CANCEL, Status.CANCELLED),
    (None, Trigger.DEAD_LETTER, Status.FAILED),
    (Status.WAITING, Trigger.HOLD, Status.WAITING),
    (Status.WAITING, Trigger.CANCEL, Status.CANCELLED),
    (Status.WAITING, Trigger.CLAIM, Status.SENDING),
    (Status.WAITING, Trigger.REFUSE, Status.FAILED),
    (Status.WAITING, Trigger.REFUSE, Status.UNKNOWN),
    (Status.WAITING, Trigger.EXPIRE, Status.EXPIRED),
    (Status.WAITING, Trigger.EXPIRE, Status.UNKNOWN),
    (Status.WAITING, Trigger.DEAD_LETTER, Status.FAILED),
    (Status.WAITING, Trigger.DEAD_LETTER, Status.UNKNOWN),
    (Status.SENDING, Trigger.ACCEPTED, Status.SUBMITTED),
    (Status.SENDING, Trigger.REJECTED, Status.FAILED),
    (Status.SENDING, Trigger.REJECTED, Status.UNKNOWN),
    (Status.SENDING, Trigger.POSTPONE, Status.WAITING),
    (Status.SENDING, Trigger.RELEASE, Status.WAITING),
    (Status.SENDING, Trigger.LOSE, Status.UNKNOWN),
    (Status.SENDING, Trigger.LAPSE, Status.UNKNOWN),
    (Status.SENDING, Trigger.LOSE, Status.WAITING),
    (Status.SENDING, Trigger.LAPSE, Status.WAITING),
    (Status.UNKNOWN, Trigger.EVIDENCE, Status.SUBMITTED),
    (Status.UNKNOWN, Trigger.EVIDENCE, Status.FAILED),
    (Status.UNKNOWN, Trigger.RESEND, Status.WAITING),
    (Status.FAILED, Trigger.CANCEL, Status.CANCELLED),
    (Status.FAILED, Trigger.REOPEN, Status.WAITING),
}
NO_WAYS = sorted(set(product([None, *Status], Trigger, Status)) - WAYS, key=str)


def test_each_row_is_written_once() -> None:
    """Two rows for one way could disagree on who may take it."""
    assert len(TRANSITIONS) == len(WAYS)
    assert {(row.source, row.trigger, row.target) for row in TRANSITIONS} == WAYS


@pytest.mark.parametrize(("source", "trigger", "target"), sorted(WAYS, key=str))
def test_a_way_of_the_table_is_open(source: Status | None, trigger: Trigger, target: Status) -> None:
    """What is checked comes back, so that a status is written only through the check."""
    assert check(source, trigger, target) is target


@pytest.mark.parametrize(("source", "trigger", "target"), NO_WAYS)
def test_every_other_way_is_closed(source: Status | None, trigger: Trigger, target: Status) -> None:
    """The error says which way was tried."""
    with pytest.raises(ForbiddenTransitionError, match=f"^{source or 'absent'} → {target} by {trigger}$"):
        check(source, trigger, target)


def test_what_was_submitted_expired_or_cancelled_stays_so() -> None:
    """Nothing is ever sent again that RealTime is known to have, or that somebody cancelled."""
    ended = {Status.SUBMITTED, Status.EXPIRED, Status.CANCELLED}
    assert not [row for row in TRANSITIONS if row.source in ended]


def test_an_unknown_fate_waits_again_by_consent_only() -> None:
    """Evidence ends it; going back to waiting on evidence would lose messages silently."""
    assert {row.trigger for row in TRANSITIONS if (row.source, row.target) == (Status.UNKNOWN, Status.WAITING)} == {
        Trigger.RESEND
    }


def test_every_state_is_reached_and_every_unfinished_one_left() -> None:
    """None is a trap, and none is there for nothing."""
    assert {row.target for row in TRANSITIONS} == set(Status)
    assert set(Status) - FINAL <= {row.source for row in TRANSITIONS}
    assert {Status.SENDING, Status.WAITING} == set(Status) - FINAL


def test_every_trigger_is_used() -> None:
    """One that moves nothing is a mistake in the table."""
    assert {row.trigger for row in TRANSITIONS} == set(Trigger)


def test_the_picture_has_a_line_for_each_row() -> None:
    """It is drawn from the table and from nothing else."""
    lines = mermaid().splitlines()
    assert lines[0] == "stateDiagram-v2"
    for row in TRANSITIONS:
        assert f"    {row.source or '[*]'} --> {row.target}: {row.trigger}" in lines
    assert len(lines) == 1 + len(TRANSITIONS) + 3
