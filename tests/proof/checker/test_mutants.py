"""The checker can fail: each rule of delivery, once taken away, breaks a promise that is then seen."""

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from local.model_checker.explorer import ENDLESS, explore
from local.model_checker.invocation import GroupCommit
from local.model_checker.provider import EVERY
from local.model_checker.scenario import Bounds, Scenario, Sent
from realtime_sms.aws import cancel, submissions
from realtime_sms.aws.opt_outs import OptOuts
from realtime_sms.aws.schedules import Schedule, SchedulerUnavailableError, Schedules
from realtime_sms.aws.submissions import Applied, Conflict, Submissions, WriteResult
from realtime_sms.aws.table import CONDITION_FAILED, Key, StoreUnavailableError
from realtime_sms.outcomes import submission
from realtime_sms.outcomes.decide import Change, Done, End, Found, Unreadable, decide
from realtime_sms.outcomes.submission import Rules, Submission
from realtime_sms.provider import verdict
from realtime_sms.provider.calls import CallResult
from realtime_sms.provider.verdict import Kind
from realtime_sms.requests.prepare import Message
from realtime_sms.vocabulary import FINAL, OptOutScope, Reason, Status
from send import lanes
from send.admission import Admission
from send.deliver import Delivery
from send.messages import Job
from send.stops import Claim

ONE = ("+56911111111",)
PLAIN = Scenario("one recipient", (Sent(ONE),), bounds=Bounds(1, 1, 1), answers=EVERY)
CONFLICTING = Scenario("two texts", (Sent(ONE), Sent(ONE, "b")), workers=1, bounds=Bounds(0, 1, 0))
RESENDING = Scenario("resending", (Sent(ONE, resend=True),), bounds=Bounds(0, 0, 2), answers=EVERY)

TWO = (*ONE, "+56922222222")
TOGETHER = Scenario("two texts, one call", (Sent(ONE), Sent(TWO, "b")), recipients_per_call=2)
FROZEN = Scenario("frozen", (Sent(ONE),), bounds=Bounds(0, 1, 1), answers=("401",), freezes=True)
IN_TWO_CALLS = Scenario("two calls", (Sent(TWO),), workers=1, bounds=Bounds(0, 0, 1, 0), answers=("503",))
NEWER = Scenario("newer", (Sent(ONE),), workers=1, unreadable=frozenset(ONE))
OPTED_OUT = Scenario("opted out", (Sent(ONE),), workers=1, bounds=Bounds(0, 0, 1), opted_out=frozenset(ONE))
WRONG_ADDRESS = Scenario("wrong address", (Sent(ONE),), workers=1, bounds=Bounds(0, 0, 2, 0), answers=("404",))
BAD_TOKEN = Scenario(
    "bad token", (Sent(ONE),), workers=1, bounds=Bounds(0, 0, 2, 0), answers=("400",), balances=("400", "no reply")
)

LATER = Scenario("later", (Sent(ONE, send_after=2000),), workers=1, bounds=Bounds(0, 1, 1, 0))
TWO_LATER = Scenario(
    "two recipients under one id, later",
    (Sent(ONE, send_after=2000), Sent(TWO[1:], send_after=2000)),
    workers=1,
)
SOON = Scenario("soon", (Sent(ONE, send_after=60),), workers=1)
MOVED = Scenario("moved", (Sent(ONE, promotional=True),), workers=1, bounds=Bounds(1, 1, 1, 0))
CANCELLED = Scenario("cancelled", (Sent(ONE),), workers=1, bounds=Bounds(0, 0, 1, 0), answers=("503",), cancels=1)
DEAD = Scenario("dead letter", (Sent(ONE),), workers=1, bounds=Bounds(0, 1, 0, 0), dead_letters=1, cancels=1)
DEAD_ALONE = replace(DEAD, bounds=Bounds(1, 0, 0, 0), cancels=0)
CANCELLED_RESENDING = replace(CANCELLED, sent=(Sent(ONE, resend=True),), answers=("reply lost",))

type Mutant = Callable[[pytest.MonkeyPatch], None]


def stale_lease_retried(patch: pytest.MonkeyPatch) -> None:
    """Try again what an owner that is gone may have sent."""

    def lapse(theirs: Submission, _rules: Rules, *, now: float) -> Submission:
        return replace(theirs, status=Status.WAITING, due_at=now, lease_until=None)

    patch.setattr(submission, "lapse", lapse)


