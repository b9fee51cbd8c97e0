"""The sender's whole judgement, as a decision table."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_sms.outcomes import submission
from realtime_sms.outcomes.decide import (
    Change,
    Done,
    End,
    Found,
    Later,
    RequestConflict,
    Unreadable,
    decide,
    end_dead_letter,
)
from realtime_sms.outcomes.submission import Submission
from realtime_sms.requests.errors import Problem
from realtime_sms.requests.prepare import Message, Refusal
from realtime_sms.vocabulary import Reason, Status
from tests.fakes.submissions import (
    BURIED,
    EXPIRED,
    FAILED,
    IN_STATE,
    LEASE_UNTIL,
    MESSAGE,
    NOW,
    NUMBER,
    OWNER,
    RULES,
    SENDING,
    SUBMITTED,
    UNKNOWN,
    WAITING,
)

TOO_LATE = replace(MESSAGE, expires_at=NOW)
IN_TIME = replace(MESSAGE, expires_at=NOW + 1)
REFUSED = replace(MESSAGE, encoded=None, refusal=Refusal(Reason.NO_SENDER, Problem("sender", "is missing")))
OTHER = replace(MESSAGE, content_hash="other")
LAPSED = replace(SENDING, lease_until=NOW)
NOT_DUE = replace(WAITING, due_at=NOW + 7)
CLAIMED = submission.claim(WAITING, owner=OWNER, lease_until=LEASE_UNTIL, now=NOW)
GIVEN_UP = submission.lapse(LAPSED, RULES, now=NOW)
TO_RESEND = replace(LAPSED, resend=True)
MAYBE_SENT = replace(WAITING, maybe_sent=True)


def first(message: Message = MESSAGE) -> Submission:
    """Return what every first write for a message holds."""
    return Submission(
        request_id="r-1",
        recipient=NUMBER,
        content_hash="same",
        status=Status.SENDING,
        owner="owner-2",
        created_at=NOW,
        updated_at=NOW,
        expires_at=message.expires_at,
        charset=message.encoded.charset if message.encoded else None,
        segments=message.encoded.segments if message.encoded else None,
    )


def wrote(before: Submission | None, after: Submission) -> Change:
    """Return the step that writes one value over another."""
    return Change(before, after)


def step_of(message: Message, found: Found) -> Change | End:
    """Return the step for the one recipient."""
    return decide(message, NUMBER, found, RULES, owner=OWNER, lease_until=LEASE_UNTIL, now=NOW)


FIRST = replace(first(), attempt=1, lease_until=LEASE_UNTIL)
NO_SENDER = replace(first(REFUSED), status=Status.FAILED, reason=Reason.NO_SENDER, detail="sender: is missing")
TOO_LATE_AT_FIRST = replace(first(TOO_LATE), status=Status.EXPIRED, reason=Reason.EXPIRED)


@pytest.mark.parametrize(
    ("message", "found", "step"),
    [
        pytest.param(MESSAGE, None, wrote(None, FIRST), id="absent: claim"),
        pytest.param(IN_TIME, None, wrote(None, replace(FIRST, expires_at=NOW + 1)), id="absent, in time: claim"),
        pytest.param(TOO_LATE, None, wrote(None, TOO_LATE_AT_FIRST), id="absent, too late: expire"),
        pytest.param(REFUSED, None, wrote(None, NO_SENDER), id="absent, refused: fail"),
        pytest.param(
            replace(REFUSED, expires_at=NOW),
            None,
            wrote(None, replace(NO_SENDER, expires_at=NOW)),
            id="absent, refused and too late: fail",
        ),
        pytest.param(
            replace(MESSAGE, resend=True, metadata={"a": "b"}),
            None,
            wrote(None, replace(FIRST, resend=True, metadata={"a": "b"})),
            id="absent: the producer's wishes are kept",
        ),
        *[
            pytest.param(OTHER, found, RequestConflict(), id=f"{status}, other content: conflict")
            for status, found in IN_STATE.items()
        ],
        pytest.param(OTHER, LAPSED, RequestConflict(), id="lapsed, other content: conflict"),
        *[
            pytest.param(message, found, Done(), id=f"{found.status}, {name}: done")
            for found in (SUBMITTED, FAILED, UNKNOWN, EXPIRED)
            for name, message in (("as before", MESSAGE), ("too late", TOO_LATE), ("refused", REFUSED))
        ],
        pytest.param(MESSAGE, Unreadable(), Later(NOW + RULES.longest_delay), id="unreadable: later"),
        pytest.param(MESSAGE, SENDING, Later(NOW + 30), id="held: when its lease is over"),
        pytest.param(TOO_LATE, SENDING, Later(NOW + 30), id="held and too late: likewise"),
        pytest.param(MESSAGE, LAPSED, wrote(LAPSED, GIVEN_UP), id="lapsed: unknown"),
        pytest.param(TOO_LATE, LAPSED, wrote(LAPSED, GIVEN_UP), id="lapsed and too late: unknown"),
        pytest.param(
            MESSAGE,
            TO_RESEND,
            wrote(TO_RESEND, submission.lapse(TO_RESEND, RULES, now=NOW)),
            id="lapsed, to be resent: wait",
        ),
        pytest.param(MESSAGE, WAITING, wrote(WAITING, CLAIMED), id="waiting, due: claim"),
        pytest.param(IN_TIME, WAITING, wrote(WAITING, CLAIMED), id="waiting, due, in time: claim"),
        pytest.param(
            MESSAGE, replace(WAITING, due_at=NOW), wrote(replace(WAITING, due_at=NOW), CLAIMED), id="due now: claim"
        ),
        pytest.param(MESSAGE, NOT_DUE, Later(NOW + 7), id="waiting, not due: later"),
        pytest.param(
            TOO_LATE, NOT_DUE, wrote(NOT_DUE, submission.expire(NOT_DUE, now=NOW)), id="waiting, too late: expire"
        ),
        pytest.param(
            TOO_LATE,
            MAYBE_SENT,
            wrote(
                MAYBE_SENT,
                replace(MAYBE_SENT, status=Status.UNKNOWN, reason=Reason.EXPIRED, due_at=None, updated_at=NOW),
            ),
            id="waiting, maybe sent, too late: unknown",
        ),
        pytest.param(
            REFUSED,
            NOT_DUE,
            wrote(NOT_DUE, submission.refuse(NOT_DUE, Reason.NO_SENDER, "sender: is missing", now=NOW)),
            id="waiting, refused since: fail",
        ),
    ],
)
def test_a_message_takes_the_step_that_the_table_allows(message: Message, found: Found, step: Change | End) -> None:
    """Given what the table holds and the time, there is one thing to do."""
    assert step_of(message, found) == step


_TIMES = st.one_of(st.none(), st.floats(NOW - 10, NOW + 10))


@given(
    found=st.sampled_from([None, *IN_STATE.values()]),
    message=st.sampled_from([MESSAGE, REFUSED, OTHER, replace(MESSAGE, resend=True)]),
    times=st.tuples(_TIMES, _TIMES, _TIMES),
    maybe_sent=st.booleans(),
    resend=st.booleans(),
)
def test_a_call_is_claimed_only_when_it_may_be_made(
    *,
    found: Submission | None,
    message: Message,
    times: tuple[float | None, float | None, float | None],
    maybe_sent: bool,
    resend: bool,
) -> None:
    """Never of another's lease, another content, a refused draft, a final state, too early or too late."""
    expires_at, due_at, lease_until = times
    message = replace(message, expires_at=expires_at)
    if found is not None:
        found = replace(found, due_at=due_at, lease_until=lease_until, maybe_sent=maybe_sent, resend=resend)
    step = step_of(message, found)
    if isinstance(step, Later):
        assert step.at > NOW
    if not isinstance(step, Change):
        return
    assert step.before is found
    if found is not None and found.maybe_sent:
        assert step.after.status not in {Status.FAILED, Status.EXPIRED}
        assert step.after.maybe_sent
    if step.after.status is not Status.SENDING:
        return
    assert message.refusal is None
    assert expires_at is None or expires_at > NOW
    assert found is None or (found.status is Status.WAITING and found.content_hash == message.content_hash)
    assert found is None or due_at is None or due_at <= NOW
    assert step.after.attempt == (found.attempt if found else 0) + 1
    assert (step.after.owner, step.after.lease_until) == (OWNER, LEASE_UNTIL)


