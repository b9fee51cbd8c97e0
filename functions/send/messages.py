"""Turn queue messages into jobs, and acknowledge or put off the queue messages when the jobs have ended."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import batched
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from realtime_sms.aws.queues import DeadLetters, QueueMessage, SendQueue
from realtime_sms.aws.submissions import Submissions
from realtime_sms.aws.table import StoreUnavailableError
from realtime_sms.aws.telemetry import counters, logger, of_rejection
from realtime_sms.outcomes.decide import CONFLICT_DETAIL, Done, End, Found, Later, RequestConflict
from realtime_sms.requests.envelope import identity, open_envelope
from realtime_sms.requests.errors import InvalidInputError
from realtime_sms.requests.prepare import Defaults, Message, prepare
from realtime_sms.vocabulary import Reason
from send.admission import Clock


@dataclass(slots=True, eq=False)
class Job:
    """A queue message and what it asks for: the messages to send, and how far each recipient has come.

    Each message goes out in one call. `found` is what the table is known to hold, `ends` how recipients ended in this
    invocation, both by recipient. `called` is set once a call is about to be made for any of them. The queue need not
    keep the message for what is due when a schedule brings it back (`brought_back_at`, epoch seconds), or later.
    """

    queue_message: QueueMessage
    request_id: str
    messages: Sequence[Message]
    recipients: Sequence[str]
    found: dict[str, Found] = field(default_factory=dict)
    ends: dict[str, End] = field(default_factory=dict)
    conflict: bool = False
    called: bool = False
    brought_back_at: float = math.inf

    def end(self, recipient: str, end: End) -> None:
        """Note how a recipient ended; a conflict ends the whole job."""
        self.ends[recipient] = end
        if isinstance(end, RequestConflict):
            self.conflict = True

    @property
    def due_at(self) -> float | None:
        """Return the epoch second at which the next step is due (0: at once); None if the queue need not keep it."""
        ends = [self.ends.get(one) for one in self.recipients]
        times = (one.at if isinstance(one, Later) else 0 for one in ends if not isinstance(one, Done))
        return min((at for at in times if at < self.brought_back_at), default=None)


@dataclass(frozen=True, slots=True)
class Rejected:
    """A queue message that can never be sent."""

    queue_message: QueueMessage
    request_id: str
    reason: Reason
    detail: str


def read_record(record: dict[str, Any], defaults: Defaults, recipients_per_call: int) -> Job | Rejected:
    """Open a record of the event, read its request, and encode its text."""
    attributes = record.get("attributes", {})
    queue_message = QueueMessage(
        message_id := record["messageId"],
        record["receiptHandle"],
        body := record["body"],
        receive_count=int(attributes.get("ApproximateReceiveCount", 1)),
        sent_at=int(attributes["SentTimestamp"]) / 1000 if "SentTimestamp" in attributes else None,
    )
    try:
        prepared = prepare(open_envelope(body, message_id), defaults)
    except InvalidInputError as error:
        return Rejected(queue_message, identity(body, message_id), error.reason, str(error))
    messages = prepared.messages
    if len(prepared.recipients.numbers) > recipients_per_call:
        messages = tuple(
            replace(message, recipients=some)
            for message in messages
            for some in batched(message.recipients, recipients_per_call, strict=False)
        )
    return Job(queue_message, prepared.request_id, messages, [one for each in messages for one in each.recipients])


def acknowledge(
    taken: Sequence[Job | Rejected],
    queue: SendQueue,
    dead_letters: DeadLetters,
    submissions: Submissions,
    clock: Clock,
) -> list[str]:
    """Dead-letter what is rejected; return the ids of the messages to keep, each made visible when it is due."""
    conflicts = [
        Rejected(job.queue_message, job.request_id, Reason.CONFLICT, CONFLICT_DETAIL)
        for job in taken
        if isinstance(job, Job) and job.conflict
    ]
    rejected = [one for one in taken if isinstance(one, Rejected)] + conflicts
    kept = [one.queue_message for one in rejected if not _dead_letter(one, dead_letters, submissions, clock.now())]
    delays = [
        (job.queue_message, _delay(job.due_at - clock.now(), clock.jitter()))
        for job in taken
        if isinstance(job, Job) and not job.conflict and job.due_at is not None
    ]
    if delays:
        queue.postpone(delays)
    return [message.message_id for message in (*kept, *(message for message, _ in delays))]


def _delay(seconds: float, jitter: float) -> int:
    """Round up, never below zero, and spread what would come back in the same second."""
    return math.ceil(max(0.0, seconds) + jitter)


def _dead_letter(one: Rejected, dead_letters: DeadLetters, submissions: Submissions, now: float) -> bool:
    """Note why it is rejected and copy it to the dead-letter queue; return False if it must stay, to be tried again."""
    try:
        submissions.note_rejection(one.request_id, one.reason, one.detail, now)
        dead_letters.put(one.queue_message.body, reason=one.reason, detail=one.detail, request_id=one.request_id)
    except (StoreUnavailableError, ClientError, BotoCoreError) as error:
        logger.error("not dead-lettered", extra={"requestId": one.request_id, "error": type(error).__name__})
        return False
    counters.count(of_rejection(one.reason))
    told = {"messageId": one.queue_message.message_id, "requestId": one.request_id}
    logger.warning("rejected", extra=told | {"reason": one.reason, "detail": one.detail})
    return True
