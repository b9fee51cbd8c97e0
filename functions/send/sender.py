"""One environment's sender: the ports of the shell wired to the wave, made once and used by every invocation."""

import secrets
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from typing import Any, Self

from realtime_sms.aws import clients
from realtime_sms.aws.breakers import Breakers
from realtime_sms.aws.invocation import Clock, Invocation
from realtime_sms.aws.metrics import Metric, counters
from realtime_sms.aws.opt_outs import OptOuts
from realtime_sms.aws.queue import QueueMessage, SendQueue
from realtime_sms.aws.rate_limit import RateLimit
from realtime_sms.aws.renewal import renew_by
from realtime_sms.aws.settings import SendSettings, read
from realtime_sms.aws.submissions import Submissions
from realtime_sms.aws.token import Tokens
from realtime_sms.provider.client import RealTimeClient
from send.acknowledge import acknowledge
from send.calls import ThreadedCalls
from send.intake import Rejected, take_in
from send.limits import Limits
from send.submitter import Submitter
from send.task import Job
from send.turn import Turns
from send.wave import Wave

# Wall seconds between invocations after which kept connections are not trusted: the monotonic clock, by which the
# gateway ages them, may stand still while the environment is frozen.
_FROZEN = 1.0


class Sender:
    """Takes batches of queue messages, and gives the ids of those that the queue must keep."""

    def __init__(self, settings: SendSettings) -> None:
        self._settings = settings
        self._limits = Limits(settings.calls_in_flight, settings.recipients_per_call, settings.call_timeout_seconds)
        table = settings.outcomes_table_name
        self._submissions = Submissions(clients.dynamodb(), table, ttl_days=settings.outcome_ttl_days)
        self._breakers = Breakers(clients.dynamodb(), table)
        self._opt_outs = OptOuts(clients.dynamodb(), table)
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="opt-outs")
        renew = partial(renew_by, settings.refresh_function_name)
        self._tokens = Tokens(clients.secrets(), settings.token_secret_arn, renew=renew)
        self._queue = SendQueue(clients.sqs(), settings.send_queue_url, settings.dead_letter_queue_url)
        self._gateway = RealTimeClient(settings.realtime_base_url, deadline=settings.call_timeout_seconds)
        self._exchange = counters.timed(Metric.PROVIDER_LATENCY, self._gateway.exchange)
        self._calls = ThreadedCalls(settings.calls_in_flight)
        rate = settings.rate
        self._pace = None if rate is None else RateLimit(clients.dynamodb(), table, rate)
        self._last_end = 0.0

    @classmethod
    @cache
    def from_environment(cls) -> Self:
        """Give the environment's sender."""
        return cls(read(SendSettings))

    def send(self, records: Sequence[dict[str, Any]], invocation: Invocation) -> list[str]:
        """Send what the records ask for; give the ids of the messages to keep."""
        clock = Clock(invocation)
        if clock.now() - self._last_end > _FROZEN:
            self._gateway.close()
        taken = [take_in(QueueMessage.from_record(record), self._settings.defaults) for record in records]
        jobs = [one for one in taken if isinstance(one, Job)]
        rejected = [one for one in taken if isinstance(one, Rejected)]
        try:
            self._wave(clock).run(jobs)
        finally:
            self._calls.forget()
        kept = acknowledge(jobs, rejected, queue=self._queue, notes=self._submissions, time=clock)
        self._last_end = clock.now()
        return kept

    def _wave(self, clock: Clock) -> Wave:
        turns = Turns(self._limits, clock, self._pace)
        submitter = Submitter(
            self._exchange,
            self._tokens,
            may_start=turns.may_start,
            may_renew=lambda: self._limits.may_renew(clock),
        )
        self._calls.submit = submitter.submit
        return Wave(
            store=self._submissions,
            calls=self._calls,
            breakers=self._breakers,
            look_up=self._look_up,
            time=clock,
            rules=self._settings.rules,
            limits=self._limits,
            owners=lambda: secrets.token_hex(8),
            pace=self._pace,
        )

    def _look_up(self, numbers: Sequence[str]) -> Callable[[], frozenset[str]]:
        return self._reader.submit(self._opt_outs.find, numbers).result
