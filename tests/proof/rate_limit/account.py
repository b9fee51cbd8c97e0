"""One account and its environments in virtual time: the production wave and pace over a counter, calls and a clock."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ReadTimeoutError

from local.model_checker import provider
from local.model_checker.delivery import drafts_of
from local.model_checker.scenario import Sent
from realtime_sms.aws.queue import QueueMessage
from realtime_sms.aws.rate import Rate
from realtime_sms.aws.rate_limit import RateLimit
from realtime_sms.aws.submissions import Applied, WriteResult
from realtime_sms.outcomes.decide import Change
from realtime_sms.outcomes.submission import Rules
from realtime_sms.provider.calls import Call, CallResult
from realtime_sms.vocabulary import Status
from send.limits import Limits
from send.ports import Finished, Unit
from send.submitter import Submitter
from send.task import Job
from send.turn import Turns
from send.wave import Wave
from tests.proof.rate_limit.kernel import Kernel, Mailbox

INVOCATION = 60.0


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What is tried: times in seconds; `failures` is the share of reservations whose reply is lost."""

    most: int
    environments: int = 1
    in_flight: int = 50
    messages: int = 10  # of each environment
    recipients: int = 30  # of each message
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
    updates: int = 0
    claims: int = 0
    jobs: list[Job] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.terms.seed)

    def run(self) -> None:
        """Let every environment take one batch of messages, beginning within a second of one another."""
        for number in range(self.terms.environments):
            self.kernel.spawn(Environment(self, number).run, after=self.chance.random())
        self.kernel.run()

    def per_second(self) -> Counter[int]:
        """Count the messages that came in each whole second."""
        return Counter(int(at) for at in self.came)

    def update_item(self, *, Key: Any, ExpressionAttributeValues: Any, **_: object) -> Any:  # noqa: ANN401, N803 (boto3's)
        """Count turns of a second as DynamoDB does; the reply takes its time, and may be lost."""
        self.kernel.sleep(self.chance.uniform(0.002, 0.01))
        second, values = Key["requestId"]["S"], ExpressionAttributeValues
        self.updates += 1
        self.reserved[second] = self.reserved.get(second, int(values[":first"]["N"])) + int(values[":wanted"]["N"])
        after = self.reserved[second]
        self.kernel.sleep(self.chance.uniform(0.002, 0.01))
        if self.chance.random() < self.terms.failures:
            raise ReadTimeoutError(endpoint_url="virtual")
        return {"Attributes": {"taken": {"N": str(after)}}}


class Environment:
    """One environment with one invocation: the wave's ports for time, calls, store and breakers."""

    def __init__(self, account: Account, number: int) -> None:
        terms = account.terms
        self._account, self._kernel = account, account.kernel
        self._skew = account.chance.uniform(-terms.skew, terms.skew)
        self._over: Mailbox[Finished] = Mailbox(account.kernel)
        self._begun = 0.0
        self._jobs = [self._job(number, place) for place in range(terms.messages)]
        account.jobs += self._jobs
        client: Any = account
        self._pace = RateLimit(client, "outcomes", Rate(terms.most), now=self.now, jitter=account.chance.random)
        self._limits = Limits(terms.in_flight, 1, call_seconds=10)
        turns = Turns(self._limits, self, self._pace)
        self._submitter = Submitter(self._exchange, self, may_start=turns.may_start)

    def run(self) -> None:
        """Do what the send function does with a batch."""
        self._begun = self._kernel.now
        Wave(
            store=self,
            calls=self,
            breakers=self,
            look_up=lambda _numbers: frozenset[str],
            time=self,
            rules=Rules(),
            limits=self._limits,
            owners=lambda: "me",
            pace=self._pace,
        ).run(self._jobs)

    def now(self) -> float:
        """Give the epoch seconds as this environment has them."""
        return self._kernel.now + self._skew

    def remaining(self) -> float:
        """Give what is left of the invocation."""
        return self._begun + INVOCATION - self._kernel.now

    def sleep(self, seconds: float) -> None:
        """Let virtual time pass."""
        self._kernel.sleep(seconds)

    def jitter(self) -> float:
        """Draw."""
        return self._account.chance.random()

    def read(self, _keys: object) -> dict[Any, Any]:
        """Find nothing."""
        return {}

    def swap(self, changes: Sequence[Change]) -> list[WriteResult]:
        """Take everything, after a while."""
        self._account.claims += sum(change.after.status is Status.SENDING for change in changes)
        self._kernel.sleep(self._account.chance.uniform(0.01, 0.03))
        return [Applied() for _ in changes]

    def open(self) -> None:
        """Have no breaker open."""

    def trip(self, *_: object) -> None:
        """Open none."""

    def current(self) -> str:
        """Give a token."""
        return "token"

    def renewed(self, refused: str) -> str:
        """Give the same."""
        return refused

    def start(self, unit: Unit) -> None:
        """Make a call in a thread of its own."""
        self._kernel.spawn(lambda: self._over.put(Finished(unit, self._submitter.submit(unit))))

    def finished(self, most: int, within: float | None = None) -> list[Finished]:
        """Wait for calls to be over."""
        return self._over.take(most, within)

    def _exchange(self, call: Call) -> CallResult:
        assert call.body is not None
        self._account.came.append(self._kernel.now)
        self._kernel.sleep(self._account.terms.latency)
        return provider.outcome(provider.ACCEPTED, 1).exchange

    def _job(self, number: int, place: int) -> Job:
        sent = Sent(tuple(f"+569{number:02}{place:02}{one:04}" for one in range(self._account.terms.recipients)))
        body = sent.body(None)
        job = Job(QueueMessage(f"{number}.{place}", "", body, 1), f"r{number}.{place}")
        for draft in drafts_of(body):
            job.add(draft)
        return job
