"""Metrics: added up while an invocation runs, and written once at its end.

CloudWatch reads them out of one log line in its embedded metric format, so that they cost no call, and no line an SMS.
"""

import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from itertools import batched
from typing import Any, Final

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import MetricUnit

from realtime_sms.outcomes.submission import Submission
from realtime_sms.vocabulary import Reason, Status

NAMESPACE: Final = "RealTimeSms"  # with the one dimension `service`, which is the stack's name
_MOST = 100  # metrics on a line, and values of a metric on a line; the format takes no more


class Metric(StrEnum):
    """What is measured, besides what `of_status`, `of_reason` and `of_rejection` name."""

    # of submissions, as they end
    ATTEMPTS = "Attempts"  # that those which ended have taken
    SEGMENTS = "Segments"  # of those that RealTime took
    # of each message that is put off, for SQS leaves those out of the age of its oldest
    WAITING_AGE = "WaitingAge"  # seconds since it was sent to the queue
    # of each call of *Send SMS*
    PROVIDER_LATENCY = "ProviderLatency"  # milliseconds to the end of the reply, or to what broke it
    # of the token
    REFRESHES = "TokenRefreshes"
    REFRESH_FAILURES = "TokenRefreshFailures"
    # of breakers: how often one opened, and whether it is open, looked at once a minute
    BALANCE_BREAKER_OPENINGS = "BalanceBreakerOpenings"
    AUTH_BREAKER_OPENINGS = "AuthBreakerOpenings"
    BALANCE_BREAKER_OPEN = "BalanceBreakerOpen"
    AUTH_BREAKER_OPEN = "AuthBreakerOpen"
    OPEN_UNKNOWNS = "OpenUnknowns"  # submissions that RealTime may have, nobody knows; looked at once a minute too
    EVENTS = "EventsPublished"
    CALLBACKS_UNREADABLE = "CallbacksUnreadable"  # with the right key, but neither a report nor a message
    # of each run of the watch function
    SWEPT = "Swept"
    BURIED = "Buried"
    DEAD_LETTERS = "DeadLetters"  # in the queue now, hidden ones too


def of_status(status: Status) -> str:
    """Name the metric that counts the times a submission came to a status, such as `Failed`."""
    return status.value.title()


def of_reason(status: Status, reason: Reason) -> str:
    """Name the part of it that one reason makes, such as `Failed.sender_refused`."""
    return f"{of_status(status)}.{reason}"


def of_rejection(reason: str) -> str:
    """Name the metric that counts messages that became dead letters for one reason."""
    return f"Rejected.{reason}"


class Counters:
    """What one environment has counted and measured since it last wrote; safe to use from many threads."""

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
        """Keep the longest of several times."""
        with self._lock:
            self._highest[metric] = max(seconds, self._highest.get(metric, 0))

    def outcome(self, submission: Submission) -> None:
        """Count what a submission came to."""
        self.count(of_status(submission.status))
        if submission.reason is not None:
            self.count(of_reason(submission.status, submission.reason))
        if submission.final:
            self.count(Metric.ATTEMPTS, submission.attempt)
        if submission.status is Status.SUBMITTED:
            self.count(Metric.SEGMENTS, submission.segments or 0)

    def timed[**P, R](self, metric: str, call: Callable[P, R]) -> Callable[P, R]:
        """Give the same call, which now also says how many milliseconds it took."""

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
        """Write all of it, and begin anew; nothing is written where nothing was counted.

        It is one line, and one more for each hundred measured values after the first.
        """
        with self._lock:
            counts, self._counts = self._counts, Counter()
            highest, self._highest = self._highest, {}
            measured, self._measured = self._measured, defaultdict(list)
        if not counts and not highest and not measured:
            return
        metrics = Metrics(namespace=NAMESPACE)
        single = {name: _values(MetricUnit.Count, [number]) for name, number in counts.items()}
        single |= {name: _values(MetricUnit.Seconds, [number]) for name, number in highest.items()}
        for line in _lines(single, measured):
            metrics.metric_set.update(line)  # add_metric formats all values so far for each further one
            metrics.flush_metrics()


def _lines(single: Mapping[str, Any], measured: Mapping[str, Sequence[float]]) -> list[dict[str, Any]]:
    """Lay out what each line holds, as powertools keeps it."""
    lines = [dict(single)]
    for name, values in measured.items():
        for place, some in enumerate(batched(values, _MOST, strict=False)):
            if place == len(lines):
                lines.append({})
            lines[place][name] = _values(MetricUnit.Milliseconds, some)
    return [dict(some) for line in lines for some in batched(line.items(), _MOST, strict=False)]


def _values(unit: MetricUnit, values: Sequence[float]) -> dict[str, Any]:
    return {"Unit": unit.value, "StorageResolution": 60, "Value": values}


counters = Counters()