def late_evidence_leads_to_waiting(patch: pytest.MonkeyPatch) -> None:
    """Let what became known of an attempt move an unknown submission anywhere."""
    patch.setattr(submission, "settles", lambda current, _known: current.status is Status.UNKNOWN)


def waiting_is_acknowledged(patch: pytest.MonkeyPatch) -> None:
    """Take a waiting submission for final."""
    patch.setattr(submission, "FINAL", FINAL | {Status.WAITING})


def owner_is_not_checked(patch: pytest.MonkeyPatch) -> None:
    """Write over whatever the table holds."""
    patch.setattr(submissions, "_COMPARED", ("requestId", "recipient"))


def bad_gateway_is_retried(patch: pytest.MonkeyPatch) -> None:
    """Take a 502 for a refusal."""
    patch.setitem(verdict._BY_HTTP_STATUS, 502, (Kind.TRY_AGAIN, Reason.UNAVAILABLE))


def lost_call_is_retried(patch: pytest.MonkeyPatch) -> None:
    """Take a broken connection for a call that was never sent."""
    classify = verdict.classify

    def hopeful(exchange: CallResult, recipients: int, **_: object) -> list[verdict.Verdict]:
        return [
            replace(one, kind=Kind.TRY_AGAIN) if one.reason is Reason.NO_WHOLE_REPLY else one
            for one in classify(exchange, recipients)
        ]

    patch.setattr("send.call.classify", hopeful)


def maybe_sent_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    """Forget, when sending again, that an earlier attempt may have been accepted."""
    end = submission._end
    patch.setattr(submission, "_end", lambda told, *rest: end(replace(told, maybe_sent=False), *rest))


def claim_after_the_call(patch: pytest.MonkeyPatch) -> None:
    """Make the first call at once, and write to the table only what came of it."""
    apply = Submissions.apply

    def late(self: Submissions, changes: Sequence[Change]) -> list[WriteResult]:
        first = [change for change in changes if change.after.attempt == 1]
        if all(change.after.status is Status.SENDING for change in first) and len(first) == len(changes):
            return [Applied()] * len(changes)
        return apply(self, [Change(None, change.after) if change in first else change for change in changes])

    patch.setattr(Submissions, "apply", late)


def content_is_not_compared(patch: pytest.MonkeyPatch) -> None:
    """Take every request for the one that its id names."""

    def trusting(message: Message, recipient: str, found: Found, rules: Rules, **more: Any) -> Change | End:  # noqa: ANN401 (as it takes them)
        same = replace(message, content_hash=found.content_hash) if isinstance(found, Submission) else message
        return decide(same, recipient, found, rules, **more)

    patch.setattr("send.deliver.decide", trusting)


def own_success_is_not_seen(patch: pytest.MonkeyPatch) -> None:
    """Take one's own write, tried twice by the client, for somebody else's."""
    result = submissions._result

    def blind(change: Change, code: str, current: Mapping[Key, Found]) -> WriteResult:
        return Conflict(current.get(_key(change))) if code in CONDITION_FAILED else result(change, code, current)

    patch.setattr(submissions, "_result", blind)


def others_success_is_ones_own(patch: pytest.MonkeyPatch) -> None:
    """Take somebody else's claim of the same attempt for one's own."""
    result = submissions._result

    def greedy(change: Change, code: str, current: Mapping[Key, Found]) -> WriteResult:
        found, after = current.get(_key(change)), change.after
        same = isinstance(found, Submission) and (found.attempt, found.status) == (after.attempt, after.status)
        return Applied() if same else result(change, code, current)

    patch.setattr(submissions, "_result", greedy)


def release_is_taken_for_accepted(patch: pytest.MonkeyPatch) -> None:
    """Record a call that was not started as one that was accepted."""

    def release(mine: Submission, *, now: float, wait: float = 0) -> Submission:  # noqa: ARG001 (its shape)
        return replace(mine, status=Status.SUBMITTED, submitted_at=now, lease_until=None)

    patch.setattr(submission, "release", release)


def lease_ends_too_early(patch: pytest.MonkeyPatch) -> None:
    """Let a lease end before the invocation that holds it."""
    patch.setattr("send.deliver.LEASE_SECONDS", -30)


def opt_outs_are_not_read(patch: pytest.MonkeyPatch) -> None:
    """Call whoever is named."""
    patch.setattr(OptOuts, "find", lambda _self, _numbers: {})


