"""Measure current values once a minute. Zeros are reported too, so that alarms can tell zero from missing."""

import time
from typing import Final

from realtime_sms.aws.breakers import Breaker, Breakers
from realtime_sms.aws.caps import DailyCap
from realtime_sms.aws.deliveries import Deliveries
from realtime_sms.aws.queues import DeadLetters
from realtime_sms.aws.telemetry import Metric, counters

_OPEN = {
    Breaker.BALANCE: Metric.BALANCE_BREAKER_OPEN,
    Breaker.AUTH: Metric.AUTH_BREAKER_OPEN,
    Breaker.ENDPOINT: Metric.ENDPOINT_BREAKER_OPEN,
}
_MOST: Final = 1_000  # open unknowns that are counted: what that reads each minute must not grow with the table


def measure_current(
    breakers: Breakers, dead_letters: DeadLetters, deliveries: Deliveries, cap: DailyCap | None = None
) -> dict[str, int]:
    """Measure open breakers, dead letters, untraced submissions, and how much of the daily cap is used; return it.

    The queue's own metric of dead letters leaves out those that are hidden, as while this function looks at them.

    Raises:
        ClientError, BotoCoreError: the queue did not answer.
        StoreUnavailableError: the table did not answer.

    """
    found: dict[str, int] = {}
    if breakers.refresh():
        opened = {one.breaker for one in breakers.all_open()}
        found.update({metric: int(breaker in opened) for breaker, metric in _OPEN.items()})
    found[Metric.DEAD_LETTERS] = dead_letters.size()
    found[Metric.OPEN_UNKNOWNS] = deliveries.count_untraced(_MOST)
    if cap is not None:
        found[Metric.DAILY_CAP_USED] = cap.percent(time.time())
    for metric, number in found.items():
        counters.count(metric, number)
    return found
