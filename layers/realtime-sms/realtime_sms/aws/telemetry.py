"""Logs and metrics of an invocation.

Logs are structured. They hold request ids and masked numbers, and never a text, a token or a whole number. Metrics are
added up during an invocation and written once at its end, in CloudWatch's embedded metric format. So they need no call,
and one log line for an invocation instead of one for each SMS.
"""

import json
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from enum import StrEnum
from functools import wraps
from itertools import batched
from typing import Any, Final, Protocol

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from realtime_sms.outcomes.submission import Submission
from realtime_sms.requests.recipients import mask
from realtime_sms.vocabulary import MessageType, Reason, Status

NAMESPACE: Final = "RealTimeSms"  # with the one dimension `service`, which is the stack's name
_MOST = 100  # metrics on a line, and values of a metric on a line; the format takes no more


class Metric(StrEnum):
    """The metrics, besides those that `of_status`, `of_reason` and `of_rejection` name."""

    # of submissions, as they end
    ATTEMPTS = "Attempts"  # of submissions that ended
    SEGMENTS = "Segments"  # of those that RealTime took
    # of each message that is put off: SQS leaves those out of the age of its oldest message
    WAITING_AGE = "WaitingAge"  # seconds since it was sent to the send queue
    PROMOTIONAL_WAITING_AGE = "PromotionalWaitingAge"  # seconds since it was sent to the promotional queue
    MOVED = "Moved"  # promotional messages, from the send queue to the promotional queue
    SCHEDULES_PUT_OFF = "SchedulesPutOff"  # invocations in which EventBridge Scheduler did not take a message
    # of each call of *Send SMS*, and of *Get balance* after a 400
    PROVIDER_LATENCY = "ProviderLatency"  # milliseconds to the end of the reply, or to what broke it
    # of the token
    REFRESHES = "TokenRefreshes"
    REFRESH_FAILURES = "TokenRefreshFailures"
    # of breakers: how often one opened, and whether it is open, looked at once a minute
    BALANCE_BREAKER_OPENINGS = "BalanceBreakerOpenings"
    AUTH_BREAKER_OPENINGS = "AuthBreakerOpenings"
    ENDPOINT_BREAKER_OPENINGS = "EndpointBreakerOpenings"
    BALANCE_BREAKER_OPEN = "BalanceBreakerOpen"
    AUTH_BREAKER_OPEN = "AuthBreakerOpen"
    ENDPOINT_BREAKER_OPEN = "EndpointBreakerOpen"
    TRANSACTIONAL_LANE_CLOSED = "TransactionalLaneClosed"  # whether it is closed, looked at once a minute; as the next
    PROMOTIONAL_LANE_CLOSED = "PromotionalLaneClosed"
    LANE_STUCK = "LaneStuck"  # lanes whose event source mapping is not as it was to be a minute before
    OPEN_UNKNOWNS = "OpenUnknowns"  # that RealTime may have accepted under an unknown id; counted once a minute
    DAILY_CAP_USED = "DailyCapUsed"  # percent of the segments of the day; measured once a minute, if there is a cap
    EVENTS = "EventsPublished"
    CALLBACKS_UNREADABLE = "CallbacksUnreadable"  # with the right key, but neither a report nor a message
    # of each run of the maintenance function
    SWEPT = "Swept"
    BURIED = "Buried"
    DEAD_LETTERS = "DeadLetters"  # in the queue now, hidden ones too


def of_status(status: Status) -> str:
    """Return the metric that counts submissions that reached a status, such as `Failed`."""
    return status.value.title()


def of_promotional(status: Status) -> str:
    """Return the metric that counts the promotional ones among them, such as `PromotionalFailed`."""
    return f"Promotional{of_status(status)}"


def of_reason(status: Status, reason: Reason) -> str:
    """Return the metric of one reason, such as `Failed.sender_refused`."""
    return f"{of_status(status)}.{reason}"


def of_rejection(reason: str) -> str:
    """Return the metric that counts messages that were dead-lettered for one reason."""
    return f"Rejected.{reason}"


