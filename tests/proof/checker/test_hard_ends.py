"""What is known is recorded as it is: with a hot table, a token renewed too late, an invocation that failed."""

import json
from collections.abc import Callable, Iterable, Sequence
from threading import Event, Lock
from types import SimpleNamespace
from typing import Any

import pytest

from local.model_checker.explorer import quiet
from realtime_sms.aws.invocation import Clock
from realtime_sms.aws.submissions import Applied, Indeterminate, Key, WriteResult
from realtime_sms.aws.token import Tokens
from realtime_sms.outcomes.decide import Change
from realtime_sms.outcomes.submission import Submission
from realtime_sms.provider.calls import Call, Reply
from realtime_sms.provider.verdict import Verdict
from realtime_sms.vocabulary import Status
from send.calls import ThreadedCalls
from send.limits import RENEWAL_SECONDS, WRITE_SECONDS, Limits
from send.ports import Unit
from send.submitter import Submitter
from send.task import Job
from tests.proof.checker.waves import ACCEPTED, job_of, wave_of

HOT = 1.0  # seconds for which a partition takes no more: DynamoDB counts its write units by the second


class _Patient(Clock):
    """A minute, in which waiting is noted and takes no time."""

    def __init__(self) -> None:
        super().__init__(SimpleNamespace(get_remaining_time_in_millis=lambda: 60_000))
        self.slept = 0.0

    def sleep(self, seconds: float) -> None:
        self.slept += seconds


class _Store:
    """A table; `fault` may answer a change in its place."""

    def __init__(self, fault: Callable[[Change], WriteResult | None] = lambda _change: None) -> None:
        self.items: dict[Key, Submission] = {}
        self.fault = fault

    def read(self, keys: Iterable[Key]) -> dict[Key, Submission]:
        return {key: self.items[key] for key in keys if key in self.items}

    def swap(self, changes: Sequence[Change]) -> list[WriteResult]:
        return [self.fault(change) or self._take(change.after) for change in changes]

    def _take(self, after: Submission) -> Applied:
        self.items[after.request_id, after.recipient] = after
        return Applied()


def _run(job: Job, store: _Store, calls: ThreadedCalls, time: Clock) -> None:
    try:
        with quiet():
            wave_of(store, calls, time, 2).run([job])
    finally:
        calls.forget()


def test_an_outcome_is_recorded_once_a_hot_partition_has_cooled() -> None:
    """Else what RealTime took ends as unknown, and is sent again to whoever prefers that."""
    time, calls, job = _Patient(), ThreadedCalls(2), job_of("hot", 10)
    calls.submit = lambda _unit: [ACCEPTED]

    def throttled(change: Change) -> WriteResult | None:
        recorded = change.after.status is Status.SUBMITTED
        return Indeterminate("ThrottlingError") if recorded and time.slept < HOT else None

    store = _Store(throttled)
    _run(job, store, calls, time)
    assert {one.status for one in store.items.values()} == {Status.SUBMITTED}
    assert job.due_at is None


def test_a_claim_that_was_written_and_got_no_answer_is_taken_up() -> None:
    """Else it lapses to unknown, though no call was made."""
    calls, job, unanswered = ThreadedCalls(2), job_of("claim", 10), set[Key]()
    calls.submit = lambda _unit: [ACCEPTED]

    def lost(change: Change) -> WriteResult | None:
        after = change.after
        if after.status is not Status.SENDING or (after.request_id, after.recipient) in unanswered:
            return None
        unanswered.add((after.request_id, after.recipient))
        store.items[after.request_id, after.recipient] = after
        return Indeterminate("ReadTimeoutError")

    store = _Store(lost)
    _run(job, store, calls, _Patient())
    assert len(unanswered) == len(store.items)
    assert {(one.status, one.attempt) for one in store.items.values()} == {(Status.SUBMITTED, 1)}


def test_no_renewal_is_waited_for_that_could_outlast_the_invocation() -> None:
    """What waited for it would end as unknown, though RealTime refused it or never saw it; and no call follows."""
    calls: list[Call] = []
    secrets: Any = SimpleNamespace(get_secret_value=lambda **_: {"SecretString": json.dumps({"access_token": "old"})})
    tokens = Tokens(secrets, "arn", renew=lambda _refused: pytest.fail("it was waited for"))

    def refuse(call: Call) -> Reply:
        calls.append(call)
        return Reply(401)

    submitter = Submitter(refuse, tokens, may_start=lambda _unit: True, may_renew=lambda: False)
    tasks = job_of("late", 10).tasks
    assert [submitter.submit(Unit((task.draft,))) for task in tasks] == [None] * len(tasks)
    assert len(calls) == 1


@pytest.mark.parametrize("call_seconds", [1, 30])
def test_a_renewal_that_is_begun_leaves_time_to_record_what_waited_for_it(call_seconds: float) -> None:
    """And each new invocation has the time for one, whatever the deadline of a call."""
    limits = Limits(50, 1, call_seconds)
    too_late: Any = SimpleNamespace(remaining=lambda: RENEWAL_SECONDS + WRITE_SECONDS)
    assert not limits.may_renew(too_late)
    assert limits.may_renew(_Patient())


def test_a_call_with_a_new_token_that_was_not_started_leaves_the_message_to_be_sent() -> None:
    """Nothing is known against the new token: its breaker would stop every environment for a minute."""
    held = ["old"]
    secrets: Any = SimpleNamespace(get_secret_value=lambda **_: {"SecretString": json.dumps({"access_token": held[0]})})
    tokens = Tokens(secrets, "arn", renew=lambda _refused: held.__setitem__(0, "new"))
    answers = iter([True, False])
    submitter = Submitter(lambda _call: Reply(401), tokens, may_start=lambda _unit: next(answers))
    assert submitter.submit(Unit((job_of("token", 10).tasks[0].draft,))) is None


def test_an_invocation_that_failed_in_mid_wave_does_not_make_the_next_one_fail() -> None:
    """An error of ours leaves the environment alive, and in it calls that came to an end and whose wave is gone."""
    calls, time, failed = ThreadedCalls(2), _Patient(), Event()
    first = Lock()

    def all_but_one_outlast_the_wave(_unit: Unit) -> list[Verdict]:
        assert first.acquire(blocking=False) or failed.wait(30)
        return [ACCEPTED]

    def broken(change: Change) -> WriteResult | None:
        if change.before is not None:
            raise KeyError("an item that nobody can read")
        return None

    calls.submit = all_but_one_outlast_the_wave
    with pytest.raises(KeyError):
        _run(job_of("one", 10), _Store(broken), calls, time)
    failed.set()
    job = job_of("two", 10)
    calls.submit = lambda _unit: [ACCEPTED]
    _run(job, _Store(), calls, time)
    assert job.due_at is None
