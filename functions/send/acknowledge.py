"""What becomes of each queue message after the wave: acknowledged, left for later, or dead-lettered with the reason."""

import math
from collections.abc import Sequence
from typing import Protocol

from botocore.exceptions import BotoCoreError, ClientError

from realtime_sms.aws.logging import logger
from realtime_sms.aws.metrics import counters, of_rejection
from realtime_sms.aws.submissions import StoreUnavailableError
from realtime_sms.outcomes.decide import RequestConflict
from realtime_sms.vocabulary import Reason
from send.intake import Rejected
from send.ports import Queue, Time
from send.task import Job


class Notes(Protocol):
    """Where it is kept why a message was rejected."""

    def note_rejection(self, request_id: str, reason: Reason, detail: str, now: float) -> None:
        """Keep it."""


def acknowledge(
    jobs: Sequence[Job], rejected: Sequence[Rejected], *, queue: Queue, notes: Notes, time: Time
) -> list[str]:
    """Give the ids of the messages that the queue must keep, each made visible again when it is due."""
    conflicts = [
        Rejected(job.message, job.request_id, Reason.CONFLICT, RequestConflict.detail) for job in jobs if job.conflict
    ]
    kept = [one.message for one in (*rejected, *conflicts) if not _dead_letter(one, queue, notes, time)]
    delays = [
        (job.message, _delay(job.due_at - time.now(), time.jitter()))
        for job in jobs
        if job.conflict is None and job.due_at is not None
    ]
    queue.postpone(delays)
    return [message.message_id for message in (*kept, *(message for message, _ in delays))]


def _delay(seconds: float, jitter: float) -> int:
    """Round up, never below zero, and spread what would come back in the same second."""
    return math.ceil(max(0.0, seconds) + jitter)


def _dead_letter(one: Rejected, queue: Queue, notes: Notes, time: Time) -> bool:
    """Record the end and move the message; False where it must stay, to be tried again."""
    try:
        notes.note_rejection(one.request_id, one.reason, one.detail, time.now())
        queue.dead_letter(one.message, reason=one.reason, detail=one.detail, request_id=one.request_id)
    except (StoreUnavailableError, ClientError, BotoCoreError) as error:
        logger.error("not dead-lettered", extra={"requestId": one.request_id, "error": type(error).__name__})
        return False
    counters.count(of_rejection(one.reason))
    told = {"messageId": one.message.message_id, "requestId": one.request_id}
    logger.warning("rejected", extra=told | {"reason": one.reason, "detail": one.detail})
    return True
