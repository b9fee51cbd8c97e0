"""One environment over made-up ports: nobody has opted out, and no breaker is open or opens."""

import json
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any, Self

from local.model_checker.explorer import quiet
from realtime_sms.aws.breakers import Breaker, OpenBreaker
from realtime_sms.aws.submissions import Applied, WriteResult
from realtime_sms.aws.table import BATCH, Key
from realtime_sms.outcomes.decide import Change, decide
from realtime_sms.outcomes.submission import Rules, Submission
from realtime_sms.provider.verdict import Kind, Verdict
from realtime_sms.requests.prepare import Defaults, Message
from realtime_sms.vocabulary import MessageType, Reason
from send.admission import Admission, Clock
from send.call import in_threads
from send.deliver import Delivery
from send.messages import Job, read_record

ACCEPTED = Verdict(Kind.ACCEPTED, Reason.ACCEPTED, 200, submission_id="1")
CALL_SECONDS = 10.0


class Closed:
    """Breakers that are closed; it notes which would open."""

    def __init__(self) -> None:
        self.paused = frozenset[MessageType]()
        self.tripped: list[Breaker] = []

    def open(self) -> None:
        """Return None."""

    def all_open(self) -> list[OpenBreaker]:
        """Return no breaker."""
        return []

    def trip(self, breaker: Breaker, _reason: Reason) -> None:
        """Note it."""
        self.tripped.append(breaker)


class Patient(Clock):
    """An invocation in which waiting is noted and takes no time; `left` in seconds."""

    def __init__(self, left: float = 60.0) -> None:
        super().__init__(SimpleNamespace(get_remaining_time_in_millis=lambda: 0))
        self.left = left
        self.slept = 0.0

    def remaining(self) -> float:
        """Return what is left."""
        return self.left

    def sleep(self, seconds: float) -> None:
        """Note it."""
        self.slept += seconds


class Store:
    """A table; `fault` may answer a change in its place."""

    def __init__(self, fault: Callable[[Change], WriteResult | None] = lambda _change: None) -> None:
        self.items: dict[Key, Submission] = {}
        self.fault = fault

    def read(self, keys: Iterable[Key]) -> dict[Key, Submission]:
        """Return what there is."""
        return {key: self.items[key] for key in keys if key in self.items}

    def apply(self, changes: Sequence[Change]) -> list[WriteResult]:
        """Apply each change, if there is no fault."""
        return [self.fault(change) or self._take(change.after) for change in changes]

    def _take(self, after: Submission) -> Applied:
        self.items[after.request_id, after.recipient] = after
        return Applied()


class Environment:
    """The threads that all invocations of one environment share."""

    def __init__(self, in_flight: int, workers: int | None = None) -> None:
        self._workers = workers or in_flight + BATCH
        self._callers = ThreadPoolExecutor(in_flight)
        self._pool = ThreadPoolExecutor(self._workers)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown()
        self._callers.shutdown()

    def deliver(
        self,
        job: Job,
        store: Any,  # noqa: ANN401 (a stand-in)
        clock: Clock,
        call: Callable[[Message], Verdict] = lambda _message: ACCEPTED,
    ) -> None:
        """Deliver a job as an invocation of the send function does."""
        delivery = Delivery(
            submissions=store,
            opted_out=lambda _numbers: dict,
            call=in_threads(lambda message, ready, _permit: [call(message)] * len(ready), self._callers),
            admission=admission_of(clock),
            clock=clock,
            rules=Rules(),
            new_owner=lambda: "owner",
        )
        with quiet():
            delivery.deliver_all([job], self._pool, self._workers)


def admission_of(clock: Clock, call_seconds: float = CALL_SECONDS) -> Admission:
    """Return what admits calls while no breaker is open, without a rate limit."""
    breakers: Any = Closed()
    return Admission(breakers, clock, call_seconds=call_seconds)


def job_of(request_id: str, recipients: int) -> Job:
    """Return the job of a message to so many recipients, of which each gets a call of its own."""
    body = {
        "requestId": request_id,
        "recipients": [f"+569{number:08}" for number in range(recipients)],
        "sender": "96000",
        "message": {"text": "hello"},
    }
    record = {"messageId": request_id, "receiptHandle": "handle", "body": json.dumps(body)}
    job = read_record(record, Defaults(), 1)
    assert isinstance(job, Job)
    return job


def claimed(message: Message, clock: Clock) -> list[Submission]:
    """Return the submissions of a message as claimed for the whole invocation."""
    changes = [
        decide(message, one, None, Rules(), owner="owner", lease_until=clock.now() + 65, now=clock.now())
        for one in message.recipients
    ]
    return [change.after for change in changes if isinstance(change, Change)]
