"""What becomes of a submission by each thing that happens to it."""

from collections.abc import Callable
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_sms.outcomes import submission
from realtime_sms.outcomes.submission import ForbiddenTransitionError, Rules, Submission, settles
from realtime_sms.provider.verdict import Kind, Verdict
from realtime_sms.vocabulary import FINAL, Reason, Status
from tests.fakes.submissions import (
    ACCEPTED,
    BURIED,
    FORBIDDEN,
    IN_STATE,
    NO_BALANCE,
    NOT_CONNECTED,
    NOW,
    NUMBER,
    OPEN,
    PROVIDER_ERROR,
    REFUSED,
    RULES,
    SENDING,
    THROTTLED,
    UNAUTHORIZED,
    UNKNOWN,
    VERDICTS,
    WAITING,
    changed,
)

type Step = Callable[[Submission], Submission]


def settled(mine: Submission, verdict: Verdict, rules: Rules = RULES, jitter: float = 0) -> Submission:
    """Settle at the tests' time."""
    return submission.settle(mine, verdict, rules, now=NOW, jitter=jitter)


# Each way of the table that a function of the core takes: where it starts, the step, where it ends, and why.
STEPS: dict[str, tuple[Submission, Step, Status, Reason | None]] = {
    "claim": (
        WAITING,
        lambda one: submission.claim(one, owner="owner-2", lease_until=NOW + 60, now=NOW),
        Status.SENDING,
        None,
    ),
    "expire": (WAITING, lambda one: submission.expire(one, now=NOW), Status.EXPIRED, Reason.EXPIRED),
    "hold": (
        WAITING,
        lambda one: submission.hold(one, Reason.OUTSIDE_HOURS, until=NOW + 60, now=NOW),
        Status.WAITING,
        Reason.OUTSIDE_HOURS,
    ),
    "dead-letter": (WAITING, lambda one: submission.dead_letter(one, now=NOW), Status.FAILED, Reason.DEAD_LETTERED),
    "refuse": (
        WAITING,
        lambda one: submission.refuse(one, Reason.NO_SENDER, "why", now=NOW),
        Status.FAILED,
        Reason.NO_SENDER,
    ),
    "release": (SENDING, lambda one: submission.release(one, now=NOW), Status.WAITING, Reason.NOT_STARTED),
    "lapse": (SENDING, lambda one: submission.lapse(one, RULES, now=NOW), Status.UNKNOWN, Reason.LEASE_OVER),
    "resend": (UNKNOWN, lambda one: submission.resend(one, now=NOW), Status.WAITING, Reason.LEASE_OVER),
    "reopen": (BURIED, lambda one: submission.reopen(one, now=NOW), Status.WAITING, Reason.DEAD_LETTERED),
    "accepted": (SENDING, lambda one: settled(one, ACCEPTED), Status.SUBMITTED, Reason.ACCEPTED),
    "refused": (SENDING, lambda one: settled(one, REFUSED), Status.FAILED, Reason.SENDER_REFUSED),
    "throttled": (SENDING, lambda one: settled(one, THROTTLED), Status.WAITING, Reason.THROTTLED),
    "not connected": (SENDING, lambda one: settled(one, NOT_CONNECTED), Status.WAITING, Reason.NOT_CONNECTED),
    "provider error": (SENDING, lambda one: settled(one, PROVIDER_ERROR), Status.WAITING, Reason.PROVIDER_ERROR),
    "no balance": (SENDING, lambda one: settled(one, NO_BALANCE), Status.WAITING, Reason.NO_BALANCE),
    "unauthorized": (SENDING, lambda one: settled(one, UNAUTHORIZED), Status.WAITING, Reason.UNAUTHORIZED),
    "forbidden": (SENDING, lambda one: settled(one, FORBIDDEN), Status.WAITING, Reason.FORBIDDEN),
    "open": (SENDING, lambda one: settled(one, OPEN), Status.UNKNOWN, Reason.NO_WHOLE_REPLY),
}
NAMED = [pytest.param(*step, id=name) for name, step in STEPS.items()]


@pytest.mark.parametrize(("before", "step", "status", "reason"), NAMED)
def test_a_step_leads_where_the_table_says(before: Submission, step: Step, status: Status, reason: Reason) -> None:
    """With its reason; and a final state holds no lease and no time to come back to."""
    after = step(before)
    assert (after.status, after.reason, after.updated_at) == (status, reason, NOW)
    assert after.final is (status in FINAL)
    assert (after.lease_until is not None) is (status is Status.SENDING)
    assert (after.due_at is not None) is (status is Status.WAITING)


