"""The checker can fail: each rule of delivery, once taken away, breaks a promise that is then seen."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import pytest

from local.model_checker.explorer import explore
from local.model_checker.provider import EVERY
from local.model_checker.scenario import Bounds, Scenario, Sent
from realtime_sms.aws import submissions
from realtime_sms.aws.item import Attributes
from realtime_sms.aws.opt_outs import OptOuts
from realtime_sms.aws.submissions import Applied, Conflict, Key, StoreUnavailableError, Submissions, WriteResult
from realtime_sms.outcomes import submission
from realtime_sms.outcomes.decide import Change, Lease, Step, decide
from realtime_sms.outcomes.submission import Rules, Submission
from realtime_sms.provider import verdict
from realtime_sms.provider.calls import CallResult
from realtime_sms.provider.verdict import Kind
from realtime_sms.requests.prepare import Draft
from realtime_sms.vocabulary import FINAL, Reason, Status
from send import wave
from send.wave import Wave

ONE = ("+56911111111",)
PLAIN = Scenario("one recipient", (Sent(ONE),), bounds=Bounds(1, 1, 1), answers=EVERY)
CONFLICTING = Scenario("two texts", (Sent(ONE), Sent(ONE, "b")), workers=1, bounds=Bounds(0, 1, 0))
OWNER_CONDITION = ' AND "owner"=?'
RESENDING = Scenario("resending", (Sent(ONE, resend=True),), bounds=Bounds(0, 0, 2), answers=EVERY)

OPTED_OUT = Scenario("opted out", (Sent(ONE),), workers=1, bounds=Bounds(0, 0, 1), opted_out=frozenset(ONE))

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
    update = submissions._update

    def careless(table: str, before: Attributes, after: Attributes) -> object:
        statement = update(table, before, after)
        text, _, _ = statement["Statement"].partition(" WHERE ")
        keys = [before["requestId"], before["recipient"]]
        values = [*list(statement["Parameters"])[:-5], *keys]
        return {"Statement": f'{text} WHERE "requestId"=? AND "recipient"=?', "Parameters": values}

    patch.setattr(submissions, "_update", careless)


def bad_gateway_is_retried(patch: pytest.MonkeyPatch) -> None:
    """Take a 502 for a refusal."""
    patch.setitem(verdict._BY_HTTP_STATUS, 502, (Kind.TRY_AGAIN, Reason.UNAVAILABLE))


def lost_call_is_retried(patch: pytest.MonkeyPatch) -> None:
    """Take a broken connection for a call that was never sent."""
    classify = verdict.classify

    def hopeful(exchange: CallResult, recipients: int) -> list[verdict.Verdict]:
        return [
            replace(one, kind=Kind.TRY_AGAIN) if one.reason is Reason.NO_WHOLE_REPLY else one
            for one in classify(exchange, recipients)
        ]

    patch.setattr("send.submitter.classify", hopeful)


def maybe_sent_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    """Forget, when sending again, that an earlier attempt may have been accepted."""
    end = submission._end
    patch.setattr(submission, "_end", lambda told, *rest: end(replace(told, maybe_sent=False), *rest))


def claim_after_the_call(patch: pytest.MonkeyPatch) -> None:
    """Make the first call at once, and write to the table only what came of it."""
    swap = Submissions.swap

    def late(self: Submissions, changes: Sequence[Change]) -> list[WriteResult]:
        first = [change for change in changes if change.after.attempt == 1]
        if all(change.after.status is Status.SENDING for change in first) and len(first) == len(changes):
            return [Applied()] * len(changes)
        return swap(self, [Change(None, change.after) if change in first else change for change in changes])

    patch.setattr(Submissions, "swap", late)


def content_is_not_compared(patch: pytest.MonkeyPatch) -> None:
    """Take every request for the one that its id names."""

    def trusting(draft: Draft, found: Submission | None, lease: Lease, rules: Rules, *, now: float) -> Step:
        same = draft if found is None else replace(draft, content_hash=found.content_hash)
        return decide(same, found, lease, rules, now=now)

    patch.setattr("send.wave.decide", trusting)
    patch.setattr(Wave, "_look_again", lambda self, task, _now: self._pending.append(task))


def own_success_is_not_seen(patch: pytest.MonkeyPatch) -> None:
    """Take one's own write, tried twice by the client, for somebody else's."""
    answer = submissions._answer

    def blind(change: Change, code: str, current: dict[Key, Submission]) -> WriteResult:
        return (
            Conflict(current.get(change_key(change)))
            if code in submissions._CONDITION_CODES
            else answer(change, code, current)
        )

    patch.setattr(submissions, "_answer", blind)


def others_success_is_ones_own(patch: pytest.MonkeyPatch) -> None:
    """Take somebody else's claim of the same attempt for one's own."""
    answer = submissions._answer

    def greedy(change: Change, code: str, current: dict[Key, Submission]) -> WriteResult:
        found = current.get(change_key(change))
        same = found and (found.attempt, found.status) == (change.after.attempt, change.after.status)
        return Applied() if same else answer(change, code, current)

    patch.setattr(submissions, "_answer", greedy)


def release_is_taken_for_accepted(patch: pytest.MonkeyPatch) -> None:
    """Record a call that was not started as one that was accepted."""

    def release(mine: Submission, *, now: float, wait: float = 0) -> Submission:  # noqa: ARG001 (its shape)
        return replace(mine, status=Status.SUBMITTED, submitted_at=now, lease_until=None)

    patch.setattr(submission, "release", release)


def lease_ends_too_early(patch: pytest.MonkeyPatch) -> None:
    """Let a lease end before the invocation that holds it."""
    patch.setattr(wave, "LEASE_SECONDS", -30)


def opt_outs_are_not_read(patch: pytest.MonkeyPatch) -> None:
    """Call whoever is named."""
    patch.setattr(OptOuts, "find", lambda _self, _numbers: frozenset())


def opt_outs_that_cannot_be_read_are_none(patch: pytest.MonkeyPatch) -> None:
    """Take a list that cannot be read for an empty one."""
    find = OptOuts.find

    def careless(self: OptOuts, numbers: Iterable[str]) -> frozenset[str]:
        try:
            return find(self, numbers)
        except StoreUnavailableError:
            return frozenset()

    patch.setattr(OptOuts, "find", careless)


def change_key(change: Change) -> Key:
    """Give the key of what is changed."""
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
    seen = explored.broken[-1].removeprefix("=> ")
    record_property("tried", f"{mutant.__name__.replace('_', ' ')}: {seen}, after {len(explored.choices)} steps")


def test_the_rules_that_are_taken_away_keep_it_otherwise() -> None:
    """With all rules in place the same scenarios break nothing, so it is the missing rule that the checker sees."""
    for scenario in (PLAIN, RESENDING, CONFLICTING, OPTED_OUT):
        assert explore(scenario).whole


def test_the_owner_in_the_condition_alone_is_a_second_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without it nothing breaks: each claim raises the attempt and holds once, so status and attempt name its owner.

    It stays, because it costs nothing and holds even if a claim ever did not raise the attempt.
    """
    update = submissions._update

    def without_owner(table: str, before: Attributes, after: Attributes) -> object:
        statement = update(table, before, after)
        text = statement["Statement"]
        assert text.endswith(OWNER_CONDITION)
        return {"Statement": text.removesuffix(OWNER_CONDITION), "Parameters": list(statement["Parameters"])[:-1]}

    monkeypatch.setattr(submissions, "_update", without_owner)
    for scenario in (PLAIN, RESENDING):
        explored = explore(scenario)
        assert explored.whole, "\n".join(explored.broken)
