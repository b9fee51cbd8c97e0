"""What there is now, measured once a minute, also where it is nothing: an alarm can tell 0 from not looked at."""

from typing import Final

from realtime_sms.aws.breakers import Breaker, Breakers
from realtime_sms.aws.dead_letters import DeadLetters
from realtime_sms.aws.deliveries import Deliveries
from realtime_sms.aws.metrics import Metric, counters

_OPEN = {Breaker.BALANCE: Metric.BALANCE_BREAKER_OPEN, Breaker.AUTH: Metric.AUTH_BREAKER_OPEN}
_MOST: Final = 1_000  # open unknowns that are counted: what that reads each minute must not grow with the table


def measure_current(breakers: Breakers, letters: DeadLetters, deliveries: Deliveries) -> dict[str, int]:
    """Measure which breakers are open, how many dead letters and how many open unknowns there are; give it.

    The queue's own metric does not do for the latter: it leaves out letters that the burial has just looked at, which
    are hidden for most of each minute.

    Raises:
        ClientError, BotoCoreError: the queue did not answer.
        StoreUnavailableError: the table did not answer.

    """
    found: dict[str, int] = {}
    if breakers.refresh():
        opened = {one.breaker for one in breakers.all_open()}
        found.update({metric: int(breaker in opened) for breaker, metric in _OPEN.items()})
    found[Metric.DEAD_LETTERS] = letters.size()
    found[Metric.OPEN_UNKNOWNS] = deliveries.all_untraced(_MOST)
    for metric, number in found.items():
        counters.count(metric, number)
    return found