@pytest.mark.parametrize(
    ("step", "source"),
    [
        pytest.param(step, source, id=f"{name} from {source}")
        for (name, (before, step, _, _)), source in product(STEPS.items(), Status)
        if source is not before.status
    ],
)
def test_a_step_from_any_other_state_is_refused(step: Step, source: Status) -> None:
    """It would be a fault of ours, and is told as one before anything is written."""
    with pytest.raises(ForbiddenTransitionError):
        step(IN_STATE[source])


@pytest.mark.parametrize("never_sent", [WAITING, BURIED], ids=["waiting", "a dead letter"])
def test_what_may_still_be_sent_can_be_cancelled(never_sent: Submission) -> None:
    """A dead letter too: a redrive would send it."""
    after = submission.cancel(never_sent, now=NOW)
    assert (after.status, after.reason, after.due_at) == (Status.CANCELLED, Reason.CANCELLED, None)


def test_nothing_else_can_be_cancelled() -> None:
    """Also not what waits, or became a dead letter, after an attempt that may have been sent."""
    maybe_sent = [replace(one, maybe_sent=True) for one in (WAITING, BURIED)]
    for other in (*maybe_sent, *(IN_STATE[one] for one in set(Status) - {Status.WAITING})):
        assert not other.can_be_cancelled
        with pytest.raises(ForbiddenTransitionError):
            submission.cancel(other, now=NOW)


@pytest.mark.parametrize(("before", "step", "status", "reason"), NAMED)
def test_what_may_have_been_sent_never_ends_as_failed_or_expired(
    before: Submission, step: Step, status: Status, reason: Reason
) -> None:
    """A later refusal says nothing of the earlier attempt; the mark stays for good."""
    after = step(replace(before, maybe_sent=True))
    assert after.maybe_sent
    assert after.status is (Status.UNKNOWN if status in {Status.FAILED, Status.EXPIRED} else status)
    assert after.reason is reason


@pytest.mark.parametrize(("before", "step", "status", "reason"), NAMED)
def test_a_step_keeps_what_names_the_submission(before: Submission, step: Step, status: Status, reason: Reason) -> None:
    """Its key, its content and its producer's wishes are the same for life; only a claim changes attempt and owner."""
    after = step(before)
    kept = {"request_id", "recipient", "content_hash", "expires_at", "resend", "charset", "segments", "created_at"}
    assert not (kept | {"metadata"}) & changed(before, after).keys()
    assert ({"attempt", "owner"} <= changed(before, after).keys()) is (status is Status.SENDING)
    assert reason is after.reason


def test_a_claim_opens_a_new_attempt() -> None:
    """With a lease and an owner of its own, and nothing left of the attempt before."""
    after = submission.claim(replace(WAITING, http_status=429), owner="owner-2", lease_until=NOW + 60, now=NOW)
    assert changed(WAITING, after) == {
        "status": Status.SENDING,
        "reason": None,
        "attempt": 2,
        "owner": "owner-2",
        "lease_until": NOW + 60,
        "due_at": None,
        "updated_at": NOW,
    }


def test_an_accepted_submission_knows_its_id_and_time() -> None:
    """They are what a delivery report is matched by."""
    after = settled(SENDING, ACCEPTED)
    assert (after.submission_id, after.submitted_at, after.http_status) == ("4193366853543393", NOW, 200)


def test_a_submission_accepted_after_an_open_attempt_is_submitted() -> None:
    """One of the attempts is known to be with RealTime."""
    assert settled(replace(SENDING, maybe_sent=True, attempt=2), ACCEPTED).status is Status.SUBMITTED


@pytest.mark.parametrize(
    "verdict", [OPEN, Verdict(Kind.OPEN, Reason.AMBIGUOUS_HTTP_STATUS, 502)], ids=["broken", "502"]
)
def test_an_open_fate_is_sent_again_by_consent_only(verdict: Verdict) -> None:
    """By default it ends as unknown; with `resend` it waits, marked for good."""
    assert settled(SENDING, verdict).status is Status.UNKNOWN
    again = settled(replace(SENDING, resend=True), verdict)
    assert (again.status, again.maybe_sent, again.due_at) == (Status.WAITING, True, NOW + RULES.first_delay)


