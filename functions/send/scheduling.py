"""Hold messages that are to be sent later: those due soon in the queue, the others in a schedule.

A schedule puts the message back on its queue when it is due.
"""

from collections.abc import Sequence
from dataclasses import replace

from realtime_sms.aws.queues import with_request_id
from realtime_sms.aws.schedules import Route, Schedule, ScheduleRefusedError, SchedulerUnavailableError, Schedules
from realtime_sms.aws.telemetry import Metric, counters, logger
from realtime_sms.outcomes.decide import Hold, Later
from realtime_sms.outcomes.submission import Rules
from realtime_sms.requests.prepare import TOO_FAR, Message, is_too_far
from realtime_sms.vocabulary import Reason
from send.admission import Clock
from send.messages import Job, Rejected

NEAR = 900.0  # seconds; a message that is due within them waits in the queue


def until_its_time(message: Message, now: float) -> Hold | None:
    """Return the hold of a message whose `sendAt` has not come; None for any other."""
    at = message.send_at
    return Hold(Reason.SCHEDULED, at) if at is not None and now < at else None


class Scheduling:
    """Makes the schedules of one invocation, one after the other, until Scheduler does not answer.

    `queue_arn` is the queue that the messages come from; the schedules put them back there.
    """

    def __init__(self, schedules: Schedules, queue_arn: str, route: Route, *, rules: Rules, clock: Clock) -> None:
        self._schedules = schedules
        self._queue_arn = queue_arn
        self._route = route
        self._rules = rules
        self._clock = clock
        self._is_available = True

    def schedule(self, taken: Sequence[Job | Rejected], later: Sequence[Job]) -> list[Job | Rejected]:
        """Make a schedule for each job in `later` that is not due soon; return `taken` after that."""
        return [self._schedule(one) if isinstance(one, Job) and one in later else one for one in taken]

    def _schedule(self, job: Job) -> Job | Rejected:
        send_at, now = job.messages[0].send_at, self._clock.now()
        if send_at is None or send_at <= now + NEAR or all(one.refusal is not None for one in job.messages):
            return job
        if is_too_far(send_at, now):
            return Rejected(job.queue_message, job.request_id, Reason.INVALID_REQUEST, f"sendAt: {TOO_FAR}")
        try:
            made = self._make(job, send_at)
        except ScheduleRefusedError as error:
            return Rejected(job.queue_message, job.request_id, Reason.INVALID_REQUEST, f"sendAt: {error}")
        if made is None or made.at <= now:  # a schedule that is over may not be deleted yet
            back_off = self._rules.delay(job.queue_message.receive_count, self._clock.jitter())
            job.ends = dict.fromkeys(job.recipients, Later(min(now + back_off, send_at - NEAR)))
        elif not job.messages[0].is_same_content(made.content_hash):
            job.conflict = True
        else:  # the time of an earlier message with this id counts
            job.messages = [replace(one, send_at=made.at) for one in job.messages]
            job.brought_back_at = made.at
        return job

    def _make(self, job: Job, send_at: float) -> Schedule | None:
        """Make the schedule of a job unless it has one; return it, or None if Scheduler does not take it now."""
        if not self._is_available:
            return None
        wanted = Schedule(send_at, job.messages[0].content_hash)
        body = with_request_id(job.queue_message.body, job.request_id)
        try:
            return self._schedules.create(job.request_id, wanted, body, self._queue_arn, self._route)
        except SchedulerUnavailableError as error:
            self._is_available = False
            counters.count(Metric.SCHEDULES_PUT_OFF)
            logger.warning("not scheduled", extra={"requestId": job.request_id, "error": str(error)})
            return None
