"""The send function: an SQS event in, a partial batch response out.

Each message of a batch is prepared, delivered in a thread of its own, and acknowledged when its recipients are final.
"""

import secrets
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import count
from typing import TYPE_CHECKING, Any, Self

from realtime_sms.aws import clients
from realtime_sms.aws.breakers import Breakers
from realtime_sms.aws.caps import caps
from realtime_sms.aws.forgotten import Forgotten, Hashes
from realtime_sms.aws.opt_outs import OptOuts
from realtime_sms.aws.queues import DeadLetters, Producer, SendQueue
from realtime_sms.aws.rate_limit import RateLimit
from realtime_sms.aws.schedules import Schedules
from realtime_sms.aws.settings import read
from realtime_sms.aws.submissions import Submissions
from realtime_sms.aws.table import BATCH, Table
from realtime_sms.aws.telemetry import Metric, counters, instrumented
from realtime_sms.aws.tokens import Tokens, ask_for_renewal
from realtime_sms.provider.client import RealTimeClient
from realtime_sms.vocabulary import MessageType
from send.admission import Admission, Clock, Invocation
from send.call import Caller, Send, in_threads
from send.deliver import Delivery
from send.lanes import move
from send.messages import Job, acknowledge, read_record
from send.scheduling import Scheduling, until_its_time
from send.sending_hours import SendingHours
from send.settings import ScheduleSettings, SendSettings

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

# Wall seconds between invocations after which kept connections are not trusted: the monotonic clock, by which the
# client ages them, may stand still while the environment is frozen.
_FROZEN = 1.0


@instrumented
def lambda_handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    """Send what a batch of queue messages asks for, and name the messages that the queue must keep."""
    kept = Sender.from_environment().send(event["Records"], context)
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in kept]}


class Sender:
    """One environment's sender: the stores and clients, made once, and the worker threads of every invocation."""

    def __init__(self, settings: SendSettings) -> None:
        table = Table(clients.dynamodb(), settings.outcomes_table_name, ttl_days=settings.outcome_ttl_days)
        self._settings, self._defaults, self._rules = settings, settings.defaults, settings.rules
        self._submissions, self._opt_outs, self._breakers = Submissions(table), OptOuts(table), Breakers(table)
        self._rate_limit = RateLimit(table, settings.rate) if settings.rate else None
        self._forgotten = Forgotten(table, Hashes(clients.secrets(), settings.forget_key_secret_arn))
        self._hours = SendingHours(settings.hours) if settings.hours else None
        self._caps = caps(table, settings.max_segments_per_day, settings.time_zone, settings.max_per_recipient)
        self._queue = SendQueue(clients.sqs(), settings.send_queue_url)
        url, age = settings.promotional_queue_url, Metric.PROMOTIONAL_WAITING_AGE
        self._promotional_queue = SendQueue(clients.sqs(), url, age=age)
        self._producer = Producer(clients.sqs(), settings.queue_urls)
        self._dead_letters = DeadLetters(clients.sqs(), settings.dead_letter_queue_url)
        self._tokens = Tokens(clients.secrets(), settings.token_secret_arn, renew=self._renew)
        self._client = RealTimeClient(settings.realtime_base_url, deadline=settings.call_timeout_seconds)
        self._post = counters.timed(Metric.PROVIDER_LATENCY, self._client.perform)
        # Workers beyond the calls in flight claim the next batch meanwhile; with a rate limit there is no hurry.
        self._workers = settings.calls_in_flight + (0 if settings.rate else BATCH)
        self._pool = ThreadPoolExecutor(self._workers, thread_name_prefix="delivery")
        self._readers = ThreadPoolExecutor(2, thread_name_prefix="opt-outs")
        self._callers = ThreadPoolExecutor(settings.calls_in_flight, thread_name_prefix="calls")
        self._last_end = 0.0

    @classmethod
    @cache
    def from_environment(cls) -> Self:
        """Return the environment's sender."""
        return cls(read(SendSettings))

    def send(self, records: Sequence[dict[str, Any]], invocation: Invocation) -> list[str]:
        """Send what the records ask for; return the ids of the messages to keep."""
        clock = Clock(invocation)
        if clock.now() - self._last_end > _FROZEN:
            self._client.close()
        # All records of an invocation come from one queue, and go back to it.
        name = records[0].get("eventSourceARN", "").rpartition(":")[2]
        promotional = name == self._settings.promotional_queue_url.rpartition("/")[2]
        queue = self._promotional_queue if promotional else self._queue

        # Read all; what is promotional and here by mistake moves on, and what is for later may get a schedule.
        taken = [read_record(record, self._defaults, self._settings.recipients_per_call) for record in records]
        jobs = [one for one in taken if isinstance(one, Job)]
        moving = [] if promotional else [one for one in jobs if one.messages[0].message_type is MessageType.PROMOTIONAL]
        if later := [one for one in jobs if one.messages[0].send_at is not None and one not in moving]:
            taken = self._scheduling(records[0], clock).schedule(taken, later)
            jobs = [one for one in taken if isinstance(one, Job)]

        # Deliver the rest.
        self._breakers.open()  # read once, before the threads ask
        admission = Admission(
            self._breakers,
            clock,
            call_seconds=self._settings.call_timeout_seconds,
            rate_limit=self._rate_limit,
            hours=self._hours,
        )
        here = [one for one in jobs if one not in moving]
        self._delivery(here, admission, clock).deliver_all(here, self._pool, self._workers)

        if moving:
            move(moving, self._producer, self._rules, clock)
        if admission.shut:
            admission.wait_while_shut()
        kept = acknowledge(taken, queue, self._dead_letters, self._submissions, clock)
        self._last_end = clock.now()
        return kept

    def _delivery(self, jobs: Sequence[Job], admission: Admission, clock: Clock) -> Delivery:
        """Return the delivery of these jobs."""
        believed = self._settings.retry_server_errors
        call: Send = Caller(self._post, self._tokens, admission, self._breakers, retry_server_errors=believed).call
        messages = [message for job in jobs for message in job.messages]
        # Else there are no more threads than calls that may be in flight: few messages, or a rate limit.
        if min(self._workers, len(messages)) > self._settings.calls_in_flight:
            call = in_threads(call, self._callers)
        scheduled = any(one.send_at is not None for one in messages)
        forgetting = self._breakers.forgetting
        hashed = self._forgotten.hashes.of if forgetting else None
        prefix, numbers = secrets.token_hex(8), count(1)
        return Delivery(
            submissions=self._submissions,
            opted_out=lambda numbers: self._readers.submit(self._opt_outs.find, numbers, hashed).result,
            call=call,
            admission=admission,
            clock=clock,
            rules=self._rules,
            new_owner=lambda: f"{prefix}.{next(numbers)}",
            holds=[*([until_its_time] if scheduled else []), *([admission.outside_hours] if self._hours else [])],
            caps=self._caps.count if self._caps else None,
            forgotten=self._forgotten if forgetting else None,
        )

    def _scheduling(self, record: dict[str, Any], clock: Clock) -> Scheduling:
        """Return what schedules messages; all records of an invocation come from one queue."""
        settings = read(ScheduleSettings)
        schedules = Schedules(clients.scheduler(), settings.schedule_group)
        return Scheduling(schedules, record["eventSourceARN"], settings.route, rules=self._rules, clock=clock)

    def _renew(self, refused: str) -> None:
        ask_for_renewal(clients.functions(), self._settings.refresh_function_name, refused, wait=True)