def opt_outs_that_cannot_be_read_are_none(patch: pytest.MonkeyPatch) -> None:
    """Take a list that cannot be read for an empty one."""
    find = OptOuts.find

    def careless(self: OptOuts, numbers: Iterable[str]) -> dict[str, OptOutScope]:
        try:
            return find(self, numbers)
        except StoreUnavailableError:
            return {}

    patch.setattr(OptOuts, "find", careless)


def lease_is_not_looked_at_before_the_call(patch: pytest.MonkeyPatch) -> None:
    """Begin a call whenever the invocation has time left, by a clock that stands still while it is frozen."""
    may_call = Admission._may_call
    patch.setattr(Admission, "_may_call", lambda self, message, _lease, _slot: may_call(self, message, math.inf))


def conflict_withholds_no_call(patch: pytest.MonkeyPatch) -> None:
    """Call for the recipients of a request that were claimed, though another one was sent other content."""
    withheld = Delivery._withheld

    def careless(self: Delivery, job: Job, mine: Submission, claim: Claim) -> Submission | None:
        return withheld(self, replace(job, conflict=False), mine, claim)

    patch.setattr(Delivery, "_withheld", careless)


def unreadable_is_done(patch: pytest.MonkeyPatch) -> None:
    """Take what this version cannot read for final."""

    def careless(message: Message, recipient: str, found: Found, rules: Rules, **more: Any) -> Change | End:  # noqa: ANN401 (as it takes them)
        return Done() if isinstance(found, Unreadable) else decide(message, recipient, found, rules, **more)

    patch.setattr("send.deliver.decide", careless)


def unreadable_is_absent(patch: pytest.MonkeyPatch) -> None:
    """Call for what is claimed although the table has an item that this version cannot read."""
    result = submissions._result

    def careless(change: Change, code: str, current: Mapping[Key, Found]) -> WriteResult:
        unreadable = isinstance(current.get(_key(change)), Unreadable)
        return Applied() if unreadable else result(change, code, current)

    patch.setattr(submissions, "_result", careless)


def answers_are_mixed_up(patch: pytest.MonkeyPatch) -> None:
    """Return threads whose writes go out in one call each other's answers."""
    lead = GroupCommit._lead

    def crossed(self: Any, group: Any) -> None:  # noqa: ANN401 (private to the module)
        lead(self, group)
        group.answers = group.answers[::-1]

    patch.setattr(GroupCommit, "_lead", crossed)


def one_request_twice_at_once(patch: pytest.MonkeyPatch) -> None:
    """Deliver two messages of one request at the same time."""
    patch.setattr("send.deliver.zip_longest", lambda *same: [[job for jobs in same for job in jobs]])


def wrong_address_fails(patch: pytest.MonkeyPatch) -> None:
    """Take a 404 for a refusal of the message."""
    patch.setitem(verdict._BY_HTTP_STATUS, 404, (Kind.REFUSED, Reason.WRONG_ADDRESS))


def token_is_not_tested(patch: pytest.MonkeyPatch) -> None:
    """Take every 400 for a refusal of the message."""
    patch.setitem(verdict._BY_HTTP_STATUS, 400, (Kind.REFUSED, Reason.MALFORMED))


def no_answer_takes_the_token(patch: pytest.MonkeyPatch) -> None:
    """Take a token for good unless it is refused."""
    refuses_token = verdict.refuses_token
    patch.setattr("send.call.refuses_token", lambda balance: refuses_token(balance) is True)


def schedule_has_no_id(patch: pytest.MonkeyPatch) -> None:
    """Let a schedule bring back a message without the id of its request, so that each has one of its own."""

    def careless(body: str, _request_id: str) -> str:
        return json.dumps({name: value for name, value in json.loads(body).items() if name != "requestId"})

    patch.setattr("send.scheduling.with_request_id", careless)


def schedule_is_not_awaited(patch: pytest.MonkeyPatch) -> None:
    """Take a message for scheduled whatever Scheduler says."""
    create = Schedules.create

    def careless(self: Schedules, request_id: str, wanted: Schedule, *more: Any) -> Schedule:  # noqa: ANN401 (its shape)
        with suppress(SchedulerUnavailableError):
            create(self, request_id, wanted, *more)
        return wanted

    patch.setattr(Schedules, "create", careless)