def test_a_lease_that_ran_out_is_sent_again_by_consent_only() -> None:
    """Whoever held it may have made the call; with `resend` nobody waits longer for that."""
    assert not submission.lapse(SENDING, RULES, now=NOW).maybe_sent
    again = submission.lapse(replace(SENDING, resend=True), RULES, now=NOW)
    assert (again.status, again.maybe_sent, again.due_at, again.tries) == (Status.WAITING, True, NOW, 1)


def test_a_release_costs_no_try() -> None:
    """The call was not started: it is due at once, and no bound comes nearer."""
    after = submission.release(replace(SENDING, tries=11), now=NOW)
    assert (after.due_at, after.tries, after.maybe_sent) == (NOW, 11, False)


def test_a_release_may_have_to_wait() -> None:
    """As where the opt-outs cannot be read: that is no try either."""
    after = submission.release(replace(SENDING, tries=11), now=NOW, wait=5)
    assert (after.due_at, after.tries) == (NOW + 5, 11)


def test_an_operators_resend_marks_it_for_good() -> None:
    """Whatever comes of it later."""
    waiting = submission.resend(UNKNOWN, now=NOW)
    assert (waiting.maybe_sent, waiting.due_at, waiting.attempt) == (True, NOW, 1)
    assert submission.expire(waiting, now=NOW).status is Status.UNKNOWN


def tried(verdicts: list[Verdict], start: Submission = SENDING) -> tuple[Submission, int]:
    """Settle attempt after attempt by these fates until the submission is final; give it, and how many attempts."""
    mine = start
    for count, verdict in enumerate(verdicts, 1):
        after = settled(mine, verdict)
        if after.final:
            return after, count
        mine = submission.claim(after, owner=f"owner-{count}", lease_until=NOW + 60, now=NOW)
    return mine, len(verdicts)


@pytest.mark.parametrize(
    ("verdicts", "start", "status", "attempts"),
    [
        pytest.param([THROTTLED] * 99, SENDING, Status.FAILED, 12, id="throttled"),
        pytest.param([NOT_CONNECTED] * 99, SENDING, Status.FAILED, 12, id="not connected"),
        pytest.param([PROVIDER_ERROR] * 99, SENDING, Status.FAILED, 5, id="unknown_error"),
        pytest.param([*[NOT_CONNECTED] * 4, *[PROVIDER_ERROR] * 9], SENDING, Status.FAILED, 9, id="counted apart"),
        pytest.param([*[PROVIDER_ERROR] * 4, *[THROTTLED] * 99], SENDING, Status.FAILED, 12, id="and together"),
        pytest.param([OPEN] * 99, SENDING, Status.UNKNOWN, 1, id="open"),
        pytest.param([OPEN] * 99, replace(SENDING, resend=True), Status.UNKNOWN, 12, id="open, to be resent"),
        pytest.param([OPEN, *[PROVIDER_ERROR] * 9], replace(SENDING, resend=True), Status.UNKNOWN, 6, id="and refused"),
        pytest.param([NO_BALANCE] * 99, SENDING, Status.SENDING, 99, id="no balance"),
        pytest.param([UNAUTHORIZED] * 99, SENDING, Status.SENDING, 99, id="unauthorized"),
        pytest.param([FORBIDDEN] * 99, SENDING, Status.SENDING, 99, id="forbidden"),
        pytest.param([*[NO_BALANCE] * 50, *[PROVIDER_ERROR] * 9], SENDING, Status.FAILED, 55, id="balance is no try"),
    ],
)
def test_attempts_are_bounded_by_their_class(
    verdicts: list[Verdict], start: Submission, status: Status, attempts: int
) -> None:
    """RealTime's unknown error a few times, the rest together longer, and waiting for the account without end."""
    after, count = tried(verdicts, start)
    assert (after.status, count) == (status, attempts)


@given(st.integers(0, 10_000), st.floats(0, 1, exclude_max=True), st.floats(0.1, 60), st.floats(60, 86_400))
def test_a_delay_doubles_up_to_the_longest(tries: int, jitter: float, first: float, longest: float) -> None:
    """Jitter takes away up to a quarter, adds nothing, and never turns the order round."""
    rules = Rules(first_delay=first, longest_delay=longest)
    full = min(longest, first * 2 ** min(tries, 100))
    assert full * 0.75 <= rules.delay(tries, jitter) <= full  # rounding lets the nearest jitter to 1 take all of it
    assert rules.delay(tries, jitter) <= rules.delay(tries + 1, jitter)


def test_the_delays_are_those_that_the_page_tells() -> None:
    """Five seconds, doubled, up to twenty minutes; spread over the last quarter."""
    assert [RULES.delay(tries, 0) for tries in range(10)] == [5, 10, 20, 40, 80, 160, 320, 640, 1200, 1200]
    assert RULES.delay(0, 0.5) == 4.375