class Counters:
    """What one environment counted and measured since the last write; safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._highest: dict[str, int] = {}
        self._measured: defaultdict[str, list[float]] = defaultdict(list)

    def count(self, metric: str, by: int = 1) -> None:
        """Add to a count."""
        with self._lock:
            self._counts[metric] += by

    def highest(self, metric: str, seconds: int) -> None:
        """Keep the highest of several values, in seconds."""
        with self._lock:
            self._highest[metric] = max(seconds, self._highest.get(metric, 0))

    def outcome(self, submission: Submission) -> None:
        """Count a submission by status and reason."""
        status = of_status(submission.status)
        counts = {status: 1}
        if submission.reason is not None:
            counts[f"{status}.{submission.reason}"] = 1
        if submission.final:
            counts[Metric.ATTEMPTS] = submission.attempt
        if submission.status is Status.SUBMITTED:
            counts[Metric.SEGMENTS] = submission.segments or 0
        if submission.message_type is MessageType.PROMOTIONAL:
            counts[of_promotional(submission.status)] = 1
        with self._lock:
            self._counts.update(counts)

    def timed[**P, R](self, metric: str, call: Callable[P, R]) -> Callable[P, R]:
        """Return the same function, measured: how many milliseconds each call takes."""

        def measured(*args: P.args, **kwargs: P.kwargs) -> R:
            begun = time.monotonic()
            try:
                return call(*args, **kwargs)
            finally:
                taken = (time.monotonic() - begun) * 1000
                with self._lock:
                    self._measured[metric].append(round(taken, 1))

        return measured

    def write(self) -> None:
        """Write all counts and values, and start again from zero; write nothing if there are none.

        It is one line, and one more for each hundred measured values after the first.
        """
        with self._lock:
            counts, self._counts = self._counts, Counter()
            highest, self._highest = self._highest, {}
            measured, self._measured = self._measured, defaultdict(list)
        values: list[tuple[str, MetricUnit, list[float]]] = [
            (name, MetricUnit.Count, [number]) for name, number in counts.items()
        ]
        values += [(name, MetricUnit.Seconds, [number]) for name, number in highest.items()]
        for name, times in measured.items():
            values += [(name, MetricUnit.Milliseconds, list(some)) for some in batched(times, _MOST, strict=False)]
        while values:
            line: dict[str, Any] = {}
            later = []
            for name, unit, some in values:  # a name is on a line once
                if name in line or len(line) == _MOST:
                    later.append((name, unit, some))
                else:
                    line[name] = {"Unit": unit.value, "StorageResolution": 60, "Value": some}
            metrics = Metrics(namespace=NAMESPACE)
            metrics.metric_set.update(line)  # add_metric formats all values so far for each further one
            metrics.flush_metrics()
            values = later


counters = Counters()

logger = Logger(
    log_uncaught_exceptions=False,
    # powertools would make an encoder for each line, and try each message for JSON: a third of what a line costs
    json_serializer=json.JSONEncoder(default=str, separators=(",", ":"), ensure_ascii=False).encode,
    json_deserializer=str,
)


class _Invocation(Protocol):
    @property
    def aws_request_id(self) -> str: ...


def instrumented[E, C: _Invocation, R](handler: Callable[[E, C], R]) -> Callable[[E, C], R]:
    """Add the invocation to each log line of a handler, and write the metrics when it ends, however it ends."""
    first = True

    @wraps(handler)
    def observing(event: E, context: C) -> R:
        nonlocal first
        logger.append_keys(function_request_id=context.aws_request_id, cold_start=first)
        first = False
        try:
            return handler(event, context)
        finally:
            counters.write()

    return observing


def described(submission: Submission) -> dict[str, Any]:
    """Return what a log line may hold of a submission."""
    return {
        "requestId": submission.request_id,
        "recipient": mask(submission.recipient),
        "status": submission.status,
        "reason": submission.reason,
        "attempt": submission.attempt,
        "httpStatus": submission.http_status,
        "submissionId": submission.submission_id,
    }


def log_outcome(submission: Submission, *, message_id: str | None = None) -> None:
    """Log and count an outcome; `message_id` is the queue message's."""
    counters.outcome(submission)
    brought = {} if message_id is None else {"messageId": message_id}
    logger.info("submission", extra=described(submission) | brought)