def other_content_is_scheduled(patch: pytest.MonkeyPatch) -> None:
    """Take the schedule of another content for a message's own."""
    create = Schedules.create
    patch.setattr(Schedules, "create", lambda self, _id, wanted, *more: _own(create(self, _id, wanted, *more), wanted))


def _own(made: Schedule, wanted: Schedule) -> Schedule:
    return replace(made, content_hash=wanted.content_hash)


def time_is_not_waited_for(patch: pytest.MonkeyPatch) -> None:
    """Send what is to be sent soon at once."""
    patch.setattr("local.model_checker.delivery.until_its_time", lambda _message, _now: None)


def moved_after_the_acknowledgement(patch: pytest.MonkeyPatch) -> None:
    """Acknowledge a promotional message whatever the promotional queue says."""
    publish = lanes._publish

    def careless(jobs: Sequence[Job], *more: Any) -> list[bool]:  # noqa: ANN401 (its shape)
        publish(jobs, *more)
        return [True] * len(jobs)

    patch.setattr(lanes, "_publish", careless)


def moved_without_its_id(patch: pytest.MonkeyPatch) -> None:
    """Move a message without the id of its request, so that it has another one on the promotional queue."""

    def careless(body: str, _request_id: str) -> str:
        return json.dumps({name: value for name, value in json.loads(body).items() if name != "requestId"})

    patch.setattr(lanes, "with_request_id", careless)


def cancelling_is_no_claim(patch: pytest.MonkeyPatch) -> None:
    """Write `cancelled` over whatever the table holds by now."""

    def write(store: Submissions, changes: Sequence[Change]) -> dict[Key, cancel.Answered]:
        for change in changes:
            store._table.put(store.item(change.after))
        return _cancelled(changes)

    patch.setattr(cancel, "_write", write)


def cancelled_is_not_written(patch: pytest.MonkeyPatch) -> None:
    """Answer `cancelled` and write nothing."""
    patch.setattr(cancel, "_write", lambda _store, changes: _cancelled(changes))


def maybe_sent_is_cancelled(patch: pytest.MonkeyPatch) -> None:
    """Cancel also what waits after an attempt that may have been accepted."""
    step = cancel._step

    def careless(absent: Submission, found: Found, now: float) -> Change | cancel.Answered:
        hopeful = replace(found, maybe_sent=False) if isinstance(found, Submission) else found
        return step(absent, hopeful, now)

    patch.setattr(cancel, "_step", careless)


def dead_letter_is_taken_for_cancelled(patch: pytest.MonkeyPatch) -> None:
    """Answer that a dead letter is cancelled, as nobody sends it, and write nothing."""
    step = cancel._step

    def careless(absent: Submission, found: Found, now: float) -> Change | cancel.Answered:
        if isinstance(found, Submission) and found.dead_lettered:
            return cancel.Answered(cancel.Answer.CANCELLED, found)
        return step(absent, found, now)

    patch.setattr(cancel, "_step", careless)


def redrive_reopens_what_was_sent(patch: pytest.MonkeyPatch) -> None:
    """Make a redrive send again what has ended."""
    patch.setattr(Submission, "dead_lettered", property(lambda one: one.final))
    patch.setattr(submission, "reopen", lambda one, *, now: replace(one, status=Status.WAITING, due_at=now))


def _cancelled(changes: Sequence[Change]) -> dict[Key, cancel.Answered]:
    return {_key(change): cancel.Answered(cancel.Answer.CANCELLED, change.after) for change in changes}


def _key(change: Change) -> Key:
    return change.after.request_id, change.after.recipient