@pytest.mark.parametrize(
    ("retry_after", "jitter", "delay"),
    [
        pytest.param(None, 0, 5, id="none: back-off"),
        pytest.param(30.0, 0, 30, id="as asked"),
        pytest.param(30.0, 0.5, 31.5, id="never sooner, spread a little"),
        pytest.param(0.0, 0, 1, id="at once is a second"),
        pytest.param(86400.0, 0, 1200, id="a day is the longest"),
        pytest.param(float("inf"), 0, 1200, id="without end"),
    ],
)
def test_a_retry_after_is_honoured_within_bounds(retry_after: float | None, jitter: float, delay: float) -> None:
    """It is RealTime's to ask and ours to bound."""
    assert settled(SENDING, replace(THROTTLED, retry_after=retry_after), jitter=jitter).due_at == NOW + delay


@given(
    st.sampled_from(VERDICTS), st.one_of(st.none(), st.floats(0)), st.floats(0, 1, exclude_max=True), st.integers(0, 11)
)
def test_what_waits_is_due_soon_and_never_before_now(
    verdict: Verdict, retry_after: float | None, jitter: float, tries: int
) -> None:
    """Every wait has an end that the queue can carry out."""
    mine = replace(SENDING, tries=tries, provider_errors=min(tries, 4), resend=True)
    after = settled(mine, replace(verdict, retry_after=retry_after), jitter=jitter)
    assert (after.due_at is not None) is (after.status is Status.WAITING)
    assert after.due_at is None or NOW < after.due_at <= NOW + RULES.longest_delay * 1.1


@pytest.mark.parametrize(
    ("current", "known", "settled_by_it"),
    [
        pytest.param(UNKNOWN, settled(SENDING, ACCEPTED), True, id="accepted"),
        pytest.param(UNKNOWN, settled(SENDING, REFUSED), True, id="refused"),
        pytest.param(UNKNOWN, settled(SENDING, THROTTLED), False, id="to wait"),
        pytest.param(UNKNOWN, settled(SENDING, OPEN), False, id="nothing new"),
        pytest.param(UNKNOWN, submission.release(SENDING, now=NOW), False, id="never started"),
        pytest.param(replace(UNKNOWN, attempt=2), settled(SENDING, ACCEPTED), False, id="of another attempt"),
        pytest.param(replace(UNKNOWN, owner="owner-2"), settled(SENDING, ACCEPTED), False, id="of another owner"),
        pytest.param(replace(UNKNOWN, maybe_sent=True), settled(SENDING, ACCEPTED), True, id="accepted, maybe before"),
        pytest.param(replace(UNKNOWN, maybe_sent=True), settled(SENDING, REFUSED), False, id="refused, maybe sent"),
        *[
            pytest.param(current, settled(SENDING, ACCEPTED), False, id=f"not unknown but {status}")
            for status, current in IN_STATE.items()
            if status is not Status.UNKNOWN
        ],
    ],
)
def test_late_evidence_settles_the_same_attempt_only(
    current: Submission, known: Submission, *, settled_by_it: bool
) -> None:
    """It ends what was given up as unknown, and never lets it wait again."""
    assert settles(current, known) is settled_by_it


def test_a_repr_of_a_submission_shows_no_number() -> None:
    """It may end in a log."""
    assert NUMBER not in repr(SENDING)


@pytest.mark.parametrize(("attempts", "least", "most"), [(12, 61, 81), (32, 361, 481)])
def test_attempts_last_as_many_minutes_as_the_page_on_delivery_says(attempts: int, least: int, most: int) -> None:
    """Each is refused for now; between them are the waits, with as much taken away by chance as can be, or nothing."""
    longest, shortest = (sum(RULES.delay(tries, jitter) for tries in range(attempts - 1)) / 60 for jitter in (0, 1))
    assert (round(shortest), round(longest)) == (least, most)


def test_an_attempt_after_one_that_may_be_sent_is_counted_again() -> None:
    """It may be a second SMS; after any other attempt the count stays."""
    counted = replace(SENDING, counted=True)
    again = replace(counted, resend=True)
    assert not settled(again, OPEN).counted
    assert not submission.lapse(again, RULES, now=NOW).counted
    assert not submission.resend(replace(UNKNOWN, counted=True), now=NOW).counted
    assert settled(counted, THROTTLED).counted
    assert submission.release(counted, now=NOW).counted
