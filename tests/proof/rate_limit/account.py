"""One account and its environments in virtual time: the production delivery over a counter, calls and a clock."""

import json
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from unittest import mock

from botocore.exceptions import ClientError, ReadTimeoutError

from realtime_sms.aws import group_commit
from realtime_sms.aws.rate_limit import Rate, RateLimit
from realtime_sms.aws.submissions import Applied, WriteResult
from realtime_sms.aws.table import Key, Table
from realtime_sms.outcomes.decide import Change, End
from realtime_sms.outcomes.submission import Rules, Submission
from realtime_sms.provider.calls import Call, CallResult
from realtime_sms.requests.prepare import Defaults
from realtime_sms.vocabulary import MessageType
from send.admission import Admission, Clock
from send.call import Caller
from send.deliver import Delivery
from send.messages import Job, read_record
from tests.fakes.aws.models import Checked
from tests.fakes.send_parts import ACCEPTED_REPLY, record_of
from tests.proof.rate_limit.kernel import Event, Kernel, Pool, Semaphore

INVOCATION = 60.0


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What is tried: times in seconds; `failures` is the share of reservations whose reply is lost."""

    most: int
    share: int = 80  # percent of it, for promotional messages
    environments: int = 1
    in_flight: int = 50
    messages: int = 10  # of each environment
    recipients: int = 30  # of each message
    campaigns: int = 0  # of the environments, how many have promotional messages
    latency: float = 0.1
    skew: float = 0.0  # of a clock, at most, either way
    failures: float = 0.0
    seed: int = 0


@dataclass
class Account:
    """RealTime's view: when each message came; and the table's: what was reserved of each second."""

    terms: Terms
    kernel: Kernel = field(default_factory=Kernel)
    came: list[float] = field(default_factory=list)
    reserved: Counter[str] = field(default_factory=Counter)
    promotional: Counter[str] = field(default_factory=Counter)  # of those
    updates: int = 0
    claims: int = 0
    jobs: list[Job] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.terms.seed)

    def run(self) -> None:
        """Let every environment take one batch of messages, beginning within a second of one another."""
        for environment in self.environments():
            self.kernel.spawn(environment.run, after=self.chance.random())
        event, semaphore = partial(Event, self.kernel), partial(Semaphore, self.kernel)
        lock = partial(semaphore, 1)
        with mock.patch.multiple(group_commit, Event=event, BoundedSemaphore=semaphore, Lock=lock):  # in virtual time
            self.kernel.run()

    def environments(self) -> "Iterator[Environment]":
        """Return what runs beside each other."""
        for number in range(self.terms.environments):
            jobs = [_job(self.terms, number, place) for place in range(self.terms.messages)]
            self.jobs += jobs
            yield Environment(self, jobs)

    def per_second(self) -> Counter[int]:
        """Count the messages that came in each whole second."""
        return Counter(int(at) for at in self.came)

    def ends(self) -> list[End | None]:
        """Return the end of each recipient."""
        return [job.ends.get(recipient) for job in self.jobs for recipient in job.recipients]

    def update_item(self, *, Key: Any, ExpressionAttributeValues: Any, **_: object) -> Any:  # noqa: ANN401, N803 (boto3's)
        """Count slots of a second as DynamoDB does; the reply takes its time, and may be lost."""
        self.kernel.sleep(self.chance.uniform(0.002, 0.01))
        second, values = Key["requestId"]["S"], ExpressionAttributeValues
        self.updates += 1
        if ":room" in values:
            if self.promotional[second] > int(values[":room"]["N"]):
                raise self._no_room(second)
            self.promotional[second] += int(values[":wanted"]["N"])
        self.reserved[second] = self.reserved.get(second, int(values[":first"]["N"])) + int(values[":wanted"]["N"])
        after = self.reserved[second]
        self.kernel.sleep(self.chance.uniform(0.002, 0.01))
        if self.chance.random() < self.terms.failures:
            raise ReadTimeoutError(endpoint_url="virtual")
        return {"Attributes": {"taken": {"N": str(after)}}}

    def _no_room(self, second: str) -> ClientError:
        refused: Any = {
            "Error": {"Code": "ConditionalCheckFailedException"},
            "Item": {"promotional": {"N": str(self.promotional[second])}},
        }
        return ClientError(refused, "UpdateItem")


class Environment(Clock):
    """One environment with one invocation: its clock, and what stands for calls, submissions, breakers and tokens."""

    def __init__(self, account: Account, jobs: Sequence[Job]) -> None:
        terms = account.terms
        self._account, self._kernel = account, account.kernel
        self._skew = account.chance.uniform(-terms.skew, terms.skew)
        self._begun = 0.0
        self._jobs = jobs

    def run(self) -> None:
        """Do what the send function does with a batch."""
        self._begun = self._kernel.now
        pool: Any = Pool(self._kernel)
        self._delivery().deliver_all(self._jobs, pool, self._account.terms.in_flight)

    def now(self) -> float:
        """Return the epoch seconds as this environment has them."""
        return self._kernel.now + self._skew

    def remaining(self) -> float:
        """Return what is left of the invocation."""
        return self._begun + INVOCATION - self._kernel.now

    def sleep(self, seconds: float) -> None:
        """Let virtual time pass."""
        self._kernel.sleep(seconds)

    def jitter(self) -> float:
        """Draw."""
        return self._account.chance.random()

    def read(self, _keys: object) -> dict[Key, Submission]:
        """Find nothing."""
        return {}

    def apply(self, changes: Sequence[Change]) -> list[WriteResult]:
        """Take everything, after a while."""
        self._account.claims += sum(change.is_claim for change in changes)
        self._kernel.sleep(self._account.chance.uniform(0.01, 0.03))
        return [Applied() for _ in changes]

    paused = frozenset[str]()

    def open(self) -> None:
        """Have no breaker open."""

    def trip(self, *_: object) -> None:
        """Open none."""

    def current(self, **_: float) -> str:
        """Return a token."""
        return "token"

    def renewed(self, refused: str, **_: float) -> str:
        """Return the same token."""
        return refused

    def _delivery(self) -> Delivery:
        own: Any = self
        client: Any = Checked("dynamodb", self._account)
        terms = self._account.terms
        table = Table(client, "outcomes")
        rate_limit = RateLimit(
            table,
            Rate(terms.most, max(1, terms.most * terms.share // 100)),
            now=self.now,
            jitter=self._account.chance.random,
        )
        admission = Admission(own, self, call_seconds=10, rate_limit=rate_limit)
        return Delivery(
            submissions=own,
            opted_out=lambda _numbers: dict[str, Any],
            call=Caller(self._post, self, admission, own).call,
            admission=admission,
            clock=self,
            rules=Rules(),
            new_owner=lambda: "me",
        )

    def _post(self, call: Call, *, latest: float) -> CallResult:
        assert call.body is not None
        assert self.now() < latest
        self._account.came.append(self._kernel.now)
        self._kernel.sleep(self._account.terms.latency)
        return ACCEPTED_REPLY


def _job(terms: Terms, number: int, place: int) -> Job:
    numbers = [f"+569{number:02}{place:02}{one:04}" for one in range(terms.recipients)]
    message_type = MessageType.PROMOTIONAL if number < terms.campaigns else MessageType.TRANSACTIONAL
    body = {"requestId": f"r{number}.{place}", "recipients": numbers, "message": {"text": "a"}}
    body["messageType"] = message_type
    job = read_record(record_of(json.dumps(body), f"{number}.{place}"), Defaults(sender="96000"), 1)
    assert isinstance(job, Job)
    return job
