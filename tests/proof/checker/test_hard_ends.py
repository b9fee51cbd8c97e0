"""What is known is recorded as it is: with a hot table, a token renewed too late, an invocation that failed."""

import json
from collections.abc import Callable, Iterator
from threading import Event
from types import SimpleNamespace
from typing import Any

import pytest

from realtime_sms.aws.clients import CONNECT_TIMEOUT, INVOKE_TIMEOUT, READ_TIMEOUT
from realtime_sms.aws.submissions import Indeterminate, WriteResult
from realtime_sms.aws.table import Key
from realtime_sms.aws.tokens import Tokens
from realtime_sms.outcomes.decide import Change
from realtime_sms.provider.calls import Call, CallResult, Reply
from realtime_sms.provider.verdict import Kind, Verdict
from realtime_sms.requests.prepare import Message
from realtime_sms.vocabulary import Reason, Status
from send.admission import WRITE_SECONDS, Permit
from send.call import Caller
from tests.fakes.aws.models import Checked
from tests.proof.checker.batches import (
    ACCEPTED,
    CALL_SECONDS,
    Closed,
    Environment,
    Patient,
    Store,
    admission_of,
    claimed,
    job_of,
)

HOT = (
    10.0  # seconds for which a partition takes no more: its write units are counted by the second, and others share it
)
# What a new token may take: an invocation that is waited for, and a read of the secret.
RENEWAL_SECONDS = CONNECT_TIMEOUT + INVOKE_TIMEOUT + CONNECT_TIMEOUT + READ_TIMEOUT


@pytest.fixture
def environment() -> Iterator[Environment]:
    """Yield an environment for two calls in flight."""
    with Environment(2) as environment:
        yield environment


NOT_STARTED = Verdict(Kind.NOT_STARTED, Reason.NOT_STARTED)


def _tokens(held: list[str], renew: Callable[[str], None]) -> Tokens:
    client: Any = Checked(
        "secretsmanager",
        SimpleNamespace(get_secret_value=lambda **_: {"SecretString": json.dumps({"access_token": held[-1]})}),
    )
    return Tokens(client, "arn", renew=renew)


def test_an_outcome_is_recorded_once_a_hot_partition_has_cooled() -> None:
    """Else what RealTime took ends as unknown, and is sent again to whoever prefers that."""
    clock, job = Patient(), job_of("hot", 10)

    def throttled(change: Change) -> WriteResult | None:
        recorded = change.after.status is Status.SUBMITTED
        return Indeterminate("ThrottlingError") if recorded and clock.slept < HOT else None

    store = Store(throttled)
    with Environment(1, workers=1) as alone:  # so that what is slept is slept for the first outcome
        alone.deliver(job, store, clock)
    assert {one.status for one in store.items.values()} == {Status.SUBMITTED}
    assert job.due_at is None


@pytest.mark.parametrize("code", ["ThrottlingError", "ProvisionedThroughputExceeded", "RequestLimitExceeded"])
def test_a_claim_is_made_once_a_hot_partition_has_cooled(code: str) -> None:
    """The message does not go back to the queue for it."""
    clock, job = Patient(), job_of("hot", 10)
    store = Store(lambda change: Indeterminate(code) if change.is_claim and clock.slept < HOT else None)
    with Environment(1, workers=1) as alone:
        alone.deliver(job, store, clock)
    assert {(one.status, one.attempt) for one in store.items.values()} == {(Status.SUBMITTED, 1)}
    assert job.due_at is None


@pytest.mark.parametrize("refused", [Status.SENDING, Status.SUBMITTED])
def test_a_write_that_is_always_refused_is_given_up_within_the_invocation(refused: Status) -> None:
    """A claim leaves the time for a call; an outcome is left to the end of its lease."""

    class Passing(Patient):
        def sleep(self, seconds: float) -> None:
            self.left -= seconds

    clock, job = Passing(), job_of("hot", 1)
    least = {Status.SENDING: CALL_SECONDS + WRITE_SECONDS, Status.SUBMITTED: 0}[refused]
    store = Store(lambda change: Indeterminate("ThrottlingError") if change.after.status is refused else None)
    with Environment(1, workers=1) as alone:
        alone.deliver(job, store, clock)
    assert job.due_at is not None
    assert least < clock.left < least + 4


