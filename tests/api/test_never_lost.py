"""An accepted request is never lost: whichever part fails, before its work or after it, in every combination.

A part that fails *after* its work is one whose reply did not arrive: a timeout, a broken connection.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import pytest

from realtime_sms.aws.queues import QueueUnavailableError
from realtime_sms.aws.requests import Entry, Summary
from realtime_sms.aws.table import StoreUnavailableError
from realtime_sms.outcomes.decide import Change, Done, decide
from realtime_sms.outcomes.submission import Rules, settle
from realtime_sms.provider.verdict import Kind, Verdict
from realtime_sms.requests.envelope import open_envelope
from realtime_sms.requests.prepare import Defaults, prepare
from realtime_sms.vocabulary import MessageType, Reason
from tests.api.fakes import HELLO, FakeApi
from tests.fakes.stores import FakeProducer, FakeRequests
from tests.fakes.submissions import NOW

PARTS = ("front", "enter", "publish", "mark_queued")
WHEN = ("", "before", "after")
FAILURES = [dict(zip(PARTS, chosen, strict=True)) for chosen in product(WHEN, repeat=len(PARTS))]
KEY = "order-4711"


@contextmanager
def _failing(when: str, error: Exception) -> Iterator[None]:
    if when == "before":
        raise error
    yield
    if when == "after":
        raise error


@dataclass
class FailingRequests(FakeRequests):
    """A register whose calls fail before or after their work."""

    when: dict[str, str] = field(default_factory=dict)

    def _part(self, name: str) -> Any:  # noqa: ANN401 (a context manager)
        return _failing(self.when.get(name, ""), StoreUnavailableError("ReadTimeoutError"))

    def summary(self, request_id: str) -> Summary:
        """Read, or fail."""
        with self._part("front"):
            return super().summary(request_id)

    def create(self, entry: Entry) -> Entry | None:
        """Write an entry, or fail."""
        with self._part("enter"):
            return super().create(entry)

    def mark_queued(self, request_id: str, now: float) -> None:
        """Note it, or fail."""
        with self._part("mark_queued"):
            super().mark_queued(request_id, now)


@dataclass
class FailingProducer(FakeProducer):
    """A queue that fails before or after it has the message."""

    when: str = ""

    def publish(self, body: str, message_type: MessageType, campaign: str | None) -> None:
        """Keep the message, or fail."""
        with _failing(self.when, QueueUnavailableError("ReadTimeoutError")):
            super().publish(body, message_type, campaign)


def _api(failures: dict[str, str]) -> FakeApi:
    requests = FailingRequests(when={name: when for name, when in failures.items() if name != "publish"})
    return FakeApi(requests=requests, producer=FailingProducer(when=failures["publish"]))


def _repaired(api: FakeApi) -> FakeApi:
    """Return an API on what the failing one left behind."""
    entries = FakeRequests(entries=api.requests.entries)
    return FakeApi(requests=entries, producer=FakeProducer(bodies=api.producer.bodies))


def _named(failures: dict[str, str]) -> str:
    return ", ".join(f"{part} {when}" for part, when in failures.items() if when) or "nothing"


@pytest.mark.parametrize("failures", FAILURES, ids=_named)
def test_the_caller_sees_an_error_or_the_message_is_on_the_queue(failures: dict[str, str]) -> None:
    """Never a 202 without a message; and what is no 202 asks for another try."""
    api = _api(failures)
    reply = api.post(HELLO, key=KEY)
    if reply.status == 202:
        assert api.messages() == [HELLO | {"requestId": KEY}]
    else:
        assert (reply.status, reply.headers["Retry-After"]) == (503, "5")


@pytest.mark.parametrize("failures", FAILURES, ids=_named)
def test_the_same_key_may_be_tried_again_and_is_one_messages_worth_of_sends(failures: dict[str, str]) -> None:
    """However often it is on the queue then, it is the same message, of which the sender sends the first."""
    failing = _api(failures)
    failing.post(HELLO, key=KEY)
    api = _repaired(failing)
    assert api.post(HELLO, key=KEY).status == 202
    assert api.post(HELLO, key=KEY).status == 202
    assert set(api.producer.bodies) == {api.producer.bodies[0]}
    assert api.messages()[0] == HELLO | {"requestId": KEY}
    assert _sends(api.producer.bodies) == 1


def _sends(bodies: list[str]) -> int:
    """Deliver each message to the rules of delivery; count the claims, each of which would be a call."""
    held, sends = None, 0
    for number, body in enumerate(bodies):
        (message,) = prepare(open_envelope(body, f"message-{number}"), Defaults()).messages
        (one,) = message.recipients
        step = decide(message, one, held, Rules(), owner=str(number), lease_until=NOW + 60, now=NOW)
        if isinstance(step, Change):
            sends += 1
            accepted = Verdict(Kind.ACCEPTED, Reason.ACCEPTED, 200)
            held = settle(step.after, accepted, Rules(), now=NOW, jitter=0)
        else:
            assert isinstance(step, Done)
    return sends


@pytest.mark.parametrize("failures", FAILURES, ids=_named)
def test_the_same_key_with_other_content_stays_a_conflict_once_it_has_an_entry(failures: dict[str, str]) -> None:
    """A request that may be on the queue owns its id."""
    failing = _api(failures)
    failing.post(HELLO, key=KEY)
    api = _repaired(failing)
    entered, queued = KEY in api.requests.entries, len(api.producer.bodies)
    reply = api.post({**HELLO, "message": {"text": "something else"}}, key=KEY)
    assert reply.status == (409 if entered else 202)
    assert entered or not queued
