"""Move promotional requests that arrive on the send queue to the promotional queue.

So a campaign that was published to the wrong queue does not delay codes. The request id is written into the body,
because SQS gives the moved message another id. The original is acknowledged only after the moved message is on its
queue. A crash in between leaves both; they have one request id, so each recipient still gets one SMS.
"""

from collections.abc import Iterator, Sequence

from realtime_sms.aws.queues import Producer, QueueUnavailableError, with_request_id
from realtime_sms.aws.telemetry import Metric, counters, logger
from realtime_sms.outcomes.decide import Done, Later
from realtime_sms.outcomes.submission import Rules
from realtime_sms.vocabulary import MessageType
from send.admission import Clock
from send.messages import Job

_CALL_BYTES = 1024 * 1024  # of all messages that a SendMessageBatch takes
_GROWTH = 32 * 1024  # bytes by which a body may grow: the queue takes no more


def move(jobs: Sequence[Job], producer: Producer, rules: Rules, clock: Clock) -> None:
    """Move jobs to the promotional queue; those that it does not take are tried again later."""
    by_campaign: dict[str | None, list[Job]] = {}
    for job in jobs:
        by_campaign.setdefault(job.messages[0].campaign, []).append(job)
    for campaign, some in by_campaign.items():
        for batch in _batches(some):
            for job, moved in zip(batch, _publish(batch, producer, campaign), strict=True):
                delay = rules.delay(job.queue_message.receive_count, clock.jitter())
                job.ends = dict.fromkeys(job.recipients, Done() if moved else Later(clock.now() + delay))


def _publish(jobs: Sequence[Job], producer: Producer, campaign: str | None) -> list[bool]:
    """Publish jobs of one campaign; return for each True if the queue certainly has it."""
    bodies = [with_request_id(job.queue_message.body, job.request_id) for job in jobs]
    try:
        answers = producer.publish_batch(bodies, message_type=MessageType.PROMOTIONAL, campaign=campaign)
    except QueueUnavailableError as error:
        logger.error("not moved", extra={"error": str(error), "messages": len(jobs)})
        return [False] * len(jobs)
    for refused in filter(None, answers):
        logger.error("not moved", extra={"error": refused.code, "messages": 1})
    counters.count(Metric.MOVED, answers.count(None))
    return [answer is None for answer in answers]


def _batches(jobs: list[Job]) -> Iterator[list[Job]]:
    """Yield all jobs together, or one by one if they may be too large for one call."""
    if sum(len(job.queue_message.body.encode()) + _GROWTH for job in jobs) <= _CALL_BYTES:
        yield jobs
    else:
        yield from ([job] for job in jobs)