@pytest.mark.parametrize(
    ("message", "found", "after"),
    [
        pytest.param(MESSAGE, None, replace(first(), status=Status.FAILED, reason=Reason.DEAD_LETTERED), id="absent"),
        pytest.param(MESSAGE, WAITING, submission.dead_letter(WAITING, now=NOW), id="waiting"),
        pytest.param(MESSAGE, NOT_DUE, submission.dead_letter(NOT_DUE, now=NOW), id="waiting, not due"),
        pytest.param(MESSAGE, LAPSED, GIVEN_UP, id="its lease over"),
        pytest.param(MESSAGE, SENDING, None, id="held: its owner will end it"),
        pytest.param(OTHER, WAITING, None, id="other content: another request's"),
        pytest.param(MESSAGE, Unreadable(), None, id="unreadable: left alone"),
        *[pytest.param(MESSAGE, one, None, id=one.status) for one in (SUBMITTED, FAILED, UNKNOWN, EXPIRED, BURIED)],
    ],
)
def test_a_dead_letter_ends_what_has_no_end(message: Message, found: Found, after: Submission | None) -> None:
    """Nobody will deliver its message again; what is final or in somebody's hands is left alone."""
    change = end_dead_letter(message, NUMBER, found, RULES, owner=OWNER, now=NOW)
    before = found if isinstance(found, Submission) else None
    assert change == (None if after is None else Change(before, after))


def test_a_dead_letter_that_may_have_been_sent_ends_as_unknown() -> None:
    """Its earlier attempt was never answered for."""
    change = end_dead_letter(MESSAGE, NUMBER, MAYBE_SENT, RULES, owner=OWNER, now=NOW)
    assert change is not None
    assert (change.after.status, change.after.reason) == (Status.UNKNOWN, Reason.DEAD_LETTERED)


def test_a_buried_submission_that_is_opened_again_is_claimed_anew() -> None:
    """A redrive sends it under the same id, as the next attempt."""
    waiting = submission.reopen(BURIED, now=NOW)
    step = step_of(MESSAGE, waiting)
    assert isinstance(step, Change)
    assert (step.after.status, step.after.attempt) == (Status.SENDING, 2)


def test_a_repr_of_a_message_shows_neither_text_nor_number() -> None:
    """Nor does that of the step it takes."""
    shown = repr((MESSAGE, step_of(MESSAGE, WAITING)))
    assert NUMBER not in shown
    assert "canary" not in shown
