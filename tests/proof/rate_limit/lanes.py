"""Both lanes in virtual time: queues, pollers as Lambda's event source mappings, and the production send path."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from realtime_sms.aws.queues import DeadLetters, Producer, SendQueue
from realtime_sms.outcomes.submission import Rules
from realtime_sms.provider.calls import Call, CallResult
from realtime_sms.requests.prepare import Defaults
from realtime_sms.vocabulary import MessageType
from send.lanes import move
from send.messages import Job, acknowledge, read_record
from tests.fakes.send_parts import record_of
from tests.proof.rate_limit.account import Account, Environment, Terms
from tests.proof.rate_limit.kernel import START, Pool

SEND, PROMOTIONAL = "send", "promotional"
_POLL = (0.02, 0.06)  # seconds that Lambda takes from one batch to the next
_CALL = (0.01, 0.03)  # and SQS to take a batch
_IDLE = 0.1  # seconds until an empty queue is looked at again
_BATCH = 10


@dataclass
class Queue:
    """The messages of one queue in the order in which they are visible: when, its id and its body."""

    visible: list[tuple[float, str, str]] = field(default_factory=list)
    hidden: dict[str, str] = field(default_factory=dict)  # bodies by id

    def put(self, name: str, body: str, at: float) -> None:
        """Put a message on the queue."""
        self.visible.append((at, name, body))
        self.visible.sort(key=lambda one: one[0])

    def receive(self, now: float) -> list[dict[str, Any]]:
        """Hide up to ten messages, and return them as records."""
        found = [one for one in self.visible[:_BATCH] if one[0] <= now]
        del self.visible[: len(found)]
        self.hidden |= {name: body for _, name, body in found}
        return [record_of(body, name) for _, name, body in found]


@dataclass
class Lanes(Account):
    """An account with both queues, each with as many pollers as the template gives it, until a time (epoch seconds)."""

    terms: Terms = field(default_factory=lambda: Terms(most=10))
    until: float = START + 60
    arrived: dict[str, float] = field(default_factory=dict)  # at RealTime, by recipient
    queues: dict[str, Queue] = field(default_factory=lambda: {SEND: Queue(), PROMOTIONAL: Queue()})

    def publish(self, lane: str, message_type: MessageType, numbers: Sequence[str], at: float = START) -> None:
        """Publish a request for each number."""
        for number in numbers:
            body = {"recipients": [number], "message": {"text": "a"}, "messageType": message_type, "campaign": "mayo"}
            self.queues[lane].put(number[1:], json.dumps(body), at)

    def environments(self) -> "Iterator[Poller]":
        """Return what runs beside each other."""
        for lane, concurrency in ((SEND, 5), (PROMOTIONAL, 2)):
            yield from (Poller(self, lane) for _ in range(concurrency))

    def change_message_visibility_batch(self, *, QueueUrl: str, Entries: Any) -> dict[str, Any]:  # noqa: ANN401, N803 (boto3's)
        """Show messages again later."""
        queue = self.queues[QueueUrl]
        for one in Entries:
            name = one["ReceiptHandle"]
            queue.put(name, queue.hidden[name], self.kernel.now + one["VisibilityTimeout"])
        return {}

    def send_message_batch(self, *, QueueUrl: str, Entries: Any) -> dict[str, Any]:  # noqa: ANN401, N803 (boto3's)
        """Take moved messages, each under a new id."""
        self.kernel.sleep(self.chance.uniform(*_CALL))
        for one in Entries:
            body = one["MessageBody"]
            self.queues[QueueUrl].put(f"moved {json.loads(body)['requestId']}", body, self.kernel.now)
        return {}


class Poller(Environment):
    """One environment of one lane, which takes batch after batch as `send.handler` does."""

    def __init__(self, account: Lanes, lane: str) -> None:
        super().__init__(account, ())
        self._lanes, self._lane = account, lane
        client: Any = account
        self._queue, self._dead = SendQueue(client, lane), DeadLetters(client, "dead")
        self._producer = Producer(client, {MessageType.PROMOTIONAL: PROMOTIONAL})

    def run(self) -> None:
        """Poll until the end."""
        while self._kernel.now < self._lanes.until:
            self.sleep(self._lanes.chance.uniform(*_POLL))
            if records := self._lanes.queues[self._lane].receive(self._kernel.now):
                self._invoke(records)
            else:
                self.sleep(_IDLE)

    def _invoke(self, records: Sequence[dict[str, Any]]) -> None:
        self._begun = self._kernel.now
        taken = [read_record(record, Defaults(sender="96000"), 1) for record in records]
        jobs = [one for one in taken if isinstance(one, Job)]
        moving = [one for one in jobs if self._lane == SEND and one.messages[0].message_type is MessageType.PROMOTIONAL]
        pool: Any = Pool(self._kernel)
        own: Any = self
        self._delivery().deliver_all([one for one in jobs if one not in moving], pool, self._lanes.terms.in_flight)
        move(moving, self._producer, Rules(), self)
        acknowledge(taken, self._queue, self._dead, own, self)

    def _post(self, call: Call, *, latest: float) -> CallResult:
        assert call.body is not None
        (number,) = json.loads(call.body)["recipients"]
        assert number not in self._lanes.arrived
        self._lanes.arrived[number] = self._kernel.now
        return super()._post(call, latest=latest)