def test_a_claim_that_was_written_and_got_no_answer_is_taken_up(environment: Environment) -> None:
    """Else it lapses to unknown, though no call was made."""
    job, unanswered = job_of("claim", 10), set[Key]()

    def lost(change: Change) -> WriteResult | None:
        after = change.after
        if after.status is not Status.SENDING or (after.request_id, after.recipient) in unanswered:
            return None
        unanswered.add((after.request_id, after.recipient))
        store.items[after.request_id, after.recipient] = after
        return Indeterminate("ReadTimeoutError")

    store = Store(lost)
    environment.deliver(job, store, Patient())
    assert len(unanswered) == len(store.items)
    assert {(one.status, one.attempt) for one in store.items.values()} == {(Status.SUBMITTED, 1)}


def test_no_renewal_is_waited_for_that_could_outlast_the_invocation() -> None:
    """What waited for it would end as unknown, though RealTime refused it or never saw it; and no call follows."""
    calls: list[Call] = []
    clock, over = Patient(), Event()

    def refuse(call: Call, *, latest: float) -> CallResult:
        assert latest > clock.now()
        calls.append(call)
        clock.left = WRITE_SECONDS
        return Reply(401)

    def renew_for_long(_refused: str) -> None:
        over.wait(60)

    breakers: Any = Closed()
    caller = Caller(refuse, _tokens(["old"], renew_for_long), admission_of(clock), breakers)
    messages = job_of("late", 10).messages
    try:
        assert [caller.call(one, claimed(one, clock), Permit()) for one in messages] == [[NOT_STARTED]] * len(messages)
        assert len(calls) == 1
        assert breakers.tripped == []
    finally:
        over.set()


@pytest.mark.parametrize("call_seconds", [1, 30])
def test_a_renewal_that_is_begun_leaves_time_to_record_what_waited_for_it(call_seconds: float) -> None:
    """And each new invocation has the time for one, whatever the deadline of a call."""
    clock = Patient()
    admission = admission_of(clock, call_seconds)
    assert admission.seconds_for_a_token() >= RENEWAL_SECONDS
    clock.left -= admission.seconds_for_a_token()
    assert clock.remaining() >= WRITE_SECONDS


def test_a_call_with_a_new_token_that_was_not_started_leaves_the_message_to_be_sent() -> None:
    """Nothing is known against the new token: its breaker would stop every environment for a minute."""
    held = ["old"]
    answers = iter([True, False])
    admission: Any = SimpleNamespace(to_call=lambda *_, **__: next(answers), seconds_for_a_token=lambda: 30, hours=None)
    breakers: Any = Closed()
    caller = Caller(
        lambda *_, **__: Reply(401), _tokens(held, lambda _refused: held.append("new")), admission, breakers
    )
    [message] = job_of("token", 1).messages
    assert caller.call(message, claimed(message, Patient()), Permit()) == [NOT_STARTED]
    assert held == ["old", "new"]
    assert breakers.tripped == []


def test_an_invocation_that_failed_does_not_make_the_next_one_fail(environment: Environment) -> None:
    """An error of ours keeps the message, ends no other's delivery, and leaves the environment with all its places."""

    def broken(change: Change) -> WriteResult | None:
        if change.before is not None:
            raise KeyError("an item that nobody can read")
        return None

    failed, clock = job_of("one", 10), Patient()
    began = clock.now()
    environment.deliver(failed, Store(broken), clock)
    assert (failed.due_at or 0) > began
    job, store = job_of("two", 10), Store()
    environment.deliver(job, store, Patient())
    assert job.due_at is None
    assert {one.status for one in store.items.values()} == {Status.SUBMITTED}


def test_an_error_of_ours_in_one_delivery_ends_no_other(environment: Environment) -> None:
    """The message stays, and is put off; whoever was not in the same call of the table is delivered."""
    job, store, clock = job_of("one", 10), Store(), Patient()
    [first, *others] = job.recipients

    def call(message: Message) -> Verdict:
        if message.recipients == (first,):
            raise KeyError(first)
        return ACCEPTED

    began = clock.now()
    environment.deliver(job, store, clock, call)
    assert (job.due_at or 0) > began
    assert {one.recipient for one in store.items.values() if one.status is Status.SUBMITTED} == set(others)
