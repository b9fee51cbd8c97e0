"""Many messages at once: how many outcomes may be unwritten, and whom a slow call holds up."""

import json
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Lock, Thread
from typing import Any

import pytest

from local.fake_realtime import Simulator
from realtime_sms.aws import clients
from realtime_sms.aws.cancel import cancel_all, of_messages
from realtime_sms.aws.settings import read
from realtime_sms.aws.submissions import Applied, Submissions, WriteResult
from realtime_sms.aws.table import BATCH, RATE, Table
from realtime_sms.outcomes.decide import Change
from realtime_sms.provider.calls import Call, CallResult
from realtime_sms.requests.envelope import open_envelope
from realtime_sms.requests.prepare import prepare
from send.handler import Sender
from send.settings import SendSettings
from tests.fakes.aws.account import FakeAws
from tests.fakes.lambda_context import Context
from tests.fakes.send_parts import record_of

IN_FLIGHT = 3
MOST_UNWRITTEN = IN_FLIGHT + BATCH
MESSAGES = 10
RECIPIENTS = 4  # of each message, and as many calls
CALLS = MESSAGES * RECIPIENTS
PATIENCE = 10  # seconds for what must come


class Watch:
    """Counts the calls that were made and the outcomes that were written, at one sender."""

    def __init__(self, sender: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
        self.made = self.written = self.most_unwritten = 0
        self._perform, self._apply = sender._post, sender._submissions.apply
        self._lock = Lock()
        monkeypatch.setattr(sender, "_post", self.perform)
        monkeypatch.setattr(sender._submissions, "apply", self.apply)

    def perform(self, call: Call, *, latest: float) -> CallResult:
        """Make a call."""
        with self._lock:
            self.made += 1
            self.most_unwritten = max(self.most_unwritten, self.made - self.written)
        return self._perform(call, latest=latest)

    def apply(self, changes: Sequence[Change]) -> list[WriteResult]:
        """Write, and count the outcomes."""
        if not changes[0].is_claim:
            self.before_outcomes()
        results = self._apply(changes)
        pairs = zip(changes, results, strict=True)
        with self._lock:
            self.written += sum(isinstance(result, Applied) and not change.is_claim for change, result in pairs)
        return results

    def before_outcomes(self) -> None:
        """Be called before outcomes are written."""


@pytest.fixture
def sender(fresh: FakeAws, realtime: Simulator) -> Iterator[Sender]:
    """Yield a sender that may have few calls in flight."""
    assert not fresh.items
    realtime.reset()
    sender = Sender(read(SendSettings).model_copy(update={"calls_in_flight": IN_FLIGHT}))
    yield sender
    sender._client.close()


def _records() -> list[dict[str, Any]]:
    return [_record(f"r-{number}", [f"+569{number:04}{one:04}" for one in range(RECIPIENTS)]) for number in range(10)]


def _record(request_id: str, numbers: Sequence[str]) -> dict[str, Any]:
    body = {"requestId": request_id, "recipients": numbers, "sender": "96000", "message": {"text": "a"}}
    return record_of(json.dumps(body), request_id)


def test_what_is_known_and_unwritten_is_bounded_by_the_workers(
    sender: Sender, realtime: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the table hangs and RealTime answers at once, a crash leaves this many unknown, and no more."""

    class Hanging(Watch):
        one_too_many = Event()

        def perform(self, call: Call, *, latest: float) -> CallResult:
            reply = super().perform(call, latest=latest)
            if self.most_unwritten > MOST_UNWRITTEN:
                self.one_too_many.set()
            return reply

        def before_outcomes(self) -> None:
            self.one_too_many.wait(0.05)

    watch = Hanging(sender, monkeypatch)
    assert sender.send(_records(), Context()) == []
    assert (watch.made, watch.written) == (CALLS, CALLS)
    assert watch.most_unwritten <= MOST_UNWRITTEN
    assert len({message.recipient for message in realtime.inbox()}) == CALLS


def test_as_many_calls_are_in_flight_as_may_be(sender: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    """There are more threads than that, to claim the next messages meanwhile."""

    class Slow(Watch):
        in_flight = most_in_flight = 0
        one_too_many = Event()

        def perform(self, call: Call, *, latest: float) -> CallResult:
            with self._lock:
                self.in_flight += 1
                self.most_in_flight = max(self.most_in_flight, self.in_flight)
            if self.most_in_flight > IN_FLIGHT:
                self.one_too_many.set()
            self.one_too_many.wait(0.05)
            reply = super().perform(call, latest=latest)
            with self._lock:
                self.in_flight -= 1
            return reply

    watch = Slow(sender, monkeypatch)
    assert sender.send(_records()[:4], Context()) == []
    assert (watch.made, watch.most_in_flight) == (4 * RECIPIENTS, IN_FLIGHT)


def test_an_invocation_ends_although_the_pool_has_too_few_threads(sender: Sender) -> None:
    """A pool starts a thread too few if it takes a thread for idle that is about to work."""
    sender._pool = ThreadPoolExecutor(1)
    kept: list[list[str]] = []
    invocation = Thread(target=lambda: kept.append(sender.send(_records(), Context())), daemon=True)
    invocation.start()
    invocation.join(PATIENCE)
    assert kept == [[]]


def test_a_cancelled_campaign_takes_no_slots_of_the_rate_limit(fresh: FakeAws, realtime: Simulator) -> None:
    """Else its messages would leave the queue no faster than others are sent, and keep those from being sent."""
    realtime.reset()
    settings = read(SendSettings).model_copy(update={"max_per_second": 1})
    bodies = [
        json.dumps(
            {
                "requestId": f"c-{one}",
                "recipients": [f"+569{one:08}"],
                "sender": "96000",
                "message": {"text": "a"},
                "messageType": "promotional",
            }
        )
        for one in range(MESSAGES)
    ]
    messages = [one for body in bodies for one in prepare(open_envelope(body, "m"), settings.defaults).messages]
    table = Table(clients.dynamodb(), settings.outcomes_table_name, ttl_days=45)
    cancel_all(Submissions(table), of_messages(messages, owner="o", now=time.time()))
    queue = {"eventSourceARN": "arn:aws:sqs:sa-east-1:000000000000:<PromotionalQueue>"}
    sender = Sender(settings)
    assert sender.send([record_of(body, str(place)) | queue for place, body in enumerate(bodies)], Context()) == []
    assert not realtime.inbox()
    assert not [key for key in fresh.items if key[0].startswith(RATE)]
    sender._client.close()


def test_one_slow_call_holds_up_nobody(sender: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    """All others are made and recorded while it is under way."""

    class Slow(Watch):
        others_over = Event()
        in_time = False

        def perform(self, call: Call, *, latest: float) -> CallResult:
            assert call.body is not None
            if b"+56900000000" in call.body:
                self.in_time = self.others_over.wait(PATIENCE)
            return super().perform(call, latest=latest)

        def apply(self, changes: Sequence[Change]) -> list[WriteResult]:
            results = super().apply(changes)
            if self.written == CALLS - 1:
                self.others_over.set()
            return results

    watch = Slow(sender, monkeypatch)
    assert sender.send(_records(), Context()) == []
    assert watch.in_time
    assert watch.written == CALLS


def test_calls_are_in_flight_as_many_as_may_be(sender: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    """A call waits for as many others to have begun; it would wait in vain if they did not."""

    class Meeting(Watch):
        full = Event()
        met = True

        def perform(self, call: Call, *, latest: float) -> CallResult:
            with self._lock:
                self.begun = getattr(self, "begun", 0) + 1
            if self.begun == IN_FLIGHT:
                self.full.set()
            self.met = self.full.wait(PATIENCE) and self.met
            return super().perform(call, latest=latest)

    watch = Meeting(sender, monkeypatch)
    assert sender.send(_records(), Context()) == []
    assert watch.met