@pytest.mark.parametrize(
    ("mutant", "scenario"),
    [
        pytest.param(stale_lease_retried, PLAIN, id="a stale lease is retried"),
        pytest.param(late_evidence_leads_to_waiting, PLAIN, id="unknown goes to waiting on late evidence"),
        pytest.param(waiting_is_acknowledged, PLAIN, id="waiting is acknowledged"),
        pytest.param(owner_is_not_checked, PLAIN, id="the owner is not checked"),
        pytest.param(bad_gateway_is_retried, PLAIN, id="a 502 is retried"),
        pytest.param(lost_call_is_retried, PLAIN, id="a lost call is retried"),
        pytest.param(maybe_sent_is_forgotten, RESENDING, id="maybe sent is forgotten"),
        pytest.param(claim_after_the_call, PLAIN, id="the claim comes after the call"),
        pytest.param(content_is_not_compared, CONFLICTING, id="the content is not compared"),
        pytest.param(own_success_is_not_seen, PLAIN, id="an own success is not seen"),
        pytest.param(others_success_is_ones_own, PLAIN, id="somebody else's success is one's own"),
        pytest.param(release_is_taken_for_accepted, PLAIN, id="a release is taken for accepted"),
        pytest.param(lease_ends_too_early, PLAIN, id="a lease ends too early"),
        pytest.param(lease_is_not_looked_at_before_the_call, FROZEN, id="the lease is not looked at before the call"),
        pytest.param(conflict_withholds_no_call, TOGETHER, id="a conflict withholds no call"),
        pytest.param(unreadable_is_done, NEWER, id="what cannot be read is done"),
        pytest.param(unreadable_is_absent, NEWER, id="what cannot be read is absent"),
        pytest.param(answers_are_mixed_up, IN_TWO_CALLS, id="answers are mixed up"),
        pytest.param(one_request_twice_at_once, PLAIN, id="one request twice at once"),
        pytest.param(wrong_address_fails, WRONG_ADDRESS, id="a wrong address fails a message"),
        pytest.param(token_is_not_tested, BAD_TOKEN, id="a token is not tested"),
        pytest.param(no_answer_takes_the_token, BAD_TOKEN, id="no answer takes the token"),
        pytest.param(schedule_has_no_id, LATER, id="a scheduled message has no id of its request"),
        pytest.param(schedule_is_not_awaited, LATER, id="a schedule is not awaited"),
        pytest.param(other_content_is_scheduled, TWO_LATER, id="other content is taken for scheduled"),
        pytest.param(time_is_not_waited_for, SOON, id="the time is not waited for"),
        pytest.param(moved_after_the_acknowledgement, MOVED, id="acknowledged before it is moved"),
        pytest.param(moved_without_its_id, MOVED, id="moved without its id"),
        pytest.param(cancelling_is_no_claim, CANCELLED, id="cancelling is no claim"),
        pytest.param(cancelled_is_not_written, CANCELLED, id="cancelled is not written"),
        pytest.param(maybe_sent_is_cancelled, CANCELLED_RESENDING, id="maybe sent is cancelled"),
        pytest.param(dead_letter_is_taken_for_cancelled, DEAD, id="a dead letter is taken for cancelled"),
        pytest.param(redrive_reopens_what_was_sent, DEAD_ALONE, id="a redrive reopens what was sent"),
        pytest.param(opt_outs_are_not_read, OPTED_OUT, id="opt-outs are not read"),
        pytest.param(opt_outs_that_cannot_be_read_are_none, OPTED_OUT, id="opt-outs that cannot be read are none"),
    ],
)
def test_a_rule_taken_away_breaks_a_promise(
    mutant: Mutant, scenario: Scenario, monkeypatch: pytest.MonkeyPatch, record_property: Callable[[str, object], None]
) -> None:
    """Without this rule the checker finds a history that breaks a promise, and tells it."""
    mutant(monkeypatch)
    explored = explore(scenario)
    assert explored.broken, explored
    assert explored.broken[-1] != ENDLESS
    seen = explored.broken[-1].removeprefix("=> ")
    record_property("tried", f"{mutant.__name__.replace('_', ' ')}: {seen}, after {len(explored.choices)} steps")


def test_the_rules_that_are_taken_away_keep_it_otherwise() -> None:
    """With all rules in place the same scenarios break nothing, so it is the missing rule that the checker sees."""
    for scenario in (
        *(PLAIN, RESENDING, CONFLICTING, TOGETHER, FROZEN, IN_TWO_CALLS, OPTED_OUT),
        *(WRONG_ADDRESS, BAD_TOKEN, LATER, TWO_LATER, SOON, MOVED, CANCELLED, CANCELLED_RESENDING, DEAD, DEAD_ALONE),
    ):
        assert explore(scenario).whole


def test_the_owner_in_the_condition_alone_is_a_second_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without it nothing breaks: each claim raises the attempt and holds once, so status and attempt name its owner.

    It stays, because it costs nothing and holds even if a claim ever did not raise the attempt.
    """
    assert "owner" in submissions._COMPARED
    without = tuple(name for name in submissions._COMPARED if name != "owner")
    monkeypatch.setattr(submissions, "_COMPARED", without)
    for scenario in (PLAIN, RESENDING):
        explored = explore(scenario)
        assert explored.whole, "\n".join(explored.broken)
